"""What a column of the table measures: one value per run, the mean over the seeds in print.

A mean is n/a where any seed has no value: a mean over the lucky ones would be another quantity.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import isfinite
from statistics import fmean, stdev
from typing import Literal, TypeAlias

from harness.comparability.fields import is_external
from harness.comparability.systems import System
from harness.core import Counts
from harness.data.overlap import in_train
from harness.leaderboard.table import Cell, Column
from harness.numbers import (
    NOT_KNOWN,
    four_decimals,
    magnitude,
    mebibytes,
    one_decimal,
    percent,
    printed,
    whole,
)
from harness.results.record import SetCounts, TypeCounts
from harness.results.run_record import ServedModel
from harness.results.verify import Sound
from harness.scoring.score import PolicyScores
from harness.tags import POLICIES, Policy

Read: TypeAlias = Callable[[Sound], float | None]
MARK = "*"
# The C library is in every process.
OF_EVERY_PROCESS = 0.01
# The most malformed answers of a model that writes what it is asked for.
FAITHFUL = 0.01


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of numbers: how a run's value is read and printed, and which end is the good one.

    ``apart`` says of a run whether its value is of something else than others' are: part of it is
    not its own, or it was read otherwise. Such a value is marked, and compared with none.
    """

    key: str
    title: str
    note: str
    read: Read
    show: Callable[[float], str] = percent
    best: Literal["high", "low", "none"] = "high"
    spread: bool = False
    apart: Callable[[Sound], bool] = lambda _: False

    @property
    def column(self) -> Column:
        """The head of the column."""
        return Column(self.key, self.title, self.note)

    def cell(self, system: System) -> Cell:
        """The mean over the system's seeds; with ``spread`` also the sample deviation (n - 1)."""
        values = [self.read(result) for result in system.results]
        known = [value for value in values if value is not None]
        if not known or len(known) < len(values):
            return Cell(NOT_KNOWN)
        mean = _mean(known)
        if mean is None:
            return Cell(NOT_KNOWN)
        mark = MARK if any(map(self.apart, system.results)) else ""
        if not self.spread or len(known) == 1:
            return Cell(self.show(mean), mean, mark=mark)
        deviation = stdev(known)
        return Cell(self.show(mean), mean, deviation, self.show(deviation), mark=mark)


def _mean(values: Sequence[float]) -> float | None:
    """Their mean; None where no float holds it, as in a record that is damaged."""
    try:
        mean = fmean(values)
    except OverflowError:
        return None
    return mean if isfinite(mean) else None


def _total(counts: TypeCounts) -> Counts:
    return sum((Counts(*values) for values in counts.values()), Counts())


def _scores(result: Sound, policy: Policy = POLICIES[0]) -> PolicyScores:
    """The scores of a run: the headline policy's, whatever policy its gold was read under."""
    return PolicyScores(policy, result.metrics.counts(policy))


def _f1(counts: Counts) -> float | None:
    """Undefined without gold, where 0 would be a rank."""
    return counts.f1 if counts.support else None


def _micro_f1(policy: Policy) -> Read:
    return lambda result: _f1(_scores(result, policy).micro)


def _free(part: Literal["raw", "repaired"]) -> Read:
    def read(result: Sound) -> float | None:
        free = result.metrics.free
        return _f1(_total(getattr(free, part))) if free else None

    return read


def _repairs(result: Sound) -> float | None:
    free, units = result.metrics.free, result.metrics.units
    return 1000 * sum(free.repairs.values()) / units if free and units else None


def _malformed(result: Sound) -> float | None:
    free, sentences = result.metrics.free, result.metrics.sentences
    return free.malformed_sentences / sentences if free and sentences else None


def _drift(result: Sound) -> float | None:
    free = result.metrics.free
    shares = [wrong / units for wrong, units in free.quarters if units] if free else []
    return shares[-1] - shares[0] if shares else None


def _unseen(result: Sound) -> float | None:
    """F1 without the test sentences that are in train, where there are enough of them to matter."""
    counts, found = result.metrics.unseen, result.run.data.overlap or ()
    return _f1(_total(counts)) if counts is not None and in_train(found) else None


