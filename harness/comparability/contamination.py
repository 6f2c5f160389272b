"""The line of a certificate about weights that may have read the test set before.

A row has a place in it where its weights could be asked, where nothing but such weights stands
behind its answers, and where a record says what their pretraining held out. A sign is more
continued test sentences than chance gives (one-sided Fisher's exact test at 0.05); none is no proof
of the contrary.
"""

from collections.abc import Sequence

from harness.comparability.check import Check
from harness.comparability.fields import is_external, is_zero_shot
from harness.comparability.systems import System
from harness.results.run_record import Contamination, Continued, ContinuedShare
from harness.statistics.significance import ALPHA

NO_SIGN, NOT_PROBED = "no sign", "not probed"
HELD_OUT, READ = "held out of pretraining", "NOT HELD OUT of pretraining"


def contamination(made: Sequence[System]) -> tuple[Check, ...]:
    """What the weights of each row know of the test set; no line where no row has such weights."""
    told = {system.name: words for system in made if (words := _told(system))}
    if not told:
        return ()
    differing = tuple((name, words) for name, words in told.items() if not _is_clean(words))
    value = "; ".join(f"{name}: {words}" for name, words in told.items() if _is_clean(words))
    return (Check("test set known to the weights", value or "of no row", not differing, differing),)


def _is_clean(words: str) -> bool:
    return words.startswith((NO_SIGN, HELD_OUT)) and READ not in words


def _told(system: System) -> str:
    """What is known of a row, nothing where its weights read no other text."""
    if told := "; ".join(filter(None, (_probed(system), _pretraining(system)))):
        return told
    untrained = is_zero_shot(system.first) and not is_external(system.first)
    return NOT_PROBED if untrained and system.first.run.weights not in ("none", "scratch") else ""


def _probed(system: System) -> str:
    """What its weights said when they were asked."""
    probed = [run.contamination for run in system.runs if run.contamination]
    known = any(_is_sign(share) for one in probed for share in (one.text, one.gold))
    return f"{'KNOWN' if known else NO_SIGN} ({_counts(probed)})" if probed else ""


def _pretraining(system: System) -> str:
    """What the record of their pretraining says of the test set."""
    told = [run.held_out for run in system.runs if run.held_out is not None]
    return (HELD_OUT if all(told) else READ) if told else ""


def _is_sign(share: ContinuedShare) -> bool:
    """Whether more of the test set is continued than when it is held against others."""
    from scipy.stats import fisher_exact

    table = [[one.continued, one.asked - one.continued] for one in (share.test, share.chance)]
    return bool(fisher_exact(table, alternative="greater").pvalue < ALPHA)


def _counts(probed: Sequence[Contamination]) -> str:
    """The counts of the run that knows most."""
    most = max(probed, key=lambda one: one.text.test.continued + one.gold.test.continued)
    gold = _share(most.gold) if most.gold.test.asked else "not asked for"
    return f"continues {_share(most.text)}; its gold {gold}"


def _share(share: ContinuedShare) -> str:
    train, chance = _of(share.train), _of(share.chance)
    return f"{_of(share.test)} test sentences, {train} of train, {chance} by chance"


def _of(one: Continued) -> str:
    return f"{one.continued} of {one.asked}"
