"""LoRA on every linear layer, and the rows of the new tokens trained beside it.

LoRA alone would leave the embeddings of added tokens as they were initialised; whole-matrix
training would untie and copy the embeddings. ``trainable_token_indices`` trains just those rows, at
the input and, where it is a matrix of its own, at the head.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

FOLDER = "adapter"


def wrap(model: Any, rank: int, rows: Sequence[int]) -> Any:
    """``model`` with adapters of ``rank`` on its linear layers, and ``rows`` of its embeddings."""
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        target_modules="all-linear",
        fan_in_fan_out=model.config.model_type == "gpt2",  # its layers are Conv1D
        trainable_token_indices={name: list(rows) for name in _embeddings(model)},
    )
    with _peft_asks_for_an_old_name():
        return _ready(get_peft_model(model, config))


def _embeddings(model: Any) -> list[str]:
    """The names of the input embeddings and, unless it is tied to them, of the head."""
    inputs, head = model.get_input_embeddings(), model.get_output_embeddings()
    wanted = [inputs] if head.weight is inputs.weight else [inputs, head]
    return [name for name, module in model.named_modules() if any(module is w for w in wanted)]


@contextmanager
def merged(model: Any) -> Iterator[Any]:
    """The plain model with its adapters folded in, for as long as it is asked; then as it was.

    The weights come back bit for bit: merging makes new tensors, and the old ones are put back.
    """
    if not is_wrapped(model):
        yield model
        return
    before = [(parameter, parameter.data) for parameter in model.parameters()]
    model.merge_adapter(safe_merge=True)
    try:
        yield model.get_base_model()
    finally:
        model.unmerge_adapter()
        for parameter, data in before:
            parameter.data = data


@contextmanager
def without(model: Any) -> Iterator[Any]:
    """The plain model with its adapters, and the rows beside them, out of use; then as it was."""
    if not is_wrapped(model):
        yield model
        return
    with model.disable_adapter():
        yield model.get_base_model()


def folded(model: Any) -> Any:
    """A plain copy of ``model`` with its adapters folded in; without adapters, ``model`` itself."""
    if not is_wrapped(model):
        return model
    plain = deepcopy(model).merge_and_unload(safe_merge=True)
    # T5's two halves still read the rows that peft trained beside the matrix.
    plain.set_input_embeddings(plain.get_input_embeddings())
    return plain


def is_wrapped(model: Any) -> bool:
    """Whether ``model`` has adapters."""
    return hasattr(model, "merge_and_unload")


def load(model: Any, folder: Path) -> Any:
    """``model`` with the adapters that ``save`` wrote into ``folder``."""
    from peft import PeftModel

    with _peft_asks_for_an_old_name():
        return _ready(PeftModel.from_pretrained(model, str(folder / FOLDER)))


def _ready(wrapped: Any) -> Any:
    """``wrapped`` with one input embedding wherever the model reads it, found without a wait.

    Where the head is a matrix of its own (flan-T5, mT5), peft wraps T5's ``shared`` and leaves the
    encoder and the decoder with the embedding it had before.
    """
    from backends.generating.embedding_rows import keep_places  # peft takes seconds to import

    plain = wrapped.get_base_model()
    plain.set_input_embeddings(plain.get_input_embeddings())
    keep_places(wrapped)
    return wrapped


def save(model: Any, folder: Path) -> None:
    """Write the adapters and the trained rows, not the matrices that the rows are part of."""
    model.save_pretrained(str(folder / FOLDER), save_embedding_layers=False)


@contextmanager
def _peft_asks_for_an_old_name() -> Iterator[None]:
    """Peft 0.21 reads an attribute that transformers 5.23 has renamed; nothing a user can fix."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield
