"""Figures of training: all runs of a study in one plot."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.analysis.answers import FinishedRun
from harness.analysis.system_answers import SystemAnswers
from harness.protocol import Epoch
from harness.report.figures.canvas import DASHES, Picture, colour, marker, picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = (
    ("loss", "training loss per target"),
    ("dev_loss", "development loss per target"),
    ("dev_f1", "development F1, %"),
)


def curves(held: Sequence[SystemAnswers]) -> Picture:
    """Loss, development loss and development score by epoch; a line per run."""
    # A row that trains nothing has no line to explain, and keeps its colour for other figures.
    trained = [(index, row) for index, row in enumerate(held) if any(r.history for r in row.runs)]

    def draw(figure: "Figure") -> None:
        for axes, (field, title) in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
            for index, row in trained:
                for seed, run in enumerate(row.runs):
                    _line(axes, run, field, index, seed, row.name if not seed else None)
            axes.set_title(title)
            axes.set_xlabel("epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
        handles, names = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=min(6, len(names)))

    caption = (
        "Training of every run: a colour and marker for each row, a dash for each seed; a ring "
        "marks the epoch that was kept."
    )
    return picture("curves", caption, (11, 3.9 + 0.2 * (len(trained) // 7)), draw)


def _line(axes: Any, run: FinishedRun, field: str, index: int, seed: int, name: str | None) -> None:
    points = [(epoch.number, _value(epoch, field)) for epoch in run.history]
    known = [(number, value) for number, value in points if value is not None]
    numbers, values = [number for number, _ in known], [value for _, value in known]
    axes.plot(
        numbers, values, color=colour(index), marker=marker(index), markersize=3.5,
        linewidth=1.2, linestyle=DASHES[seed % len(DASHES)], alpha=0.85, label=name,
    )  # fmt: skip
    kept = [(number, value) for number, value in known if number == run.run.best_epoch]
    for number, value in kept:
        axes.plot(number, value, marker="o", markersize=9, fillstyle="none", color=colour(index))


def _value(epoch: Epoch, field: str) -> float | None:
    value: float | None = getattr(epoch, field)
    return None if value is None else 100 * value if field == "dev_f1" else value
