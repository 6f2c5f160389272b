"""Span counts and per-type report against seqeval, and a 1,000-draw paired bootstrap.

    python benchmarks/scoring.py

Both sides get the same 3,442 random sentences with the lengths, entity density and error kinds of a
news test set, and give the same report. Seqeval gets two sets of tags; ours what a finished run
has, the gold as spans and the found tags as strings. What is made flat once is read under each
further policy without that work, which is timed beside it. Numbers are asserted equal. The sides
run alternately in one process. Times are CPU seconds, with wall beside them; the last line is JSON.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time

import numpy as np

from harness.core import Counts, Span
from harness.scoring.counting import count, count_flat
from harness.scoring.flat import FlatSet, flatten
from harness.scoring.score import scores
from harness.statistics import paired_bootstrap
from harness.tags import encode, tag_set

SENTENCES = 3442
LABELS = ("PER", "LOC", "ORG")
TAGS = tag_set(LABELS)
ROUNDS = 9
DRAWS = 1000


@dataclass(frozen=True)
class Made:
    """Gold as tags and as spans, and found tags."""

    gold: list[list[str]]
    spans: list[list[Span]]
    found: list[list[str]]


def made(seed: int) -> Made:
    """Gold and one system's answers; the gold is the same for every ``seed``."""
    same, own = np.random.default_rng(0), np.random.default_rng([seed, 1])
    lengths = np.clip(same.lognormal(3.65, 0.7, SENTENCES), 2, 2400).astype(np.int64)
    gold = [spans_of(same, size) for size in lengths.tolist()]
    found = [mistaken(own, spans, n) for spans, n in zip(gold, lengths.tolist(), strict=True)]
    tags = [list(encode(spans, n)) for spans, n in zip(gold, lengths.tolist(), strict=True)]
    return Made(tags, gold, found)


def spans_of(rng: np.random.Generator, size: int) -> list[Span]:
    """One entity in 28 units, 1 to 10 units long."""
    spans, place = [], int(rng.geometric(1 / 25)) - 1
    while place < size:
        end = min(size, place + min(10, int(rng.geometric(0.32))))
        spans.append(Span(place, end, LABELS[rng.choice(3, p=[0.32, 0.46, 0.22])]))
        place = end + int(rng.geometric(1 / 25)) - 1
    return spans


def mistaken(rng: np.random.Generator, spans: Sequence[Span], size: int) -> list[str]:
    """Entities missed, cut short or of another type, and a unit in 500 with any tag."""
    kept = []
    for span in spans:
        kind = rng.random()
        if kind < 0.04:
            continue
        end = span.end - (kind < 0.07 and len(span) > 1)
        kept.append(Span(span.start, end, LABELS[rng.integers(3)] if kind > 0.97 else span.label))
    tags = list(encode(kept, size))
    for place in np.flatnonzero(rng.random(size) < 0.002).tolist():
        tags[place] = TAGS[rng.integers(len(TAGS))]
    return tags


def ours(data: Made) -> dict[str, dict[str, float]]:
    """The report by type, micro, macro and weighted."""
    return report(flatten(data.spans, data.found, LABELS))


def report(answers: FlatSet) -> dict[str, dict[str, float]]:
    """The report of a set that is flat."""
    result = scores(count_flat(answers, "conlleval"), "conlleval")
    lines = {label: row(counts) for label, counts in result.types.items()}
    lines["micro avg"] = row(result.micro)
    lines["macro avg"] = {"f1-score": result.macro_f1}
    lines["weighted avg"] = {"f1-score": result.weighted_f1}
    return lines


def row(counts: Counts) -> dict[str, float]:
    """A line of the report."""
    return {
        "precision": counts.precision,
        "recall": counts.recall,
        "f1-score": counts.f1,
        "support": counts.support,
    }


def theirs(data: Made) -> dict[str, dict[str, float]]:
    """The report of seqeval in its default mode."""
    from seqeval.metrics import classification_report

    return classification_report(data.gold, data.found, output_dict=True, zero_division=0)


def assert_equal(data: Made) -> None:
    """Every number of ours is seqeval's."""
    mine, other = ours(data), theirs(data)
    for name, fields in mine.items():
        for key, value in fields.items():
            assert abs(value - other[name][key]) < 1e-12, (name, key)


@dataclass
class Stopwatch:
    """CPU and wall seconds of one call, round by round."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def time(self, work: Callable[[], object], calls: int = 1) -> None:
        """Add a round of ``calls`` calls."""
        cpu, wall = process_time(), perf_counter()
        for _ in range(calls):
            work()
        self.cpu.append((process_time() - cpu) / calls)
        self.wall.append((perf_counter() - wall) / calls)

    def __str__(self) -> str:
        low, middle, high = np.quantile(self.cpu, [0, 0.5, 1]) * 1e3
        return (
            f"{middle:8.2f} ms CPU ({low:.2f} to {high:.2f}), {np.median(self.wall) * 1e3:.2f} wall"
        )


def counts_of(data: Made) -> np.ndarray:
    """One seed's counts, (1, sentences, 3)."""
    return count(data.spans, data.found, "conlleval", LABELS).by_sentence[None]


def main() -> None:
    """Print both comparisons."""
    first, second = made(1), made(2)
    assert_equal(first)
    assert_equal(second)
    micro = ours(first)["micro avg"]
    units = sum(map(len, first.found))
    print(f"{SENTENCES} sentences, {units} units, {micro['support']} gold entities")
    print(f"F1 {micro['f1-score']:.4f} on both sides")
    slow, fast, again, boot = Stopwatch(), Stopwatch(), Stopwatch(), Stopwatch()
    one, two, flat = counts_of(first), counts_of(second), flatten(first.spans, first.found, LABELS)
    for _ in range(ROUNDS):
        slow.time(lambda: theirs(first))
        fast.time(lambda: ours(first), calls=5)
        again.time(lambda: report(flat), calls=20)
        boot.time(lambda: paired_bootstrap(one, two, DRAWS), calls=3)
    print(f"seqeval report    {slow}")
    print(f"ours              {fast}, ratio {ratio(slow, fast)}")
    print(f"a further policy  {again}, ratio {ratio(slow, again)}")
    print(f"{DRAWS}-draw bootstrap {boot}")
    result = {
        "score_vs_seqeval": round(float(np.median(np.divide(slow.cpu, fast.cpu))), 1),
        "policy_vs_seqeval": round(float(np.median(np.divide(slow.cpu, again.cpu))), 1),
        "bootstrap_seconds": round(float(np.median(boot.cpu)), 4),
    }
    print(json.dumps(result))


def ratio(slow: Stopwatch, fast: Stopwatch) -> str:
    """How many times the processor seconds, with the lowest and the highest of the rounds."""
    ratios = np.divide(slow.cpu, fast.cpu)
    return f"{np.median(ratios):.0f} ({ratios.min():.0f} to {ratios.max():.0f})"


if __name__ == "__main__":
    main()
