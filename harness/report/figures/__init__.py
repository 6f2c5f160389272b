"""The figures of an experiment, from stored results: as SVG and PNG files, and inside the page."""

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from harness.analysis.answers import FinishedRun, by_data, read_most
from harness.analysis.foremost import COMPARED, foremost
from harness.analysis.system_answers import SystemAnswers, answers_by_system
from harness.report.figures.canvas import Picture
from harness.report.wording import AS_WRITTEN, Wording
from harness.results import store

__all__ = ["Picture", "counted", "draw", "pictures"]
NEEDS = "the figures need matplotlib and wordcloud: pip install 'ner-harness[plots]'"


def draw(
    runs: Sequence[FinishedRun], output: Path, wording: Wording = AS_WRITTEN, rows: int = COMPARED
) -> tuple[list[Path], list[Picture]]:
    """Write every figure about ``runs`` as SVG and PNG; gives the paths, and what was not drawn.

    Of each data set the ``rows`` best are drawn.

    Raises:
        ConfigError: if the plotting libraries are not installed, or nothing can be written there.
        DataError: if two runs on the same data disagree about the gold.
    """
    from harness.errors import ConfigError

    if not _installed():
        raise ConfigError(NEEDS)
    store.make_folder(output)
    written, lacking = [], []
    groups = by_data(runs)
    for name, group in zip(_names(groups), groups, strict=True):
        held = foremost(answers_by_system(group), rows)
        for picture in pictures(held) if wording.mentions else counted(held):
            if not picture.content:
                lacking.append(picture)
                continue
            for suffix, content in (("svg", picture.svg), ("png", picture.png)):
                path = output / f"{name}-{picture.name}.{suffix}"
                store.write(path, content)
                written.append(path)
    return written, lacking


def _names(groups: Sequence[Sequence[FinishedRun]]) -> list[str]:
    """The task, and, if it was read in several ways, also what tells them apart."""
    data = [group[0].data for group in groups]
    often = Counter(task for task, _, _ in data)
    return [
        store.slug(task if often[task] == 1 else f"{task}-{split}-{fingerprint[:8]}")
        for task, fingerprint, split in data
    ]


def pictures(held: Sequence[SystemAnswers]) -> Iterator[Picture]:
    """The figures about rows on the same data; one that cannot be drawn says why instead."""
    from harness.report.figures import clouds

    yield from counted(held)
    if _installed():
        yield clouds.clouds(read_most([run for row in held for run in row.runs]))


def counted(held: Sequence[SystemAnswers]) -> Iterator[Picture]:
    """The figures in which no text of the data stands."""
    if not _installed():
        yield Picture("figures", NEEDS)
        return
    from harness.report.figures import confidence, data, scores, training

    runs = [run for row in held for run in row.runs]
    most = read_most(runs)
    yield data.labels(most)
    yield data.lengths(most)
    yield data.transitions(held, most)
    if any(run.history for run in runs):
        yield training.curves(held)
    yield scores.seeds(held)
    yield scores.classes(held)
    yield scores.buckets(held)
    if drawn := confidence.reliability(held):
        yield drawn
    yield scores.confusions(held)


def _installed() -> bool:
    return all(find_spec(name) for name in ("matplotlib", "wordcloud"))
