"""Raw text in, tags out, with the model of a finished run; lines may have any length, even none."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from harness import registry
from harness.core import Decoded, Output, Sentence, Span
from harness.data import cutting
from harness.data.cutting import Cut, CutLine
from harness.data.windows import WindowPolicy
from harness.errors import ConfigError, DataError, WeightsError
from harness.protocol import Backend, Context, DevScore, Progress
from harness.results import confidence, evaluate, reader, store
from harness.results.reader import Result
from harness.results.run_record import Run
from harness.runs.answering import ComputedOn
from harness.runs.apart import require_import
from harness.runs.contract import asked, checked, require_methods
from harness.runs.decode import decoder
from harness.runs.options import Given, construct
from harness.scoring.calibration import Scaling
from harness.tags import decode as spans_of
from harness.tags import encode, outermost, tag_set

STDIN = "-"


def silent(progress: Progress) -> None:
    """Tell nobody."""
    del progress


def _remarks(progress: Progress) -> None:
    """Write what is to stay to standard error."""
    if progress.line:
        sys.stderr.write(f"{progress.note}\n")


@dataclass(frozen=True, slots=True)
class Entity:
    """A typed mention; its half-open character offsets are those of the line, in code points.

    ``confidence`` is its probability, scaled as the run says; None if the model gives none.
    """

    start: int
    end: int
    label: str
    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """A line with one tag per unit, and the probability of each entity that its tags mean.

    ``sentence`` is what the model was asked, ``line`` where its units stand in the line as given.
    ``dropped`` counts the entities that were too unsure. Of a model for nested gold, ``found`` are
    all entities, and ``tags`` are of the outermost ones.
    """

    sentence: Sentence
    line: CutLine
    tags: tuple[str, ...]
    confidence: tuple[float, ...] | None = None
    dropped: int = 0
    found: tuple[Span, ...] | None = None

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The entities that were found, in order."""
        return tuple(self._entity(span, sure) for span, sure in self._spans())

    def _spans(self) -> Iterator[tuple[Span, float | None]]:
        spans = spans_of(self.tags) if self.found is None else self.found
        return zip(spans, self.confidence or [None] * len(spans), strict=True)

    def _entity(self, span: Span, sure: float | None) -> Entity:
        start, end = self.line.places[span.start][0], self.line.places[span.end - 1][1]
        return Entity(start, end, span.label, self.line.line[start:end], sure)

    def surer(self, least: float) -> "Tagged":
        """The line without the entities of less confidence than ``least``."""
        kept = [(span, sure) for span, sure in self._spans() if sure is None or sure >= least]
        spans = tuple(span for span, _ in kept)
        tags = encode(outermost(spans), len(self.tags))
        dropped = len(self.confidence or ()) - len(kept)
        sure = tuple(value for _, value in kept if value is not None)
        found = None if self.found is None else spans
        return Tagged(self.sentence, self.line, tags, sure, dropped, found)


@dataclass(frozen=True, slots=True)
class Predictor:
    """The model of a finished run in memory, for lines that come one after the other."""

    result: Result
    backend: Backend

    @classmethod
    def of(cls, folder: Path, report: Callable[[Progress], None] = _remarks) -> "Predictor":
        """That of the finished run in ``folder``; ``report`` hears of its progress.

        Raises:
            ConfigError: when there is no finished run in ``folder``.
            WeightsError: when the run kept no model.
        """
        result = reader.one(folder)
        return cls(result, checked(result.run.backend, restore(result, report=report)))

    def __call__(self, lines: Iterable[str], units: str | Cut | None = None) -> list[Tagged]:
        """``lines`` with their tags; ``units`` says what cuts them, without, the task does.

        Raises:
            ConfigError: when nothing cuts as ``units`` says.
        """
        run = self.result.run
        joiner = str(run.settings["joiner"])
        by = cutting.chosen(units, joiner)
        cut = [cutting.cut(line, by) for line in lines]
        sentences = [line.sentence(f"line-{number}", joiner) for number, line in enumerate(cut, 1)]
        policy = WindowPolicy.of(run.settings)
        windows = policy.cut_all(sentences)
        outputs = self.backend.predict([window.view for window in windows])
        decode = decoder(nested=run.data.nested)
        decoded = decode(outputs, windows, tag_set(run.settings["labels"]))
        scaling = confidence.scaling(run)
        nothing = Decoded((), confidence=(), entities=() if run.data.nested else None)
        return [
            _tagged(sentence, line, decoded.get(sentence.id, nothing), scaling)
            for sentence, line in zip(sentences, cut, strict=True)
        ]


def tagged(
    folder: Path,
    lines: Iterable[str],
    min_confidence: float | None = None,
    units: str | Cut | None = None,
    report: Callable[[Progress], None] = _remarks,
) -> list[Tagged]:
    """``lines`` with the tags that the model of the finished run in ``folder`` gives them.

    Without entities of less confidence than ``min_confidence``, where that is given.

    Raises:
        ConfigError: when there is no finished run in ``folder``, nothing cuts as ``units`` says, a
            confidence is asked of a model that gives none, or ``lines`` are one text.
        WeightsError: when the run kept no model.
    """
    if isinstance(lines, str):
        msg = f"lines: expected several, found one text; write [{lines[:20]!r}]"
        raise ConfigError(msg)
    predictor = Predictor.of(folder, report)
    found = predictor(lines, units)
    return found if min_confidence is None else _surer(found, min_confidence, predictor.result.run)


