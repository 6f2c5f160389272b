"""Raw sentences become examples under their task: its labels, its scheme, its policy.

Each file's tags are judged as a vocabulary first, so that one wrong tag is one problem with a
count, and its sentences are left out rather than guessed at. Malformed sequences are read under
the policy and noted one by one.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.core import Example, Sentence
from harness.data import nesting, schemes
from harness.data.readers import Problem, Raw, ReadSplit
from harness.data.schemes import ParsedGold, Scheme, Spelling
from harness.data.splits import set_of
from harness.data.taskfile import TaskFile
from harness.errors import did_you_mean
from harness.sequences import chosen, kept_as
from harness.tags import OUTSIDE

# What to do about entities that overlap, by what the task file says of them.
_UNDECIDED: Mapping[nesting.Kept, tuple[str, str]] = {
    "error": (
        "overlap", "a unit carries one tag: say `keep: outermost` or `keep: longest` in the task "
        "file, or `nested: true` to keep all, for systems that answer with entities",
    ),
    "outermost": ("cross", "neither is the outer one: `keep: longest` in the task file chooses"),
    "all": ("are one entity", "it counts once: remove one of the two"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LocatedExample:
    """An example, what it was read from, and how many of its tags are malformed.

    ``file`` has its gold, ``text_file`` its text. ``dropped`` counts the entities that a flat task
    leaves out (``harness.data.nesting``). ``test_set`` names its set in a test of several.
    """

    example: Example
    file: str
    text_file: str
    record: Raw
    malformed: int = 0
    dropped: int = 0
    test_set: str | None = None

    @property
    def line(self) -> int:
        """The line where it begins."""
        return self.record.line

    @property
    def document(self) -> str | None:
        """The document that it stands in, where known; two test sets share none."""
        document = self.record.document
        if document is None or self.test_set is None:
            return document
        return f"{self.test_set}/{document}"


@dataclass(frozen=True, slots=True)
class Part:
    """What one file holds: the sentences whose gold the task can mean, and all problems.

    ``labels`` counts the labels of all its tags or spans, those unknown to the task too.
    """

    file: str
    text_file: str
    records: Sequence[Raw]
    spelling: Spelling | None
    problems: tuple[Problem, ...]
    labels: Mapping[str, int]

    @property
    def spelled(self) -> str:
        """How the file writes its gold, for people."""
        if self.spelling:
            return str(self.spelling)
        return "spans" if self.records else "unknown"


def part(reading: ReadSplit, task: TaskFile) -> Part:
    """The sentences of ``reading`` whose labels and tags are those of ``task``."""
    problems = list(reading.problems)
    tags, places = _vocabulary(reading.records)
    wrong = {tag: problem for tag in tags if (problem := _tag_problem(tag, task))}
    sound = Counter({tag: times for tag, times in tags.items() if tag not in wrong})
    spelling, mixed = _spelling(sound, task.scheme)
    if mixed:
        line, column, hint = _minority(sound, places)
        problems.append(Problem(reading.file, line, "scheme", "error", mixed + hint, column))
    problems += _wrong_tags(reading.file, wrong, tags, places)
    problems += _span_problems(reading, task)
    problems += _overlaps(reading, task)
    kept = (at for at, one in enumerate(reading.records) if _is_sound(one, wrong, task))
    sound_records = chosen(reading.records, kept)
    if not sound_records and not any(problem.severity == "error" for problem in problems):
        problems.append(
            Problem(reading.file, None, "empty-split", "error", "no sentence in this file")
        )
    return Part(
        reading.file, reading.text_file or reading.file, () if mixed else sound_records, spelling,
        tuple(problems), _labels(tags, reading.records),
    )  # fmt: skip


def carve(records: Sequence[Raw], joiner: str, below: float) -> tuple[Sequence[Raw], Sequence[Raw]]:
    """The records that stay and those that go, by the SHA-256 of each text.

    Those go that are under ``below``, a fraction of its range. Of what was carved before, up to a
    lower one, none is left, so that each split has its own share of the whole.
    """
    stay, go = array("Q"), array("Q")
    for place, record in enumerate(records):
        digest = hashlib.sha256(joiner.join(record.units).encode()).digest()
        goes = int.from_bytes(digest[:8]) < below * 2**64
        (go if goes else stay).append(place)
    return chosen(records, stay), chosen(records, go)


def items(
    part: str, source: Part, records: Sequence[Raw], task: TaskFile
) -> tuple[Sequence[LocatedExample], list[Problem]]:
    """The examples of ``records`` of one file, and a note for each malformed tag.

    One, too, for each sentence of which a flat task leaves entities out. ``part`` is their split,
    or their set of a test of several.
    """
    problems: list[Problem] = []
    found = kept_as(records, _located(part, source, records, task, problems))
    return found, problems


def _located(
    part: str, source: Part, records: Iterable[Raw], task: TaskFile, problems: list[Problem]
) -> Iterator[LocatedExample]:
    """The examples of ``records``; adds the notes on them."""
    scheme = source.spelling.scheme if source.spelling else "BIO"
    prefix = part.replace("/", "-")
    for number, record in enumerate(records, start=1):
        gold = _gold(record, scheme, task)
        sentence = Sentence(f"{prefix}-{number:05d}", record.units, task.joiner)
        example = Example(sentence, gold.spans, task.nested)
        dropped = len(record.spans) - len(gold.spans) if record.tags is None else 0
        file, text_file = record.file or source.file, record.file or source.text_file
        malformed = len(gold.malformed)
        yield LocatedExample(example, file, text_file, record, malformed, dropped, set_of(part))
        problems += _malformed(file, record, gold, task)
        if dropped:
            problems.append(_dropped(file, record, gold, task))


def _gold(record: Raw, scheme: Scheme, task: TaskFile) -> ParsedGold:
    if record.tags is None:
        return ParsedGold(nesting.kept(record.spans, task.kept, task.labels))
    return schemes.read(record.tags, scheme, task.policy)


def _malformed(file: str, record: Raw, gold: ParsedGold, task: TaskFile) -> Iterator[Problem]:
    tags = record.tags or ()
    for position in gold.malformed:
        line, column = record.place(position)
        before = tags[position - 1] if position else "the start of the sentence"
        message = f"{tags[position]} after {before}: read under the policy {task.policy}"
        yield Problem(file, line, "malformed", "note", message, column)


def _dropped(file: str, record: Raw, gold: ParsedGold, task: TaskFile) -> Problem:
    """The note that entities of ``record`` are left out, with the first of them."""
    out = sorted((Counter(record.spans) - Counter(gold.spans)).elements())
    first = Sentence("", record.units, task.joiner).mention(out[0])
    many = f"{len(out)} entities are" if len(out) > 1 else "1 entity is"
    message = f"{many} left out by `keep: {task.keep}`, first {out[0].label} {first!r}"
    return Problem(file, record.line, "nested", "note", message)


def _overlaps(reading: ReadSplit, task: TaskFile) -> Iterator[Problem]:
    """A problem for each sentence with entities between which the task file does not choose."""
    for record in reading.records:
        pair = nesting.undecided(record.spans, task.kept)
        if pair:
            both = nesting.together(pair, Sentence("", record.units, task.joiner))
            message = f"{both} {'; '.join(_UNDECIDED[task.kept])}"
            yield Problem(record.file or reading.file, record.line, "overlap", "error", message)


def _vocabulary(records: Iterable[Raw]) -> tuple[Counter[str], dict[str, tuple[int, int | None]]]:
    """How often each tag occurs, and where it does so first."""
    counts: Counter[str] = Counter()
    places: dict[str, tuple[int, int | None]] = {}
    for record in records:
        tags = record.tags or ()
        counts.update(tags)
        for tag in set(tags) - places.keys():
            places[tag] = record.place(tags.index(tag))
    return counts, places


def _wrong_tags(
    file: str,
    wrong: Mapping[str, tuple[str, str]],
    counts: Mapping[str, int],
    places: Mapping[str, tuple[int, int | None]],
) -> Iterator[Problem]:
    """A problem for each wrong tag at its first place; tags of one unknown label share it."""
    alike: dict[tuple[str, str], list[str]] = {}
    for tag, (code, _) in wrong.items():
        alike.setdefault((code, tag[2:] if code == "unknown-label" else tag), []).append(tag)
    for (code, _), tags in alike.items():
        first = min(tags, key=lambda tag: places[tag][0])
        times = sum(counts[tag] for tag in tags)
        many = f" ({times} times, first here)" if times > 1 else ""
        line, column = places[first]
        yield Problem(file, line, code, "error", wrong[first][1] + many, column)


def _labels(tags: Mapping[str, int], records: Iterable[Raw]) -> Counter[str]:
    """How often each label begins an entity, as far as tags can be read."""
    found = Counter(span.label for record in records for span in record.spans)
    for tag, times in tags.items():
        try:
            letter, label = schemes.parse(tag)
        except ValueError:
            continue
        if letter in schemes.BEGINS:
            found[label] += times
        elif label:
            found[label] += 0
    return found


def _tag_problem(tag: str, task: TaskFile) -> tuple[str, str] | None:
    """The code and the message of what is wrong with a tag, if anything is."""
    try:
        letter, label = schemes.parse(tag)
    except ValueError as error:
        return "tag", str(error)
    if task.scheme != "auto" and letter not in schemes.LETTERS[task.scheme] | {"O"}:
        return "scheme", f"{tag!r} is no tag of {task.scheme}, the scheme of the task file"
    if label and label not in task.labels:
        return "unknown-label", f"the tag {tag!r}: {_unknown(label, task)}"
    return None


def _unknown(label: str, task: TaskFile) -> str:
    near = did_you_mean(label, task.labels)
    return f"{label!r} is not among the labels of the task{near}; correct it or add it to `labels`"


def _minority(
    tags: Counter[str], places: Mapping[str, tuple[int, int | None]]
) -> tuple[int | None, int | None, str]:
    """Where the rarest way to write tags stands first, and a sentence about it."""
    entities = [tag for tag in tags if tag != OUTSIDE]
    separators = {tag[1] for tag in entities}
    at = 1 if len(separators) > 1 else 0  # two separators, or letters of two schemes
    kinds = Counter[str]()
    for tag in entities:
        kinds[tag[at]] += tags[tag]
    rarest, times = kinds.most_common()[-1]
    first = min((tag for tag in entities if tag[at] == rarest), key=lambda tag: places[tag])
    hint = f"; {times} of {kinds.total()} tags are of the rarest kind, first {first!r} here"
    return *places[first], hint


def _spelling(tags: Iterable[str], scheme: str) -> tuple[Spelling | None, str]:
    """The spelling of a file and, if it has none, why; None without any tag."""
    if not tags:
        return None, ""
    try:
        found = schemes.detect(tags)
    except ValueError as error:
        return None, str(error)
    wanted = [name for name in schemes.LETTERS if name == scheme]
    return Spelling(wanted[0], found.separator) if wanted else found, ""


def _span_problems(reading: ReadSplit, task: TaskFile) -> Iterator[Problem]:
    """A problem for each unknown label of spans, at the first, with its number."""
    times: Counter[str] = Counter()
    first: dict[str, Raw] = {}
    for record in reading.records:
        for span in record.spans:
            if span.label not in task.labels:
                times[span.label] += 1
                first.setdefault(span.label, record)
    for label, record in first.items():
        many = f" ({times[label]} times, first here)" if times[label] > 1 else ""
        message = _unknown(label, task) + many
        file = record.file or reading.file
        yield Problem(file, record.line, "unknown-label", "error", message)


def _is_sound(record: Raw, wrong: Mapping[str, object], task: TaskFile) -> bool:
    spans = all(span.label in task.labels for span in record.spans)
    decided = nesting.undecided(record.spans, task.kept) is None
    return spans and decided and wrong.keys().isdisjoint(record.tags or ())
