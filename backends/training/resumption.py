"""A training that another process began goes on to the same bits.

What is kept are the states of its parts; what they are made from (data, options, code) is the same
in both processes, which is for the harness to see to.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import torch

from harness.errors import ResourceError, Stopped, WeightsError
from harness.protocol import Context, Progress, Writable


class Stateful(Protocol):
    """What has a state of tensors and plain values, as torch's modules and optimisers do."""

    def state_dict(self) -> Any:
        """The state."""
        ...

    def load_state_dict(self, state: Any) -> Any:
        """Go on from ``state``."""
        ...


class Resumption:
    """Keeps the states of all ``parts`` now and then, and puts them back.

    Where the harness offers no checkpoints, nothing is kept.
    """

    def __init__(self, context: Context, parts: Callable[[], Mapping[str, Stateful]]) -> None:
        self.context, self.checkpoints, self.parts = context, context.checkpoints, parts

    def resume(self) -> None:
        """Go on from the newest checkpoint, where there is one.

        Raises:
            WeightsError: for a checkpoint of another model or other code.
        """
        stream = self.checkpoints.read() if self.checkpoints else None
        if stream is None:
            return
        with stream:
            state = torch.load(stream, map_location="cpu", weights_only=True)
        try:
            for name, part in self.parts().items():
                part.load_state_dict(state[name])
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            msg = (
                f"the checkpoint in {self.context.folder} is of another model or another version "
                f"of the code ({error}): begin in another folder, or go on with the old code"
            )
            raise WeightsError(msg) from error

    def keep_if_due(self) -> None:
        """Keep a checkpoint if it is time for one."""
        if self.checkpoints and self.checkpoints.due():
            self.keep()

    def keep(self) -> None:
        """Keep a checkpoint now; a disk that refuses it is told, and does not end the work."""
        if self.checkpoints is None:
            return
        state = {name: part.state_dict() for name, part in self.parts().items()}
        try:
            self.checkpoints.write(partial(_save, state))
        except ResourceError as error:
            note = f"no checkpoint: {error}; an interruption would cost what came since the last"
            self.context.report(Progress("train", 0, 0, note, line=True))

    @contextmanager
    def last_when_stopped(self) -> Iterator[None]:
        """Keep one more checkpoint when the run is to end while the block runs."""
        try:
            yield
        except Stopped:
            self.keep()
            raise


def _save(state: Mapping[str, Any], stream: Writable) -> None:
    torch.save(dict(state), stream)  # type: ignore[arg-type]  # it writes, and does nothing else
