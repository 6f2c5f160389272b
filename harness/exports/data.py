"""Gold and answers as files of other tools.

Exported gold comes with a task file, is read again by it, and must be what it was: the fingerprint
is that of the task, so that runs on either may stand in one table.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

from harness.core import Sentence
from harness.data import task as tasks
from harness.data.formats import FORMATS, WRITTEN, DataFormat, writer
from harness.data.readers import offered
from harness.data.task import Split, Task
from harness.data.writers.annotated import Annotated
from harness.errors import ConfigError, DataError
from harness.exports import aside
from harness.results import confidence
from harness.results.reader import Result
from harness.results.record import Prediction
from harness.scoring.calibration import Scaling


def export_task(task: Task, name: str, folder: Path) -> Path:
    """Write the splits of ``task`` in the format called ``name`` into ``folder``.

    Gives the task file, which lies there too.

    Raises:
        ConfigError: for a format that is not written, or a folder that holds something.
        DataError: for a task that the format cannot hold.
    """
    kind, write = writer(name)
    _require_reader(kind)
    _require_room(kind, nested=task.nested)
    with aside.new(folder) as beside:
        beside.mkdir()
        for part in _parts(task):
            write(beside / _file(part.name, kind), _gold(part))
        text = yaml.safe_dump(_task_file(task, kind), allow_unicode=True, sort_keys=False)
        (beside / _name(task)).write_text(text, encoding="utf-8")
        _require_same(task, beside / _name(task), name)
    return folder / _name(task)


def _name(task: Task) -> str:
    return f"{task.name}.yaml"


def _parts(task: Task) -> Iterator[Split]:
    """What is written as a file of its own: each split, or each of its sets."""
    for split in task.splits.values():
        yield from split.parts.values() or (split,)


def _file(part: str, kind: DataFormat) -> str:
    return f"{part.replace('/', '-')}{kind.suffix}"


def _files(split: Split, kind: DataFormat) -> object:
    """What a task file says of where ``split`` is."""
    if not split.sets:
        return _file(split.name, kind)
    return {name: _file(part.name, kind) for name, part in split.parts.items()}


def _gold(split: Split) -> list[Annotated]:
    pairs = zip(split.examples, split.documents, strict=True)
    return [Annotated(one.sentence, one.spans, document) for one, document in pairs]


def _task_file(task: Task, kind: DataFormat) -> dict[str, object]:
    chosen: dict[str, object] = {} if task.keep == "error" else {"keep": task.keep}
    if task.nested:
        chosen = {"nested": True}
    return {
        "name": task.name,
        "language": task.language,
        "format": kind.name,
        "joiner": task.joiner,
        "labels": list(task.labels),
        "policy": task.policy,
        **chosen,
        "splits": {name: _files(split, kind) for name, split in task.splits.items()},
    }


def _require_reader(kind: DataFormat) -> None:
    """Refuse a format that a distribution writes and none reads: it could not be read again."""
    if kind.name not in FORMATS and kind.name not in offered.names():
        msg = (
            f"--to {kind.name}: nothing reads this format ({kind.about}), and what is exported is "
            f"read again before it is there; its distribution must offer a reader {kind.name!r} in "
            f"the group {offered.GROUP}, too"
        )
        raise ConfigError(msg)


def _require_room(kind: DataFormat, *, nested: bool) -> None:
    """Refuse a format that holds no entity within another, where there may be some."""
    if nested and kind.name in FORMATS and not kind.nested:
        able = ", ".join(name for name in WRITTEN if FORMATS[name].nested)
        msg = (
            f"--to {kind.name}: the task has nested gold, and the format holds no entity within "
            f"another; formats that do: {able}"
        )
        raise ConfigError(msg)


def _require_same(task: Task, path: Path, name: str) -> None:
    found = tasks.load(path)
    if found.fingerprint != task.fingerprint:
        msg = (
            f"task {task.name!r} is not what it was when it is read again from {name}; nothing was "
            "written. jsonl holds everything"
        )
        raise DataError(msg)


def export_answers(result: Result, name: str, path: Path) -> Path:
    """Write what the run ``result`` found in the test set in the format called ``name``.

    A confidence is scaled as the run says, where the format has a place for one.

    Raises:
        ConfigError: for a format that is not written, or a place that is taken.
        DataError: for answers that cannot be read, or that the format cannot hold.
    """
    kind, write = writer(name)
    _require_room(kind, nested=result.run.data.nested)
    scaling = confidence.scaling(result.run)
    predictions = [one for one in result.answers().predictions if one.units]
    with aside.new(path) as beside:
        write(beside, [_found(one, scaling) for one in predictions])
    return path


def _found(one: Prediction, scaling: Scaling) -> Annotated:
    sure = one.confidence
    if sure is not None:
        sure = tuple(scaling.of(np.array(sure, np.float64)).tolist())
    sentence = Sentence(one.id, one.units, one.joiner)
    return Annotated(sentence, one.found_spans(), one.document, sure, found=True)
