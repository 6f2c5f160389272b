"""What a run leaves behind, as files of a versioned schema; tables are made of these alone.

A run folder holds ``run.json`` (what was run, on what, at what cost), ``history.jsonl`` (one
``Epoch`` a line), ``predictions.jsonl`` (one ``Prediction`` a line), ``model/`` and, written last
and the only sign of completion, ``metrics.json``. Scores are kept as integer counts, fractions are
derived; ``metrics.json`` holds no time and no date, so equal runs write equal scores.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from harness.core import Counts, Example, Sentence, Span
from harness.data.overlap import Overlap
from harness.generation.fates import LETTERS, Fates
from harness.tags import decode, split

SCHEMA: Literal[1] = 1
Natural = Annotated[int, Field(ge=0, lt=2**63)]  # no counter goes further, and no array holds more
Probability = Annotated[float, Field(ge=0, le=1)]
TypeCounts = dict[str, tuple[Natural, Natural, Natural]]
Quarters = tuple[tuple[Natural, Natural], ...]


class FrozenModel(BaseModel):
    """A record that is checked when it is made or read, and does not change after."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Prediction(FrozenModel):
    """One sentence of ``predictions.jsonl``: enough to score and analyse with no task at hand.

    ``gold`` holds ``(start, end, label)`` in units. ``raw`` is what a generator wrote, ``raw_tags``
    its tags without repair. ``borders`` are the units at which a new window begins to own.
    ``seen`` says whether the sentence is in train, exactly or nearly; ``fates`` what became of each
    unit (``harness.generation.fates``), empty if all were predicted; None is not recorded.
    ``confidence`` is the probability that the backend gave to each entity, as it gave it, of the
    entities that ``tags`` mean under the headline policy, in order; None is not given.
    ``gold_bits`` is what its model pays for the gold tags, -log2 of their probability.
    ``test_set`` names the sentence's set in a test of several, and is not written elsewhere.
    """

    id: str
    units: tuple[str, ...]
    joiner: str = ""
    gold: tuple[tuple[int, int, str], ...]
    tags: tuple[str, ...]
    raw: str | None = None
    raw_tags: tuple[str, ...] | None = None
    repairs: dict[str, Natural] = {}
    borders: tuple[int, ...] = ()
    document: str | None = None
    seen: bool | None = None
    fates: str | None = None
    confidence: tuple[Probability, ...] | None = None
    gold_bits: Annotated[float, Field(ge=0)] | None = None
    test_set: str | None = None

    @model_validator(mode="after")
    def _one_confidence_an_entity(self) -> Self:
        if self.confidence is not None and len(self.confidence) != len(decode(self.tags)):
            entities = len(decode(self.tags))
            msg = f"sentence {self.id}: {len(self.confidence)} confidences for {entities} entities"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _fits_its_sentence(self) -> Self:
        """Refuse gold and tags that no sentence of these units can have."""
        if not self._is_in_order():
            Example(Sentence(self.id, self.units, self.joiner), self.gold_spans())  # says why
        _require_tags(self.tags, len(self.units))
        if self.raw_tags is not None:
            _require_tags(self.raw_tags, len(self.units))
        return self

    @model_validator(mode="after")
    def _one_fate_a_unit(self) -> Self:
        if self.fates and (len(self.fates) != len(self.tags) or self.fates.strip(LETTERS)):
            msg = f"sentence {self.id}: fates {self.fates[:20]!r} for {len(self.tags)} units"
            raise ValueError(msg)
        return self

    def _is_in_order(self) -> bool:
        """Whether units and gold are those of an ``Example``, without making one."""
        end = 0
        for start, stop, label in self.gold:
            if not (end <= start < stop and label):
                return False
            end = stop
        return end <= len(self.units) and "" not in self.units

    def gold_spans(self) -> tuple[Span, ...]:
        """The gold, as spans."""
        return tuple(Span(*span) for span in self.gold)


def _require_tags(tags: Sequence[str], units: int) -> None:
    """One BIO tag for each unit, or a ``ValueError``."""
    if len(tags) != units:
        msg = f"{len(tags)} tags for {units} units"
        raise ValueError(msg)
    for tag in set(tags):
        split(tag)


class Free(FrozenModel):
    """What a generator wrote freely, under the headline policy: before and after repair.

    ``raw`` counts a malformed sentence as all O; ``repaired`` counts what
    ``harness.generation.repair`` made of it; ``repairs`` counts them by kind.
    ``fates`` says of how many units the tag is predicted, repaired, or never was answered.
    """

    raw: TypeCounts
    repaired: TypeCounts
    repairs: dict[str, Natural]
    malformed_sentences: Natural
    fates: Fates | None = None
    quarters: Quarters
    predictions_sha256: str


class SetCounts(FrozenModel):
    """One of several test sets: its sentences, and its counts by type under the headline policy."""

    sentences: Natural
    types: TypeCounts


