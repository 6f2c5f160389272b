"""What a run leaves behind, as files of a versioned schema; tables are made of these alone.

A run folder holds ``run.json`` (``harness.results.run_record``), ``history.jsonl`` (one ``Epoch`` a
line), ``predictions.jsonl`` (one ``Prediction`` a line), ``model/`` and, written last and the only
sign of completion, ``metrics.json``. Scores are kept as integer counts, fractions are derived;
``metrics.json`` holds no time and no date, so equal runs write equal scores.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.core import Counts, Example, Sentence, Span
from harness.generation.fates import LETTERS, Fates
from harness.tags import decode, encode, outermost, split

SCHEMA: Literal[1] = 1
Natural = Annotated[int, Field(ge=0, lt=2**63)]  # no counter goes further, and no array holds more
Probability = Annotated[float, Field(ge=0, le=1)]
TypeCounts = dict[str, tuple[Natural, Natural, Natural]]
Quarters = tuple[tuple[Natural, Natural], ...]
# Of a field that came later: not written where it holds nothing, so that files stay what they were.
WHERE_KNOWN = Field(exclude_if=lambda value: value is None)


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
    ``entities`` are all that were found in a task with nested gold, where ``tags`` are of the
    outermost of them and ``confidence`` is of each; None, and not written, in a flat one.
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
    test_set: Annotated[str | None, WHERE_KNOWN] = None
    entities: Annotated[tuple[tuple[int, int, str], ...] | None, WHERE_KNOWN] = None

    @model_validator(mode="after")
    def _one_confidence_an_entity(self) -> Self:
        if self.confidence is not None and len(self.confidence) != len(self.found_spans()):
            entities = len(self.found_spans())
            msg = f"sentence {self.id}: {len(self.confidence)} confidences for {entities} entities"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _fits_its_sentence(self) -> Self:
        """Refuse gold and tags that no sentence of these units can have."""
        if self.entities is not None:
            self._require_nested()
        elif not self._is_in_order():
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

    def _require_nested(self) -> None:
        """Entities of this sentence, each once, and the tags of the outermost of them."""
        sentence = Sentence(self.id, self.units, self.joiner)
        Example(sentence, self.gold_spans(), nested=True)
        found = Example(sentence, self.found_spans(), nested=True).spans
        if self.tags != encode(outermost(found), len(sentence)):
            msg = f"sentence {self.id}: the tags are not those of the outermost entities"
            raise ValueError(msg)

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

    def mention(self, span: Span) -> str:
        """The text that ``span`` covers."""
        return self.joiner.join(self.units[span.start : span.end])

    def found_spans(self) -> tuple[Span, ...]:
        """What was found, as spans: nested ones too, else what the tags mean as they stand."""
        if self.entities is None:
            return decode(self.tags)
        return tuple(Span(*span) for span in self.entities)


def documents_of(predictions: Iterable[Prediction]) -> tuple[str, ...]:
    """The document of each sentence; empty where one names none."""
    named = [one.document for one in predictions]
    known = tuple(document for document in named if document is not None)
    return known if len(known) == len(named) else ()


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
    ``nested`` has those of the entities that overlap others (``harness.scoring.nested``), in a task
    with nested gold; a flat one has none, and none written. Counts by unit are there of the
    outermost entities.
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
    sets: Annotated[dict[str, SetCounts] | None, WHERE_KNOWN] = None
    nested: Annotated[TypeCounts | None, WHERE_KNOWN] = None
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
