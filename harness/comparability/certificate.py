"""The certificate: what the rows of a table have in common, line by line, checked on result files.

A line is red if a row differs from the others, or if a run did not record the field. Rows
that differ in a field that ``separates`` are never ranked together. Gold that differs in its
support per type makes no table at all.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.comparability.check import Check
from harness.errors import DataError
from harness.numbers import printed
from harness.results.reader import PREDICTIONS, Result

MISSING = "not recorded"
NOT_APPLICABLE = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One line: its name, how a run's value reads, and whether a difference forbids ranking.

    ``must`` is what it has to read, where agreement of all rows is not enough.
    """

    name: str
    read: Callable[[Result], str]
    separates: bool = True
    must: str = ""


def _setting(*keys: str) -> Callable[[Result], str]:
    def value(result: Result) -> str:
        settings = result.run.settings
        if any(key not in settings for key in keys):
            return MISSING
        return ", ".join(_text(settings[key]) for key in keys)

    return value


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {value[key]}" for key in sorted(value)) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value) or MISSING


def _both(first: object, second: object) -> str:
    """One text for a field that two files hold, and both if they contradict each other."""
    one, other = _text(first), _text(second)
    return one if one == other else f"run.json {one}, metrics.json {other}"


def _limit(result: Result) -> str:
    if "limit" not in result.run.settings:
        return MISSING
    data, setting = result.run.data.limit, result.run.settings["limit"]
    return _text(data) if data == setting else f"data {_text(data)}, setting {_text(setting)}"


def _window(result: Result) -> str:
    settings = result.run.settings
    if "window_limit" not in settings or "window_margin" not in settings:
        return MISSING
    return f"limit {settings['window_limit']}, margin {settings['window_margin']}"


def _tag_policy(result: Result) -> str:
    """The headline policy, and the rule by which stored answers were scored again, if they were."""
    rule = result.run.settings.get("rescored")
    return f"{result.metrics.policy}, {rule}" if rule else result.metrics.policy


def is_external(result: Result) -> bool:
    """Whether only the predictions are known, of a system that this harness did not run."""
    return result.run.origin.get("distribution") == "external"


def is_zero_shot(result: Result) -> bool:
    """Whether nothing was trained."""
    return result.run.trained == 0 and not is_external(result)


def _training(result: Result) -> str:
    if is_external(result):
        return "on train" if result.run.settings.get("training") == "train" else MISSING
    return "none (zero-shot)" if is_zero_shot(result) else "on train"


def _training_digests(result: Result) -> str:
    """The digests of the run's epochs: order-free, so that every epoch on train has the same."""
    if not result.run.training_digests and (is_zero_shot(result) or result.run.weights == "none"):
        return NOT_APPLICABLE
    return ", ".join(sorted(set(result.run.training_digests))) or MISSING


def _stated(result: Result) -> str:
    """The facts that somebody stated of a system that this harness did not run."""
    return _text(result.run.settings.get("stated", ()))


def _seeds(result: Result) -> str:
    return _text(sorted(result.run.planned_seeds))


def _size(result: Result) -> str:
    return f"{result.metrics.sentences:,} sentences, {result.metrics.units:,} units"


def _stored(result: Result) -> str:
    path = result.folder / PREDICTIONS
    if not path.is_file():
        return "no predictions.jsonl"
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    return "match" if found == result.metrics.predictions_sha256 else "do not match"


def _precision(result: Result) -> str:
    """The precision; that of a family without weights, or finer than fp32, is no difference."""
    if result.run.weights == "none" or result.run.precision == "fp64":
        return NOT_APPLICABLE
    return result.run.precision or MISSING


def _device(result: Result) -> str:
    """The device as it was asked for, and what it had no memory for."""
    text, halved = _setting("device", "threads")(result), result.run.halved
    return f"{text}, out of memory: batches of {halved[-1]} positions" if halved else text


