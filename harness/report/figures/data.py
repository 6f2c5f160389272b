"""Figures of the data: labels, lengths, and which tag follows which."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from harness.analysis.answers import FinishedRun
from harness.analysis.lengths import mean, share_longer, three_sigmas
from harness.analysis.system_answers import SystemAnswers
from harness.data.splits import TEST, TRAIN
from harness.numbers import percent
from harness.report.figures.canvas import COLOURS, SOFT, Picture, picture
from harness.tags import OUTSIDE, encode, tag_set

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIMITS = (128, 256, 512)
_BINS = 40


def labels(run: FinishedRun) -> Picture:
    """How often each label stands in train and in the test gold."""
    test = Counter(span.label for spans in run.gold for span in spans)
    train = run.facts.labels if run.facts else {}
    names = sorted(run.metrics.labels, key=lambda name: -(test[name] + train.get(name, 0)))

    def draw(figure: "Figure") -> None:
        sides = [(TRAIN, train), (run.metrics.split, test)] if train else [(TEST, test)]
        for axes, (title, counts) in zip(_across(figure, len(sides)), sides, strict=True):
            _bars(axes, title, names, [counts.get(name, 0) for name in names])

    height = 1.3 + 0.32 * len(names)
    return picture("labels", "Entities by type.", (9, height), draw)


def _across(figure: "Figure", number: int) -> list[Any]:
    return list(figure.subplots(1, number, squeeze=False)[0])


def _bars(axes: Any, title: str, names: Sequence[str], counts: Sequence[int]) -> None:
    total = sum(counts) or 1
    bars = axes.barh(range(len(names)), counts, color=COLOURS[0], height=0.68)
    axes.bar_label(bars, [f" {n:,} ({100 * n / total:.1f} %)" for n in counts], fontsize=9)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_title(f"{title}: {sum(counts):,} entities")
    axes.set_xlim(0, 1.38 * max(*counts, 1))
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.locator_params(axis="x", nbins=4)


def lengths(run: FinishedRun) -> Picture:
    """Sentence lengths, the line of three standard deviations, and what a limit would cut."""
    counts: Mapping[int, int] = Counter(len(each.units) for each in run.predictions)
    source = run.metrics.split
    if run.facts:
        counts, source = run.facts.lengths, TRAIN
    cuts = [(three_sigmas(counts), "mean + 3 σ ="), *((float(each), "limit") for each in LIMITS)]
    caption = (
        f"Sentence lengths in {source}: {sum(counts.values()):,} sentences, mean "
        f"{mean(counts):.1f} units, longest {max(counts)}. The curve is the share of "
        "sentences that a maximum length would cut."
    )
    return picture("lengths", caption, (9, 3.8), lambda figure: _lengths(figure, counts, cuts))


def _lengths(
    figure: "Figure", counts: Mapping[int, int], cuts: Sequence[tuple[float, str]]
) -> None:
    axes = figure.subplots()
    found = sorted(counts)
    axes.hist(found, bins=min(_BINS, max(2, *found)), weights=[counts[n] for n in found],
              color=COLOURS[5], edgecolor="white", linewidth=0.4)  # fmt: skip
    axes.set_xlabel("units in the sentence")
    axes.set_ylabel("sentences")
    share = axes.twinx()
    share.grid(visible=False)
    share.spines["right"].set_visible(True)
    longer = [100 * share_longer(counts, n) for n in found]
    share.plot(found, longer, color=COLOURS[1], linewidth=1.6)
    share.set_ylabel("% of sentences that are longer", color=COLOURS[1])
    share.set_ylim(0, 105)
    shown = [(value, name) for value, name in cuts if value <= 1.15 * max(found) or name != "limit"]
    for row, (value, name) in enumerate(shown):
        text = f"{name} {value:.0f}: cuts {percent(share_longer(counts, value))} %"
        share.axvline(value, color=SOFT, linestyle="--" if name == "limit" else "-", linewidth=1)
        right = value > 0.6 * max(*found, *(each for each, _ in shown))
        share.annotate(text, (value, 97 - 9 * row), (-5 if right else 5, 0), fontsize=9,
                       textcoords="offset points", ha="right" if right else "left",
                       bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip


def transitions(held: Sequence[SystemAnswers], run: FinishedRun) -> Picture:
    """Which tag follows which: in the data of ``run``, and as each CRF learned it."""
    tags = tag_set(run.metrics.labels)
    counts, source = _counted(run)
    sums = {a: sum(counts.get(a, {}).values()) or 1 for a in tags}
    shares = [[counts.get(a, {}).get(b, 0) / sums[a] for b in tags] for a in tags]
    matrices = [(f"{source}: share of the row", shares, tags, "Blues")]
    for row in held:
        first = next((each for each in row.runs if each.run.transitions), None)
        if first and first.run.transitions:
            learned = [list(values) for values in first.run.transitions]
            title = f"{row.name} #{first.run.seed}: learned score"
            matrices.append((title, learned, first.run.transition_tags or tags, "RdBu"))

    def draw(figure: "Figure") -> None:
        for axes, drawn in zip(_across(figure, len(matrices)), matrices, strict=True):
            matrix(figure, axes, *drawn)

    side = 2.2 + 0.27 * max(len(named) for _, _, named, _ in matrices)
    caption = "Tag transitions: the row's tag, then the column's. The first tag follows O."
    return picture("transitions", caption, (side * len(matrices) + 0.6, side), draw)


def _counted(run: FinishedRun) -> tuple[Mapping[str, Mapping[str, int]], str]:
    if run.facts:
        return run.facts.transitions, TRAIN
    counts: dict[str, Counter[str]] = {}
    for prediction, spans in zip(run.predictions, run.gold, strict=True):
        for before, after in pairwise((OUTSIDE, *encode(spans, len(prediction.units)))):
            counts.setdefault(before, Counter())[after] += 1
    return counts, f"{run.metrics.split} gold"


def matrix(
    figure: "Figure", axes: Any, title: str, values: Sequence[Sequence[float]],
    tags: Sequence[str], colours: str,
) -> None:  # fmt: skip
    """A heat map of what stands between each tag and the next."""
    most = max((abs(value) for row in values for value in row), default=1.0) or 1.0
    image = axes.imshow(values, cmap=colours, vmax=most, vmin=-most if colours == "RdBu" else 0)
    axes.set_xticks(range(len(tags)), tags, rotation=90)
    axes.set_yticks(range(len(tags)), tags)
    axes.tick_params(labelsize=8.5)
    axes.grid(visible=False)
    axes.set_title(title)
    figure.colorbar(image, ax=axes, shrink=0.7)