def _nested(result: Sound) -> float | None:
    """F1 over entities that lie inside of others, around, or across them."""
    counts = result.metrics.nested
    return None if counts is None else _f1(_total(counts))


def _fates(fate: Literal["predicted", "repaired", "unanswered"]) -> Read:
    """Units of what was written freely, or read in part, by what became of them."""

    def read(result: Sound) -> float | None:
        free = result.metrics.free
        found = free.fates if free else result.metrics.fates
        if found is None or (free is None and not found.unanswered):
            return None
        number: int = getattr(found, fate)
        return number

    return read


def _course(field: Literal["epochs", "updates", "units"]) -> Read:
    def read(result: Sound) -> float | None:
        course = result.run.training
        number: int | None = getattr(course, field) if course else None
        return number

    return read


def _faithful_from(result: Sound) -> float | None:
    """The first epoch from which on hardly any answer to dev was malformed."""
    course = result.run.training
    looks = course.dev_malformed if course else None
    told = [(n, share) for n, share in enumerate(looks or (), start=1) if share is not None]
    faithful = [*takewhile(lambda look: look[1] <= FAITHFUL, reversed(told))]
    return faithful[-1][0] if faithful else None


def _per_unit(value: int, result: Sound) -> float | None:
    return value / result.metrics.units if result.metrics.units else None


def _highest(*values: int | None) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None


def _peak(result: Sound) -> float | None:
    return _highest(result.run.cost.train_peak_bytes, result.run.cost.predict_peak_bytes)


def shares_pages(result: Sound) -> bool:
    """Whether memory of the run holds more that other processes hold, too, than any process has."""
    shared = result.run.cost.shared_bytes
    return shared is not None and shared > OF_EVERY_PROCESS * (_peak(result) or 0)


def is_as_given(result: Sound) -> bool:
    """Whether nothing was fitted on dev for confidences of the run, so that they are as given."""
    return result.run.calibration is None


def _ratio_of_characters(result: Sound) -> float:
    """Characters per unit of the scored text: 1 where a unit is a character."""
    units = result.metrics.units
    return result.recount.characters / units if units else 1.0


def _own(result: Sound, number: int) -> int | None:
    """``number``, where this harness ran the system: of others it knows no weights."""
    return None if is_external(result) else number


def _rate(result: Sound) -> float | None:
    """Characters per second: tokens, and words, are not comparable across systems and tasks."""
    rate = result.run.cost.predict_rate
    return rate * _ratio_of_characters(result) if rate else None


def _free_rate(result: Sound) -> float | None:
    """Characters per second of free generation, which may be what the run predicted with."""
    if result.metrics.free is None:
        return None
    seconds = result.run.cost.seconds.get("generate")
    if not seconds:
        return _rate(result)
    return result.run.cost.predict_units / seconds * _ratio_of_characters(result)


def _bits(result: Sound) -> float | None:
    """Bits per character of the scored text: what the model pays for the gold tags."""
    bits, characters = result.recount.gold_bits, result.recount.characters
    return bits / characters if bits is not None and characters else None


def _megaflops(result: Sound) -> float | None:
    counted = result.run.cost.flops_per_unit
    return None if counted is None else counted / 1e6 / _ratio_of_characters(result)


def _served(read: Callable[[ServedModel], float | None]) -> Read:
    def value(result: Sound) -> float | None:
        return None if result.run.served is None else read(result.run.served)

    return value


def _served_per_thousand(read: Callable[[ServedModel], float | None]) -> Read:
    """Of a model that runs elsewhere, for each 1,000 units."""

    def value(result: Sound) -> float | None:
        served, units = result.run.served, result.metrics.units
        found = None if served is None or not units else read(served)
        return None if found is None else 1000 * found / units

    return value


