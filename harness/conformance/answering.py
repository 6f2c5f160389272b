"""What answers promise."""

from dataclasses import replace

from harness.conformance.check import NotApplicableError, Promise, PromiseError, require_same
from harness.conformance.lessons import ODD, QUESTIONS, long_sentence
from harness.conformance.subject import ASKED, Subject
from harness.conformance.training import ANSWERS, READABLE
from harness.core import Sentence, Tags
from harness.data.windows import WindowPolicy
from harness.runs.confidence import require_probabilities
from harness.runs.decode import decode


def answers(subject: Subject) -> None:
    """What predict returns is a list: Tags, Text or Spans for each sentence, in their order."""
    for output, sentence in zip(subject.trained.outputs(QUESTIONS), QUESTIONS, strict=True):
        if not isinstance(output, Tags):
            subject.trained.read([output], [sentence])


def length(subject: Subject) -> None:
    """Each answer has one tag for each unit of its sentence."""
    for output, sentence in zip(subject.trained.outputs(QUESTIONS), QUESTIONS, strict=True):
        if not isinstance(output, Tags):
            continue
        tags: object = output.tags
        if not isinstance(tags, tuple | list):
            msg = f"what Tags hold is a {type(tags).__name__}, not a tuple"
            raise PromiseError(msg)
        if len(tags) + output.unread != len(sentence):
            msg = f"{len(tags)} tags for {len(sentence)} units of {sentence.text!r}"
            raise PromiseError(msg)


def tag_set(subject: Subject) -> None:
    """Tags are those of Context.tags, spelled so."""
    known = set(subject.trained.lesson.tags)
    for output in subject.trained.outputs(QUESTIONS):
        tags = output.tags if isinstance(output, Tags) else ()
        if foreign := [tag for tag in tags if tag not in known]:
            msg = f"{foreign[0]!r} is not one of {', '.join(sorted(known))}"
            raise PromiseError(msg)


def confidence(subject: Subject) -> None:
    """Where confidences are given, there is one probability for each entity."""
    given = False
    for output, sentence in zip(subject.trained.outputs(QUESTIONS), QUESTIONS, strict=True):
        if isinstance(output, Tags) and output.confidence is not None:
            require_probabilities(output.confidence, output.tags, sentence)
            given = True
    if not given:
        raise NotApplicableError("it gives no confidence")


def repeat(subject: Subject) -> None:
    """The same question gets the same answer again."""
    require_same(ASKED, subject.answers, subject.trained.tags(ASKED))


def batch_order(subject: Subject) -> None:
    """The answer to a sentence depends neither on its place in the list nor on its neighbours."""
    turned = subject.trained.tags(ASKED[::-1])[::-1]
    require_same(ASKED, subject.answers, turned)
    alone = [tags for sentence in ASKED for tags in subject.trained.tags([sentence])]
    require_same(ASKED, subject.answers, alone)


def twice(subject: Subject) -> None:
    """A sentence that is asked twice in one list gets its answer twice."""
    doubled = [sentence for sentence in QUESTIONS for _ in range(2)]
    once = subject.answers[: len(QUESTIONS)]
    require_same(doubled, [tags for tags in once for _ in range(2)], subject.trained.tags(doubled))


def names(subject: Subject) -> None:
    """The name of a sentence tells nothing: under another one it gets the same answer."""
    renamed = [replace(sentence, id=f"train-{n}") for n, sentence in enumerate(ASKED)]
    require_same(ASKED, subject.answers, subject.trained.tags(renamed))


def empty_list(subject: Subject) -> None:
    """No sentences get no answers."""
    subject.trained.outputs([])


def empty_sentence(subject: Subject) -> None:
    """A sentence without units gets an answer without tags."""
    (output,) = subject.trained.outputs([Sentence("empty", ())])
    if isinstance(output, Tags) and output.tags:
        msg = f"{len(output.tags)} tags for no unit"
        raise PromiseError(msg)


def odd_units(subject: Subject) -> None:
    """Units that training never saw get a tag too: emoji, blanks, controls, text like [CLS]."""
    subject.trained.tags(ODD)


def long_text(subject: Subject) -> None:
    """A sentence of 1,000 units is answered, in windows of up to 254."""
    sentence = long_sentence()
    windows = WindowPolicy().cut(sentence)
    trained = subject.trained
    outputs = trained.outputs([window.view for window in windows])
    decode(outputs, windows, trained.lesson.tags)


CHECKS = (
    Promise(
        "predict", answers, "build a list in the order of the sentences, one answer each", ("fit",)
    ),
    Promise(
        "length",
        length,
        "answer unit by unit; say with Tags(tags, unread=n) how many units at "
        "the end were not read",
        ("predict",),
    ),
    Promise(
        "tag-set",
        tag_set,
        "answer with the texts of Context.tags: O, B-LABEL, I-LABEL",
        ("length",),
    ),
    Promise(
        "confidence",
        confidence,
        "give one number from 0 to 1 for each entity that "
        "harness.tags.decode finds in the tags, or None",
        ("tag-set",),
    ),
    Promise(
        "odd-units",
        odd_units,
        "look units up with a default for the unknown; never strip, normalise or join them",
        READABLE,
    ),
    Promise(
        "repeat",
        repeat,
        "draw nothing in predict, switch dropout off, and change no state",
        ANSWERS,
    ),
    Promise(
        "batch-order",
        batch_order,
        "mask padding, and carry nothing from sentence to sentence; predict in fp32",
        ("repeat",),
    ),
    Promise("twice", twice, "do not key answers by id or text", ("repeat",)),
    Promise("names", names, "look at sentence.units, never at sentence.id", ("repeat",)),
    Promise("empty-list", empty_list, "return [] for []", ("predict",)),
    Promise(
        "empty-sentence", empty_sentence, "answer Tags(()) where len(sentence) is 0", ("predict",)
    ),
    Promise(
        "long-text",
        long_text,
        "allow for 254 units, or raise harness.errors.ConfigError that "
        "says which window_limit fits",
        READABLE,
    ),
)
