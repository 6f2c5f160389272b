"""Predictions made by other systems, put into the same table by the same code.

Each sentence of the file answers the sentence of the test set at the same place; the text must be
the same, unit by unit, or nothing is imported.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness.archive import predicted
from harness.archive.stated_facts import StatedFacts
from harness.comparability.fields import NOT_STATED
from harness.core import Decoded, Example, Sentence, Span
from harness.data import readers, schemes
from harness.data.overlap import seen_in_train
from harness.data.readers import Problem, Raw, conll, jsonl, lines, offsets
from harness.data.readers.entry_errors import EntryError
from harness.data.splits import TEST, TRAIN
from harness.data.task import Task
from harness.data.train_facts import train_facts
from harness.errors import ConfigError, DataError
from harness.generation import nested, readback
from harness.numbers import printed
from harness.results import evaluate, reader, store, writer
from harness.results.record import Metrics
from harness.results.run_record import Cost, Run
from harness.results.writer import TrainingFiles
from harness.runs import hardware
from harness.runs.preflight import refuse_seeds
from harness.runs.recording import data_of, facts_of
from harness.tags import decode, encode
from harness.version import __version__

Format: TypeAlias = Literal["conll", "jsonl", "strings", "labelstudio"]
SHOWN = 20
FORMATS: tuple[Format, ...] = ("conll", "jsonl", "strings", "labelstudio")


@dataclass(frozen=True, slots=True)
class Import:
    """A file of predictions: its format, the name its row gets, and what is known of its making.

    ``seeds`` are several if the system is deterministic: the file is the answer of each.
    """

    path: Path
    format: Format
    name: str
    seeds: tuple[int, ...] = (0,)
    planned_seeds: tuple[int, ...] = ()
    rule: str = "cursor"
    weights: str = NOT_STATED
    facts: StatedFacts = field(default_factory=StatedFacts)


def format_of(path: Path) -> Format:
    """JSON Lines where the first line is an object, tasks where it begins a list, else columns.

    Raises:
        ConfigError: for what another format of annotation is, which holds no answers.
    """
    is_other = path.is_dir() or path.suffix == ".spacy"
    first = None if is_other else predicted.first_object(path)
    if is_other or (first and _is_doccano(first)):
        msg = (
            f"{path}: docbin, doccano and brat are not read as predictions; write them as jsonl, "
            "conll or labelstudio (`export-predictions --to jsonl`)"
        )
        raise ConfigError(msg)
    if first is not None:
        return "jsonl"
    return "labelstudio" if predicted.begins_list(path) else "conll"


def _is_doccano(entry: dict[str, Any]) -> bool:
    """Whether spans stand where a line of doccano has them."""
    return "label" in entry and not {predicted.KEY, predicted.SPANS, "tags"} & entry.keys()


def answers(task: Task, given: Import) -> list[Decoded]:
    """The answer to each test sentence, as the file means it.

    Raises:
        DataError: when the file does not answer the test set, sentence by sentence.
        ConfigError: for a rule that does not exist.
    """
    examples = [example for example in task.splits[TEST].examples if len(example.sentence)]
    _refuse_flat(task, given)
    if given.format == "strings":
        return [Decoded(tags) for tags in _strings(given, examples)]
    if given.format == "labelstudio":
        return predicted.studio_answers(given.path, examples)
    if given.format == "jsonl" and predicted.is_written_so(given.path):
        return predicted.answers(given.path, examples)
    conll_file = given.format == "conll"
    reading = readers.read(
        conll.ConllSource(given.path) if conll_file else jsonl.JsonlSource(given.path, task.joiner)
    )
    _refuse(reading.problems)
    _same_text(given.path, reading.records, examples)
    _require_tags(given.path, reading.records)
    _require_decided(given.path, reading.records, task)
    return [
        _decoded(given.path, record, example)
        for record, example in zip(reading.records, examples, strict=True)
    ]


def _refuse_flat(task: Task, given: Import) -> None:
    """Refuse a format that cannot answer nested gold."""
    if task.nested and given.format in ("conll", "strings"):
        msg = (
            f"{given.path}: task {task.name!r} has nested gold, which `--format {given.format}` "
            "cannot answer; give entities with their places, as `predict --json` writes them"
        )
        raise ConfigError(msg)


def _decoded(path: Path, record: Raw, example: Example) -> Decoded:
    if example.nested and record.tags is None:
        return nested.answer(record.spans, len(example.sentence))
    tags = _tags(path, record, example)
    return nested.answer(decode(tags), len(tags)) if example.nested else Decoded(tags)


def _refuse(problems: Iterable[Problem]) -> None:
    errors = [str(problem) for problem in problems if problem.severity == "error"]
    if errors:
        more = [f"and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else []
        raise DataError("\n".join([*errors[:SHOWN], *more]))


def _object(path: Path, line: int, text: str) -> dict[str, Any]:
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"{path}:{line}: not JSON: {error}"
        raise DataError(msg) from error
    if not isinstance(entry, dict):
        msg = f"{path}:{line}: expected an object with `text` and `entities`"
        raise DataError(msg)
    return entry


def _same_text(path: Path, records: Sequence[Raw], examples: Sequence[Example]) -> None:
    if len(records) != len(examples):
        msg = f"{path}: {len(records)} sentences for {len(examples)} of the test set"
        raise DataError(msg)
    for record, example in zip(records, examples, strict=True):
        if record.units != example.sentence.units:
            msg = (
                f"{path}:{record.line}: the text is not that of {example.sentence.id}: "
                f"{''.join(record.units)[:30]!r}, not {example.sentence.text[:30]!r}"
            )
            raise DataError(msg)


def _require_tags(path: Path, records: Iterable[Raw]) -> None:
    """Refuse tags that no scheme spells, each with its line."""
    problems = [
        f"{path}:{record.place(position)[0]}: {problem}"
        for record in records
        for position, tag in enumerate(record.tags or ())
        if (problem := _problem_of(tag))
    ]
    if problems:
        more = f"\nand {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise DataError("\n".join(problems[:SHOWN]) + more)


def _require_decided(path: Path, records: Iterable[Raw], task: Task) -> None:
    """Refuse spans that overlap in a flat task, and an entity that is there twice in any."""
    for record in records:
        try:
            sentence = Sentence("", record.units, task.joiner)
            offsets.require_decided(record.spans, sentence, nested=task.nested)
        except EntryError as error:
            msg = f"{path}:{record.line}: {error.message}"
            raise DataError(msg) from None


def _problem_of(tag: str) -> str:
    try:
        schemes.parse(tag)
    except ValueError as error:
        return str(error)
    return ""


def _tags(path: Path, record: Raw, example: Example) -> tuple[str, ...]:
    """The BIO tags of a record: BIO as it stands, since policies apply; other schemes by spans."""
    size = len(example.sentence)
    if record.tags is None:
        return encode(record.spans, size)
    try:
        spelling = schemes.detect(record.tags)
    except ValueError as error:
        msg = f"{path}:{record.line}: {error}; write each file in one scheme"
        raise DataError(msg) from error
    if spelling.scheme != "BIO":
        return encode(schemes.read(record.tags, spelling.scheme, "conlleval").spans, size)
    return tuple(tag if tag == "O" else f"{tag[0]}-{tag[2:]}" for tag in record.tags)


def _strings(given: Import, examples: Sequence[Example]) -> list[tuple[str, ...]]:
    """A JSON object a line: ``{"text": ..., "entities": [{"label": ..., "text": ...}, ...]}``."""
    if given.rule not in readback.RULES:
        msg = f"rule {given.rule!r}: choose one of {', '.join(readback.RULES)}"
        raise ConfigError(msg)
    text = lines.read(given.path)
    _refuse(text.problems)
    entries = [
        (n, _object(given.path, n, line)) for n, line in text.numbered() if line.strip(" \t")
    ]
    if len(entries) != len(examples):
        msg = f"{given.path}: {len(entries)} sentences for {len(examples)} of the test set"
        raise DataError(msg)
    pairs = zip(entries, examples, strict=True)
    return [_read_back(given, number, entry, example) for (number, entry), example in pairs]


def _read_back(
    given: Import, line: int, entry: dict[str, Any], example: Example
) -> tuple[str, ...]:
    if entry.get("text") != example.sentence.text:
        msg = f"{given.path}:{line}: the text is not that of {example.sentence.id}"
        raise DataError(msg)
    found = entry.get("entities")
    if not isinstance(found, list) or not all(map(_is_mention, found)):
        msg = f"{given.path}:{line}: expected a list of `entities`, each with `label` and `text`"
        raise DataError(msg)
    mentions = [(one["label"], one["text"]) for one in found]
    spans: tuple[Span, ...] = readback.RULES[given.rule](example.sentence, mentions)
    return encode(spans, len(example.sentence))


def _is_mention(found: Any) -> bool:
    """Whether an entity says of what type it is, and what its text is."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("text"), str)
        and isinstance(label := found.get("label"), str)
        and label != ""
    )