MEASURES: tuple[Measure, ...] = (
    Measure("f1", "F1", "entity micro F1, headline policy, % (mean ± sd over seeds)",
            _micro_f1(POLICIES[0]), spread=True),
    Measure("unseen_f1", "F1 unseen", "the same without the test sentences that are in train, %",
            _unseen, best="none"),
    Measure("nested_f1", "F1 nested", "the same over the entities that overlap others, %",
            _nested),
    Measure("precision", "P", "precision, %", lambda r: _scores(r).micro.precision),
    Measure("recall", "R", "recall, %", lambda r: _scores(r).micro.recall),
    Measure("macro_f1", "macro F1", "mean of F1 over the types of the gold, %",
            lambda r: _scores(r).macro_f1),
    Measure("weighted_f1", "weighted F1", "mean of F1 over the gold's types by support, %",
            lambda r: _scores(r).weighted_f1),
    Measure("strict_f1", "strict F1", "micro F1, only B- begins an entity, %",
            _micro_f1("strict")),
    Measure("discard_f1", "discard F1", "micro F1, illegal tags read as O, %",
            _micro_f1("discard")),
    Measure("invalid", "invalid tags", "tags that are illegal in their place, % of units",
            lambda r: _per_unit(r.metrics.invalid_transitions, r), best="low"),
    Measure("accuracy", "unit acc.", "right tags, % of units; not a ranking score",
            lambda r: _per_unit(r.metrics.correct_units, r), best="none"),
    Measure("ece", "ECE", "expected calibration error of the entities' confidence, at the "
            "temperature and bias fitted on dev, %", lambda r: r.recount.calibration_error,
            best="low", apart=is_as_given),
    Measure("bits", "bits/char", "-log2 of the probability of the gold tags, per character", _bits,
            four_decimals, "low"),
    Measure("raw_f1", "raw F1", "free generation, malformed sentences as all O, %", _free("raw")),
    Measure("repaired_f1", "repaired F1", "free generation after repair, %", _free("repaired")),
    Measure("repairs", "repairs/1k", "repairs per 1,000 units of free generation", _repairs,
            one_decimal, "low"),
    Measure("malformed", "malformed", "sentences repaired in free generation, %", _malformed,
            best="low"),
    Measure("faithful", "faithful from", "of models that write freely while they learn, the epoch "
            f"from which on at most {FAITHFUL:.0%} of answers to dev were malformed",
            _faithful_from, whole, "low"),
    Measure("predicted_units", "predicted", "units whose tag in free generation, or in what a "
            "model read, is its own", _fates("predicted"), whole, "none"),
    Measure("repaired_units", "repaired", "units whose tag had to be changed, or read with good "
            "will", _fates("repaired"), whole, "none"),
    Measure("unanswered_units", "never answered", "units for which nothing was written or read",
            _fates("unanswered"), whole, "none"),
    Measure("drift", "drift", "free generation: wrong units in the last quarter of sentences, less "
            "those in the first, % of units", _drift, best="low"),
    Measure("free_rate", "free chars/s", "characters per second in free generation", _free_rate,
            whole),
    Measure("parameters", "params", "all parameters",
            lambda r: _own(r, r.run.parameters), magnitude, "none"),
    Measure("trained", "trained", "trained parameters", lambda r: _own(r, r.run.trained), magnitude,
            "none"),
    Measure("epochs", "epochs", "passes over the training data", _course("epochs"), whole, "none"),
    Measure("updates", "updates", "steps of the optimiser", _course("updates"), whole, "none"),
    Measure("train_units", "units read", "units of text read in training, all epochs",
            _course("units"), magnitude, "none"),
    Measure("train_seconds", "train s", "seconds of training, evaluation excluded",
            lambda r: r.run.cost.seconds.get("train"), one_decimal, "low"),
    Measure("predict_rate", "chars/s", "characters per second in prediction", _rate, whole),
    Measure("memory", "mem MiB", "peak resident memory of training and prediction, MiB",
            _peak, mebibytes, "low", apart=shares_pages),
    Measure("shared_memory", "shared MiB", "of it in pages that other processes held, too, when "
            "the run ended, MiB", lambda r: r.run.cost.shared_bytes, mebibytes, "none"),
    Measure("train_memory", "train MiB", "peak resident memory of training, MiB",
            lambda r: r.run.cost.train_peak_bytes, mebibytes, "low", apart=shares_pages),
    Measure("predict_memory", "predict MiB", "peak resident memory of prediction, MiB",
            lambda r: r.run.cost.predict_peak_bytes, mebibytes, "low", apart=shares_pages),
    Measure("device_memory", "GPU MiB", "peak memory of tensors on the accelerator, MiB",
            lambda r: _highest(r.run.cost.train_device_bytes, r.run.cost.predict_device_bytes),
            mebibytes, "low"),
    Measure("train_device_memory", "train GPU MiB", "the same in training, MiB",
            lambda r: r.run.cost.train_device_bytes, mebibytes, "low"),
    Measure("predict_device_memory", "predict GPU MiB", "the same in prediction, MiB",
            lambda r: r.run.cost.predict_device_bytes, mebibytes, "low"),
    Measure("reserved_memory", "GPU reserved MiB", "peak memory held for tensors there, MiB",
            lambda r: _highest(r.run.cost.train_reserved_bytes, r.run.cost.predict_reserved_bytes),
            mebibytes, "low"),
    Measure("flops", "MFLOP/char", "matrix products of prediction, per character", _megaflops,
            one_decimal, "low"),
    Measure("tokens", "tokens/1k", "tokens asked and written for 1,000 units, of served models",
            _served_per_thousand(lambda s: s.prompt_tokens + s.reply_tokens), whole, "low"),
    Measure("price", "cost/1k", "cost of 1,000 units, of served models, all attempts counted",
            _served_per_thousand(lambda s: s.cost), four_decimals, "low"),
    Measure("latency", "reply s", "mean seconds of one reply of a served model",
            _served(lambda s: s.latency), four_decimals, "low"),
    Measure("refusals", "refused", "sentences that a served model refused to answer",
            _served(lambda s: s.refusals), whole, "low"),
    Measure("joules", "joules", "energy of the run, by its source", lambda r: r.run.cost.joules,
            one_decimal, "low"),
)  # fmt: skip


