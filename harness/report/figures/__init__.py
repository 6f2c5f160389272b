"""The figures of an experiment, from stored results: as SVG and PNG files, and inside the page."""

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from harness import store
from harness.analysis.answers import by_data, load_all
from harness.analysis.rows import Row, rows
from harness.report.figures.canvas import Picture

__all__ = ["Picture", "draw", "pictures"]
NEEDS = "the figures need matplotlib and wordcloud: pip install 'ner-harness[plots]'"


def draw(folders: Iterable[Path], output: Path) -> list[Path]:
    """Write every figure about the finished runs in ``folders`` as SVG and PNG; gives the paths.

    Raises:
        ConfigError: where the plotting libraries are not installed.
        DataError: where there is no finished run.
    """
    from harness.errors import ConfigError

    if not _installed():
        raise ConfigError(NEEDS)
    output.mkdir(parents=True, exist_ok=True)
    written = []
    for group in by_data(load_all(folders)):
        for picture in pictures(rows(group)):
            for suffix, content in (("svg", picture.svg), ("png", picture.png)):
                path = output / f"{store.slug(group[0].run.data.task)}-{picture.name}.{suffix}"
                if content:
                    store.write(path, content)
                    written.append(path)
    return written


def pictures(held: Sequence[Row]) -> Iterator[Picture]:
    """The figures about rows on the same data; one that cannot be drawn says why instead."""
    if not _installed():
        yield Picture("figures", NEEDS)
        return
    from harness.report.figures import clouds, data, scores, training

    runs = [run for row in held for run in row.runs]
    yield data.labels(runs[0])
    yield data.lengths(runs[0])
    yield data.transitions(held)
    if any(run.history for run in runs):
        yield training.curves(held)
    yield scores.seeds(held)
    yield scores.classes(held)
    yield scores.buckets(held)
    yield scores.confusions(held)
    yield clouds.clouds(runs[0])


def _installed() -> bool:
    return all(find_spec(name) for name in ("matplotlib", "wordcloud"))
