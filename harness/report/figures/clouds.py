"""A word cloud for each entity type, from mentions and their counts; mentions are never split."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness import fonts
from harness.analysis.answers import FinishedRun
from harness.data.splits import TRAIN
from harness.report.figures.canvas import COLOURS, Picture, picture

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

_COLUMNS = 4
_WORDS = 60
_LONGEST = 14  # units: a longer mention would leave room for nothing else


def clouds(run: FinishedRun) -> Picture:
    """The mentions of each type, larger where more frequent."""
    counts = mentions(run)
    names = [name for name in run.metrics.labels if counts.get(name)]
    lines = -(-len(names) // _COLUMNS) or 1
    where = TRAIN if run.facts else f"{run.metrics.split} gold"
    caption = (
        f"The most frequent mentions of each type, {where}; those over {_LONGEST} units left out."
    )
    needed = fonts.missing(
        "".join(word for each in counts.values() for word in each), [fonts.latin()]
    )
    if any("\u4e00" <= each <= "\u9fff" for each in needed) and not fonts.chinese():
        return Picture("clouds", f"{caption} Not drawn: no font here has Chinese; {fonts.HINT}")
    font = fonts.chinese() or fonts.latin()

    def draw(figure: "Figure") -> None:
        panels = list(figure.subplots(lines, _COLUMNS, squeeze=False).flat)
        for index, (axes, name) in enumerate(zip(panels, names, strict=False)):
            _cloud(axes, name, drawable(counts[name], font), font, COLOURS[index % len(COLOURS)])
        for axes in panels[len(names) :]:
            axes.set_visible(False)

    return picture("clouds", caption, (12, 2.4 * lines), draw)


def mentions(run: FinishedRun) -> dict[str, dict[str, int]]:
    """The counts of mentions by label: of train if the run stored facts, else of the gold."""
    counts: dict[str, Counter[str]] = {}
    for mention, labels in (run.facts.mentions if run.facts else {}).items():
        for label, count in labels.items():
            counts.setdefault(label, Counter())[mention] += count
    if not run.facts:
        for prediction, spans in zip(run.predictions, run.gold, strict=True):
            for span in spans:
                counts.setdefault(span.label, Counter())[prediction.mention(span)] += 1
    return {label: dict(each) for label, each in counts.items()}


def drawable(counts: Mapping[str, int], font: "Path") -> dict[str, int]:
    """The words of which ``font`` has every character, and that are short enough to be read."""
    return {
        word: count
        for word, count in counts.items()
        if len(word) <= _LONGEST and word.strip() and not fonts.missing([word], [font])
    }


def _cloud(axes: Any, title: str, counts: Mapping[str, int], font: "Path", colour: str) -> None:
    from wordcloud import WordCloud

    axes.set_title(title)
    axes.axis("off")
    if not counts:
        axes.text(0.5, 0.5, "no mention that can be drawn", ha="center", transform=axes.transAxes)
        return
    cloud = WordCloud(
        width=520, height=360, background_color="white", font_path=str(font), max_words=_WORDS,
        random_state=0, prefer_horizontal=1.0, color_func=lambda *_, **__: colour,
        relative_scaling=0.5, margin=3,
    )  # fmt: skip
    axes.imshow(cloud.generate_from_frequencies(dict(counts)), interpolation="bilinear")
