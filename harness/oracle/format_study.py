"""Formats side by side: length, ceiling, malformed answers and scores of each.

One training per format, all else equal. The ceiling is gold through the backend's own path; the
length is that of the right answers to the test set, so it depends on no model.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from harness import registry
from harness.core import Example
from harness.data.splits import TEST
from harness.data.task import load
from harness.errors import ConfigError
from harness.generation.formats import Words, format_named
from harness.generation.prompt import of_format
from harness.leaderboard.columns import BY_KEY
from harness.numbers import NOT_KNOWN, one_decimal
from harness.oracle.ceilings import ceiling_of
from harness.registry import Plugin
from harness.results import reader, verify
from harness.results.verify import Sound
from harness.runs.apart import ask
from harness.runs.config import Override
from harness.runs.options import declared
from harness.runs.plan import GridCell, Request, plan
from harness.scoring.score import percent
from harness.tags import encode

NAMES = ("tags", "char-tag", "indexed", "inline")
MEASURED = ("malformed", "repairs", "raw_f1", "repaired_f1", "free_rate", "f1", "predict_rate")
HEAD = (
    "backend", "format", "decoding", "seeds", "pieces/unit", "chars/unit", "ceiling F1",
    *(BY_KEY[key].title for key in MEASURED), "free errors by quarter, %",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FormatStudy:
    """The cells of one backend with one format, a seed each."""

    backend: str
    format: str
    cells: tuple[GridCell, ...]


def studies(request: Request, formats: Sequence[str]) -> tuple[FormatStudy, ...]:
    """One study per backend of ``request`` and format, on its first task.

    Raises:
        ConfigError: for a backend that writes no format, or a format without a prompt.
    """
    return tuple(
        FormatStudy(backend, name, plan(_asking(request, backend, name)))
        for backend in request.backends
        for name in formats
    )


def _asking(request: Request, backend: str, name: str) -> Request:
    """``request`` for one backend, with all that a format of that name asks for."""
    options = ask(registry.find(backend), option_names)
    if "format" not in options:
        msg = f"backend {backend!r} has no option 'format': it does not write its tags as text"
        raise ConfigError(msg)
    chosen = {"format": name}
    if "prompt" in options:
        chosen["prompt"] = of_format(name, load(request.tasks[0], request.data).language)
    if not isinstance(format_named(name), Words):
        chosen["decoding"] = "free"  # it has no one tag per unit that could be chosen
    overrides = tuple(Override("", key, value) for key, value in chosen.items())
    return replace(request, backends=(backend,), overrides=(*overrides, *request.overrides))


def option_names(plugin: Plugin) -> frozenset[str]:
    """The names of the options of ``plugin``."""
    return frozenset(declared(plugin.load()))


def rows(found: Sequence[FormatStudy]) -> Iterator[tuple[str, ...]]:
    """The rows under ``HEAD``: means over the seeds that finished, none where none did."""
    for study in found:
        folders = [cell.folder for cell in study.cells if cell.folder.is_dir()]
        runs = verify.check(reader.read(folders)).runs
        if runs:
            decoding = str(runs[0].run.options["decoding"])
            seeds = f"{len(runs)} of {len(study.cells)}"
            about = (study.backend, study.format, decoding, seeds)
            yield (*about, *_lengths(study), *_means(runs), _quarters(runs))


def _lengths(study: FormatStudy) -> tuple[str, str, str]:
    """The length of right answers to the test set in pieces and characters, and the ceiling."""
    cell, form = study.cells[0], format_named(study.format)
    examples = load(cell.task, cell.data, cell.settings.limit).splits[TEST].examples
    units = sum(len(example.sentence) for example in examples)
    pieces = sum(len(form.items(each.sentence, _tags(each))) for each in examples)
    characters = sum(len(form.render(each.sentence, _tags(each))) for each in examples)
    ceiling = percent(ceiling_of(cell).counts.f1)
    return f"{pieces / units:.2f}", f"{characters / units:.2f}", ceiling


def _tags(example: Example) -> tuple[str, ...]:
    return encode(example.spans, len(example.sentence))


def _means(runs: Sequence[Sound]) -> Iterator[str]:
    for key in MEASURED:
        values = [BY_KEY[key].read(run) for run in runs]
        known = [value for value in values if value is not None]
        yield BY_KEY[key].show(fmean(known)) if known else NOT_KNOWN


def _quarters(runs: Sequence[Sound]) -> str:
    """Wrong units of each quarter of the sentences: an answer that drifts has more of them late."""
    free = [run.metrics.free for run in runs if run.metrics.free]
    quarters = zip(*(each.quarters for each in free), strict=True)
    sums = [(sum(wrong for wrong, _ in each), sum(all_ for _, all_ in each)) for each in quarters]
    return " ".join(one_decimal(100 * wrong / all_) for wrong, all_ in sums if all_) or NOT_KNOWN
