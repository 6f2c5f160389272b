"""Gold that may be wrong: places where independent backends agree with each other against it.

A claim is that the gold of one place should be another: a span to add in place of the gold it
overlaps, or a gold entity to remove if nothing is found. Its support is the weighted share of
backends that make it, where a backend speaks with the share of its seeds.

Weights. Backends that err together are not independent witnesses: a backend weighs 1 over the sum
of its error correlations with all backends, itself included (phi over gold entities, negative ones
as 0). Two copies of one model weigh a half each; unrelated ones weigh 1.

Rank: support plus half the consistency. Agreement alone cannot tell a wrong gold from a trap that
all models fall into; the rest of the data can. Consistency is the share, among the entities of the
same text elsewhere in the gold and in train, of those with the label that the claim gives, less
those with the label that it takes away: from -1 to 1, and 0 if the text stands nowhere else.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from harness.analysis.answers import FinishedRun, read_most
from harness.analysis.system_answers import SystemAnswers, answers_by_system
from harness.analysis.taxonomy import overlap
from harness.core import Span
from harness.results.record import Prediction


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place where the gold may be wrong.

    ``gold`` is what stands there, ``suggested`` what the backends say; one of them may be empty.
    ``votes`` is the share of each backend's runs that make the claim. ``support`` and
    ``consistency`` are fractions, the latter from -1 to 1. ``task`` is the name of its data set.
    """

    prediction: Prediction
    gold: tuple[Span, ...]
    suggested: tuple[Span, ...]
    support: float
    consistency: float
    votes: Mapping[str, float]
    task: str = ""

    @property
    def score(self) -> float:
        """What the ranking goes by."""
        return self.support + self.consistency / 2


def suspects(runs: Sequence[FinishedRun], least: float = 0.5) -> list[Suspect]:
    """The claims with a support above ``least``, most suspicious first; at most one per place.

    Raises:
        DataError: for runs that did not read the same sentences with the same gold.
    """
    held = answers_by_system(runs)
    weights = independence(held)
    known, task = _known(read_most(runs)), runs[0].run.data.task
    found: list[Suspect] = []
    for index, prediction in enumerate(runs[0].predictions):
        votes = _claims(prediction.gold_spans(), held, index)
        judged = _judged(prediction, votes, weights, known, least)
        found += [replace(one, task=task) for one in judged]
    return sorted(found, key=lambda one: -one.score)


def independence(held: Sequence[SystemAnswers]) -> dict[str, float]:
    """The weight of each system, between 1 over the number of systems and 1."""
    right = np.array([
        [
            np.mean([span in run.found[index] for run in system.runs])
            for index, spans in enumerate(system.runs[0].gold)
            for span in spans
        ]
        for system in held
    ])  # (systems, gold entities)  # fmt: skip
    apart = right - right.mean(axis=1, keepdims=True) if right.size else right
    norms = np.sqrt((apart**2).sum(axis=1))
    safe = np.where(norms > 0, norms, 1)
    phi = np.clip((apart @ apart.T) / np.outer(safe, safe), 0, None)
    np.fill_diagonal(phi, 1)
    return {
        system.name: float(1 / total) for system, total in zip(held, phi.sum(axis=1), strict=True)
    }


Claim = tuple[tuple[Span, ...], tuple[Span, ...]]  # gold that goes, spans that come


def _claims(
    gold: Sequence[Span], held: Sequence[SystemAnswers], index: int
) -> dict[Claim, dict[str, float]]:
    """Who makes which claim about one sentence."""
    votes: dict[Claim, dict[str, float]] = {}
    for system in held:
        for run in system.runs:
            for claim in _against(gold, run.found[index]):
                shares = votes.setdefault(claim, {})
                shares[system.name] = shares.get(system.name, 0.0) + 1 / len(system.runs)
    return votes


def _against(gold: Sequence[Span], found: Sequence[Span]) -> list[Claim]:
    """What one answer says against the gold: one claim for each knot of overlapping spans."""
    right = set(gold) & set(found)
    spans = sorted(
        [(span, True) for span in gold if span not in right]
        + [(span, False) for span in found if span not in right]
    )
    claims: list[Claim] = []
    end, knots = 0, 0
    numbered = []
    for span, is_gold in spans:
        knots += span.start >= end
        end = max(end, span.end)
        numbered.append((knots, span, is_gold))
    for _, knot in groupby(numbered, key=lambda each: each[0]):
        members = list(knot)
        goes = tuple(span for _, span, is_gold in members if is_gold)
        comes = tuple(span for _, span, is_gold in members if not is_gold)
        claims.append((goes, comes))
    return claims


def _judged(
    prediction: Prediction, votes: Mapping[Claim, Mapping[str, float]],
    weights: Mapping[str, float], known: "Known", least: float,
) -> list[Suspect]:  # fmt: skip
    """The best claims about one sentence, no two about the same place."""
    found = [
        Suspect(prediction, *claim, _support(shares, weights),
                known.consistency(prediction, claim), shares)
        for claim, shares in votes.items()
    ]  # fmt: skip
    kept: list[Suspect] = []
    for one in sorted(found, key=lambda each: -each.score):
        if one.support > least and not any(_touch(one, other) for other in kept):
            kept.append(one)
    return kept


def _support(shares: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return sum(weights[name] * share for name, share in shares.items()) / sum(weights.values())


def _touch(one: Suspect, other: Suspect) -> bool:
    mine, theirs = one.gold + one.suggested, other.gold + other.suggested
    return any(overlap(a, b) for a in mine for b in theirs)


@dataclass(frozen=True, slots=True)
class Known:
    """How often each text is an entity with each label, in the gold and in train."""

    labels: Mapping[str, Counter[str]]

    def consistency(self, prediction: Prediction, claim: Claim) -> float:
        """How much better the claim fits other occurrences than the gold does, from -1 to 1."""
        goes, comes = claim
        here = Counter((prediction.mention(span), span.label) for span in goes)
        return self._fit(prediction, comes, here) - self._fit(prediction, goes, here)

    def _fit(
        self, prediction: Prediction, spans: Sequence[Span], here: Counter[tuple[str, str]]
    ) -> float:
        """The mean share of other entities of the same text that have the same label."""
        fits = []
        for span in spans:
            mention = prediction.mention(span)
            others = self.labels.get(mention, Counter()).copy()
            for (text, label), count in here.items():
                others[label] -= count * (text == mention)
            total = others.total()
            fits.append(others[span.label] / total if total else 0.0)
        return sum(fits) / len(fits) if fits else 0.0


def _known(run: FinishedRun) -> Known:
    labels: dict[str, Counter[str]] = {}
    for mention, counts in (run.facts.mentions if run.facts else {}).items():
        labels[mention] = Counter(counts)
    for prediction, spans in zip(run.predictions, run.gold, strict=True):
        for span in spans:
            labels.setdefault(prediction.mention(span), Counter())[span.label] += 1
    return Known(labels)