def write(task: Task, task_file: str, given: Import, output: Path) -> tuple[Path, ...]:
    """Store the predictions as run folders below ``output``, one per seed; gives the folders.

    Raises:
        ConfigError: for a name that cannot be printed, or that has other answers there, and for a
            seed that no run can have.
        DataError: when the file does not answer the test set, sentence by sentence.
    """
    if not given.name.strip() or not given.name.isprintable():
        msg = f"the name {printed(given.name)!r}: a row needs one that can be printed"
        raise ConfigError(msg)
    refuse_seeds((*given.seeds, *given.planned_seeds))
    found = iter(answers(task, given))
    seen = seen_in_train(task.examples)
    predictions = [
        evaluate.prediction(one, next(found) if len(one.example.sentence) else None, (), seen=known)
        for one, known in zip(task.splits[TEST].placed, seen, strict=True)
    ]
    scores = writer.score_answers(
        evaluate.EvaluationSetup(task.labels, task.policy, TEST, task.nested), predictions
    )
    training = TrainingFiles(facts=train_facts(task.splits[TRAIN].examples))
    records = [_record(task, task_file, given, seed, scores.metrics) for seed in given.seeds]
    _refuse_others(records, output / store.slug(task.name))
    return tuple(writer.write_new(_folder(run, output), run, scores, training) for run in records)


