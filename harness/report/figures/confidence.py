"""Figures of confidence: how true it is, and what is left of the errors if unsure entities go."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.analysis.confidence import Confidence, confidence_of
from harness.analysis.system_answers import SystemAnswers
from harness.report.figures.canvas import DASHES, SOFT, Picture, colour, marker, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def reliability(held: Sequence[SystemAnswers]) -> Picture | None:
    """Confidence against the share that is right, and risk against coverage; a line per run.

    None if no row gives confidences.
    """
    found = [(index, row, list(map(confidence_of, row.runs))) for index, row in enumerate(held)]
    known = [(i, row, [one for one in runs if one]) for i, row, runs in found if any(runs)]
    if not known:
        return None

    def draw(figure: "Figure") -> None:
        true, risk = figure.subplots(1, 2)
        true.plot([0, 100], [0, 100], color=SOFT, linewidth=1)
        for index, row, runs in known:
            for seed, one in enumerate(runs):
                _lines(true, risk, one, index, seed, row.name if not seed else "")
        true.set_title("calibration as each run scales it")
        true.set_xlabel("mean confidence of a bin, %")
        true.set_ylabel("right, %")
        risk.set_title("risk and coverage")
        risk.set_xlabel("entities kept, the surest first, %")
        risk.set_ylabel("wrong among them, %")
        figure.legend(loc="outside lower center", ncols=min(6, len(known)))

    caption = (
        "Confidence of the entities found. Left: bins of equally many entities; the line from "
        "corner to corner is perfect calibration. Right: what is wrong among those that are kept. "
        "A colour for each row, a dash for each seed."
    )
    return picture("confidence", caption, (10, 4.4), draw)


def _lines(
    true: "Axes", risk: "Axes", one: Confidence, index: int, seed: int, name: str
) -> None:  # fmt: skip
    dash = DASHES[seed % len(DASHES)]
    true.plot([100 * each.confidence for each in one.bins], [100 * each.right for each in one.bins],
              color=colour(index), marker=marker(index), markersize=3.5, linewidth=1.1,
              linestyle=dash, alpha=0.85, label=name or None)  # fmt: skip
    risk.plot([100 * each.coverage for each in one.risk], [100 * each.risk for each in one.risk],
              color=colour(index), linewidth=1.2, linestyle=dash, alpha=0.85)  # fmt: skip
