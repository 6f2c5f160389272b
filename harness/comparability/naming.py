"""What rows are called. A name is of one system in all tasks of a table, and of no other system.

Ranks, intervals and tests are looked up by name, so that two rows of one name would share them.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import count

from harness.comparability.fields import Recorded
from harness.comparability.identity import keys
from harness.errors import DataError
from harness.numbers import printed


def name_of(result: Recorded) -> str:
    """What a row is called: backend, preset and origin of the weights, variant."""
    run = result.run
    parts = [run.backend]
    if run.weights != "none" and not run.members:
        origin = (
            run.weights.rstrip("/").rpartition("/")[2] if _is_path(run.weights) else run.weights
        )
        parts += [f"{run.preset} ({origin})"]
    return as_read(" ".join(part for part in (*parts, run.variant) if part))


def _is_path(weights: str) -> bool:
    return weights.startswith(("/", ".", "~"))


def as_read(text: str) -> str:
    """``text`` as a table shows it, where several spaces are one."""
    return " ".join(printed(text).split())


def names_of(results: Sequence[Recorded]) -> list[str]:
    """The names of systems, each given by one of its runs.

    Those that are called alike are numbered in the order of their identities, whatever the paths of
    their runs.
    """
    known = keys(results)
    called = {key: name_of(one) for key, one in zip(known, results, strict=True)}
    ordered = sorted(called)
    names = dict(zip(ordered, distinct([called[key] for key in ordered]), strict=True))
    return [names[key] for key in known]


def distinct(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """``names``, each that repeats one before it with the first number that makes it nobody's.

    ``taken`` are names that no number may lead to.
    """
    used, found = {*taken, *names}, list[str]()
    for name in names:
        found.append(_free(name, used) if name in found else name)
        used.add(found[-1])
    return found


def _free(name: str, used: Collection[str]) -> str:
    numbered = (f"{name} #{number}" for number in count(2))
    return next(one for one in numbered if one not in used)


def require_distinct(names: Sequence[str], place: str) -> None:
    """Refuse rows of one name.

    Raises:
        DataError: naming ``place``, and what two of its rows are called.
    """
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if twice is not None:
        msg = (
            f"two rows of {place} are called {twice!r}, and would share what is said of either; "
            "leave one of the two out"
        )
        raise DataError(msg)