class Metrics(FrozenModel):
    """``metrics.json``: counts by type for each policy under which the found tags can be read.

    ``types[policy][label]`` is ``(tp, fp, fn)``. ``quarters[i]`` is ``(wrong, all)`` units in the
    i-th quarter of each sentence: an answer that drifts is wrong more often towards the end.
    ``free`` is what the same model did when it wrote freely; None if it writes no text.
    ``fates`` says of how many units the tag is predicted, repaired, or never was answered.
    ``unseen`` has the headline counts of the sentences that are not in train; None is not recorded.
    ``sets`` has those of each set of a test of several; a test of one has none, and none written.
    """

    schema_version: Literal[1] = SCHEMA
    split: str
    policy: Literal["conlleval", "strict", "discard"]
    labels: tuple[str, ...]
    sentences: Natural
    units: Natural
    correct_units: Natural
    invalid_transitions: Natural
    types: dict[str, TypeCounts]
    quarters: Quarters
    fates: Fates | None = None
    free: "Free | None" = None
    unseen: TypeCounts | None = None
    sets: dict[str, SetCounts] | None = None
    predictions_sha256: str

    def counts(self, policy: str = "conlleval") -> dict[str, Counts]:
        """The counts of each type under ``policy``."""
        return {label: Counts(*values) for label, values in self.types[policy].items()}

    def micro(self, policy: str = "conlleval") -> Counts:
        """The counts over all types under ``policy``."""
        return sum(self.counts(policy).values(), Counts())


class MetricsFile(Metrics):
    """All of ``metrics.json``: the scores, and the SHA-256 of each other file of the run.

    ``files`` goes by the paths within the run's folder; None was not recorded.
    """

    files: dict[str, str] | None = None

    @property
    def scores(self) -> Metrics:
        """The scores alone, which equal runs share; their times, and so their files, differ."""
        return Metrics.model_validate(self.model_dump(exclude={"files"}))


class Data(FrozenModel):
    """The data a run saw: content hash, the policy its gold was read under, gold per type.

    ``support`` counts the test gold by type; ``malformed`` the tags of each split's file that may
    not stand where they stand. ``limit`` is the number of sentences kept of each split, if cut.
    ``keep`` chose between entities that overlap, and ``dropped`` counts those left out; where it
    was ``error``, there were none. ``sentences`` and ``overlap`` speak of each set of a test of
    several, too, as ``test/NAME``.
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
    keep: Literal["outermost", "longest", "error"] = "error"
    dropped: dict[str, Natural] = {}


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
        return self._rate(self.predict_units, "predict")

    @property
    def predict_interval(self) -> tuple[float, float] | None:
        """The 95 % t-interval of the prediction rate over its parts; None with fewer than two."""
        if len(self.predict_parts) < 2:
            return None
        from scipy.stats import sem, t

        rates = [units / seconds for units, seconds in self.predict_parts]
        low, high = t.interval(0.95, len(rates) - 1, sum(rates) / len(rates), sem(rates) or 1e-9)
        return float(low), float(high)

    @property
    def train_rate(self) -> float | None:
        """Units per second in training, development evaluation excluded."""
        return self._rate(self.train_units, "train")

    def _rate(self, units: int, phase: str) -> float | None:
        seconds = self.seconds.get(phase, 0.0)
        return units / seconds if units and seconds else None


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

    ``dev_f1`` is the development F1 after each epoch, a fraction, as the harness scored it; empty
    where the backend never asked.
    """

    epochs: Natural
    updates: Natural | None
    units: Natural
    dev_f1: tuple[float | None, ...]


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
    options with which this backend was run on these data; None is not measured. ``calibration`` is
    None where there was nothing to fit, or nobody did; ``served`` where the model ran here.
    ``training_digests[i]`` is the digest of the examples fed in epoch ``i + 1``; files written
    before it had this name call it ``consumed``. ``halved`` has, for each time that memory ran out,
    the positions that a batch of the same update had from then on.

    Of pretrained weights, whatever their name, ``weights_digest`` holds the SHA-256 of a folder or
    the commit of a hub's model, ``new_parameters`` the number of scalars that did not come from
    them, by part, and ``known_units`` the share of train's units with a letter or a digit that
    their tokenizer knows; ``contamination`` is how far they go on with the test set, None where
    nobody could ask. ``members`` are the runs whose answers were put together; a system has
    none.
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
    cost: Cost
    members: "tuple[Member, ...]" = ()

    @property
    def imported(self) -> bool:
        """Whether only answers are known, its own or a member's, and this harness ran nothing."""
        own = self.origin.get("distribution") == "external"
        return own or any(member.run.imported for member in self.members)

    @property
    def row(self) -> tuple[str, str, str, str]:
        """What the runs of one table row share: task, backend, preset, variant."""
        return self.data.task, self.backend, self.preset, self.variant


class Member(FrozenModel):
    """A run whose answers an ensemble was made of: its record, those answers, and its weight."""

    run: Run
    predictions_sha256: str
    weight: Annotated[float, Field(gt=0)]
