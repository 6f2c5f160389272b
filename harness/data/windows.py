"""Long text in windows: the same for all backends, with each unit owned by exactly one window.

A window is a view of at most ``limit`` units, of which the first and last ``margin`` may be there
for context only. Answers are merged unit by unit from the owning windows, so gold that crosses a
border is lossless: both windows see its tags. Cuts fall after punctuation if there is any, or,
where cuts are to be plain, where the window is full. Entities that may overlap are merged whole
(``harness.data.merging``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from harness.core import Example, Sentence, Span
from harness.sequences import kept_as

STOPS = frozenset("。！？!?；;…\n")
WORD_STOPS = STOPS | {".", "...", "।", "؟"}  # as units: among characters, "3.5" has a stop too
COMMAS = frozenset("，,、：: \u3000")

Border: TypeAlias = Literal["punctuation", "plain"]
PUNCTUATION: Border = "punctuation"


@dataclass(frozen=True, slots=True)
class Window:
    """A view ``[start, end)`` of a sentence that owns ``[owned_start, owned_end)`` of its units."""

    sentence: Sentence
    start: int
    end: int
    owned_start: int
    owned_end: int

    @property
    def view(self) -> Sentence:
        """The sentence that a backend gets: the whole sentence itself if one window holds it."""
        if (self.start, self.end) == (0, len(self.sentence)):
            return self.sentence
        units = self.sentence.units[self.start : self.end]
        return Sentence(f"{self.sentence.id}@{self.start}", units, self.sentence.joiner)


@dataclass(frozen=True, slots=True)
class WindowPolicy:
    """How long text is cut: at most ``limit`` units a window, ``margin`` of context on a cut side.

    ``border`` is where a window ends to own: after punctuation, or where it is full.

    Raises:
        ValueError: if no room is left for units that a window owns.
    """

    limit: int = 254
    margin: int = 32
    border: Border = PUNCTUATION

    def __post_init__(self) -> None:
        if self.margin < 1 or self.limit < 4 * self.margin:
            least, most = 4 * max(1, self.margin), self.limit // 4
            msg = (
                f"windows of {self.limit} units with a margin of {self.margin} leave no room: the "
                "margin is at least 1 and the limit at least 4 times the margin; set window_limit "
                f"to {least} or more, or window_margin to {most} or less"
            )
            raise ValueError(msg)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "WindowPolicy":
        """The policy of a run with these ``settings``; runs that name no border had punctuation."""
        border = settings.get("window_cut", PUNCTUATION)
        return cls(settings["window_limit"], settings["window_margin"], border)

    def cut(self, sentence: Sentence) -> tuple[Window, ...]:
        """The windows of ``sentence``; an empty sentence has none."""
        return tuple(self._cut(sentence))

    def _cut(self, sentence: Sentence) -> Iterator[Window]:
        size, owned = len(sentence), 0
        while owned < size:
            start = max(0, owned - self.margin)
            if size - start <= self.limit:
                yield Window(sentence, start, size, owned, size)
                return
            room = start + self.limit - self.margin
            low = owned + (room - owned) // 2 if self.border == PUNCTUATION else room
            border = _border(sentence, low, room)
            yield Window(sentence, start, border + self.margin, owned, border)
            owned = border

    def cut_all(self, sentences: Sequence[Sentence]) -> Sequence[Window]:
        """The windows of all sentences, in order."""
        return kept_as(sentences, (one for sentence in sentences for one in self._cut(sentence)))

    def examples(self, example: Example) -> tuple[Example, ...]:
        """The training windows of ``example``, gold clipped to each view."""
        return tuple(
            example
            if window.view is example.sentence
            else replace(
                example,
                sentence=window.view,
                spans=clip(example.spans, window.start, window.end),
            )
            for window in self._cut(example.sentence)
        )


def clip(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    """``spans`` as seen in the view ``[start, end)``, in order; what looks alike there is one."""
    seen = {
        Span(max(span.start, start) - start, min(span.end, end) - start, span.label)
        for span in spans
        if span.start < end and span.end > start
    }
    return tuple(sorted(seen))


def _border(sentence: Sentence, low: int, high: int) -> int:
    """The last place in ``(low, high]`` after a full stop, else after a comma, else ``high``."""
    for marks in (WORD_STOPS if sentence.joiner else STOPS, COMMAS):
        for place in range(high, low, -1):
            if sentence.units[place - 1] in marks:
                return place
    return high


def merge(
    windows: Sequence[Window], answers: Sequence[Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """The tags of each sentence by id, taken from the window that owns each unit."""
    merged: dict[str, list[str]] = {}
    for window, tags in zip(windows, answers, strict=True):
        owned = tags[window.owned_start - window.start : window.owned_end - window.start]
        merged.setdefault(window.sentence.id, []).extend(owned)
    return {identity: tuple(tags) for identity, tags in merged.items()}
