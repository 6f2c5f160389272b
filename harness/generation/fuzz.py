"""Repair under fuzzing: for any text one legal tag per unit, always the same, in bounded time.

Each case is made from the seed and its number alone, so a failure is found again by both. Of
entities (``json``) tags may be out of the tag set: those of a label that the task does not have,
which stays as a wrong answer and is counted as ``unknown_label``.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from random import Random
from time import thread_time

from harness.core import Decoded, Sentence, Text
from harness.generation.fault_injection import faults_of, join_pieces, plant, to_pieces
from harness.generation.formats import FORMATS, OF_ENTITIES, Format, format_named
from harness.generation.repair import repair
from harness.tags import OUTSIDE, invalid_transitions, may_follow, tag_set

SECONDS = 1.0  # CPU time that no text may cost, however long
CHUNK = 2000
SHOWN = 20  # failures kept

_FORMS = (*FORMATS.values(), *OF_ENTITIES.values())
_FOREIGN = frozenset({"unknown_label"})
_TAG_SETS = (
    tag_set(["PER", "LOC"]),
    tag_set(["T"]),
    tag_set(["O", "B", "人 名", "per-son", "PER"]),
)
_ALPHABETS: tuple[Sequence[str], ...] = (
    "涉嫌伍德在上海的",
    "OBI_-PERo0１1",
    ("O", "B_PER", "I_PER", "B", "I", "PER", "</s>", "<PER>", "</PER>", "<unk>", "&lt;", "&", "<"),
    (" ", "\u3000", "\n", "␣", "␛", "␛20;", "\x1c", "\u200b", "\ufe0f", "\ud800", "\udfff", "\0"),
    ("👨\u200d👩\u200d👧", "e\u0301", "ﬁ", "℃", "İ", "ß", "が", "New York", "  ", "\ufffd"),
)
_JUNK = 'OBI_-PERLOC <>/&;{}[],:"\\␣␛涉嫌01\n\t\u3000\ud800😀'


@dataclass(frozen=True, slots=True)
class FuzzReport:
    """What was tried and what broke: each failure names its case, and is short."""

    texts: int = 0
    malformed: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_case: str = ""
    failures: tuple[str, ...] = ()

    def __add__(self, other: "FuzzReport") -> "FuzzReport":
        worse = max(self, other, key=lambda report: report.slowest)
        return FuzzReport(
            self.texts + other.texts,
            self.malformed + other.malformed,
            self.seconds + other.seconds,
            worse.slowest,
            worse.slowest_case,
            (self.failures + other.failures)[:SHOWN],
        )


@dataclass(frozen=True, slots=True)
class FuzzCase:
    """A text to be repaired, for a sentence and a tag set."""

    text: Text
    sentence: Sentence
    tags: tuple[str, ...]


def fuzz(
    count: int,
    seed: int,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FuzzReport:
    """Repair ``count`` mutated and random texts; ``seconds`` are CPU time inside repair.

    ``progress`` is told how many texts are done, and of how many.
    """
    total = FuzzReport()
    for part in _parts(count, seed, workers):
        total += part
        progress(total.texts, count)
    return total


def _parts(count: int, seed: int, workers: int) -> Iterator[FuzzReport]:
    """The reports of all chunks, from this process or from several."""
    starts = range(0, count, CHUNK)
    stops = [min(start + CHUNK, count) for start in starts]
    if workers <= 1:
        yield from map(check_all, repeat(seed), starts, stops)
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that threads hold
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(check_all, repeat(seed), starts, stops)


def check_all(seed: int, start: int, stop: int) -> FuzzReport:
    """The cases from ``start`` to ``stop``."""
    return sum((check(seed, number) for number in range(start, stop)), FuzzReport())


def check(seed: int, number: int) -> FuzzReport:
    """Make one case and hold repair to its promises."""
    case = case_of(seed, number)
    name = f"seed {seed} case {number}"
    begun = thread_time()
    try:
        decoded = repair(case.text, case.sentence, case.tags)
        taken = thread_time() - begun
        problems = list(broken(case, decoded))
    except Exception as error:  # noqa: BLE001  whatever repair raises is a finding
        return FuzzReport(1, failures=(f"{name}: raised {type(error).__name__}: {error}",))
    if taken > SECONDS:
        problems.append(f"took {taken:.2f} s")
    malformed = int(decoded.raw_tags != _parsed(case))
    return FuzzReport(
        1, malformed, taken, taken, name, tuple(f"{name}: {problem}" for problem in problems)
    )


def broken(case: FuzzCase, decoded: Decoded) -> Iterator[str]:
    """The promises that ``decoded`` breaks."""
    if len(decoded.tags) != len(case.sentence):
        yield f"{len(decoded.tags)} tags for {len(case.sentence)} units"
        return
    expected = _FOREIGN if _is_foreign(case, decoded) else frozenset[str]()
    if not expected and not set(decoded.tags) <= set(case.tags):
        yield "a tag out of the tag set"
    if invalid_transitions(decoded.tags):
        yield "an illegal transition"
    parsed = _parsed(case)
    if decoded.raw_tags != (parsed or (OUTSIDE,) * len(case.sentence)):
        yield "raw tags are not what the text says"
    repaired = parsed is None or invalid_transitions(parsed) > 0
    yield from _miscounted(decoded, repaired=repaired)
    form = format_named(case.text.format)
    written = Text(form.render(case.sentence, decoded.tags), form.name)
    again = repair(written, case.sentence, case.tags)
    if again.tags != decoded.tags or set(again.repairs) != expected:
        yield "not the same when rendered and repaired again"
    if repair(case.text, case.sentence, case.tags) != decoded:
        yield "not the same twice"


def _is_foreign(case: FuzzCase, decoded: Decoded) -> bool:
    """Whether an entity stands, and is counted, whose label the task does not have."""
    counted = case.text.format in OF_ENTITIES and set(decoded.repairs) >= _FOREIGN
    return counted and not set(decoded.tags) <= set(case.tags)


def _miscounted(decoded: Decoded, *, repaired: bool) -> Iterator[str]:
    """What is wrong with the counts of repairs, or with the fates of units."""
    if repaired != bool(decoded.repairs) or any(n <= 0 for n in decoded.repairs.values()):
        yield f"repairs counted: {dict(decoded.repairs)}"
    if decoded.fates and (len(decoded.fates) != len(decoded.tags) or not decoded.repairs):
        yield f"fates {decoded.fates!r}, repairs {dict(decoded.repairs)}"


def _parsed(case: FuzzCase) -> tuple[str, ...] | None:
    form = format_named(case.text.format)
    return form.parse(case.text.text, case.sentence, case.tags)


def case_of(seed: int, number: int) -> FuzzCase:
    """Case ``number`` of ``seed``: mostly short, one in a few hundred long."""
    rng = Random(f"{seed} {number}")  # noqa: S311  makes texts, guards nothing
    alphabet = [unit for part in rng.sample(_ALPHABETS, rng.randint(1, 3)) for unit in part]
    alphabet = rng.sample(alphabet, rng.randint(1, len(alphabet)))
    most = rng.choice((4, 8, 12, 12) if rng.random() < 0.997 else (100, 500))
    units = rng.choices(alphabet, k=rng.randint(0, most))
    sentence = Sentence(str(number), tuple(units), rng.choice(("", "", " ")))
    tags = rng.choice(_TAG_SETS)
    form = rng.choice(_FORMS)
    return FuzzCase(Text(_text(sentence, tags, form, rng), form.name), sentence, tags)


def _text(sentence: Sentence, tags: tuple[str, ...], form: Format, rng: Random) -> str:
    """A perfect answer, a damaged one, a mangled one, or no answer at all."""
    gold = legal_tags(len(sentence), tags, rng)
    way = rng.random()
    if way < 0.05:
        return form.render(sentence, gold)
    if way < 0.55:
        names = rng.choices(faults_of(form), k=rng.randint(1, 5))
        pieces = plant(to_pieces(form, sentence, gold), names, rng)
        return join_pieces(form, pieces, sentence.joiner)
    if way < 0.85:
        return _mangled(form.render(sentence, gold), rng)
    return _noise((*_JUNK, *sentence.units, *form.render(sentence, gold).split()), rng)


def legal_tags(units: int, tags: tuple[str, ...], rng: Random) -> tuple[str, ...]:
    """Random legal tags, with entities of some length."""
    found: list[str] = []
    for _ in range(units):
        previous = found[-1] if found else OUTSIDE
        inside = f"I-{previous[2:]}"
        goes_on = previous != OUTSIDE and rng.random() < 0.5
        possible = [tag for tag in tags if may_follow(previous, tag)]
        found.append(inside if goes_on else rng.choice(possible))
    return tuple(found)


def _mangled(text: str, rng: Random) -> str:
    """``text`` with code points taken out, put in, doubled, moved or said again."""
    points = list(text)
    for _ in range(rng.randint(1, 6)):
        at = rng.randint(0, len(points))
        stop = min(len(points), at + rng.choice((1, 1, 2, 8)))
        new = rng.choice(([], rng.choices(_JUNK, k=1), points[at:stop] * 2, points[:at][-8:]))
        points[at:stop] = new
    return "".join(points)


def _noise(pieces: Sequence[str], rng: Random) -> str:
    """Anything, short or very long."""
    size = rng.randint(0, 40) if rng.random() < 0.999 else rng.choice((2000, 30000))
    return rng.choice(("", " ")).join(rng.choices(pieces, k=size))
