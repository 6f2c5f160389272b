"""The lines of a certificate about what went into a row: whether its training ended, its trials."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from harness.comparability.check import Check, Evidence
from harness.comparability.ensembles import members_of
from harness.comparability.fields import MISSING, Recorded, is_external, is_zero_shot
from harness.comparability.systems import System
from harness.comparability.training_end import LEVEL

NOT_MEASURED = "not measured"
_Tried: TypeAlias = tuple[str, str, str]


def end_of_training(made: Sequence[System]) -> Check:
    """Whether training ended, or was cut while development F1 still rose."""
    ends = {system.name: _end(system) for system in made}
    differing = tuple((name, end) for name, end in ends.items() if end not in ("", LEVEL))
    value = "development F1 level" if LEVEL in ends.values() or differing else "n/a"
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
    """How many sets of options each row was chosen from, as far as anybody saw."""
    options: dict[_Tried, set[str]] = {}
    for system in made:
        text = json.dumps(system.first.run.options, sort_keys=True, default=str)
        options.setdefault(_tried(system), set()).add(text)
    counts = {system.name: _trials(system, options) for system in made}
    common = Counter(counts.values()).most_common(1)[0][0] if counts else "n/a"
    differing = tuple((name, count) for name, count in counts.items() if count != common)
    stated: Evidence = "stated" if any(is_external(one.first) for one in made) else "recorded"
    return Check("trials of tuning", common, not differing and common != NOT_MEASURED, differing,
                 stated)  # fmt: skip


def _tried(system: System) -> _Tried:
    """Of what a row is a trial: a backend of one distribution, whatever else has its name."""
    run = system.first.run
    return run.origin.get("distribution", ""), run.backend, run.data.fingerprint


def _trials(system: System, options: Mapping[_Tried, set[str]]) -> str:
    run = system.first.run
    if is_external(system.first) and not run.members:
        said = run.settings.get("tuning_trials")
        return NOT_MEASURED if said is None else str(max(1, int(said)))
    counted = [result.run.trials for result in system.results]
    if None in counted:
        return NOT_MEASURED
    shown = len(options[_tried(system)])
    return str(max(shown, *filter(None, counted), 1))
