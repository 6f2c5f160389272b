"""What is asked and answered over HTTP: checked on the way in, and written into OpenAPI."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias, TypeGuard

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from harness.runs.predict import Tagged

MOST_TEXTS = 128
LONGEST = 20_000
MOST_BYTES = 4 * 2**20

Text = Annotated[str, Field(max_length=LONGEST, description="a sentence")]
Least = Annotated[
    float, Field(ge=0, le=1, description="leave out entities of less confidence than this")
]


def _is_map(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _has_known_keys(cls, value: Any) -> Any:
        """One fault for all unknown keys: a fault for each would be slow to make, and to send."""
        unknown = [key for key in value if key not in cls.model_fields] if _is_map(value) else []
        if unknown:
            msg = f"{len(unknown):,} unknown keys, such as {str(unknown[0])[:40]!r}"
            raise ValueError(msg)
        return value


class OneText(_Message):
    """A text to tag."""

    text: Text
    min_confidence: Least = 0


class ManyTexts(_Message):
    """Texts to tag, answered in their order."""

    texts: Annotated[list[Text], Field(max_length=MOST_TEXTS)]
    min_confidence: Least = 0


def _kind(body: object) -> str | None:
    """Which of the two a body is to be, by its key: what is wrong is told of that one alone."""
    if not _is_map(body):
        return None
    return "ManyTexts" if "texts" in body else "OneText" if "text" in body else None


Asked: TypeAlias = Annotated[
    Annotated[OneText, Tag("OneText")] | Annotated[ManyTexts, Tag("ManyTexts")],
    Discriminator(
        _kind,
        custom_error_type="no_text",
        custom_error_message="expected an object with text or texts",
    ),
]


class FoundEntity(_Message):
    """A typed mention; half-open offsets in code points of ``text``.

    ``confidence`` is its probability; null where the model gives none.
    """

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]
    label: str
    text: str
    confidence: float | None


class TaggedText(_Message):
    """A text as it was read, its tags (one a unit), and the entities that they mean."""

    text: str
    tags: list[str]
    entities: list[FoundEntity]


class TaggedTexts(_Message):
    """The answers to several texts, in their order."""

    results: list[TaggedText]


class Health(_Message):
    """What is served, and how it is doing."""

    status: Literal["ok"] = "ok"
    backend: str
    task: str
    labels: list[str]
    run: str
    waiting: int
    requests: int
    batches: int


class Refusal(_Message):
    """Why a request was not answered."""

    detail: str


def message_of(tagged: Tagged, least: float) -> TaggedText:
    """``tagged`` without entities of less confidence than ``least``."""
    kept = tagged.surer(least) if least else tagged
    entities = [
        FoundEntity(start=e.start, end=e.end, label=e.label, text=e.text, confidence=e.confidence)
        for e in kept.entities
    ]
    return TaggedText(text=kept.line.line, tags=list(kept.tags), entities=entities)


def messages_of(tagged: Sequence[Tagged], least: float) -> TaggedTexts:
    """The answers to several texts."""
    return TaggedTexts(results=[message_of(one, least) for one in tagged])
