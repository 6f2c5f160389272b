"""What a backend is. The type is structural: a plugin inherits nothing and needs only these types.

A backend's constructor takes ``(context, *, option: type = default, ...)`` and loads nothing heavy.
Its options are its keyword-only arguments: name, type and default are written once, there. Options
that several backends share may stand in a dataclass, the default of one such argument.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol, runtime_checkable

from harness.core import Example, Output, Sentence, Text


@dataclass(frozen=True, slots=True)
class FormerName:
    """What an option was called before: ``Annotated[float, FormerName("old")]``.

    Presets, ``--set`` and stored results may use it for one more release, with a warning.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a phase stands, for the person who waits.

    ``done`` and ``total`` are in units of text (characters or words); ``note`` is a short remark
    such as ``epoch 3/10  loss 0.21  dev F1 81.40``. ``line`` asks for a line of its own that stays.
    """

    phase: str
    done: int
    total: int
    note: str = ""
    line: bool = False


@dataclass(frozen=True, slots=True)
class DevScore:
    """The score that selects: entity micro F1 under the headline policy, and accuracy over units.

    Fractions; ``f1`` is None if there was nothing to find and nothing was found. ``malformed`` is
    the share of the answers that a model wrote which had to be repaired; None if it wrote none.
    """

    f1: float | None
    unit_accuracy: float
    malformed: float | None = None


# The folder of checkpoints, in that of the work; the harness removes it once the work is finished.
UNFINISHED = "unfinished"
# The folder of what was paid for, in that of the work; it stays when the work begins again.
REPLIES = "replies"


class Writable(Protocol):
    """A file that can be written to, from its beginning to its end."""

    def write(self, content: bytes | memoryview) -> int:
        """Append ``content``; gives its bytes."""
        ...

    def flush(self) -> None:
        """Nothing that a backend needs; libraries call it."""
        ...


class Checkpoints(Protocol):
    """Where a backend leaves what another process needs to go on where this one ended.

    The run is the same one: options, data, code and libraries are.
    """

    def due(self) -> bool:
        """Whether the stated time without one has passed."""
        ...

    def write(self, dump: Callable[[Writable], None]) -> None:
        """Make what ``dump`` writes the newest checkpoint, whole or not at all."""
        ...

    def read(self) -> BinaryIO | None:
        """The newest one, to be closed; None if ``fit`` begins from nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What the harness tells a backend about the run.

    ``tags`` is the tag set, ``O`` first (see ``harness.tags.tag_set``). ``folder`` is where logs
    may be written. ``score_dev`` scores outputs for the ``dev`` sentences that ``fit`` was given,
    in their order, with the code that will score the test set. ``report`` raises
    ``harness.errors.Stopped`` when the run is to end: who keeps ``checkpoints`` writes a last one.
    ``descriptions`` says what labels mean, of those that the task file describes.
    """

    tags: tuple[str, ...]
    seed: int
    device: str
    precision: str
    threads: int
    folder: Path
    score_dev: Callable[[Sequence[Output]], DevScore]
    report: Callable[[Progress], None]
    checkpoints: Checkpoints | None = None
    descriptions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Epoch:
    """One line of ``history.jsonl``: losses per target, fractions, seconds.

    ``units`` are units of text; ``positions`` are what the model computed for them, padding and
    special tokens included. ``training_digest`` is the order-free digest of the examples fed,
    as train has them; empty if the epoch ended before all of them were.
    """

    number: int
    loss: float
    dev_loss: float | None
    dev_f1: float | None
    dev_unit_accuracy: float | None
    learning_rates: tuple[float, ...]
    seconds: float
    dev_seconds: float
    units: int
    positions: int
    training_digest: str
    updates: int | None = None
    dev_malformed: float | None = None


@dataclass(frozen=True, slots=True)
class FitReport:
    """What training was.

    ``weights`` says where the weights came from: ``none``, ``scratch``, or the model's name.
    ``parameters`` and ``trained`` count scalars. ``epochs[i].training_digest`` is the
    SHA-256 of the examples fed, in an order-free form, so that runs can prove that they read the
    same bytes.
    ``transitions`` is what a CRF learned, (tags, tags), in the order of ``transition_tags``, which
    are ``Context.tags`` where they are None.
    ``halved`` has, for each time that memory ran out, the positions that a batch had from then on.
    Of pretrained weights, ``new_parameters`` counts the scalars that did not come from them, by
    part, and ``known_units`` is the share of train's units that their tokenizer knows, of those
    with a letter or a digit.
    """

    weights: str
    parameters: int
    trained: int
    epochs: tuple[Epoch, ...] = ()
    best_epoch: int | None = None
    precision: str = "fp32"
    transitions: tuple[tuple[float, ...], ...] | None = None
    transition_tags: tuple[str, ...] | None = None
    halved: tuple[int, ...] = ()
    new_parameters: Mapping[str, int] | None = None
    known_units: float | None = None


class Backend(Protocol):
    """A family of models. No gold is in reach of ``predict``."""

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Train on ``train``, select on ``dev``."""
        ...

    def predict(self, sentences: Sequence[Sentence]) -> Sequence[Output]:
        """One answer per sentence, in order."""
        ...

    def save(self, folder: Path) -> None:
        """Write all that ``load`` needs, into an existing folder."""
        ...

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote, possibly in another process."""
        ...


@runtime_checkable
class Linearises(Protocol):
    """A backend that can show its ceiling: what it would answer were its model perfect."""

    def oracle(self, train: Sequence[Example], examples: Sequence[Example]) -> Sequence[Output]:
        """The outputs that the gold of ``examples`` becomes on this backend's own path.

        ``train`` is what ``fit`` would learn its vocabulary from; no model is trained.
        """
        ...


@runtime_checkable
class Generates(Protocol):
    """A backend that can also write freely, so that both ways of decoding are reported."""

    def generate(self, sentences: Sequence[Sentence]) -> Sequence[Text]:
        """What the model writes with nothing forced, one text per sentence, in order."""
        ...


@runtime_checkable
class MeasuresSurprisal(Protocol):
    """A backend that can say how probable gold is under its model.

    It is asked once all answers to the test set are final and it is saved, since gold is needed.
    """

    def surprisal(self, examples: Sequence[Example]) -> Sequence[Sequence[float] | None]:
        """For each unit the bits, -log2 of the probability of its gold tag, in order.

        Given the text and the gold tags before it. None for an example that it cannot measure.
        """
        ...


@dataclass(frozen=True, slots=True)
class Usage:
    """What answers to the test set took of a model that runs elsewhere.

    ``models`` are the names that the server gave, ``first`` and ``last`` the days on which it was
    asked (UTC, ``2026-11-22``), ``structure`` how its replies were bound to a format. ``requests``
    were sent, ``seconds`` is the time in which at least one was under way, over all sittings, and
    ``latency`` the mean of one. ``counted`` says whether the server counted all tokens, or some are
    estimates. ``cost`` is in the currency of the prices; None without prices.
    """

    models: tuple[str, ...]
    first: str
    last: str
    api: str
    structure: str
    prompt: str
    shots: int
    requests: int
    prompt_tokens: int
    reply_tokens: int
    counted: bool
    seconds: float
    latency: float
    refusals: int
    cost: float | None = None


@runtime_checkable
class ReportsUsage(Protocol):
    """A backend whose model runs elsewhere, where it is paid for."""

    def usage(self) -> Usage:
        """What ``predict`` took so far."""
        ...


@runtime_checkable
class Estimates(Protocol):
    """A backend that can say what a run takes, of money or of memory, before it starts."""

    def estimate(
        self, train: Sequence[Example], sentences: Sequence[Sentence]
    ) -> Mapping[str, int | float]:
        """What learning from ``train`` and answering ``sentences`` may take, by what is counted.

        Nothing is trained, and nobody asked.
        """
        ...


@runtime_checkable
class UsesWeights(Protocol):
    """A backend that may begin from pretrained weights, which are part of what a run is."""

    @classmethod
    def weights_of(cls, options: Mapping[str, Any]) -> str | None:
        """The folder or the hub id of the weights that ``options`` begin from; None for none."""
        ...


@dataclass(frozen=True, slots=True)
class Exported:
    """A model that left the house: how others use it, and what they must know.

    ``predict`` answers sentences from the files alone, as another program reads them; None where
    ``load`` of the backend itself reads them. ``usage`` is a piece of Python, in which ``FOLDER``,
    between quotes, stands for the folder and ``TEXT`` for a text. ``limits`` are sentences.
    ``precision`` names one that is coarser than that of the model: then answers may differ.
    ``packages`` compute them.
    """

    predict: Callable[[Sequence[Sentence]], Sequence[Output]] | None
    usage: str
    limits: tuple[str, ...] = ()
    precision: str = ""
    packages: tuple[str, ...] = ()


# Of what ``complete`` is asked: the most texts of a kind, and the units behind each that it is for.
PROBED, REACH = 50, 12


@runtime_checkable
class CompletesText(Protocol):
    """A backend whose weights read other text before, and can be asked what they know of it."""

    def complete(self, texts: Sequence[str], characters: int) -> Sequence[str] | None:
        """What the weights, as they were before ``fit``, write behind each of ``texts``.

        The most probable continuation, of about ``characters`` or up to its end. None where they
        read no other text, are no longer what they were, or cannot be asked. A backend whose
        attribute ``shows_gold`` is False is given sentences alone, and no lines of gold.
        """
        ...


@runtime_checkable
class Exports(Protocol):
    """A backend whose trained model others can run without it.

    ``exports`` are the names of what it can be exported to.
    """

    exports: ClassVar[tuple[str, ...]]

    def export(self, folder: Path, target: str, sentences: Sequence[Sentence]) -> Exported:
        """Write the trained model into ``folder``; ``sentences`` are like those it will be asked.

        Raises ``harness.errors.ConfigError`` where ``target`` cannot hold it.
        """
        ...


@runtime_checkable
class LimitsWindows(Protocol):
    """A backend whose model cannot read windows of every length."""

    @classmethod
    def longest_window(cls, options: Mapping[str, Any]) -> int | None:
        """The most units that a window may have under ``options``.

        None for any number, and where it cannot be known before weights are here.
        """
        ...


@runtime_checkable
class AnswersNested(Protocol):
    """A backend that can learn from nested gold and answer with entities that overlap.

    It answers with ``Spans``, or with ``Text`` that lists entities (format ``json``), and reads the
    spans of an ``Example`` as they are. A backend without it is asked about flat tasks alone.
    """

    @classmethod
    def answers_nested(cls, options: Mapping[str, Any]) -> bool:
        """Whether it does so under ``options``."""
        ...


class TextStream(Protocol):
    """Raw text for pretraining: windows of one length in one order, the same for every family.

    Paragraphs are ended by a line end, which no paragraph has in it.
    """

    @property
    def length(self) -> int:
        """The characters of a window, line ends included."""
        ...

    @property
    def windows(self) -> int:
        """How many windows there are; all are to be read, each once."""
        ...

    @property
    def characters(self) -> str:
        """The characters that a model is to know, the most frequent ones first."""
        ...

    def read(self, start: int = 0) -> Iterator[str]:
        """The windows from number ``start`` on."""
        ...


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Where pretraining stood after ``characters``: losses by name, in nats per target.

    Each loss is the mean since the point before.
    """

    characters: int
    seconds: float
    learning_rate: float
    losses: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PretrainReport:
    """What pretraining was.

    ``objective`` says in words what was predicted. ``parameters`` counts the scalars of what was
    saved, ``trained`` those of all that was trained to make it. ``characters`` were read, in
    ``seconds`` over all sittings; ``flops`` counts matrix products, forward and backward.
    """

    objective: str
    parameters: int
    trained: int
    precision: str
    characters: int
    seconds: float
    flops: float | None
    curve: tuple[CurvePoint, ...] = ()


@runtime_checkable
class Pretrains(Protocol):
    """A backend that can learn from raw text.

    The keyword-only arguments of ``pretrain`` are options too, as those of the constructor are. A
    class attribute ``longest_text`` says how many characters a window may have at the most, where
    a model from scratch has an end. Another, ``text_options``, names the options of the constructor
    that pretraining reads, where it does not read them all: to set another one is refused.
    """

    def pretrain(self, text: TextStream, folder: Path) -> PretrainReport:
        """Read all of ``text``, and leave a model in ``folder`` that ``model=FOLDER`` takes.

        Where it was interrupted before, it goes on from the checkpoints of its context.
        """
        ...
