"""A model that has read the test set is told from one that has not, by what it goes on with."""

import random

import pytest
from finished_runs import finished, task
from made_runs import examples
from tiny_generators import causal, tokenizer
from unguessable import columns, counts, sentence

from harness import api
from harness.core import Example, Sentence
from harness.protocol import PROBED
from harness.results import reader
from harness.results.run_record import Continued
from harness.runs.contamination import probe

TEST = [sentence(number) for number in range(80)]
TRAIN = [sentence(number) for number in range(1000, 1080)]


class Memory:
    """A language model of what it read: it goes on as the longest suffix that it knows did."""

    def __init__(self, *read):
        self.read = "\n\n".join(read)

    def __call__(self, texts, characters):
        return [self._behind(text)[:characters] for text in texts]

    def _behind(self, text):
        for start in range(max(0, len(text) - 20), len(text)):
            place = self.read.find(text[start:])
            if place >= 0:
                return self.read[place + len(text) - start :]
        return ""


ALL, NONE = (PROBED, PROBED), (0, PROBED)


def test_who_read_the_text_goes_on_with_it_and_not_with_its_gold():
    found = probe(Memory(*(e.sentence.text for e in TEST)), TEST, TRAIN)
    assert counts(found.text) == [ALL, NONE, NONE]
    assert counts(found.gold) == [NONE, NONE, NONE]


def test_who_read_the_files_goes_on_with_them_tags_and_all():
    found = probe(Memory(*map(columns, TEST)), TEST, TRAIN)
    assert counts(found.gold) == [ALL, NONE, NONE]


def test_who_read_the_whole_corpus_knows_train_too():
    found = probe(Memory(*(e.sentence.text for e in (*TRAIN, *TEST))), TEST, TRAIN)
    assert counts(found.text) == [ALL, ALL, NONE]


def test_who_read_something_else_goes_on_with_nothing():
    found = probe(Memory(*(e.sentence.text for e in TRAIN[60:])), TEST, TRAIN[:60])
    assert counts(found.text) == counts(found.gold) == [NONE, NONE, NONE]


def test_a_set_phrase_is_continued_by_chance_as_often():
    phrase = "没有任何单位和个人可以违反本规定"
    ends = [
        Example(Sentence(e.sentence.id, e.sentence.units[:16] + tuple(phrase)), e.spans[:1])
        for e in TEST
    ]
    found = probe(Memory(phrase, *(f"{e.sentence.text[10:16]}{phrase}" for e in ends)), ends, TRAIN)
    assert counts(found.text) == [ALL, NONE, ALL]


def test_sentences_of_both_splits_and_short_ones_are_not_asked_about():
    short = Example(Sentence("short", tuple("东西南北")), ())
    asked = []

    def complete(texts, characters):
        asked.extend(texts)
        return [""] * len(texts)

    probe(complete, [*TEST[:5], TRAIN[0], short], TRAIN[:5])
    shown = {e.sentence.text[:15] for e in (*TEST[:5], *TRAIN[1:5])}
    assert {text for text in asked if "\n" not in text} == shown


def test_the_same_sentences_are_chosen_whatever_their_order():
    one, other = [], []
    for asked, test in ((one, TEST), (other, TEST[::-1])):
        probe(lambda texts, size, asked=asked: asked.extend(texts) or texts, test, TRAIN)
    assert one == other


def test_nothing_to_ask_about_is_nothing_known():
    found = probe(Memory("东"), [], TRAIN[:1])
    assert counts(found.text) == [(0, 0), (0, 1), (0, 0)]


def test_words_are_continued_over_the_space_between_them():
    units = tuple(f"w{number}" for number in random.Random(1).sample(range(999), 30))
    one = Example(Sentence("w", units, " "), ())
    found = probe(Memory(one.sentence.text), [one], TRAIN[:1])
    assert found.text.test == Continued(continued=1, asked=1)


def test_sentences_that_people_write_are_asked_about_too():
    found = probe(Memory("北京"), examples(200, 1), examples(200, 2))
    assert found.text.test.asked > 10
    assert found.gold.test.asked > 0


@pytest.mark.slow
def test_a_run_with_pretrained_weights_records_what_they_know(tmp_path):
    place = tmp_path / "weights"
    made = tokenizer(place, byte_level=True)
    causal("gpt2", len(made), positions=1024).save_pretrained(place)
    options = {"model": str(place), "epochs": 1, "limit": 40, "keep_model": False}
    folder = finished(task(tmp_path / "data"), "gpt", tmp_path / "results", "base", **options)
    run = reader.one(folder).run
    assert run.contamination.text.test.asked > 5
    assert run.contamination.text.test.continued == 0
    table = api.build_leaderboard(api.read(folder), published=False)
    told = {check.name: check.value for block in table.blocks for check in block.certificate}
    assert ": no sign (continues 0 of 20 test sentences" in told["test set known to the weights"]
