"""A finished run as a folder for other programs: written aside, asked again, and only then there.

What was exported answers the whole test set before anybody gets it. It has the tags of the run; or,
where it is coarser by design (8 bits), its F1 is shown to be within half a point.
"""

from dataclasses import dataclass
from pathlib import Path

from harness.data import nesting
from harness.data.windows import WindowPolicy
from harness.errors import ConfigError
from harness.exports import agreement, aside, card, eee, row
from harness.exports.agreement import Agreement
from harness.exports.asking import TestSet, as_characters, policy_of
from harness.exports.row import Measured
from harness.protocol import Backend, Exported, Exports
from harness.results import modes, reader, store, verify
from harness.results.reader import Result
from harness.runs.contract import asked, checked
from harness.runs.cost import Meter
from harness.runs.decode import decode
from harness.runs.predict import restore, silent
from harness.statistics.equivalence import Equivalence
from harness.tags import tag_set

README, SCORES = "README.md", "every_eval_ever.json"


@dataclass(frozen=True, slots=True)
class Proof:
    """How an exported model was held against its run: by its tags, and by its worth if coarser.

    ``measured`` is what it answered as a run; None where other programs alone read it.
    """

    agreement: Agreement
    worth: Equivalence | None = None
    measured: Measured | None = None

    @property
    def words(self) -> str:
        """What to tell people."""
        worth = f"; {agreement.in_words(self.worth)}" if self.worth else ""
        return f"Checked against its run: {self.agreement.words}{worth}."


@dataclass(frozen=True, slots=True)
class Delivered:
    """An export that holds: where it is, why it may be believed, and the run that it became."""

    folder: Path
    proof: Proof
    row: Path | None = None


def export(source: Path, folder: Path, target: str, rows: Path | None = None) -> Delivered:
    """Export the model of the finished run at ``source`` into ``folder``, for ``target``.

    With ``rows``, also as a run of its own below that folder: its answers, F1 and speed.

    Raises:
        ConfigError: for a run, a target or a folder that does not do.
        DataError: for a run whose answers do not give its scores.
        BackendError: for an export that answers otherwise than its run.
    """
    sound = verify.require_sound(reader.one(source))
    nesting.require_flat(sound.run.data.keep, sound.run.data.task)
    backend = restore(sound.result)
    able = _able(backend, sound.run.backend, target)
    test = TestSet.of(sound.result)
    with aside.new(folder) as beside:
        beside.mkdir()
        with asked(sound.run.backend, "export"):
            made = able.export(beside, target, test.sentences)
        modes.as_usual(beside)
        proof = _proof(test, backend, made, sound.result, beside)
        if rows is not None and proof.measured is None:
            msg = f"--to {target}: other programs read it, so nothing here can time it as a row"
            raise ConfigError(msg)
        coarser = proof.measured if proof.worth else None
        metrics = coarser.scored().metrics if coarser else sound.metrics
        shown = card.Card(sound, target, made, proof.words, folder.name, metrics)
        store.write(beside / README, card.text(shown))
        store.write_json(beside / SCORES, eee.record(shown))
    if rows is None or proof.measured is None:
        return Delivered(folder, proof)
    return Delivered(folder, proof, row.write(rows, folder, target, proof.measured))


def _able(backend: Backend, name: str, target: str) -> Exports:
    """``backend`` as one that can be exported to ``target``."""
    if not isinstance(backend, Exports):
        msg = f"backend {name!r} cannot be exported: it has no method `export`"
        raise ConfigError(msg)
    if target not in backend.exports:
        msg = f"backend {name!r} is exported to {', '.join(backend.exports)}, not to {target!r}"
        raise ConfigError(msg)
    return backend


def _proof(test: TestSet, backend: Backend, made: Exported, result: Result, folder: Path) -> Proof:
    """``made``, in ``folder``, held against the ``backend`` that it is from.

    Raises:
        BackendError: where it is not the same.
    """
    if made.predict is not None:
        return Proof(_of_others(test, backend, made))
    name = result.run.backend
    meter = Meter()
    ours = test.ask(checked(name, backend), Meter())
    theirs = test.ask(checked(name, restore(result, folder, silent)), meter)
    found = agreement.agreement(test.sentences, ours, theirs)
    answers = tuple(test.with_answers(theirs))
    measured = Measured(result, made, answers, meter)
    if not made.precision:
        agreement.require_alike(found)
        return Proof(found, measured=measured)
    worth = agreement.worth(test.predictions, answers, result.metrics)
    agreement.require_worth(worth)
    return Proof(found, worth, measured)


def _of_others(test: TestSet, backend: Backend, made: Exported) -> Agreement:
    """What other programs read in the text of the test set, against what ``predict`` does."""
    policy: WindowPolicy = policy_of(test.run)
    sentences = as_characters(test.sentences, policy.limit)
    windows = policy.cut_all(sentences)
    name = test.run.backend
    outputs = checked(name, backend).predict(sentences)
    ours = decode(outputs, windows, tag_set(test.run.settings["labels"]))
    assert made.predict is not None  # noqa: S101 - of the caller
    with asked(name, "what it exported"):
        theirs = made.predict(sentences)
    found = agreement.agreement(sentences, ours, theirs)
    agreement.require_alike(found)
    return found
