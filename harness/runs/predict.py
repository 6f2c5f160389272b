"""Raw text in, tags out, with the model of a finished run: lines of any length, empty ones too."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness import registry
from harness.core import Output, Sentence
from harness.data.windows import WindowPolicy
from harness.errors import ConfigError, DataError, WeightsError
from harness.protocol import Backend, Context, DevScore, Progress
from harness.results import store
from harness.results.record import Run
from harness.runs.decode import decode
from harness.tags import decode as spans_of
from harness.tags import tag_set


def tag_lines(folder: Path, text: Path) -> Iterator[str]:
    """The tags of each line of ``text``, separated by spaces, in the spelling of the task."""
    run, answers = _predicted(folder, text)
    separator = str(run.settings["separator"])
    for _, tags in answers:
        yield " ".join(tag.replace("-", separator, 1) for tag in tags)


def json_lines(folder: Path, text: Path) -> Iterator[str]:
    """Each line of ``text`` with its entities as JSON; offsets are half-open, in code points."""
    _, answers = _predicted(folder, text)
    for sentence, tags in answers:
        entities = []
        for span in spans_of(tags):
            start, end = sentence.characters(span)
            mention = sentence.mention(span)
            entities.append({"start": start, "end": end, "label": span.label, "text": mention})
        yield json.dumps({"text": sentence.text, "entities": entities}, ensure_ascii=False)


def _predicted(folder: Path, text: Path) -> tuple[Run, list[tuple[Sentence, tuple[str, ...]]]]:
    run = read_run(folder)
    sentences = _sentences(text, str(run.settings["joiner"]))
    policy = WindowPolicy(run.settings["window_limit"], run.settings["window_margin"])
    windows = policy.cut_all(sentences)
    outputs = restore(run, folder).predict([window.view for window in windows])
    decoded = decode(outputs, windows, tag_set(run.settings["labels"]))
    empty: tuple[str, ...] = ()
    tagged = [decoded[s.id].tags if s.id in decoded else empty for s in sentences]
    return run, list(zip(sentences, tagged, strict=True))


def read_run(folder: Path) -> Run:
    """The record of a finished run.

    Raises:
        ConfigError: when there is none in ``folder``.
    """
    if not store.is_complete(folder):
        msg = f"{folder} holds no finished run: it has no {store.COMPLETE}"
        raise ConfigError(msg)
    return Run.model_validate_json((folder / "run.json").read_bytes())


def restore(run: Run, folder: Path) -> Backend:
    """The trained backend of a finished run.

    Raises:
        WeightsError: when the run kept no model.
    """
    if not (folder / "model").is_dir():
        msg = f"{folder} holds no model: it was run with keep_model=false"
        raise WeightsError(msg)
    context = Context(
        tags=tag_set(run.settings["labels"]),
        seed=run.seed,
        device=run.settings["device"],
        precision=run.settings["precision"],
        threads=run.settings["threads"],
        folder=folder,
        score_dev=_no_development,
        report=_silent,
    )
    backend: Backend = registry.find(run.backend).load()(context, **run.options)
    backend.load(folder / "model")
    return backend


def _no_development(outputs: Sequence[Output]) -> DevScore:
    msg = f"a restored backend has no development set; {len(outputs)} outputs cannot be scored"
    raise ConfigError(msg)


def _silent(progress: Progress) -> None:
    del progress


def _sentences(text: Path, joiner: str) -> list[Sentence]:
    """A sentence a line: characters, or words separated by one space where the task has words."""
    try:
        content = text.read_bytes().decode("utf-8-sig")
    except OSError as error:
        msg = f"cannot read {text}: {error.strerror}"
        raise DataError(msg) from error
    except UnicodeDecodeError as error:
        line = text.read_bytes()[: error.start].count(b"\n") + 1
        msg = f"{text}:{line}: invalid UTF-8 at byte {error.start}; convert the file to UTF-8"
        raise DataError(msg) from error
    lines = content.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [
        Sentence(f"line-{number}", _units(line.removesuffix("\r"), joiner), joiner)
        for number, line in enumerate(lines, start=1)
    ]


def _units(line: str, joiner: str) -> tuple[str, ...]:
    return tuple(unit for unit in line.split(joiner) if unit) if joiner else tuple(line)
