"""Figures of the scores. Each seed is a point, so that nobody mistakes a mean for a fact."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.buckets import BUCKETS
from harness.analysis.confusion import Confusion, by_type
from harness.analysis.system_answers import SystemAnswers, unlike
from harness.analysis.system_levels import SystemLevel
from harness.analysis.taxonomy import KINDS
from harness.report.figures.canvas import COLOURS, SOFT, Picture, colour, marker, picture
from harness.statistics import interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Lines and few dots: an SVG draws every star and circle of a pattern by its outline.
_HATCHES = ("", "///", "..", "xxx", "\\\\\\", "++", "|||", "---", "//", "xx", "o")
_COLUMNS = 3
_DARK = 0.55  # the share above which a cell needs white text


def seeds(held: Sequence[SystemAnswers]) -> Picture:
    """F1 of each seed as a point, the mean as a tick, and the 95 % interval."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        for index, row in enumerate(held):
            scores = [100 * (run.metrics.micro().f1 or 0.0) for run in row.runs]
            if any(row.runs[0].gold):
                # Every entity is on one level of this bucket: its levels add up to the whole.
                whole = [counts for (bucket, _), counts in row.levels.items() if bucket == "type"]
                found = interval(row.runs[0].drawn(np.sum(whole, axis=0)))
                axes.plot([100 * found.low, 100 * found.high], [index] * 2, color=colour(index),
                          linewidth=7, alpha=0.22, solid_capstyle="butt")  # fmt: skip
            axes.scatter(scores, [index] * len(scores), color=colour(index), marker=marker(index),
                         s=34, zorder=3, alpha=0.9)  # fmt: skip
            mean = sum(scores) / len(scores)
            axes.plot([mean] * 2, [index - 0.27, index + 0.27], color=colour(index), linewidth=2)
            axes.annotate(f"{mean:.2f}", (mean, index - 0.3), ha="center", va="bottom", fontsize=9)
        axes.set_yticks(range(len(held)), [row.name for row in held])
        axes.set_ylim(len(held) - 0.4, -0.75)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("micro F1, %")

    caption = (
        "F1 of every seed (points), mean (tick) and 95 % interval over sentences, and over seeds "
        "where there are several (band)."
    )
    return picture("seeds", caption, (8, 1.1 + 0.62 * len(held)), draw)


def classes(held: Sequence[SystemAnswers]) -> Picture:
    """The classes of errors of each row, in cases per seed."""

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        left = np.zeros(len(held))
        tallies = [row.kinds for row in held]
        for index, kind in enumerate(KINDS[1:]):
            widths = np.array([row[kind] for row in tallies])
            if widths.any():
                axes.barh(range(len(held)), widths, left=left, label=kind, height=0.66,
                          color=COLOURS[index % len(COLOURS)], hatch=_HATCHES[index],
                          edgecolor="white", linewidth=0.6)  # fmt: skip
            left += widths
        axes.set_yticks(range(len(held)), [row.name for row in held])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("cases per seed")
        if left.any():
            figure.legend(loc="outside right center", reverse=False)
        else:
            axes.set_title("no error")

    return picture("classes", "Classes of errors.", (10, max(2.9, 1.0 + 0.5 * len(held))), draw)


