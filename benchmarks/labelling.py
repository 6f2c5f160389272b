"""What choosing the sentences to label saves against drawing them at random, simulated.

    python -m benchmarks.labelling [--task T] [--rounds N] [--seeds S...]

A linear CRF and a dictionary begin with a share of train, as if no more of it were labelled. In
each round they tag the rest, as many characters are labelled (their gold is looked up), and both
are trained again; the CRF is scored on test. *random* draws the sentences, *unsure* takes those of
largest uncertainty alone, *suggested* those of ``harness.labelling``. The last line is JSON: F1 by
characters labelled, and the share of characters that reach what random drawing reaches at its end.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from backends.dictionary import Dictionary
from backends.linear_crf import LinearCrf
from harness.core import Example, Tags
from harness.data.share import kept
from harness.data.task import Task, load
from harness.labelling.answers import Answer, Answered
from harness.labelling.ranking import ranked, uncertainty
from harness.protocol import Context, DevScore, Progress
from harness.runs.options import Given, construct
from harness.tags import decode

BEGIN = 0.03  # the share of train that is labelled at first, and again in each round


def trained(task: Task, labelled: Sequence[Example], seed: int) -> list:
    """Both backends, trained on what is labelled."""
    found = []
    for family in (LinearCrf, Dictionary):
        context = Context(task.tags, seed, "cpu", "fp32", 1, Path(tempfile.gettempdir()),
                          unscored, silent)  # fmt: skip
        made = construct(family, context, Given({}, "defaults"))
        made.fit(labelled, ())
        found.append(made)
    return found


def unscored(outputs: Sequence[Tags]) -> DevScore:
    """No development set is labelled."""
    raise AssertionError(len(outputs))


def silent(progress: Progress) -> None:
    """Say nothing."""


def f1(task: Task, crf: LinearCrf) -> float:
    """Micro F1 on test."""
    examples = task.splits["test"].examples
    outputs = crf.predict([example.sentence for example in examples])
    found = [set(decode(output.tags)) for output in outputs]
    gold = [set(example.spans) for example in examples]
    right = sum(len(a & b) for a, b in zip(found, gold, strict=True))
    return 2 * right / max(1, sum(map(len, found)) + sum(map(len, gold)))


def answered(models: Sequence, pool: Sequence[Example]) -> Answered:
    """What the models say of the pool, whose gold they do not see."""
    sentences = [example.sentence for example in pool]
    answers = tuple(
        tuple(
            Answer(tuple((s.start, s.end, s.label) for s in decode(one.tags)), one.confidence)
            for one in model.predict(sentences)
        )
        for model in models
    )
    return Answered(tuple(sentence.text for sentence in sentences), answers)


@dataclass(frozen=True, slots=True)
class Round:
    """What a strategy may look at: trained models, what is not labelled, and a source of chance."""

    models: Sequence
    pool: Sequence[Example]
    draw: random.Random


def at_random(now: Round) -> list[int]:
    """The places of the pool in random order."""
    return now.draw.sample(range(len(now.pool)), len(now.pool))


def unsure(now: Round) -> list[int]:
    """The least certain first, by the CRF alone."""
    (crf, _) = answered(now.models, now.pool).answers
    return sorted(range(len(now.pool)), key=lambda i: -uncertainty([crf[i]]))


def suggested(now: Round) -> list[int]:
    """What ``suggest`` says, as far as a round can need."""
    enough = len(now.pool) // 4 + 50
    return [one.line - 1 for one in ranked(answered(now.models, now.pool), enough)]


Strategy = Callable[[Round], list[int]]
STRATEGIES: dict[str, Strategy] = {"random": at_random, "unsure": unsure, "suggested": suggested}


def simulated(task: Task, strategy: Strategy, rounds: int, seed: int) -> list[tuple[int, float]]:
    """Characters labelled and F1, at the beginning and after each round."""
    draw = random.Random(seed)
    pool = [example for example in task.splits["train"].examples if len(example.sentence)]
    draw.shuffle(pool)
    first = kept(len(pool), BEGIN)
    labelled, pool = pool[:first], pool[first:]
    each = sum(len(example.sentence) for example in labelled)
    curve = []
    for number in range(rounds + 1):
        models = trained(task, labelled, seed)
        curve.append((sum(len(e.sentence) for e in labelled), f1(task, models[0])))
        if number < rounds:
            taken = within(strategy(Round(models, pool, draw)), pool, each)
            labelled += [pool[i] for i in taken]
            pool = [example for i, example in enumerate(pool) if i not in taken]
    return curve


def within(order: Sequence[int], pool: Sequence[Example], budget: int) -> set[int]:
    """The first of ``order`` that together have ``budget`` characters, or the last bit more."""
    taken: set[int] = set()
    for place in order:
        if budget <= 0:
            break
        taken.add(place)
        budget -= len(pool[place].sentence)
    return taken


def reached(curve: Sequence[tuple[int, float]], wanted: float) -> float | None:
    """The characters at which a curve first reaches ``wanted``, between its points."""
    for (before, low), (after, high) in pairwise(curve):
        if high >= wanted:
            share = (wanted - low) / (high - low) if high > low else 1.0
            return before + max(0.0, share) * (after - before)
    return None


def mean(curves: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """The curve of means."""
    return [
        (round(statistics.fmean(n for n, _ in points)), statistics.fmean(f for _, f in points))
        for points in zip(*curves, strict=True)
    ]


def main() -> None:
    """Simulate, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--task", default="demo")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seeds", type=int, nargs="+", default=[13, 42, 87])
    given = parser.parse_args()
    task = load(given.task, given.data)
    curves = {}
    for name, strategy in STRATEGIES.items():
        found = [simulated(task, strategy, given.rounds, seed) for seed in given.seeds]
        curves[name] = mean(found)
        shown = "  ".join(f"{n:,}: {100 * score:.2f}" for n, score in curves[name])
        sys.stdout.write(f"{name:10} {shown}\n")
    end, goal = curves["random"][-1]
    shares = {name: at and at / end for name, at in
              ((name, reached(curve, goal)) for name, curve in curves.items())}  # fmt: skip
    told = {"task": task.name, "seeds": given.seeds, "curves": curves, "share_of_random": shares}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
