"""The lines of a certificate about what went into a row: whether its training ended, its trials."""

from collections import Counter
from collections.abc import Sequence

from harness.comparability.check import Check, Evidence
from harness.comparability.ensembles import members_of
from harness.comparability.fields import MISSING, Recorded, is_external, is_zero_shot
from harness.comparability.systems import System
from harness.comparability.training_end import LEVEL
from harness.results.trials import DataRead, Trial, beside, number

NOT_MEASURED = "not measured"


def end_of_training(made: Sequence[System]) -> Check:
    """Whether training ended, or was cut while development F1 still rose."""
    ends = {system.name: _end(system) for system in made}
    differing = tuple((name, end) for name, end in ends.items() if end not in ("", LEVEL))
    some = f"development F1 {LEVEL}" if LEVEL in ends.values() else ""
    value = some or ("level in no row" if differing else "n/a")
    return Check("end of training", value, not differing, differing)


def _end(system: System) -> str:
    """What is known of the end of training of a row, nothing where it has none."""
    if system.end:
        return system.end
    parts = members_of(system.first) or (system.first,)
    return "" if all(map(_has_no_end, parts)) else MISSING


def _has_no_end(result: Recorded) -> bool:
    """Whether nothing was trained here in epochs."""
    return result.run.weights == "none" or is_zero_shot(result) or is_external(result)


def trials_of_tuning(made: Sequence[System]) -> Check:
    """How many sets of options each row was chosen from, as far as anybody saw or said."""
    tried = _tried(made)
    counts = {system.name: _trials(system, tried) for system in made}
    common = Counter(counts.values()).most_common(1)[0][0] if counts else "n/a"
    differing = tuple((name, count) for name, count in counts.items() if count != common)
    told = any(is_external(one.first) or _elsewhere(one) for one in made)
    evidence: Evidence = "stated" if told else "recorded"
    return Check("trials of tuning", common, not differing and common != NOT_MEASURED, differing,
                 evidence)  # fmt: skip


def _tried(made: Sequence[System]) -> tuple[Trial, ...]:
    """What was tried in the table, and in the runs that lie beside its own."""
    known = {result.folder for system in made for result in system.results}
    places = dict.fromkeys(folder.parent for folder in known)
    shown = [Trial.of(one.first.run) for one in made if not is_external(one.first)]
    return (*shown, *(trial for place in places for trial in beside(place, known)))


def _trials(system: System, tried: Sequence[Trial]) -> str:
    run = system.first.run
    if is_external(system.first) and not run.members:
        said = run.settings.get("tuning_trials")
        return NOT_MEASURED if said is None else str(max(1, int(said)))
    counted = [result.run.trials for result in system.results]
    if None in counted:
        return NOT_MEASURED
    here = number(tried, run.backend, DataRead.of(run))
    return str(max(here, *filter(None, counted), 1) + _elsewhere(system))


def _elsewhere(system: System) -> int:
    """How many sets of options were tried elsewhere, as somebody stated of a row or a member."""
    stated = [run.settings.get("tuning_trials") for run in system.runs]
    return max((said for said in stated if isinstance(said, int)), default=0)
