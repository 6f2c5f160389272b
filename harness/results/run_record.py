"""The record of a run, ``run.json``: what was run, on what, and at what cost."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from harness.data.nesting import Kept
from harness.data.overlap import Overlap
from harness.results.record import SCHEMA, WHERE_KNOWN, FrozenModel, Natural


class Data(FrozenModel):
    """The data a run saw: content hash, the policy its gold was read under, gold per type.

    ``support`` counts the test gold by type; ``malformed`` the tags of each split's file that may
    not stand where they stand. ``limit`` is the number of sentences kept of each split, if cut.
    ``keep`` chose between entities that overlap, and ``dropped`` counts those left out; where it
    was ``error``, there were none, and with ``all`` gold is nested. ``sentences`` and ``overlap``
    speak of each set of a test of several, too, as ``test/NAME``.
    """

    task: str
    fingerprint: str
    policy: str
    split: str
    support: dict[str, Natural]
    sentences: dict[str, Natural]
    malformed: dict[str, Natural]
    limit: int | None = None
    overlap: tuple[Overlap, ...] | None = None
    keep: Kept = "error"
    dropped: dict[str, Natural] = Field(default={})

    @property
    def nested(self) -> bool:
        """Whether entities may overlap."""
        return self.keep == "all"


class Cost(FrozenModel):
    """What a run took: seconds by phase, units, peak bytes, joules; None is not measured, never 0.

    On an accelerator, ``device`` bytes were allocated to tensors, ``reserved`` ones taken from it.
    ``train_units`` and ``predict_units`` count units of text in ``seconds['train']`` (development
    evaluation excluded) and ``seconds['predict']``. ``predict_parts`` are ``(units, seconds)`` of
    parts of the test set of equal mixture of lengths, timed apart after a warm-up.
    ``flops_per_unit`` counts the matrix products of prediction. ``sittings`` is how many processes
    trained, each going on from a checkpoint of the one before; None is not recorded.
    ``shared_bytes`` of what was resident at the end lay in pages that other processes held, too.
    """

    seconds: dict[str, float]
    train_units: Natural
    predict_units: Natural
    train_peak_bytes: Natural | None = None
    predict_peak_bytes: Natural | None = None
    train_device_bytes: Natural | None = None
    predict_device_bytes: Natural | None = None
    train_reserved_bytes: Natural | None = None
    predict_reserved_bytes: Natural | None = None
    joules: float | None = None
    energy_source: str = "n/a"
    predict_parts: tuple[tuple[Natural, float], ...] = ()
    flops_per_unit: float | None = None
    sittings: Natural | None = None
    shared_bytes: Natural | None = None

    @property
    def predict_rate(self) -> float | None:
        """Units per second in prediction."""
        seconds = self.seconds.get("predict", 0.0)
        return self.predict_units / seconds if self.predict_units and seconds else None


LIBRARIES = (
    "torch", "transformers", "tokenizers", "sentencepiece", "safetensors", "accelerate", "peft",
    "pytorch-crf", "python-crfsuite", "numpy", "scipy",
)  # fmt: skip
"""The libraries that compute, whose versions every run records."""


class Code(FrozenModel):
    """SHA-256 over the sources that a run went through: those of ``harness``, of its backend."""

    harness: str
    backend: str


class TrainingCourse(FrozenModel):
    """How far training went: passes over the data, steps of the optimiser, units fed.

    ``dev_f1`` is the development F1 after each epoch, a fraction, as the harness scored it, None
    after one that was not looked at; empty where the backend never asked. ``dev_malformed`` is the
    share of written answers that had to be repaired then; None where none were written.
    """

    epochs: Natural
    updates: Natural | None
    units: Natural
    dev_f1: tuple[float | None, ...]
    dev_malformed: Annotated[tuple[float | None, ...] | None, WHERE_KNOWN] = None


class Calibration(FrozenModel):
    """How confidences of a run are to be read, fitted on the development set.

    The logit of a confidence is divided by ``temperature``, then ``bias`` is added; it is 0 in
    files from before it was fitted. ``entities`` were found in the
    development set, ``right`` of them rightly.
    """

    temperature: Annotated[float, Field(gt=0)]
    bias: float = 0.0
    entities: Natural
    right: Natural


class ServedModel(FrozenModel):
    """What is known of a model that ran elsewhere: ``harness.protocol.Usage``, as it was reported.

    ``prompts_tried`` counts the prompts with which the backend was run on these data.
    """

    models: tuple[str, ...]
    first: str
    last: str
    api: str
    structure: str
    prompt: str
    prompts_tried: Natural
    shots: Natural
    requests: Natural
    prompt_tokens: Natural
    reply_tokens: Natural
    counted: bool
    seconds: Annotated[float, Field(ge=0)]
    latency: Annotated[float, Field(ge=0)]
    refusals: Natural
    cost: Annotated[float, Field(ge=0)] | None = None


class Continued(FrozenModel):
    """Of ``asked`` texts, how many were continued word for word."""

    continued: Natural
    asked: Natural


class ContinuedShare(FrozenModel):
    """Continued texts of the test set, of train, and of the test set when held against others."""

    test: Continued
    train: Continued
    chance: Continued


class Contamination(FrozenModel):
    """What weights know of the test set (``harness.runs.contamination``): its text, and its gold.

    ``gold`` are lines of units with their tags, as files have them.
    """

    text: ContinuedShare
    gold: ContinuedShare


class Run(FrozenModel):
    """``run.json``: the resolved configuration and everything that could change the result.

    ``variant`` names the options that differ from the preset, such as ``epochs=5``. ``code`` is
    None if it was not recorded, or changed while the command ran. ``trials`` counts the sets of
    options, with the content of what they name, with which this backend was run on these data; None
    is not measured. ``calibration`` is
    None where there was nothing to fit, or nobody did; ``served`` where the model ran here.
    ``training_digests[i]`` is the digest of the examples fed in epoch ``i + 1``; files written
    before it had this name call it ``consumed``. ``halved`` has, for each time that memory ran out,
    the positions that a batch of the same update had from then on.

    Of pretrained weights, whatever their name, ``weights_digest`` holds the SHA-256 of a folder or
    the commit of a hub's model, ``new_parameters`` the number of scalars that did not come from
    them, by part, and ``known_units`` the share of train's units with a letter or a digit that
    their tokenizer knows; ``contamination`` is how far they go on with the test set, None where
    nobody could ask. ``held_out`` is whether dev and test of these data were kept out of the text
    that they were pretrained on, None where no record says so. ``members`` are the runs whose
    answers were put together; a system has none.
    """

    schema_version: Literal[1] = SCHEMA
    digest: str
    harness: str
    backend: str
    family: str
    preset: str
    variant: str
    seed: int
    planned_seeds: tuple[int, ...]
    code: Code | None = None
    options: dict[str, Any]
    settings: dict[str, Any]
    data: Data
    origin: dict[str, str]
    versions: dict[str, str]
    hardware: dict[str, str]
    weights: str
    weights_digest: dict[str, str] | None = None
    parameters: Natural
    trained: Natural
    precision: str
    best_epoch: int | None = None
    training: TrainingCourse | None = None
    trials: Natural | None = None
    training_digests: Annotated[
        tuple[str, ...], Field(validation_alias=AliasChoices("training_digests", "consumed"))
    ] = ()
    real_share: float | None = None
    halved: tuple[Natural, ...] = ()
    new_parameters: dict[str, Natural] | None = None
    known_units: float | None = None
    transitions: tuple[tuple[float, ...], ...] | None = None
    transition_tags: tuple[str, ...] | None = None
    calibration: Calibration | None = None
    served: ServedModel | None = None
    contamination: Contamination | None = None
    held_out: bool | None = None
    cost: Cost
    members: "tuple[Member, ...]" = ()

    @property
    def imported(self) -> bool:
        """Whether only answers are known, its own or a member's, and this harness ran nothing."""
        own = self.origin.get("distribution") == "external"
        return own or any(member.run.imported for member in self.members)

    @property
    def part_of_train(self) -> tuple[float, int | None]:
        """The share of train to learn from, all in older runs, and the draw that chose its part."""
        share = self.settings.get("train_share", 1.0)
        return share, None if share == 1.0 else self.settings.get("train_draw")

    @property
    def files(self) -> dict[str, str]:
        """The SHA-256 of each file that an option names, a template of prompts too, by option."""
        parts = [self.settings.get(name) for name in ("prompts", "files")]
        told = [part.items() for part in parts if isinstance(part, dict)]
        return {option: str(content) for part in told for option, content in part}

    @property
    def row(self) -> tuple[str, str, str, str]:
        """What the runs of one table row share: task, backend, preset, variant."""
        return self.data.task, self.backend, self.preset, self.variant


class Member(FrozenModel):
    """A run whose answers an ensemble was made of: its record, those answers, and its weight."""

    run: Run
    predictions_sha256: str
    weight: Annotated[float, Field(gt=0)]
