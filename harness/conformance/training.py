"""What training promises."""

import random
import sys
from typing import NoReturn

from harness.conformance.check import NotApplicableError, Promise, PromiseError, require_same
from harness.conformance.lessons import FIRST, NO_ENTITIES, ONE_SENTENCE, SECOND, WORDS
from harness.conformance.subject import ASKED, Subject
from harness.core import Span
from harness.data.training_digest import digest
from harness.errors import Stopped
from harness.protocol import Progress
from harness.tags import decode

READABLE = ("fit", "predict", "length", "tag-set", "confidence")
ANSWERS = (*READABLE, "odd-units")


def fits(subject: Subject) -> None:
    """What fit returns is a FitReport whose numbers can be."""
    _ = subject.report


def training_digest(subject: Subject) -> None:
    """Each epoch that is reported was fed the training set: all of it, and nothing else."""
    epochs = subject.report.epochs
    if not epochs:
        raise NotApplicableError("it reports no epochs")
    wanted = digest(FIRST.train)
    other = [epoch.number for epoch in epochs if epoch.training_digest != wanted]
    if other:
        msg = f"the digest of epoch {other[0]} is not that of the training set"
        raise PromiseError(msg)


def same_seed(subject: Subject) -> None:
    """The same seed gives the same answers, whatever was drawn before in the process."""
    _disturb()
    require_same(ASKED, subject.answers, subject.taught(FIRST).tags(ASKED))


def _disturb() -> None:
    """Leave the generators that libraries share in another state."""
    random.seed(4711)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(4711)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(4711)


def new_process(subject: Subject) -> None:
    """The same seed gives the same answers in another process."""
    require_same(ASKED, subject.answers_before(), subject.trained.tags(ASKED))


def unseen_label(subject: Subject) -> None:
    """A label of the task that the training set never has is no error."""
    lesson = subject.taught(SECOND)
    subject.learned[SECOND.labels] = lesson
    lesson.tags(ASKED)


def dev_not_learned(subject: Subject) -> None:
    """The development set selects; nothing is learned from its gold."""
    canary = SECOND.dev[0]
    (tags,) = subject.learned[SECOND.labels].tags([canary.sentence])
    found: tuple[Span, ...] = decode(tags)
    if found == canary.spans:
        label = canary.spans[0].label
        msg = f"it knows {label} {canary.sentence.mention(found[0])!r}, which only dev has"
        raise PromiseError(msg)


def no_shared_state(subject: Subject) -> None:
    """One instance knows nothing of another one that was trained after it."""
    require_same(ASKED, subject.answers, subject.trained.tags(ASKED))


def no_entities(subject: Subject) -> None:
    """A training set without any entity is no error."""
    subject.taught(NO_ENTITIES).tags(ASKED)


def one_sentence(subject: Subject) -> None:
    """A training set of a single sentence is no error."""
    subject.taught(ONE_SENTENCE).tags(ASKED)


def words(subject: Subject) -> None:
    """A unit may be a word of several letters, with spaces between words."""
    questions = [example.sentence for example in WORDS.dev]
    subject.taught(WORDS).tags(questions)


def stops(subject: Subject) -> None:
    """When the harness ends a run through its report of progress, fit ends."""
    told = []

    def stop(progress: Progress) -> NoReturn:
        told.append(progress)
        raise Stopped

    try:
        subject.make(report=stop).fit()
    except Stopped:
        return
    if not told:
        raise NotApplicableError("fit reports no progress")
    raise PromiseError("fit went on after Context.report had raised Stopped")


CHECKS = (
    Promise(
        "fit",
        fits,
        "return FitReport(weights=..., parameters=..., trained=...) from fit",
        ("constructor",),
    ),
    Promise(
        "training-digest",
        training_digest,
        "give Epoch the digest of the examples that were "
        "fed: harness.data.training_digest.digest(examples)",
        ("fit",),
    ),
    Promise(
        "same-seed",
        same_seed,
        "draw from generators of your own that begin with Context.seed, "
        "or seed the shared ones at the start of fit",
        (*ANSWERS, "repeat"),
    ),
    Promise(
        "new-process",
        new_process,
        "sort what comes out of sets before it is numbered: the "
        "order of a set of texts differs from process to process",
        ("same-seed",),
        "second",
    ),
    Promise(
        "unseen-label",
        unseen_label,
        "build tables over Context.tags, not over the labels that train has",
        ANSWERS,
    ),
    Promise(
        "dev-not-learned",
        dev_not_learned,
        "train on the first argument of fit alone; use the "
        "second to choose an epoch or a threshold",
        ("unseen-label",),
    ),
    Promise(
        "no-shared-state",
        no_shared_state,
        "keep what is learned on self, not on the class or the module",
        ("unseen-label", "repeat"),
    ),
    Promise("no-entities", no_entities, "allow for tables without a row", ANSWERS),
    Promise("one-sentence", one_sentence, "allow for a single batch of a single sentence", ANSWERS),
    Promise(
        "words",
        words,
        "treat each of sentence.units as one symbol that gets one tag, and use "
        "sentence.joiner where text is needed",
        READABLE,
    ),
    Promise(
        "stops", stops, "let Stopped pass: catch Exception at most, never BaseException", ("fit",)
    ),
)