def _refuse_others(records: Sequence[Run], place: Path) -> None:
    """Refuse what contradicts an import of the same row, seed and data: neither could be shown."""
    stored = reader.read([place]).runs if place.is_dir() else ()
    there = {_key(one.run): one for one in stored}
    for run in records:
        other = there.get(_key(run))
        if other and other.run.digest != run.digest:
            msg = (
                f"{other.folder} is of the row {run.backend!r} and seed {run.seed}, too, from "
                "other answers or other stated facts; nothing was imported. Move it away to "
                "replace it, or give another --name or --seed"
            )
            raise ConfigError(msg)


def _key(run: Run) -> tuple[object, ...]:
    return *run.row, run.seed, run.data.fingerprint


def _folder(run: Run, output: Path) -> Path:
    return output / store.slug(run.data.task) / store.run_folder(run.seed, run.digest, run.backend)


def _record(task: Task, task_file: str, given: Import, seed: int, metrics: Metrics) -> Run:
    stated = given.facts.settings()
    identity = (given.name, str(seed), task.fingerprint, metrics.predictions_sha256, repr(stated))
    rule = {"rule": given.rule} if given.format == "strings" else {}
    return Run(
        digest=hashlib.sha256("\n".join(identity).encode()).hexdigest(),
        harness=__version__,
        backend=given.name,
        family="external",
        preset="imported",
        variant=f"read back by {given.rule}" if rule else "",
        seed=seed,
        planned_seeds=given.planned_seeds or given.seeds,
        options={"format": given.format, **rule},
        settings=facts_of(task, task_file) | stated,
        data=data_of(task, None),
        origin={"distribution": "external", "version": "", "class": given.path.name},
        versions={},
        hardware=dict.fromkeys(hardware.describe(), "not recorded"),
        weights=given.weights,
        parameters=0,
        trained=0,
        precision=given.facts.precision or "not recorded",
        training_digests=given.facts.training_digests(task),
        cost=Cost(seconds={}, train_units=0, predict_units=0),
    )