def buckets(held: Sequence[SystemAnswers]) -> Picture:
    """F1 by bucket, a panel for each, a point for each seed."""
    other = unlike(held)  # other entities for each row: not to be set side by side
    levels = [[x for x in row.scores if (x.bucket, x.level) not in other] for row in held]
    names = [
        bucket
        for bucket in BUCKETS
        if len({level.level for row in levels for level in row if level.bucket == bucket.name}) > 1
    ]
    lines = -(-len(names) // _COLUMNS) or 1

    lows = [100 * level.low for row in levels for level in row if not level.small]
    bottom = max(0.0, min(lows, default=0.0) // 10 * 10 - 10)

    def draw(figure: "Figure") -> None:
        panels = figure.subplots(lines, _COLUMNS, squeeze=False, sharey=True).flat
        for axes, bucket in zip(panels, names, strict=False):
            _panel(
                axes, bucket.title, [[x for x in row if x.bucket == bucket.name] for row in levels]
            )
        for axes in list(panels.base.flat)[len(names) :]:
            axes.set_visible(False)
        figure.axes[0].set_ylim(bottom, 102)
        for index, row in enumerate(held):
            figure.axes[0].plot([], [], color=colour(index), marker=marker(index),
                                linestyle="none", label=row.name)  # fmt: skip
        figure.legend(loc="outside lower center", ncols=min(6, len(held)))

    caption = (
        "F1 by bucket: points are seeds, bars the 95 % interval; n counts gold entities, and "
        "levels with fewer than 30 are grey, and may end below the axis."
    )
    return picture("buckets", caption, (12, 2.6 * lines + 0.6), draw)


def _panel(axes: Any, title: str, rows: Sequence[Sequence[SystemLevel]]) -> None:
    order = list(dict.fromkeys(level.level for row in rows for level in row))
    support = {level.level: level for row in rows for level in row}
    for index, row in enumerate(rows):
        shift = (index - (len(rows) - 1) / 2) * 0.7 / max(1, len(rows))
        for level in row:
            at, ink = order.index(level.level) + shift, "#b6bac1" if level.small else colour(index)
            axes.plot([at] * 2, [100 * level.low, 100 * level.high], color=ink, linewidth=1.6,
                      alpha=0.6)  # fmt: skip
            axes.scatter([at] * len(level.seeds), [100 * each for each in level.seeds], color=ink,
                         marker=marker(index), s=13, zorder=3)  # fmt: skip
    names = [f"{name}\nn={support[name].n:,}" for name in order]
    axes.set_xticks(range(len(order)), names, fontsize=8, rotation=40 if len(order) > 6 else 0)
    for text, name in zip(axes.get_xticklabels(), order, strict=True):
        text.set_color(SOFT if support[name].small else "black")
    axes.set_title(title)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("F1, %")


def confusions(held: Sequence[SystemAnswers]) -> Picture:
    """Confusion by type of each row, normalised by row."""
    matrices = [by_type(row.cases, row.labels) for row in held]
    size = max(len(matrix.names) for matrix in matrices)
    side = 1.6 + 0.3 * size
    columns = min(len(held), max(1, int(13 // side)))
    lines = -(-len(held) // columns)

    def draw(figure: "Figure") -> None:
        panels = list(figure.subplots(lines, columns, squeeze=False).flat)
        for axes, row, matrix in zip(panels, held, matrices, strict=False):
            _heat(axes, row.name, matrix)
        for axes in panels[len(held) :]:
            axes.set_visible(False)

    caption = (
        "Entities of a gold type (row) by the type found (column), in % of the row; O is missed "
        "or spurious."
    )
    return picture("confusion", caption, (side * columns, side * lines), draw)


def _heat(axes: Any, title: str, matrix: Confusion) -> None:
    shares = [[value or 0.0 for value in row] for row in matrix.shares]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for i, row in enumerate(shares):
        for j, value in enumerate(row):
            if matrix.rows[i][j]:
                axes.text(
                    j, i, f"{100 * value:.0f}" if value >= 0.005 else "<1", ha="center",
                    va="center", fontsize=8, color="white" if value > _DARK else "black",
                )  # fmt: skip
    axes.set_xticks(
        range(len(matrix.names)), matrix.names, rotation=90 if len(matrix.names) > 6 else 0
    )
    axes.set_yticks(range(len(matrix.names)), matrix.names)
    axes.tick_params(labelsize=8.5)
    axes.grid(visible=False)
    axes.set_title(title)
    axes.set_xlabel("found")
    axes.set_ylabel("gold")
