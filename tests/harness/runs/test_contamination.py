"""A model that has read the test set is told from one that has not, by what it goes on with."""

import random

import pytest
from finished_runs import finished, task
from made_runs import examples
from stored_runs import SETTINGS, write_row
from tiny_generators import causal, tokenizer

from harness import api
from harness.core import Example, Sentence, Span
from harness.results import reader
from harness.results.run_record import Contamination, Continued, ContinuedShare
from harness.runs.contamination import ASKED, REACH, probe
from harness.tags import encode

LETTERS = "赤橙黄绿青蓝紫东南西北上下左右前后里外春夏秋冬山川湖海风雨雷电"


def sentence(number):
    """A sentence that nothing but memory can continue, with a name in its second half."""
    draw = random.Random(number)
    units = tuple(draw.choice(LETTERS) for _ in range(30))
    return Example(Sentence(f"s{number}", units), (Span(2, 4, "PER"), Span(17, 20, "LOC")))


TEST = [sentence(number) for number in range(80)]
TRAIN = [sentence(number) for number in range(1000, 1080)]


def columns(example):
    tags = encode(example.spans, len(example.sentence))
    return "".join(f"{u} {t}\n" for u, t in zip(example.sentence.units, tags, strict=True))


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


def counts(share):
    return [(one.continued, one.asked) for one in (share.test, share.train, share.chance)]


ALL, NONE = (ASKED, ASKED), (0, ASKED)


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
    assert len(one.sentence.text.split()) > 2 * REACH - 10


# --- the certificate -----------------------------------------------------------------------------


def probed(test, chance=0, train=0):
    share = ContinuedShare(
        test=Continued(continued=test, asked=50),
        train=Continued(continued=train, asked=50),
        chance=Continued(continued=chance, asked=50),
    )
    return Contamination(text=share, gold=share)


def line(folder):
    table = api.build_leaderboard(api.read(folder), published=False)
    checks = (check for block in table.blocks for check in block.certificate)
    return next((check for check in checks if check.name == "test set known to the weights"), None)


def test_a_table_whose_weights_read_no_other_text_has_no_line(tmp_path):
    write_row(tmp_path, "bert-crf")
    assert line(tmp_path) is None


@pytest.mark.parametrize(("test", "chance", "known"), [
    (0, 0, False), (2, 0, False), (30, 0, True), (30, 29, False), (6, 0, True),
])  # fmt: skip
def test_more_than_chance_is_a_sign(tmp_path, test, chance, known):
    write_row(tmp_path, "gpt", contamination=probed(test, chance), weights="some/model")
    found = line(tmp_path)
    assert found.ok is not known
    words = f"continues {test} of 50 test sentences, 0 of 50 of train, {chance} of 50 by chance"
    assert words in (found.differing[0][1] if known else found.value)


def test_a_row_that_was_trained_on_nothing_here_and_not_probed_says_so(tmp_path):
    settings = SETTINGS | {"selection": "none"}
    write_row(tmp_path, "gpt", weights="some/model", trained=0, settings=settings)
    assert line(tmp_path).differing == (("gpt tiny (some/model)", "not probed"),)


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
    assert ": no sign (continues 0 of 20 test sentences" in line(tmp_path / "results").value