FIELDS: tuple[Field, ...] = (
    Field("data fingerprint", lambda result: result.run.data.fingerprint or MISSING),
    Field("split", lambda result: _both(result.run.data.split, result.metrics.split)),
    Field("sentences per split", lambda result: _text(result.run.data.sentences)),
    Field("scored text", _size),
    Field("gold support", lambda result: _text(result.run.data.support)),
    Field("labels", lambda result: _text(result.metrics.labels)),
    Field("gold read under", lambda result: result.run.data.policy or MISSING),
    Field("malformed gold tags", lambda result: _text(result.run.data.malformed)),
    Field("tag policy", _tag_policy),
    Field("repair policy", _setting("repair")),
    Field("window policy", _window),
    Field("selection rule", _setting("selection")),
    Field("document context", _setting("document_context")),
    Field("training", _training),
    Field("trials of tuning", _setting("tuning_trials")),
    Field("limits", _limit),
    Field("precision", _precision),
    Field("harness version", lambda result: result.run.harness or MISSING),
    Field("bytes consumed per epoch", _training_digests),
    Field("stored predictions", _stored, must="match"),
    Field("stated, not recorded", _stated, separates=False, must="none"),
    Field("seeds planned", _seeds, separates=False),
    Field("hardware", lambda result: _text(result.run.hardware), separates=False),
    Field("device and threads", _device, separates=False),
)


def readings(result: Result) -> dict[str, str]:
    """What each line reads for one run."""
    return {field.name: printed(field.read(result)) for field in FIELDS}


def separating(
    values: Mapping[str, str], common: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """The readings that two runs must share to be ranked together.

    A field that does not apply to a run reads as the ``common`` value.
    """
    filled = dict(common or {}) | {name: value for name, value in values.items() if value}
    return tuple(filled.get(field.name, NOT_APPLICABLE) for field in FIELDS if field.separates)


def most_common(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The value of each line that most of ``rows`` read, if it applies."""
    values: dict[str, Counter[str]] = {}
    for row in rows:
        for name, value in row.items():
            if value != NOT_APPLICABLE:
                values.setdefault(name, Counter())[value] += 1
    return {name: counter.most_common(1)[0][0] for name, counter in values.items()}


def certify(rows: Sequence[tuple[str, Sequence[Mapping[str, str]]]]) -> tuple[Check, ...]:
    """The certificate of a table of ``rows``: a name, and the readings of each of its runs."""
    return tuple(_line(field, rows) for field in FIELDS)


def _line(field: Field, rows: Sequence[tuple[str, Sequence[Mapping[str, str]]]]) -> Check:
    name = field.name
    values = {row: _of_row(name, runs) for row, runs in rows}
    known = [value for value in values.values() if value != NOT_APPLICABLE]
    if not known:
        return Check(name, "n/a", ok=True)
    common = Counter(known).most_common(1)[0][0]
    differing = tuple(
        (row, value) for row, value in values.items() if value not in (common, NOT_APPLICABLE)
    )
    sound = common == (field.must or common)
    return Check(name, common, not differing and sound and MISSING not in known, differing)


def _of_row(name: str, runs: Iterable[Mapping[str, str]]) -> str:
    return " / ".join(dict.fromkeys(run[name] for run in runs))


def seeds_finished(rows: Iterable[tuple[str, int, int]]) -> Check:
    """The line on seeds, for rows of (name, finished, planned)."""
    counts = tuple((name, done, planned) for name, done, planned in rows)
    short = tuple(
        (name, f"{done} of {planned}") for name, done, planned in counts if done < planned
    )
    return Check("seeds finished", "all" if not short else "not all", not short, short)


def require_same_gold(results: Sequence[Result]) -> None:
    """Refuse runs of one task whose gold differs.

    Raises:
        DataError: naming the runs, where the support per type differs between two runs on the same
            split and limit, or between the two files of one run.
    """
    seen: dict[tuple[str, str, int | None], Result] = {}
    for result in results:
        _require_agreement(result)
        data = result.run.data
        first = seen.setdefault((data.task, data.split, data.limit), result)
        if _support(data.support) != _support(first.run.data.support):
            msg = (
                f"no table: the gold of {data.task} ({data.split}) differs between two runs. "
                f"{first.folder}: {_text(first.run.data.support)}. "
                f"{result.folder}: {_text(data.support)}. "
                "Run both on the same files, or leave one out"
            )
            raise DataError(msg)


def _require_agreement(result: Result) -> None:
    for policy in result.metrics.types:
        counts = result.metrics.counts(policy)
        scored = _support({label: count.support for label, count in counts.items()})
        if scored != _support(result.run.data.support):
            msg = (
                f"no table: {result.folder}: metrics.json scores {_text(scored)} under {policy}, "
                f"but run.json has a gold of {_text(result.run.data.support)}; run this cell again"
            )
            raise DataError(msg)


def _support(counts: Mapping[str, int]) -> dict[str, int]:
    return {label: number for label, number in counts.items() if number}
