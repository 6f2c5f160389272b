"""A second device, made of the CPU: what an accelerator asks of a program, where there is none.

A tensor on the device ``distant`` computes what it would on the CPU. Beside tensors of the CPU it
is an error, as on a GPU. Each time the host waits for values of the device, or copies memory to it
that is not pinned, is counted by the line that did so; and so is each operation but views, which
would be one kernel or more.
"""

import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter, tree_map
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _DummyPrivateUse1Hook,
    _setup_privateuseone_for_python_backend,
)

NAME = "distant"
PACKAGE = Path(__file__).parents[1] / "backends"
aten = torch.ops.aten
# What has to know values before it can go on: a number, or a shape that depends on them.
READS = {aten._local_scalar_dense.default, aten.equal.default}
SHAPED_BY_VALUES = {
    aten.nonzero.default, aten.masked_select.default, aten.repeat_interleave.Tensor,
    aten._unique2.default,
}  # fmt: skip
PINNING = {aten.is_pinned.default, aten._pin_memory.default}
COPIES = {aten._to_copy.default, aten.copy_.default}
INDEXED = {aten.index.Tensor, aten.index_put_.default, aten.index_put.default}


class _Module(_DummyBackendModule):
    """Not available, so that nobody takes it unasked."""

    def is_available(self) -> bool:
        return False

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16]


class _Hook(_DummyPrivateUse1Hook):
    def is_available(self) -> bool:
        return False


_setup_privateuseone_for_python_backend(NAME, backend_module=_Module(), hook=_Hook())


class Distant(torch.Tensor):
    """A tensor over there; ``here`` is where its numbers are."""

    @staticmethod
    def __new__(cls: Any, here: torch.Tensor) -> Any:
        return torch.Tensor._make_wrapper_subclass(
            cls, here.shape, strides=here.stride(), storage_offset=here.storage_offset(),
            dtype=here.dtype, device=f"{NAME}:0",
        )  # fmt: skip

    def __init__(self, here: torch.Tensor) -> None:
        self.here = here

    @property
    def data(self) -> torch.Tensor:
        return self.detach()

    @data.setter
    def data(self, other: Any) -> None:
        self.here = other.here

    def tolist(self) -> Any:
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(
        cls, operation: Any, _types: Any, _args: Any = (), _kwargs: Any = None
    ) -> NoReturn:
        msg = f"{operation} outside of a Session"
        raise AssertionError(msg)


class Session(TorchDispatchMode):
    """While it lasts the device is there; ``waits`` by line, ``operations`` by name.

    Modules that move there keep tied parameters tied, and inference mode, in which nothing can
    stand for a tensor, is no more than ``no_grad``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: Counter[str] = Counter()
        self.operations: Counter[str] = Counter()
        self._before = ExitStack()

    def __enter__(self) -> Any:
        swapped = torch.__future__.get_swap_module_params_on_conversion()
        lifted = torch._C._only_lift_cpu_tensors()
        self._before.callback(torch.__future__.set_swap_module_params_on_conversion, swapped)
        self._before.callback(torch._C._set_only_lift_cpu_tensors, lifted)
        torch.__future__.set_swap_module_params_on_conversion(True)
        torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(..., device=) copies from here
        self._before.enter_context(patch.object(torch, "inference_mode", torch.no_grad))
        return super().__enter__()

    def __exit__(self, *raised: Any) -> None:
        self._before.close()
        super().__exit__(*raised)

    def __torch_dispatch__(
        self, operation: Any, _types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        given = [t for t in tree_iter((args, kwargs)) if isinstance(t, torch.Tensor)]
        there = [t for t in given if isinstance(t, Distant)]
        if operation in PINNING:
            return _pinned(operation, args[0])
        if not there and not _is_name(kwargs.get("device")):
            return operation(*args, **kwargs)
        stays = self._watch(operation, args, kwargs, given)
        if "device" in kwargs:
            kwargs = {k: v for k, v in kwargs.items() if k != "pin_memory"} | {"device": "cpu"}
        result = operation(*tree_map(_here, args), **tree_map(_here, kwargs))
        return _there(result, there) if stays else result

    def _watch(self, operation: Any, args: Any, kwargs: Any, given: Sequence[Any]) -> bool:
        """Count what ``operation`` costs; whether its result is on the device."""
        if operation in COPIES:
            return self._copied(operation, args, kwargs)
        if operation in READS:
            self._waits_for(operation)
            return False
        apart = [tuple(t.shape) for t in given if t.dim() and not isinstance(t, Distant)]
        indexed = operation in INDEXED and (apart or _by_mask(args[1]))
        if operation in SHAPED_BY_VALUES or indexed:
            self._waits_for(operation)
        elif apart:
            msg = f"{operation} has tensors of {apart} on another device"
            raise RuntimeError(msg)
        if not _is_view(operation):
            self.operations[str(operation)] += 1
        return True

    def _copied(self, operation: Any, args: Any, kwargs: Any) -> bool:
        moved = operation is aten._to_copy.default
        source = args[0] if moved else args[1]
        device = kwargs.get("device") if moved else args[0].device
        stays = isinstance(source, Distant) if device is None else _is_name(device)
        if stays and isinstance(source, Distant):
            self.operations[str(operation)] += 1
        elif source.dim() and not (stays and kwargs.get("non_blocking") and _is_pinned(source)):
            self._waits_for(operation)
        return stays

    def _waits_for(self, operation: Any) -> None:
        places = reversed(traceback.extract_stack())
        ours = (place for place in places if Path(place.filename).parent == PACKAGE)
        line = next((f"{Path(place.filename).name}: {place.line}" for place in ours), "elsewhere")
        self.waits[f"{line} ({operation})"] += 1


def _is_name(device: Any) -> bool:
    return device is not None and torch.device(device).type == NAME


def _is_view(operation: Any) -> bool:
    if operation is aten._unsafe_view.default:
        return True
    returned = operation._schema.returns
    return any(r.alias_info is not None and not r.alias_info.is_write for r in returned)


def _by_mask(indices: Sequence[Any]) -> bool:
    return any(index is not None and index.dtype == torch.bool for index in indices)


def _pinned(operation: Any, tensor: torch.Tensor) -> Any:
    if operation is aten.is_pinned.default:
        return _is_pinned(tensor)
    copy: Any = tensor.clone()
    copy.pinned = True
    return copy


def _is_pinned(tensor: torch.Tensor) -> bool:
    return getattr(tensor, "pinned", False)


def _here(value: Any) -> Any:
    return value.here if isinstance(value, Distant) else value


def _there(result: Any, given: Sequence[Any]) -> Any:
    """``result`` on the device; what was changed in place is what was given."""
    known = {id(tensor.here): tensor for tensor in given}

    def wrap(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        return known[id(value)] if id(value) in known else Distant(value)

    return tree_map(wrap, result)
