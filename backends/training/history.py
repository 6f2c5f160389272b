"""What an epoch was, told three ways as it ends: a line, ``history.jsonl``, TensorBoard scalars."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

from harness.protocol import Context, Epoch, Progress

Tell: TypeAlias = Callable[[Epoch, int], None]


@contextmanager
def history_of(context: Context, before: Sequence[Epoch], *, writes: bool) -> Iterator[Tell]:
    """What is to be called with each epoch and the number of epochs planned.

    Args:
        context: whose folder and report are used.
        before: epochs of earlier sittings, which are written and not told again.
        writes: whether this process is the one of its group that tells.
    """
    if not writes:
        yield lambda epoch, of: None
        return
    history = History(context)
    for epoch in before:
        history.write(epoch)
    try:
        yield history.add
    finally:
        history.close()


class History:
    """Writes each epoch into the folder of the run, as it happens."""

    def __init__(self, context: Context) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.report = context.report
        self.file = Path(context.folder) / "history.jsonl"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text("", encoding="utf-8")
        self.board = SummaryWriter(str(self.file.parent / "tensorboard"))

    def add(self, epoch: Epoch, of: int) -> None:
        """Write ``epoch``, one of ``of``, and tell of it."""
        self.write(epoch)
        done = epoch.units * epoch.number
        self.report(Progress("train", done, epoch.units * of, describe(epoch, of), line=True))

    def write(self, epoch: Epoch) -> None:
        """Write ``epoch`` into both files."""
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(epoch), ensure_ascii=False) + "\n")
        for name, value in _scalars(epoch).items():
            self.board.add_scalar(name, value, epoch.number)

    def close(self) -> None:
        """Flush what is still buffered."""
        self.board.close()


def describe(epoch: Epoch, of: int) -> str:
    """One line for the person who waits."""
    parts = [f"epoch {epoch.number}/{of}", f"loss {epoch.loss:.4f}"]
    if epoch.dev_loss is not None:
        parts.append(f"dev loss {epoch.dev_loss:.4f}")
    parts.append("dev F1 n/a" if epoch.dev_f1 is None else f"dev F1 {100 * epoch.dev_f1:.2f}")
    if epoch.dev_malformed is not None:
        parts.append(f"malformed {100 * epoch.dev_malformed:.1f} %")
    speed = epoch.units / max(epoch.seconds, 1e-9)
    parts.append(f"{speed:,.0f} units/s")
    parts.append(f"{epoch.positions / max(epoch.units, 1):.2f} positions a unit")
    return "  ".join(parts)


def _scalars(epoch: Epoch) -> dict[str, float]:
    scalars = {
        "loss/train": epoch.loss,
        "loss/dev": epoch.dev_loss,
        "dev/f1": epoch.dev_f1,
        "dev/unit_accuracy": epoch.dev_unit_accuracy,
        "dev/malformed": epoch.dev_malformed,
    } | {f"learning_rate/{i}": rate for i, rate in enumerate(epoch.learning_rates)}
    return {name: value for name, value in scalars.items() if value is not None}
