"""Pretraining in a straight line: plan, claim the folder, let the backend read, write the record.

``pretraining.json`` comes last. What is interrupted goes on with the same command.
"""

import json
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from harness.core import Output
from harness.errors import BackendError, ConfigError
from harness.pretraining.held_out import Removed
from harness.pretraining.plan import PretrainingPlan
from harness.protocol import (
    UNFINISHED,
    Context,
    DevScore,
    PretrainReport,
    Pretrains,
    Progress,
)
from harness.results import modes, store
from harness.results.checkpoints import CheckpointFolder, NoFacts
from harness.results.locking import HOLDER, LOCK
from harness.results.pretraining import COMPLETE, Pretraining, Sitting
from harness.runs import code, hardware
from harness.runs.contract import asked
from harness.runs.options import Given, arguments, construct
from harness.tags import OUTSIDE
from harness.version import __version__

CLAIM, REMOVED = "claim.json", "removed.jsonl"
TEXT = "text (files, tasks that are held out, --characters, --window, --passes, --weight, --power)"


def execute(plan: PretrainingPlan, report: Callable[[Progress], None]) -> Pretraining:
    """Pretrain as ``plan`` says, or go on where it was interrupted; gives the record.

    Raises:
        HarnessError: for all that a user can fix.
    """
    folder = plan.request.output
    _refuse_other(folder, plan.identity)
    with store.locked(folder, plan.digest):
        if (folder / COMPLETE).is_file():
            return Pretraining.model_validate_json((folder / COMPLETE).read_bytes())
        sittings = _begun(folder, plan)
        with _let_go_of_nothing(folder):
            store.write(folder / REMOVED, _lines(plan.corpus.removed))
            learned = _learned(plan, report)
            modes.as_usual(folder)
            _refuse_partial(plan, learned)
        record = _record(plan, learned, sittings)
        store.write_json(folder / COMPLETE, record.model_dump(mode="json"))
        shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    return record


def _refuse_other(folder: Path, asked_for: dict[str, Any]) -> None:
    """Refuse a folder in which another pretraining was begun, naming what was other there.

    Raises:
        ConfigError: for one that says what it was; one that does not is refused by its digest.
    """
    begun = _claimed(folder).get("identity")
    if isinstance(begun, dict) and (other := sorted(_differing(begun, asked_for))):
        msg = (
            f"{folder} holds a pretraining with other {', '.join(other)}; nothing was overwritten: "
            "give the command as it was to go on, or another folder with -o"
        )
        raise ConfigError(msg)


def _differing(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """What differs, an option by its value there; of the text it is the windows in their order."""
    for key in one.keys() | other.keys():
        mine, yours = one.get(key), other.get(key)
        if isinstance(mine, dict) and isinstance(yours, dict):
            yield from (f"{name} ({mine.get(name)})" for name in _differing_keys(mine, yours))
        elif mine != yours:
            yield TEXT if key == "text" else f"{key} ({mine})"


def _differing_keys(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    return (key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _claimed(folder: Path) -> dict[str, Any]:
    """What the claim of ``folder`` says; nothing where there is none, or one that is damaged."""
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads((folder / CLAIM).read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _learned(plan: PretrainingPlan, report: Callable[[Progress], None]) -> PretrainReport:
    with asked(plan.plugin.name, "pretrain"):
        backend = _backend(plan, report)
        chosen = arguments(backend.pretrain, plan.learning)
        return backend.pretrain(plan.stream, plan.request.output.absolute(), **chosen)


@contextmanager
def _let_go_of_nothing(folder: Path) -> Iterator[None]:
    """Take the claim back where the work in here ends and has left nothing.

    Or the right command would find the folder taken by the wrong one.
    """
    try:
        yield
    except BaseException:
        if {path.name for path in folder.iterdir()} <= {CLAIM, REMOVED, LOCK, HOLDER}:
            for name in (CLAIM, REMOVED):
                (folder / name).unlink(missing_ok=True)
        raise


def _begun(folder: Path, plan: PretrainingPlan) -> tuple[Sitting, ...]:
    """The sittings so far, this one among them, kept in the claim of the folder."""
    packages = ("harness", plan.plugin.module.partition(".")[0])
    now = Sitting(
        code=code.digest(packages), versions=hardware.versions(), hardware=hardware.describe()
    )
    sittings = (*map(Sitting.model_validate, _claimed(folder).get("sittings", ())), now)
    told = {"digest": plan.digest, "identity": plan.identity}
    store.write_json(folder / CLAIM, told | {"sittings": [each.model_dump() for each in sittings]})
    return sittings


def _lines(removed: Sequence[Removed]) -> str:
    rows = (
        {"source": r.source, "line": r.line, "task": r.task, "split": r.split, "shared": r.shared}
        for r in removed
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _backend(plan: PretrainingPlan, report: Callable[[Progress], None]) -> Pretrains:
    request, folder = plan.request, plan.request.output.absolute()
    context = Context(
        (OUTSIDE,), request.text.seed, request.device, request.precision, request.threads,
        folder, _no_development, report,
        CheckpointFolder(folder / UNFINISHED, math.inf, NoFacts()),
    )  # fmt: skip
    given = Given(plan.options, "options")
    made: Pretrains = construct(plan.plugin.load(), context, given)
    return made


def _no_development(outputs: Sequence[Output]) -> DevScore:
    msg = f"pretraining has no development set; {len(outputs)} outputs cannot be scored"
    raise BackendError(msg)


def _refuse_partial(plan: PretrainingPlan, learned: PretrainReport) -> None:
    if learned.characters != plan.text.characters:
        msg = (
            f"backend {plan.plugin.name!r} read {learned.characters} characters of "
            f"{plan.text.characters}: such weights are not comparable, and no record was written"
        )
        raise BackendError(msg)


def _record(
    plan: PretrainingPlan, learned: PretrainReport, sittings: tuple[Sitting, ...]
) -> Pretraining:
    facts: dict[str, Any] = {
        name: getattr(learned, name)
        for name in (
            "objective", "parameters", "trained", "precision", "seconds", "flops", "curve",
        )
    }  # fmt: skip
    return Pretraining(
        digest=plan.digest,
        harness=__version__,
        backend=plan.plugin.name,
        family=getattr(plan.plugin.load(), "family", "other"),
        preset=plan.request.preset,
        options=dict(plan.options),
        learning=dict(plan.learning),
        seed=plan.request.text.seed,
        text=plan.text,
        sittings=sittings,
        **facts,
    )