MEMORY = frozenset(one.key for one in MEASURES if one.apart is shares_pages)
CONFIDENCE = frozenset(one.key for one in MEASURES if one.apart is is_as_given)
_TITLES = frozenset(one.title.casefold() for one in MEASURES)


def of_type(label: str) -> Measure:
    """The column of F1 on one entity type."""

    def read(result: Sound) -> float | None:
        return _scores(result).types.get(label, Counts()).f1

    return Measure(f"f1:{label}", printed(label), f"F1 on {printed(label)}, %", read)


def labels_of(systems: Sequence[System]) -> tuple[str, ...]:
    """The labels of the systems' task, in its order."""
    seen: dict[str, None] = {}
    for system in systems:
        seen |= dict.fromkeys(system.first.metrics.labels)
    return tuple(seen)


def of_set(name: str) -> Measure:
    """The column of F1 on one test set; never bold, since no test is made on it."""

    def read(result: Sound) -> float | None:
        found = (result.metrics.sets or {}).get(name)
        return None if found is None else _f1(_total(found.types))

    note = f"the same on the test set {printed(name)} alone, %"
    return Measure(f"set:{name}", title_of_set(name), note, read, best="none", spread=True)


def title_of_set(name: str) -> str:
    """The title of the column of one test set, which no other column has in any case."""
    return f"F1 on {printed(name)}" if has_title_of_another(name) else f"F1 {printed(name)}"


def has_title_of_another(name: str) -> bool:
    """Whether ``F1 NAME`` is another column, as of a test set that is called ``unseen``.

    Case is no difference, since columns are asked for by their titles in any.
    """
    return f"F1 {name}".casefold() in _TITLES


def sets_of(systems: Sequence[System]) -> dict[str, SetCounts]:
    """The test sets of the systems' task with their gold, in its order; none where test is one."""
    return dict((systems[0].first.metrics.sets or {}).items()) if systems else {}
