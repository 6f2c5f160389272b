"""Replies that no sane server gives: each is an answer that is repaired and counted, or none."""

import json

import pytest
from making import make
from odd_server import question_of, said, serving, well
from served_backend import TAGS, context

from backends.asking.client import LARGEST
from backends.asking.ledger import Ledger
from backends.served import Served
from harness.core import Sentence
from harness.errors import ResourceError
from harness.generation.repair import repair
from harness.protocol import REPLIES

SENTENCE = Sentence("s", tuple("😀张三在上海说。"))
RIGHT = ("O", "B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O", "O")
NONE = ("O",) * 8
PER, LOC = {"text": "张三", "label": "PER"}, {"text": "上海", "label": "LOC"}
MEGABYTES = 10 * 2**20


def asked(folder, behave, **options):
    """The answer to the sentence from a server that behaves so."""
    options = {"structure": "none", "pause": 0.01, "timeout": 20.0, "attempts": 3} | options
    with serving(behave) as server:
        made = make(Served, context(folder), url=server.url, model="m", **options)
        made.fit([], [])
        (output,) = made.predict([SENTENCE])
    return repair(output, SENTENCE, TAGS)


def listing(*entities):
    """A server that replies with ``entities`` whatever the sentence."""
    reply = json.dumps({"entities": entities}, ensure_ascii=False)
    return lambda handler, asked: handler.send(said(reply))


@pytest.mark.parametrize(
    ("entities", "tags", "repairs"),
    [
        ([PER, LOC, {"text": "南极", "label": "LOC"}], RIGHT, {"not_found": 1}),
        ([PER, LOC, PER, PER, LOC], RIGHT, {"duplicated_entity": 3}),
        ([PER, LOC | {"label": "dog"}], (*RIGHT[:4], "B-dog", "I-dog", "O", "O"),
         {"unknown_label": 1}),
        ([PER | {"start": 4, "end": 10}, LOC | {"start": 13, "end": 19}], RIGHT, {}),  # bytes
        ([PER | {"start": 2, "end": 4}, LOC | {"start": 5, "end": 7}], RIGHT, {}),  # UTF-16 units
        ([PER | {"start": -7, "end": 10**30}, LOC | {"start": None}], RIGHT, {}),
        ([{"start": 1, "end": 3, "label": "PER"}, LOC], (*NONE[:4], *RIGHT[4:]),
         {"malformed_entity": 1}),
        ([PER, LOC, {"text": "😀张三", "label": "LOC"}], ("B-LOC", "I-LOC", "I-LOC", *RIGHT[3:]),
         {"nested": 1}),
        ([PER, LOC, {"text": "三在", "label": "LOC"}], RIGHT, {"overlap": 1}),
        ([{"text": "", "label": "PER"}, PER, LOC], RIGHT, {"malformed_entity": 1}),
    ],
    ids=["not there", "again and again", "unknown label", "bytes", "UTF-16", "no numbers",
         "offsets alone", "around a name", "half a name", "nothing"],
)  # fmt: skip
def test_what_a_model_makes_up_is_counted_and_offsets_are_not_believed(
    entities, tags, repairs, tmp_path
):
    found = asked(tmp_path, listing(*entities))
    assert (found.tags, found.repairs) == (tags, repairs)


def test_of_thousands_of_entities_no_more_are_read_than_the_sentence_can_have(tmp_path):
    found = asked(tmp_path, listing(PER, LOC, *[{"text": "。", "label": "PER"}] * 5000))
    assert found.tags == (*RIGHT[:7], "B-PER")
    assert found.repairs["overflow"] >= 1
    assert found.repairs["duplicated_entity"] < 1000


PAGE = b"<!doctype html><html><body>502 Bad Gateway: nginx</body></html>"
LONG = json.dumps(said("x" * MEGABYTES)).encode()


@pytest.mark.parametrize(
    ("reply", "words"), [(PAGE, "502 Bad Gateway"), (LONG, f"more than {LARGEST:,} bytes")],
    ids=["a page", "10 MB"],
)  # fmt: skip
def test_what_is_no_reply_is_asked_again_and_told_if_there_is_no_other(reply, words, tmp_path):
    in_trouble = iter([True])

    def first(handler, asked):
        bad = "：" in question_of(asked) and next(in_trouble, False)
        handler.send(reply) if bad else well(handler, asked)

    assert asked(tmp_path / "once", first).tags == RIGHT
    with pytest.raises(ResourceError, match=r"no answer in 3 attempts") as raised:
        asked(tmp_path / "ever", lambda handler, asked: handler.send(reply))
    assert words in str(raised.value)
    assert len(str(raised.value)) < 600
    kept = Ledger(tmp_path / "ever" / REPLIES).replies
    assert len(kept) == 3
    assert sum(len(each.body) for each in kept) < 2**20


def test_a_name_that_is_as_long_as_a_reply_may_be_costs_little(tmp_path):
    entity = {"text": "张" * (LARGEST // 20), "label": "PER"}
    assert asked(tmp_path, listing(entity)).tags == NONE
