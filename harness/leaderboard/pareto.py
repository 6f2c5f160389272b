"""The plot of what F1 costs: F1 against characters per second, and against peak memory.

A line joins the systems that no other one beats in both; what lies below it is never the one to
ship on these two counts. Only ranked rows are drawn. A cost with a mark, which is no basis of a
comparison, is a hollow point, and on no line. A character that no font has is written as its
code point, never as an empty box.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import fonts
from harness.errors import ConfigError
from harness.leaderboard.table import Block, Leaderboard
from harness.numbers import MEBIBYTE
from harness.results import store

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = "os^Dv"


@dataclass(frozen=True, slots=True)
class CostAxis:
    """An axis: its title, 1 where more is better and -1 where less is, and its unit."""

    title: str
    sign: int
    unit: int

    @property
    def label(self) -> str:
        """The title, with the good direction."""
        return f"{self.title} (log; {'right' if self.sign > 0 else 'left'} is better)"


COSTS = {
    "predict_rate": CostAxis("characters per second", 1, 1),
    "memory": CostAxis("peak memory, MiB", -1, MEBIBYTE),
}


@dataclass(frozen=True, slots=True)
class Point:
    """A system: its F1 as a fraction, what it costs or yields, and whether that may be compared."""

    name: str
    f1: float
    cost: float
    compared: bool = True


def points(block: Block, key: str) -> tuple[Point, ...]:
    """The systems of a block that have both an F1 and a value in the column ``key``.

    Raises:
        ConfigError: for a table without one of the columns.
    """
    keys = [column.key for column in block.columns]
    if "f1" not in keys or key not in keys:
        msg = f"the picture needs the columns f1 and {key}; this table has {', '.join(keys)}"
        raise ConfigError(msg)
    pairs = [(row, row.cells[keys.index("f1")].value, row.cells[keys.index(key)])
             for row in block.rows]  # fmt: skip
    return tuple(
        Point(row.name, float(f1), float(cost.value), not cost.mark)
        for row, f1, cost in pairs
        if isinstance(f1, int | float) and isinstance(cost.value, int | float)
    )


def front(systems: Sequence[Point], sign: int) -> tuple[Point, ...]:
    """The systems that no other beats in both, by rising cost; ``sign`` is 1 where more is better.

    One that is equal in one and worse in the other is beaten; one not to be compared is left out.
    """

    def beats(one: Point, other: Point) -> bool:
        no_worse = one.f1 >= other.f1 and sign * one.cost >= sign * other.cost
        return no_worse and (one.f1, one.cost) != (other.f1, other.cost)

    compared = [one for one in systems if one.compared]
    kept = [one for one in compared if not any(beats(other, one) for other in compared)]
    return tuple(sorted(kept, key=lambda one: (one.cost, one.f1)))


def draw(table: Leaderboard, path: Path) -> None:
    """Write the picture; the suffix of ``path`` says in which format.

    Raises:
        ConfigError: for a table without ranked rows or without the columns, an unknown suffix, a
            font that the environment names and that is not there, or a place that takes no file.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    blocks = [block for block in table.blocks if block.kind == "ranked"]
    if not blocks:
        raise ConfigError("no picture: no row is ranked")
    drawn = (one.name for block in blocks for key in COSTS for one in points(block, key))
    names = list(dict.fromkeys(drawn))  # a row without costs has no place to be
    styles = {name: _style(number, name) for number, name in enumerate(names)}
    with rc_context({"font.family": fonts.families(), "svg.hashsalt": "ner-harness",
                     "axes.spines.top": False, "axes.spines.right": False}):  # fmt: skip
        figure = Figure(figsize=(11, 4 * len(blocks) + 0.12 * len(names)), layout="constrained")
        axes = figure.subplots(len(blocks), len(COSTS), squeeze=False)
        for block, pair in zip(blocks, axes, strict=True):
            for (key, cost), axis in zip(COSTS.items(), pair, strict=True):
                _panel(axis, points(block, key), cost, styles)
                axis.set_title(legible(block.title), parse_math=False)
        _legend(figure, styles, _edges(blocks))
        _save(figure, path)


def _style(number: int, name: str) -> dict[str, Any]:
    return {"color": f"C{number % 10}", "marker": MARKERS[number // 10 % len(MARKERS)],
            "label": legible(name)}  # fmt: skip


def _panel(
    axis: "Axes", systems: Sequence[Point], cost: CostAxis, styles: Mapping[str, dict[str, Any]]
) -> None:
    best = front(systems, cost.sign)
    xs = [one.cost / cost.unit for one in best]
    axis.plot(xs, [100 * one.f1 for one in best], color="0.6", zorder=1)
    for one in systems:
        axis.scatter(one.cost / cost.unit, 100 * one.f1, s=60, zorder=2,
                     **(styles[one.name] | _look(one, best)))  # fmt: skip
    if systems:
        axis.set_xscale("log")
        _label_costs(axis, [one.cost for one in systems])
    axis.set_xlabel(cost.label)
    axis.set_ylabel("F1, %")


def _look(one: Point, best: Sequence[Point]) -> dict[str, Any]:
    """How a point is filled and edged; without entries, in the colour of its row."""
    if not one.compared:
        return {"facecolors": "none"}
    return {"edgecolors": "black" if one in best else "none"}


def _label_costs(axis: "Axes", costs: Sequence[float]) -> None:
    """Few enough labels to be read, over a tenth of a decade as over five."""
    from matplotlib.ticker import LogLocator

    within_a_decade = max(costs) < 10 * min(costs)
    steps = (1, 2, 3, 4, 5, 6, 8) if within_a_decade else (1, 3)
    axis.xaxis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axis.xaxis.set_minor_locator(LogLocator(subs=range(1, 10), numticks=99))
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.xaxis.set_minor_formatter("")
    axis.tick_params(axis="x", labelrotation=30, labelsize="small")


def _edges(blocks: Sequence[Block]) -> str:
    """What the looks of points mean, of those that are there."""
    drawn = [one for block in blocks for key in COSTS for one in points(block, key)]
    told = "black edge: no other is better in both"
    hollow = "" if all(one.compared for one in drawn) else "; hollow: shared memory, not compared"
    return told + hollow


def _legend(figure: "Figure", styles: Mapping[str, dict[str, Any]], title: str) -> None:
    """One legend for all panels, since a system has one colour in all of them."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], linestyle="none", **style) for style in styles.values()]
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize="small",
                           title=title)  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)


def _save(figure: "Figure", path: Path) -> None:
    known = figure.canvas.get_supported_filetypes()
    if path.suffix.removeprefix(".") not in known:
        msg = f"{path.name}: pictures can be {', '.join(sorted(known))}"
        raise ConfigError(msg)
    dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    form, drawn = path.suffix.removeprefix("."), BytesIO()
    figure.savefig(drawn, format=form, dpi=150, metadata=dated.get(form))
    store.write(path, drawn.getvalue())


def legible(text: str) -> str:
    """``text`` with what no font at hand can draw as its code point."""
    drawn = frozenset().union(*map(fonts.characters, fonts.available()))
    return "".join(each if each in drawn else f"U+{ord(each):04X}" for each in text)