def warning(folder: Path, found: Iterable[Tagged], units: str | None = None) -> str:
    """What a user should know of how lines were cut; empty where nothing is odd."""
    joiner = str(reader.one(folder).run.settings["joiner"])
    return cutting.warning([one.line for one in found], joiner, cutting.chosen(units, joiner))


def _tagged(sentence: Sentence, line: CutLine, decoded: Decoded, scaling: Scaling) -> Tagged:
    sure = decoded.confidence
    if sure is not None:
        sure = evaluate.rounded(scaling.of(np.array(sure, np.float64)).tolist())
    return Tagged(sentence, line, decoded.tags, sure, found=decoded.entities)


def _surer(found: Sequence[Tagged], least: float, run: Run) -> list[Tagged]:
    if not 0 <= least <= 1:
        msg = f"min_confidence is a probability, from 0 to 1, not {least}"
        raise ConfigError(msg)
    if any(one.confidence is None for one in found):
        msg = f"{run.backend} says of no entity how sure it is: leave out the least confidence"
        raise ConfigError(msg)
    return [one.surer(least) for one in found]


def as_json(tagged: Tagged) -> str:
    """A line with its entities as JSON."""
    entities = [
        {key: value for key, value in asdict(entity).items() if value is not None}
        for entity in tagged.entities
    ]
    return json.dumps({"text": tagged.line.line, "entities": entities}, ensure_ascii=False)


def tag_writer(folder: Path) -> Callable[[Tagged], str]:
    """What writes tags with spaces between them, spelled as the data of the run in ``folder``.

    Raises:
        ConfigError: for a run on nested gold, whose entities tags cannot hold.
    """
    run = reader.one(folder).run
    if run.data.nested:
        msg = f"{folder} was run on nested gold, and tags hold no entity within another: use --json"
        raise ConfigError(msg)

    def write(tagged: Tagged) -> str:
        separator = str(run.settings["separator"])  # an ensemble, which tags nothing, has none
        return " ".join(tag.replace("-", separator, 1) for tag in tagged.tags)

    return write


def restore(
    result: Result,
    model: Path | None = None,
    report: Callable[[Progress], None] = _remarks,
) -> Backend:
    """The trained backend of a finished run; with ``model``, what was made of it in that folder.

    It tells ``report`` of its progress, and of a device that is not that of the run.

    Raises:
        WeightsError: when the run kept no model, or it is not the one that it kept.
        BackendError: when its backend cannot be imported.
    """
    _require_model(result, model)
    run, plugin = result.run, registry.find(result.run.backend)
    given = Given(run.options, str(result.folder / store.RUN))
    require_import(plugin)
    with asked(run.backend, "the constructor"):
        kind = plugin.load()  # first, since its libraries know what they can use here
        made = construct(kind, _context(result, report), given)
    backend = require_methods(run.backend, made)
    checked(run.backend, backend).load(model or result.model())
    return backend


def _require_model(result: Result, model: Path | None) -> None:
    """Refuse a run without a model, unless another one is given."""
    run, folder = result.run, result.folder
    if run.members:
        msg = f"{folder} is an ensemble of stored answers: predict with the models of its members"
        raise WeightsError(msg)
    if run.imported:
        msg = f"{folder} was imported: there are answers in it and no model to predict with"
        raise WeightsError(msg)
    if model is None and not (folder / store.MODEL).is_dir():
        msg = f"{folder} holds no model: it was run with keep_model=false, or the model was removed"
        raise WeightsError(msg)


def _context(result: Result, report: Callable[[Progress], None]) -> Context:
    """What a restored backend is told: all as in the run, where this machine can compute so."""
    settings, trained = result.run.settings, ComputedOn.of(result.run.settings)
    place = trained.here()
    if note := place.instead_of(trained):
        report(Progress("predict", 0, 0, note, line=True))
    return Context(
        tags=tag_set(settings["labels"]),
        seed=result.run.seed,
        device=place.device,
        precision=place.precision,
        threads=settings["threads"],
        folder=result.folder,
        score_dev=_no_development,
        report=report,
        descriptions=settings.get("descriptions", {}),
    )


def _no_development(outputs: Sequence[Output]) -> DevScore:
    msg = f"a restored backend has no development set; {len(outputs)} outputs cannot be scored"
    raise ConfigError(msg)


def lines_of(text: Path) -> list[str]:
    """The lines of a UTF-8 file, without the ends of lines; ``-`` is standard input.

    Raises:
        DataError: for a file that cannot be read, or is not UTF-8; with the line.
    """
    if str(text) == STDIN and not sys.stdin:  # a program may be started without one
        raise DataError("cannot read -: standard input is closed; name a file, or give it a text")
    try:
        raw = sys.stdin.buffer.read() if str(text) == STDIN else text.read_bytes()
        content = raw.decode("utf-8-sig")
    except OSError as error:
        msg = f"cannot read {text}: {error.strerror}"
        raise DataError(msg) from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        msg = f"{text}:{line}: invalid UTF-8 at byte {error.start}; convert the file to UTF-8"
        raise DataError(msg) from error
    lines = content.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
