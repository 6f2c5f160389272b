"""What makes two runs runs of one system: on one task, and over tasks, of which each has its data.

An identity is a tuple of names with what stands under them, in words: two can be compared, put in
an order that no path decides, and it can be said in what they differ.
"""

import json
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TypeAlias

from harness.comparability.certificate import readings
from harness.comparability.ensembles import members_of
from harness.comparability.fields import FIELDS, Recorded

Identity: TypeAlias = tuple[tuple[str, str], ...]


def identity(result: Recorded) -> Identity:
    """What the runs of one row share: all but the seed that can change a result or its meaning."""
    values = readings(result)
    lines = ((one.name, values[one.name]) for one in FIELDS if one.separates and one.of_data)
    members = _text([identity(one) for one in members_of(result)])
    task = result.run.data.task
    return (*over_tasks(result), ("task", task), *lines, ("data of members", members))


def over_tasks(result: Recorded) -> Identity:
    """The part of an identity that a system has on every task: all but what tells of the data."""
    run, values = result.run, readings(result)
    lines = ((one.name, values[one.name]) for one in FIELDS if one.separates and not one.of_data)
    return (
        ("backend", run.backend),
        ("preset", run.preset),
        ("variant", run.variant),
        ("weights", run.weights),
        ("content of weights", _text(run.weights_digest or {})),
        ("content of files", _text(run.files)),
        *((f"option {name}", _text(run.options[name])) for name in sorted(run.options)),
        *lines,
        # A plugin's code and what it needs are no line of the certificate: rows differ in them.
        ("code of the backend", run.code.backend if run.code else ""),
        ("installed libraries", _text(run.versions)),
        ("members", _text([over_tasks(one) for one in members_of(result)])),
    )


def keys(results: Sequence[Recorded]) -> list[Identity]:
    """What each system, given by one of its runs, is known by in all of their tasks.

    Those that only their data tell apart on one task are known on that task alone: none of them is
    the system of another task rather than the other.
    """
    lasting = [over_tasks(one) for one in results]
    tasks = [one.run.data.task for one in results]
    held = Counter(zip(tasks, lasting, strict=True))
    return [
        key if held[task, key] == 1 else identity(one)
        for one, task, key in zip(results, tasks, lasting, strict=True)
    ]


def differing(results: Sequence[Recorded]) -> tuple[str, ...]:
    """The names under which systems of several tasks differ, their data left out."""
    told = [dict(over_tasks(one)) for one in results]
    names = dict.fromkeys(chain.from_iterable(told))
    return tuple(name for name in names if len({one.get(name) for one in told}) > 1)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
