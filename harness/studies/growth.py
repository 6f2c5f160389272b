"""What a learning curve says: how F1 grows with train, and what the next sentences would buy."""

from collections.abc import Iterator

from harness.comparability.groups import has_one_seed
from harness.comparability.systems import System
from harness.data.splits import TRAIN
from harness.leaderboard import significance
from harness.numbers import percent, rounded, whole
from harness.statistics import Interval
from harness.statistics.power_law import LEAST, MOST, PARAMETERS, Growth, growth
from harness.statistics.samples import samples_of
from harness.studies.panels import Panel

NEXT = 1000  # sentences
_UNTOLD = f"What the next {whole(NEXT)} sentences would buy cannot be told"


def sentences_of_train(system: System) -> int:
    """How many sentences ``system`` learned from."""
    return system.first.run.data.sentences[TRAIN]


def of(panel: Panel) -> Growth | None:
    """The law of the points of ``panel``; None where there are too few, or no gold."""
    found = sizes(panel)
    if len(found) < PARAMETERS or panel.claims is None:
        return None
    return growth([*found], samples_of(significance.counts([*found.values()])))


def sizes(panel: Panel) -> dict[int, System]:
    """The systems by what they learned from, rising: two of one size are one point of a law."""
    ordered = sorted(panel.whole, key=sentences_of_train)
    return {sentences_of_train(system): system for system in ordered}


def sentences(panel: Panel) -> Iterator[str]:
    """What may be said of the growth of ``panel``."""
    if panel.claims is None:
        return
    found = of(panel)
    if found is None or found.missed is None:
        yield f"{_UNTOLD}: {_too_few(panel)}."
    elif any(map(has_one_seed, panel.whole)):
        yield f"{_UNTOLD} with these seeds: one says nothing of the luck of a training."
    elif not found.holds:
        yield _broken(found, found.missed)
    else:
        yield from told(found)


def _too_few(panel: Panel) -> str:
    """Why no law goes through the points of ``panel``."""
    found = [*sizes(panel)]
    if len(found) == 1 < len(panel.whole):
        size = whole(found[0])
        return f"all points learned from {size} sentences, and a law is of how F1 grows with them"
    are = "is 1 point" if len(found) == 1 else f"are {len(found)} points"
    return f"a power law has {PARAMETERS} numbers, and there {are}"


def _broken(found: Growth, missed: Interval) -> str:
    side = "above" if missed.point > 0 else "below"
    return (
        f"{_UNTOLD}: at {whole(found.sizes[-1])} sentences F1 is {percent(abs(missed.point))} "
        f"{side} the power law through the other points ({_between(missed)})."
    )


def told(found: Growth) -> Iterator[str]:
    """What a law that nothing speaks against says of the next sentences."""
    gain, exponent, left = found.gain(NEXT), found.exponent, found.asymptote
    if gain.low <= 0:
        yield f"{_UNTOLD} with these seeds: it is {_between(gain)}."
        return
    yield (
        f"The error falls with the {rounded(exponent.point, 2)}th power of the sentences of train "
        f"({_tried(exponent)} at 95 %), towards {percent(left.point)} % "
        f"({percent(left.low)} to {percent(left.high)}) that no more of them would take away."
    )
    yield (
        f"The next {whole(NEXT)} sentences would buy {percent(gain.point)} F1 "
        f"({_between(gain)}, given the shares that were drawn: with others it varies more), "
        "if they are like those that there are."
    )


def _tried(exponent: Interval) -> str:
    """From where to where an exponent lies; beyond the least and the most, none was tried."""
    low, high = rounded(exponent.low, 2), rounded(exponent.high, 2)
    low = f"{low} or less" if exponent.low <= LEAST else low
    return f"{low} to {high}" + (" or more" if exponent.high >= MOST else "")


def _between(found: Interval) -> str:
    return f"{percent(found.low)} to {percent(found.high)} F1 at 95 %"
