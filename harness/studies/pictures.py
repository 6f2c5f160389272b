"""The plots of a study: F1 with its interval over the points of its axis, and what they cost."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from harness.numbers import percent
from harness.report.figures import NEEDS
from harness.report.figures.canvas import COLOURS, MARKERS, SOFT, Picture, picture
from harness.studies import growth, long_sentences, training_pictures
from harness.studies.design import Axis, Study
from harness.studies.panels import Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ABREAST = 75  # letters that stand side by side below the picture
# Of the way from name to name: how far the points of panels stand apart, and all of them reach.
_APART, _SPREAD = 0.12, 0.6
Bars = tuple[list[float], list[float], list[float], list[float]]


def pictures(study: Study, panels: Sequence[Panel]) -> Iterator[Picture]:
    """F1 over the subject axis, and what training did at its points."""
    if find_spec("matplotlib") is None:
        yield Picture("f1", NEEDS)
        return
    subject = study.subject
    caption = f"F1 over {subject}: mean over seeds, with the 95 % interval of the table."
    yield picture("f1", caption, (8, 4.4), lambda figure: draw_f1(figure, study, panels))
    for number, panel in enumerate(panels, 1):
        yield from training_pictures.pictures(panel, number)


def draw_f1(figure: "Figure", study: Study, panels: Sequence[Panel]) -> None:
    """F1 of the points of all panels over the axis that the study asks of."""
    axes = figure.subplots()
    axis = study.axes[study.subject]
    places = axis.places
    for number, (panel, shift) in enumerate(zip(panels, _shifts(len(panels), axis), strict=True)):
        _line(axes, number, panel, axis, shift)
    axes.set_xlabel(study.subject)
    axes.set_ylabel("F1, %")
    if places is None:
        _name(axes, [name for name, _ in axis.named("")])
    else:
        axes.set_xscale(axis.scale)
        axes.set_xticks(list(places.values()), [f"{place:g}" for place in places.values()])
        axes.minorticks_off()
    ruled = [_rule(axes, study, panel) for panel in panels[:1]]
    if len(panels) > 1 or any(ruled):
        figure.legend(loc="outside lower center", ncols=2, frameon=False)


def _name(axes: "Axes", names: Sequence[str]) -> None:
    """Write ``names`` under their points; aslant where they would run into each other."""
    axes.set_xticks(range(len(names)), names)
    if len(names) * max(map(len, names)) > _ABREAST:
        axes.tick_params(axis="x", labelrotation=30)
        for label in axes.get_xticklabels():
            label.set(horizontalalignment="right", rotation_mode="anchor")


def _rule(axes: "Axes", study: Study, panel: Panel) -> bool:
    """Where three standard deviations beyond the mean length lie, if the axis limits lengths."""
    found = long_sentences.lengths(study, panel)
    if found is None:
        return False
    share = percent(found.longer(found.rule))
    label = f"mean + 3 σ of lengths in train: {share} % of test are longer"
    axes.axvline(found.rule, color=SOFT, linestyle="--", linewidth=1, label=label)
    return True


def _places(panel: Panel, axis: Axis) -> list[float]:
    """Where the points of a panel lie: on their scale, or one after another."""
    places = axis.places or {name: float(i) for i, (name, _) in enumerate(axis.named(""))}
    return [places[panel.points[system.name]] for system in panel.systems]


def _shifts(panels: int, axis: Axis) -> list[float]:
    """How far the points of each panel stand beside a name, so that none hides another's.

    A scale has its points where they are.
    """
    apart = min(_APART, _SPREAD / panels) if axis.places is None else 0.0
    return [(number - (panels - 1) / 2) * apart for number in range(panels)]


def _line(axes: "Axes", number: int, panel: Panel, axis: Axis, shift: float) -> None:
    places = [place + shift for place in _places(panel, axis)]
    xs, means, low, high = _bars(panel, places)
    style: dict[str, Any] = {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[number % len(MARKERS)],
        "label": panel.title,
        "linestyle": "none" if axis.places is None or axis.law else "-",
    }
    axes.errorbar(xs, means, yerr=(low, high), capsize=3, **style)
    if axis.law:
        _law(axes, panel, xs, style["color"])


def _law(axes: "Axes", panel: Panel, xs: list[float], colour: str) -> None:
    """The power law through the points of a panel that have all seeds, over all that it has."""
    found = growth.of(panel)
    if found is None:
        return
    shares = {system.name: x for system, x in zip(panel.systems, xs, strict=True)}
    largest = growth.sizes(panel)[found.sizes[-1]]
    sentences = found.sizes[-1] / shares[largest.name]  # for each of the unit that points lie at
    steps = [min(xs) * (max(xs) / min(xs)) ** (i / 40) for i in range(41)]
    at = [found.f1(step * sentences) for step in steps]
    axes.plot(steps, [100 * one.point for one in at], color=colour, linewidth=0.8)
    low, high = [100 * one.low for one in at], [100 * one.high for one in at]
    axes.fill_between(steps, low, high, color=colour, alpha=0.12, linewidth=0)


def _bars(panel: Panel, places: list[float]) -> Bars:
    """Places, means, and how far the interval reaches below and above, in %."""
    rows = [
        (place, panel.f1(system), panel.interval(system))
        for place, system in zip(places, panel.systems, strict=True)
    ]
    means = [100 * mean for _, mean, _ in rows]
    low = [max(0.0, 100 * (mean - found.low)) if found else 0.0 for _, mean, found in rows]
    high = [max(0.0, 100 * (found.high - mean)) if found else 0.0 for _, mean, found in rows]
    return [place for place, _, _ in rows], means, low, high
