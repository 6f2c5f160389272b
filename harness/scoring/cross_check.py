"""No run is scored by our code alone: seqeval must give the same numbers, or the run fails.

What is checked, and its bound: the entities of every sentence are read a second time, by the loop
of ``harness.tags``, and their totals must equal the counts. seqeval, which is hundreds of times
slower than the counting, then reads every sentence of a set of up to ``LIMIT`` units; of a larger
set it reads a sample of sentences of about ``LIMIT`` units, drawn by a fixed seed, and must equal
the counts of those sentences. seqeval's default mode checks ``conlleval``, its strict IOB2 mode
checks ``strict`` and ``discard``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from harness.core import Counts, Span
from harness.errors import HarnessError
from harness.scoring import seqeval_alone
from harness.scoring.counting import CountMatrix
from harness.tags import OUTSIDE, POLICIES, Policy, decode, encode, split

LIMIT = 500_000
_TOLERANCE = 1e-9
_FIELDS = ("precision", "recall", "F1", "support")

SeqevalScores: TypeAlias = tuple[float, float, float, int]
Tagged: TypeAlias = list[list[str]]


def check(
    gold: Sequence[Sequence[Span]],
    tags: Sequence[Sequence[str]],
    counts: Mapping[Policy, CountMatrix],
    limit: int = LIMIT,
) -> None:
    """Pass if both read the same numbers as ``counts``, for every policy in it.

    Args:
        gold: the spans of each sentence.
        tags: the found BIO tags of each sentence.
        counts: what was counted, by policy, from the same gold and tags.
        limit: units that seqeval reads.

    Raises:
        HarnessError: naming the policy, the type, the field and both numbers.
    """
    for policy, matrix in counts.items():
        _check_totals(gold, tags, policy, matrix)
    rows = _sample([len(answer) for answer in tags], limit)
    parts = {policy: CountMatrix(m.labels, m.values[rows]) for policy, m in counts.items()}
    if rows.size:
        _check_seqeval([gold[i] for i in rows], [tags[i] for i in rows], parts)


def check_nested(
    gold: Sequence[Sequence[Span]],
    found: Sequence[Sequence[Span]],
    matrix: CountMatrix,
    limit: int = LIMIT,
) -> None:
    """As ``check``, of entities that may overlap; each is read as a sentence of its own.

    Raises:
        HarnessError: naming the type, the field and both numbers.
    """
    for policy in POLICIES:
        _check_totals(*_alone(gold, found), policy, matrix)
    both = zip(map(set, gold), map(set, found), strict=True)
    rows = _sample([sum(map(len, right | answer)) for right, answer in both], limit)
    wanted, tags = _alone([gold[i] for i in rows], [found[i] for i in rows])
    part = CountMatrix(matrix.labels, matrix.values[rows])
    if tags:
        _check_seqeval(wanted, tags, dict.fromkeys(POLICIES, part))


def _alone(
    gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]
) -> tuple[list[list[Span]], list[tuple[str, ...]]]:
    """The spans and the tags of each entity, wanted or found, as those of a sentence of its own."""
    pairs = [(Span(0, len(span), span.label), span in right, span in answer)
             for right, answer in zip(map(set, gold), map(set, found), strict=True)
             for span in sorted(right | answer)]  # fmt: skip
    wanted = [[span] if there else [] for span, there, _ in pairs]
    return wanted, [encode([span] if said else [], len(span)) for span, _, said in pairs]


def _sample(lengths: Sequence[int], limit: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """All sentences if they fit, else as many as fit in an order drawn by a fixed seed."""
    if sum(lengths) <= limit:
        return np.arange(len(lengths))
    order = np.random.default_rng(0).permutation(len(lengths))
    fitting = np.cumsum(np.asarray(lengths)[order]) <= limit
    return np.sort(order[: max(1, int(fitting.sum()))])


def _check_totals(
    gold: Sequence[Sequence[Span]],
    tags: Sequence[Sequence[str]],
    policy: Policy,
    matrix: CountMatrix,
) -> None:
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wanted: Counter[str] = Counter(span.label for spans in gold for span in spans)
    for spans, answer in zip(gold, tags, strict=True):
        decoded = decode(answer, policy)
        found.update(span.label for span in decoded)
        right.update(span.label for span in set(decoded).intersection(spans))
    counted = matrix.by_type
    for label in {*counted, *found, *wanted}:
        tp, fp, fn = counted.get(label, (0, 0, 0))
        ours, theirs = (tp, tp + fp, tp + fn), (right[label], found[label], wanted[label])
        if ours != theirs:
            msg = _message("harness.tags", policy, label, "right, found, gold", ours, theirs)
            raise HarnessError(msg)


def _check_seqeval(
    gold: Sequence[Sequence[Span]],
    tags: Sequence[Sequence[str]],
    counts: Mapping[Policy, CountMatrix],
) -> None:
    wanted = [encode(spans, len(answer)) for spans, answer in zip(gold, tags, strict=True)]
    renamed = _renamed(wanted, tags)
    reports: dict[bool, list[SeqevalScores]] = {}
    for policy, matrix in counts.items():
        strict = policy != "conlleval"
        if strict not in reports:
            reports[strict] = _report(*renamed, strict=strict)
        _check_rows(policy, matrix, reports[strict])


def _check_rows(policy: Policy, matrix: CountMatrix, theirs: Sequence[SeqevalScores]) -> None:
    counted = [(label, Counts(*values)) for label, values in sorted(matrix.by_type.items())]
    ours = [(label, counts) for label, counts in counted if counts != Counts()]
    if len(ours) + 1 != len(theirs):
        msg = _message(
            "seqeval", policy, "all types", "number of types", len(ours), len(theirs) - 1
        )
        raise HarnessError(msg)
    ours.append(("all types", sum((counts for _, counts in ours), Counts())))
    for (label, counts), row in zip(ours, theirs, strict=True):
        _check_row(policy, label, counts, row)


def _check_row(policy: Policy, label: str, counts: Counts, theirs: SeqevalScores) -> None:
    ours = (counts.precision or 0.0, counts.recall or 0.0, counts.f1 or 0.0, counts.support)
    for field, mine, other in zip(_FIELDS, ours, theirs, strict=True):
        if abs(mine - other) > _TOLERANCE:
            raise HarnessError(_message("seqeval", policy, label, field, mine, other))


def _message(scorer: str, policy: str, label: str, field: str, ours: object, theirs: object) -> str:
    return (
        f"the counts under {policy} should equal {scorer}'s, but for {label} the {field} is "
        f"{ours} here and {theirs} there; no score of this run can be trusted: "
        "report it with its predictions.jsonl"
    )


def _renamed(
    gold: Sequence[Sequence[str]], found: Sequence[Sequence[str]]
) -> tuple[Tagged, Tagged]:
    """Both sides over neutral names in the order of labels: seqeval strips hyphens off labels."""
    seen = {tag for side in (gold, found) for answer in side for tag in answer} - {OUTSIDE}
    labels = sorted({split(tag)[1] for tag in seen})
    names = {label: f"T{number:06}" for number, label in enumerate(labels)}
    table = {tag: f"{split(tag)[0]}-{names[split(tag)[1]]}" for tag in seen}
    table[OUTSIDE] = OUTSIDE
    return _mapped(gold, table), _mapped(found, table)


def _mapped(tags: Sequence[Sequence[str]], table: Mapping[str, str]) -> Tagged:
    return [[table[tag] for tag in answer] for answer in tags]


def _report(gold: Tagged, found: Tagged, *, strict: bool) -> list[SeqevalScores]:
    """One row for each type that seqeval saw, in the order of names, then micro."""
    score = seqeval_alone.strict() if strict else seqeval_alone.by_default()
    # zero_division=0 says what 0/0 is, which also keeps seqeval from warning about it.
    by_type = score(gold, found, average=None, zero_division=0)
    micro = score(gold, found, average="micro", zero_division=0)
    return [*zip(*by_type, strict=True), micro]
