"""Three simpler ways to read a damaged ``unit tag unit tag`` text, and a table beside repair."""

from bisect import bisect_left
from random import Random

from harness.core import Sentence, Text
from harness.generation.fault_injection import FAULTS, join_pieces, plant, to_pieces
from harness.generation.formats import FORMATS, spellings
from harness.generation.repair import legalise, repair
from harness.tags import decode

CHAR_TAG = FORMATS["char-tag"]
ALPHABET = "春江潮水连海平月共生滟随波千万里何处无明流宛转绕芳甸照花林皆似霰空霜不觉飞OBI2024"


def every_second(words, units, known):
    found = [known.get(word, "O") for word in words[1::2]]
    return (found + ["O"] * len(units))[: len(units)]


def in_order(words, units, known):
    found = [known[word] for word in words if word in known]
    return (found + ["O"] * len(units))[: len(units)]


def subsequence(words, units, known):
    """Pairs of a word and the tag after it, matched as GNER does: longest common subsequence."""
    pairs, at = [], 0
    while at + 1 < len(words):
        paired = words[at + 1] in known
        pairs += [(words[at], known[words[at + 1]])] if paired else []
        at += 1 + paired
    found = ["O"] * len(units)
    for unit, pair in _common(units, [word for word, _ in pairs]):
        found[unit] = pairs[pair][1]
    return found


def _common(left, right):
    """The index pairs of a longest common subsequence (Hunt and Szymanski 1977)."""
    places = {}
    for at, word in enumerate(right):
        places.setdefault(word, []).insert(0, at)
    ends, chains = [], []  # the smallest end of a chain of each length, and that chain
    for at, word in enumerate(left):
        for place in places.get(word, ()):
            length = bisect_left(ends, place)
            chain = (at, place, chains[length - 1] if length else None)
            ends[length:], chains[length:] = (
                [place, *ends[length + 1 :]],
                [chain, *chains[length + 1 :]],
            )
    chain = chains[-1] if chains else None
    while chain:
        yield chain[:2]
        chain = chain[2]


SIMPLER = {
    "every second word": every_second,
    "tags in order": in_order,
    "longest common subsequence": subsequence,
}


def planted_sentences(count):
    """Random sentences of 15 to 60 units, an entity in every ten."""
    rng = Random(7)
    for number in range(count):
        units = tuple(rng.choice(ALPHABET) for _ in range(rng.randint(15, 60)))
        tags = ["O"] * len(units)
        for start in range(rng.randint(0, 8), len(units) - 5, 10):
            label = rng.choice(("PER", "LOC"))
            stop = start + rng.randint(1, 4)
            tags[start:stop] = [f"B-{label}", *[f"I-{label}"] * (stop - start - 1)]
        yield Sentence(str(number), units), tuple(tags)


def entity_f1(gold, found):
    """Micro F1 of the entities in two lists of tag sequences."""
    pairs = [(set(decode(a)), set(decode(b))) for a, b in zip(gold, found, strict=True)]
    size = sum(len(a) + len(b) for a, b in pairs)
    return 2 * sum(len(a & b) for a, b in pairs) / size if size else 1.0


def table(sentences, tags):
    """F1 of each strategy for one planted fault of each kind a sentence."""
    sentences, known, rows = list(sentences), spellings(tags), {}
    gold = [tags_of for _, tags_of in sentences]
    for fault in ("none", *FAULTS):
        rng = Random(fault)
        texts = []
        for sentence, answer in sentences:
            pieces = to_pieces(CHAR_TAG, sentence, answer)
            texts.append(
                join_pieces(CHAR_TAG, plant(pieces, () if fault == "none" else (fault,), rng))
            )
        pairs = [(text, sentence) for text, (sentence, _) in zip(texts, sentences, strict=True)]
        scores = {
            name: entity_f1(
                gold, [legalise(way(text.split(), s.units, known))[0] for text, s in pairs]
            )
            for name, way in SIMPLER.items()
        }
        aligned = [repair(Text(text, "char-tag"), s, tags).tags for text, s in pairs]
        rows[fault] = {**scores, "aligned": entity_f1(gold, aligned)}
    return rows
