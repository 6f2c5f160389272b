"""The certificate: what the rows of a table have in common, line by line, checked on result files.

A line is red if a row differs from the ranked ones, or if a run did not record the field.
Rows that differ in a field that ``separates`` are never ranked together, and what was not recorded
equals nothing, not even another thing that was not recorded.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from harness.comparability.check import Check
from harness.data.splits import TRAIN
from harness.numbers import printed
from harness.results.record import Metrics, Run
from harness.tags import POLICIES

MISSING = "not recorded"
NOT_APPLICABLE = ""


class Recorded(Protocol):
    """What the certificate reads: the record of a run and its metrics."""

    @property
    def run(self) -> Run:
        """The record."""
        ...

    @property
    def metrics(self) -> Metrics:
        """The metrics."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """One line: its name, how a run's value reads, and whether a difference forbids ranking.

    ``must`` is what it has to read, where agreement of all rows is not enough.
    """

    name: str
    read: Callable[[Recorded], str]
    separates: bool = True
    must: str = ""


def _setting(*keys: str) -> Callable[[Recorded], str]:
    def value(result: Recorded) -> str:
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


def _limit(result: Recorded) -> str:
    if "limit" not in result.run.settings:
        return MISSING
    data, setting = result.run.data.limit, result.run.settings["limit"]
    return _text(data) if data == setting else f"data {_text(data)}, setting {_text(setting)}"


def _window(result: Recorded) -> str:
    settings = result.run.settings
    if "window_limit" not in settings or "window_margin" not in settings:
        return MISSING
    return f"limit {settings['window_limit']}, margin {settings['window_margin']}"


def _tag_policy(result: Recorded) -> str:
    """The headline policy, and the rule by which stored answers were scored again, if they were."""
    rule = result.run.settings.get("rescored")
    return f"{POLICIES[0]}, {rule}" if rule else POLICIES[0]


def is_external(result: Recorded) -> bool:
    """Whether only the predictions are known, of a system that this harness did not run."""
    return result.run.imported


def is_zero_shot(result: Recorded) -> bool:
    """Whether nothing was trained."""
    return result.run.trained == 0 and not is_external(result)


def _training(result: Recorded) -> str:
    if is_external(result):
        return "on train" if result.run.settings.get("training") == TRAIN else MISSING
    return "none (zero-shot)" if is_zero_shot(result) else "on train"


def _training_digests(result: Recorded) -> str:
    """The digests of the run's epochs: order-free, so that every epoch on train has the same."""
    if not result.run.training_digests and (is_zero_shot(result) or result.run.weights == "none"):
        return NOT_APPLICABLE
    return ", ".join(sorted(set(result.run.training_digests))) or MISSING


def _stated(result: Recorded) -> str:
    """The facts that somebody stated of a system that this harness did not run."""
    return _text(result.run.settings.get("stated", ()))


def _seeds(result: Recorded) -> str:
    return _text(sorted(result.run.planned_seeds))


def _size(result: Recorded) -> str:
    return f"{result.metrics.sentences:,} sentences, {result.metrics.units:,} units"


def _precision(result: Recorded) -> str:
    """The precision; that of a family without weights, or finer than fp32, is no difference."""
    if result.run.weights == "none" or result.run.precision == "fp64":
        return NOT_APPLICABLE
    return result.run.precision or MISSING


def _device(result: Recorded) -> str:
    """The device as it was asked for, and what it had no memory for."""
    text, halved = _setting("device", "threads")(result), result.run.halved
    return f"{text}, out of memory: batches of {halved[-1]} positions" if halved else text


FIELDS: tuple[Field, ...] = (
    Field("data fingerprint", lambda result: result.run.data.fingerprint or MISSING),
    Field("split", lambda result: result.run.data.split),
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
    Field("stated, not recorded", _stated, separates=False, must="none"),
    Field("seeds planned", _seeds, separates=False),
    Field("hardware", lambda result: _text(result.run.hardware), separates=False),
    Field("device and threads", _device, separates=False),
)


def readings(result: Recorded) -> dict[str, str]:
    """What each line reads for one run."""
    return {field.name: printed(field.read(result)) for field in FIELDS}


def may_stand_together(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two runs read alike in all that separates and applies to both."""
    return not differing(one, other)


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """The separating lines in which two runs differ; unknown differs from everything."""
    return tuple(
        field.name
        for field in FIELDS
        if field.separates and not _alike(one[field.name], other[field.name])
    )


def _alike(value: str, other: str) -> bool:
    if NOT_APPLICABLE in (value, other):
        return True
    return value == other and value != MISSING


def unknown(values: Mapping[str, str]) -> tuple[str, ...]:
    """The separating lines that a run did not record."""
    return tuple(f.name for f in FIELDS if f.separates and values[f.name] == MISSING)


Readings: TypeAlias = Sequence[Mapping[str, str]]  # of each run of a row


def certify(
    ranked: Sequence[tuple[str, Readings]], others: Sequence[tuple[str, Readings]]
) -> tuple[Check, ...]:
    """The certificate of a table of rows, each a name and the readings of each of its runs.

    What most of the ``ranked`` rows read is what all rows are held against, however many others
    there are.
    """
    return tuple(_line(field, ranked, others) for field in FIELDS)


def _line(
    field: Field, ranked: Sequence[tuple[str, Readings]], others: Sequence[tuple[str, Readings]]
) -> Check:
    values = {row: _of_row(field.name, runs) for row, runs in (*ranked, *others)}
    known = [value for value in values.values() if value != NOT_APPLICABLE]
    if not known:
        return Check(field.name, "n/a", ok=True)
    first = [values[row] for row, _ in ranked if values[row] != NOT_APPLICABLE]
    common = Counter(first or known).most_common(1)[0][0]
    differing = tuple(
        (row, value) for row, value in values.items() if value not in (common, NOT_APPLICABLE)
    )
    sound = common == (field.must or common)
    return Check(field.name, common, not differing and sound and MISSING not in known, differing)


def _of_row(name: str, runs: Readings) -> str:
    return " / ".join(dict.fromkeys(run[name] for run in runs))
