"""Where words say again what was said before: as by comparing all places, in less work."""

from random import Random

import numpy as np
import pytest

from harness.core import Sentence, Text
from harness.generation import align, formats, recurrence, repair_kinds, repetition
from harness.generation.fault_injection import FAULTS, join_pieces, plant, to_pieces
from harness.generation.recurrence import SaidBefore, repeated_ends
from harness.generation.repair import repair
from harness.tags import tag_set

TAGS = tag_set(["PER", "LOC"])


def words_of(seed):
    """Words that repeat themselves: few kinds, copied stretches, a loop now and then."""
    rng = Random(seed)
    words = rng.choices("abcdefgh"[: rng.choice([1, 2, 3, 8])], k=rng.randint(0, 40))
    for _ in range(rng.choice([0, 1, 3])):
        at, size = rng.randint(0, len(words)), rng.randint(0, 9)
        words[at:at] = words[max(0, at - size) : at] * rng.choice([1, 2, 5])
    return words


def says_again(words, start, stop):
    """By the definition."""
    again = words[start:stop]
    return any(words[earlier : earlier + stop - start] == again for earlier in range(start))


def said_again_from(words):
    """By the definition: of each period, how far the end goes back."""
    length = len(words)
    for period in range(2, length // 2 + 1):
        at = length
        while at > period and words[at - 1] == words[at - 1 - period]:
            at -= 1
        if length - at >= max(period, repetition.LEAST):
            return at
    return length


def test_a_stretch_is_found_wherever_it_began_before():
    for words in map(words_of, range(300)):
        longest = Random(len(words)).randint(1, max(1, len(words)))
        before = SaidBefore(words, longest)
        for start in range(len(words)):
            for stop in range(start + 1, min(len(words), start + longest) + 1):
                assert before.says(start, stop) == says_again(words, start, stop)


def test_repeated_ends_are_those_of_each_period():
    for words in map(words_of, range(300)):
        for period, length in enumerate(repeated_ends(words)):
            end = range(len(words) - 1, period - 1, -1)
            broken = (at for at in end if words[at] != words[at - period])
            assert length == len(words) - next(broken, period - 1) - 1
        assert repetition._said_again_from(words) == said_again_from(words)


class Plain:
    """The search of ``SaidBefore``, each stretch anew."""

    def __init__(self, words, longest):
        self.words = words

    def says(self, start, stop):
        return says_again(self.words, start, stop)


def plain_stretch(search, slot, column):
    length = min(len(search.slots) - slot, len(search.items) - column)
    wanted = np.array(search.slots.units[slot : slot + length], np.int32)
    same = wanted == search.items.units[column : column + length]
    fits = np.where(wanted < 0, search.items.tag_costs[column : column + length] == 0, same)
    return length if fits.all() else int(fits.argmin())


def plain_gain(search, slot, low, high):
    key = (search.slots.units[slot], search.slots.folded[slot])
    return align._gains(key, search.items, slice(None))[low:high]


def damaged_answers(form, count):
    """Answers with some planted faults of all kinds, doubled or shuffled now and then."""
    rng = Random(form)
    for number in range(count):
        units = tuple(rng.choices("春江潮水OB连海平月共生", k=rng.randint(1, 120)))
        sentence = Sentence(str(number), units)
        tags = [rng.choice(["O", "O", "O", "B-PER"]) for _ in units]
        pieces = to_pieces(formats.FORMATS[form], sentence, tags)
        faults = rng.choices(list(FAULTS), k=rng.randint(1, 6))
        text = join_pieces(formats.FORMATS[form], plant(pieces, faults, rng))
        yield Text(text * rng.choice([1, 1, 2, 5]), form), sentence


@pytest.mark.parametrize("form", ["tags", "char-tag", "indexed", "inline"])
def test_repair_answers_as_with_every_search_made_plainly(form, monkeypatch):
    cases = list(damaged_answers(form, 120))
    found = [repair(text, sentence, TAGS) for text, sentence in cases]
    monkeypatch.setattr(repair_kinds, "SaidBefore", Plain)
    monkeypatch.setattr(repetition, "_said_again_from", said_again_from)
    monkeypatch.setattr(align._BandSearch, "_stretch", plain_stretch)
    monkeypatch.setattr(align._BandSearch, "gain", plain_gain)
    assert [repair(text, sentence, TAGS) for text, sentence in cases] == found
    assert any(decoded.repairs for decoded in found)


def test_where_little_is_looked_at_at_a_time_nothing_changes(monkeypatch):
    cases = list(damaged_answers("char-tag", 60))
    found = [repair(text, sentence, TAGS) for text, sentence in cases]
    monkeypatch.setattr(align, "_LOOK", 1)
    assert [repair(text, sentence, TAGS) for text, sentence in cases] == found


class Word(str):
    """A word that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Word.compared += 1
        return str.__eq__(self, other)


def comparisons(step, *given):
    Word.compared = 0
    step(*given)
    return Word.compared


@pytest.mark.parametrize("pattern", ["O X", "O", "O O O O X", "O X O O X O O X X", "O O X{} X"])
def test_comparisons_grow_with_the_words(pattern):
    def work(size):
        kinds = pattern.split()
        words = [Word(kinds[at % len(kinds)].format(at)) for at in range(size)]
        words[0], words[-1] = Word("first"), Word("last")
        matched = [at for at, word in enumerate(words) if str(word) == "O"]
        again = comparisons(repair_kinds.count_superfluous, words, [False] * size, matched)
        return again + comparisons(repetition.length_without_repetition, words, "O", ())

    assert work(4000) <= 2.1 * work(2000)


@pytest.mark.parametrize("form", ["char-tag", "indexed", "inline"])
def test_a_search_counts_no_more_cells_than_it_may(form, monkeypatch):
    looked, bands = [0], []
    gains, where, run = align._gains, np.where, align._BandSearch.run

    def counted(step, size_of):
        def do(*given):
            found = step(*given)
            looked[0] += size_of(found).size
            return found

        return do

    monkeypatch.setattr(align, "_gains", counted(gains, np.asarray))
    monkeypatch.setattr(align.np, "where", counted(where, np.asarray))
    monkeypatch.setattr(align._BandSearch, "run", lambda search: bands.append(1) or run(search))
    rng, size = Random(form), 20_000
    sentence = Sentence("s", tuple(chr(0x4E00 + rng.randrange(3000)) for _ in range(size)))
    text = formats.FORMATS[form].render(sentence, ("O",) * size)
    words = list(text) if form == "inline" else text.split()
    words[::50] = ["哈"] * len(words[::50])
    repair(Text(("" if form == "inline" else " ").join(words), form), sentence, TAGS)
    assert 0 < looked[0] <= len(bands) * align.WORK


def test_the_order_is_made_only_as_deep_as_the_longest_stretch(monkeypatch):
    rounds = []
    ranks = recurrence._ranks
    monkeypatch.setattr(recurrence, "_ranks", lambda values: rounds.append(1) or ranks(values))
    SaidBefore(["a", "b"] * 500, 1)
    assert not rounds
    SaidBefore(["a", "b"] * 500, 9)
    assert len(rounds) == 4
