"""What a learning curve says: how F1 grows with train, and what the next sentences would buy."""

from collections.abc import Iterator

from harness.comparability.groups import has_one_seed
from harness.comparability.systems import System
from harness.data.splits import TRAIN
from harness.leaderboard import significance
from harness.numbers import percent, rounded, whole
from harness.statistics import Interval
from harness.statistics.power_law import PARAMETERS, Growth, growth
from harness.statistics.samples import samples_of
from harness.studies.panels import Panel

NEXT = 1000  # sentences
_UNTOLD = f"What the next {whole(NEXT)} sentences would buy cannot be told"


def sentences_of_train(system: System) -> int:
    """How many sentences ``system`` learned from."""
    return system.first.run.data.sentences[TRAIN]


def of(panel: Panel) -> Growth | None:
    """The law of the points of ``panel``; None where there are too few, or no gold."""
    ordered = sorted(panel.systems, key=sentences_of_train)
    if len(ordered) < PARAMETERS or panel.claims is None:
        return None
    samples = samples_of(significance.counts(ordered))
    return growth([sentences_of_train(system) for system in ordered], samples)


def sentences(panel: Panel) -> Iterator[str]:
    """What may be said of the growth of ``panel``."""
    found = of(panel)
    if found is None or found.missed is None:
        points = len(panel.systems)
        yield f"{_UNTOLD}: a power law has {PARAMETERS} numbers, and there are {points} points."
    elif any(map(has_one_seed, panel.systems)):
        yield f"{_UNTOLD} with these seeds: one says nothing of the luck of a training."
    elif not found.holds:
        yield _broken(found, found.missed)
    else:
        yield from _told(found)


def _broken(found: Growth, missed: Interval) -> str:
    side = "above" if missed.point > 0 else "below"
    return (
        f"{_UNTOLD}: at {whole(found.sizes[-1])} sentences F1 is {percent(abs(missed.point))} "
        f"{side} the power law through the other points ({_between(missed)})."
    )


def _told(found: Growth) -> Iterator[str]:
    exponent, gain = found.exponent, found.gain(NEXT)
    yield (
        f"The error falls with the {rounded(exponent.point, 2)}th power of the sentences of train "
        f"({rounded(exponent.low, 2)} to {rounded(exponent.high, 2)} at 95 %), towards "
        f"{percent(found.floor[0])}."
    )
    if gain.low <= 0:
        yield f"{_UNTOLD} with these seeds: between {_between(gain)}."
    else:
        yield (
            f"The next {whole(NEXT)} sentences would buy {percent(gain.point)} F1 "
            f"({_between(gain)}), if they are like those that there are."
        )


def _between(found: Interval) -> str:
    return f"{percent(found.low)} to {percent(found.high)} F1 at 95 %"
