"""What a stored model promises."""

from pathlib import Path

from harness.conformance.check import NotApplicableError, Promise, PromiseError, require_same
from harness.conformance.subject import ASKED, MODEL, Subject


def save(subject: Subject) -> None:
    """A trained model is saved into a folder that exists."""
    subject.trained.call("save", _model(subject))


def _model(subject: Subject) -> Path:
    folder = subject.folder / MODEL
    folder.mkdir(exist_ok=True)
    return folder


def reload(subject: Subject) -> None:
    """Loaded in another process, the model gives the answers that it gave before."""
    made = subject.make()
    made.call("load", subject.folder / MODEL)
    require_same(ASKED, subject.answers_before(), made.tags(ASKED))


def missing_model(subject: Subject) -> None:
    """A folder in which no model is refused by load."""
    if not any(_model(subject).iterdir()):
        raise NotApplicableError("save writes nothing")
    empty = subject.folder / "empty"
    empty.mkdir(exist_ok=True)
    made = subject.make()
    try:
        made.call("load", empty)
    except Exception:  # noqa: BLE001 - any refusal will do
        return
    raise PromiseError("load of an empty folder succeeded")


CHECKS = (
    Promise("save", save, "write files below the folder; it is there already", ("predict",)),
    Promise(
        "missing-model",
        missing_model,
        "let the error of the file that is not there pass",
        ("save",),
    ),
    Promise(
        "reload",
        reload,
        "save all that predict uses: vocabularies, thresholds and options too",
        ("save", "repeat", "no-shared-state"),
        "second",
    ),
)
