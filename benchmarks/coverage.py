"""Do the levels hold? Coverage, false claims and power of tables whose truth is known.

    python -m benchmarks.coverage [--tables 400]

Made-up systems on made-up test sets (``_population.py``) are judged by the code that judges a
leaderboard, once per table: new sentences, new trainings. F1 is 84; rows differ in the luck of
their trainings (0.3, 1, 2 and 0.5 points of F1 in turn); in one study F1 is 97 to 99.9, and the
seeds of a row agree. Minutes on one core; the last line is JSON. Goals: 95 % intervals cover 93 to
97 %, claims that are false are at most 5 %.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from time import process_time

import numpy as np

from benchmarks._population import System, at_once, system, tables
from harness.statistics import Comparison, average_ranks, compare_all
from harness.statistics.samples import Sample

F1, LUCKS = 0.84, (0.003, 0.01, 0.02, 0.005)
ROWS, SEEDS, SENTENCES = (2, 3, 5, 10), (2, 3, 4, 5), (100, 1000, 5000)
HIGH = ((0.999, 0.974), (0.999, 0.989), (0.997, 0.990), (0.98, 0.97))
LARGE = [(24, 3, 100), (24, 5, 1000)]
DRAWS = 1000
POWER_DRAWS = 5000  # a corrected p is coarse with few draws, which costs power, not validity
MARGIN = 0.01  # 1 F1
FAILS = 0.1


@dataclass(frozen=True, slots=True)
class Levels:
    """Shares of tables, or of rows of tables, in one setting."""

    rows: int
    seeds: int
    sentences: int
    values: dict[str, float]


def judged(
    systems: Sequence[System],
    seeds: int,
    sentences: int,
    number: int,
    start: int = 0,
    draws: int = DRAWS,
) -> Iterator[Comparison]:
    """What the harness says of ``number`` tables of ``systems``."""
    step = at_once(len(systems), seeds, sentences)
    for done in range(0, number, step):
        rng = np.random.default_rng([start, done, len(systems), seeds, sentences])
        made = tables(rng, systems, seeds, sentences, min(step, number - done))
        yield from compare_all(made, draws, done)


def alike(rows: int, f1: float = F1, fails: float = 0.0) -> list[System]:
    """Rows with one F1, whose trainings differ in luck."""
    return [system(f1, LUCKS[row % len(LUCKS)], fails) for row in range(rows)]


def lowered(rows: int, row: int, by: float) -> list[System]:
    """Rows with one F1, but for one that is lower."""
    systems = alike(rows)
    systems[row] = system(F1 - by, LUCKS[row % len(LUCKS)])
    return systems


def staircase(rows: int, step: float) -> list[System]:
    """Rows each ``step`` of F1 below the one before."""
    return [system(F1 - row * step, LUCKS[row % len(LUCKS)]) for row in range(rows)]


def covered(table: Comparison, truths: Sequence[float]) -> list[bool]:
    """Which intervals hold the truth."""
    found = table.intervals.values()
    return [one.low <= truth <= one.high for one, truth in zip(found, truths, strict=True)]


def equal_rows(rows: int, seeds: int, sentences: int, number: int) -> dict[str, float]:
    """Coverage where all rows are the same, so that every claim of a difference is false."""
    systems = alike(rows)
    found = list(judged(systems, seeds, sentences, number))
    hits = np.array([covered(one, [each.f1 for each in systems]) for one in found])
    return {
        "covered": float(hits.mean()),
        "least covered row": float(hits.mean(axis=0).min()),
        "false claims": _share(found, lambda one: any(pair.separable for pair in one.pairs)),
        "false groups": _share(found, lambda one: max(one.groups.values()) > 1),
        "seeds called fallen": _share(found, lambda one: bool(one.fallen)),
    }


def falling_rows(rows: int, seeds: int, sentences: int, number: int) -> dict[str, float]:
    """What is said where each row is 1 F1 below the one before, and 1 F1 is the margin."""
    found = list(judged(staircase(rows, MARGIN), seeds, sentences, number, 1))
    names = [*found[0].intervals]

    def upside_down(table: Comparison) -> bool:
        return any(pair.separable and pair.bootstrap.difference.point < 0 for pair in table.pairs)

    def called_near(table: Comparison) -> bool:
        return any(table.behind[name] < MARGIN * (1 - 1e-9) for name in names[1:])

    return {
        "wrong way": _share(found, upside_down),
        "falsely within 1 F1": _share(found, called_near),
        "best is first": float(np.mean([table.best[names[0]] for table in found])),
    }


def near_100(rows: int, seeds: int, sentences: int, number: int) -> dict[str, float]:
    """How often the second of two rows near 100 F1, whose seeds agree, is further behind than said.

    The two share no luck and few errors, which is where resampling sees the least.
    """
    return {
        f"{100 * best:.1f} and {100 * other:.1f}": _share(
            agreeing(
                [system(best, 0.0), *[system(other, 0.0)] * (rows - 1)], seeds, sentences, number
            ),
            lambda table, by=best - other: table.behind["row 1"] < by,
        )
        for best, other in HIGH
    }


def agreeing(
    systems: Sequence[System], seeds: int, sentences: int, number: int
) -> list[Comparison]:
    """What the harness says where all seeds of a row gave the same answers."""
    rng = np.random.default_rng([6, len(systems), seeds, sentences])
    made = tables(rng, systems, 1, sentences, number)
    copied = [
        {name: Sample(one.right.repeat(seeds, 0), one.size.repeat(seeds, 0))
         for name, one in table.items()}
        for table in made
    ]  # fmt: skip
    return compare_all(copied, DRAWS, 0)


def power(rows: int, seeds: int, sentences: int, number: int) -> dict[str, float]:
    """How often the difference that a table states is found: each row in turn is lower by it.

    What a table states is for its pairs on average, which differ in luck, so all of them count.
    """
    pilot = judged(alike(rows), seeds, sentences, number, 2)
    stated = float(np.median([one.minimum.systems for one in pilot if one.minimum]))
    found = [
        pair.separable
        for row in range(rows)
        for table in judged(
            lowered(rows, row, stated), seeds, sentences, -(-number // rows), 3 + row, POWER_DRAWS
        )
        for pair in table.pairs
        if f"row {row}" in (pair.first, pair.second)
    ]
    return {"stated": stated, "found": float(np.mean(found))}


def failing(rows: int, seeds: int, sentences: int, number: int) -> dict[str, float]:
    """Coverage where one training in ten learns next to nothing."""
    systems = alike(rows, fails=FAILS)
    found = list(judged(systems, seeds, sentences, number, 4))
    cells = [
        (one.intervals[name], one.fallen.get(name), each)
        for one in found
        for name, each in zip(one.intervals, systems, strict=True)
    ]
    rests = [
        (fallen.rest if fallen else interval, each.learned_f1) for interval, fallen, each in cells
    ]
    return {
        "rows with fallen seeds": float(np.mean([bool(fallen) for _, fallen, _ in cells])),
        "trainings that learn": _held([(one, truth) for one, truth in rests if one]),
        "all trainings, one seen to fail": _held(
            [(one, each.f1) for one, fallen, each in cells if fallen]
        ),
        "false claims": _share(found, lambda one: any(pair.separable for pair in one.pairs)),
    }


def ranks_over_tasks(rows: int, seeds: int, sentences: int, number: int) -> dict[str, float]:
    """Coverage of mean ranks over three tasks, each with another order of the rows."""
    step, hits, widths = 0.012, [], []
    orders = [np.arange(rows), np.roll(np.arange(rows), 1), np.arange(rows)]
    truth = np.mean([np.argsort(np.argsort(order)) + 1 for order in orders], axis=0)
    ladders = [[staircase(rows, step)[place] for place in order] for order in orders]
    streams = [judged(one, seeds, sentences, number, 5 + t) for t, one in enumerate(ladders)]
    for round_ in zip(*streams, strict=True):
        scores = {str(t): {n: i.point for n, i in one.intervals.items()}
                  for t, one in enumerate(round_)}  # fmt: skip
        tests = {str(t): {frozenset((p.first, p.second)): p.bootstrap.p for p in one.pairs}
                 for t, one in enumerate(round_)}  # fmt: skip
        ranks = average_ranks(scores, tests)
        bounds = [*ranks.intervals.values()] if ranks else []
        hits += [low <= mean <= high for (low, high), mean in zip(bounds, truth, strict=True)]
        widths += [high - low for low, high in bounds]
    return {"covered": float(np.mean(hits)), "width in ranks": float(np.mean(widths)) / 100}


def chance_of_best(rows: int, seeds: int, sentences: int, number: int) -> dict[str, float]:
    """How often a row is the best of which the table says so, where F1 differs by 1 at random."""
    rng = np.random.default_rng(6)
    said, true = [], []
    for table in range(number):
        scores = F1 + 0.01 * rng.standard_normal(rows)
        systems = [system(float(f1), LUCKS[i % len(LUCKS)]) for i, f1 in enumerate(scores)]
        [one] = judged(systems, seeds, sentences, 1, 1000 + table)
        said += [*one.best.values()]
        true += [f1 == scores.max() for f1 in scores]
    bins = np.digitize(said, [0.1, 0.3, 0.5, 0.7, 0.9])
    names = ("<10", "10-30", "30-50", "50-70", "70-90", ">90")
    return {
        f"{name} %": float(np.mean(np.array(true)[bins == place]))
        for place, name in enumerate(names)
        if (bins == place).any()
    }


def _share(found: Sequence[Comparison], holds: Callable[[Comparison], bool]) -> float:
    return float(np.mean([holds(one) for one in found]))


def _held(cells: Sequence[tuple]) -> float:
    return float(np.mean([one.low <= truth <= one.high for one, truth in cells]))


STUDIES: dict[str, tuple[Callable[..., dict[str, float]], list[tuple[int, int, int]]]] = {
    "All rows have the same F1": (equal_rows, [*product(ROWS, SEEDS, SENTENCES)]),
    "The same, with more pairs than draws resolve": (equal_rows, LARGE),
    "Each row is 1 F1 below the one before": (
        falling_rows,
        [*product((2, 5), SEEDS, (1000, 5000)), *LARGE],
    ),
    "Rows near 100 F1, whose seeds agree: the second is further behind than its bound": (
        near_100,
        [*product((2,), (3,), (30, 120, 270, 1000))],
    ),
    "The smallest difference that the table states, and how often it is found": (
        power,
        [*product((2, 5), (3, 5), (1000, 5000))],
    ),
    "One training in ten learns next to nothing": (
        failing,
        [*product((3,), SEEDS, (300, 3000))],
    ),
    "Mean rank over three tasks": (ranks_over_tasks, [*product((3, 5), (3,), (1000, 5000))]),
    "How often a row is the best, by what its table says": (
        chance_of_best,
        [(5, 3, 1000), (5, 5, 3000)],
    ),
}


def main() -> None:
    """Print each study as a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tables", type=int, default=400, help="made per setting")
    number, results = parser.parse_args().tables, {}
    for title, (study, settings) in STUDIES.items():
        results[title] = [Levels(*one, study(*one, number)) for one in settings]
        show(title, results[title])
    print(f"\n{process_time():.0f} s of one core")
    print(json.dumps({title: [asdict(one) for one in found] for title, found in results.items()}))


def show(title: str, found: Sequence[Levels]) -> None:
    """One study as a Markdown table, shares in %."""
    from tabulate import tabulate

    heads = ["rows", "seeds", "sentences", *found[0].values]
    cells = [
        [
            one.rows,
            one.seeds,
            one.sentences,
            *(f"{100 * value:.1f}" for value in one.values.values()),
        ]
        for one in found
    ]
    print(f"\n{title}\n\n{tabulate(cells, heads, 'pipe', disable_numparse=True)}", flush=True)


if __name__ == "__main__":
    main()
