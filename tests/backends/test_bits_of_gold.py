"""Bits of gold mean the same in every family, and so may stand in one column.

They are those of the tags of a sentence, among all that it could have: over every legal answer the
probabilities sum to 1 where illegal ones are ruled out; else what is missing is what those have.
"""

import itertools

import pytest
from making import make
from tiny_generators import LABELS, TRAIN, context

from backends.decoder import Gpt
from backends.encoder import BertCrf, BertSoftmax, Electra
from backends.seq2seq import T5
from backends.span import SpanPointer
from harness.core import Example, Sentence
from harness.sequences import Spool
from harness.tags import decode, encode, invalid_transitions, tag_set

UNITS = tuple("东南先")
TAGS = tag_set(LABELS)
TINY = {"layers": 1, "width": 32, "attention_heads": 2, "epochs": 1, "learning_rate": 3e-3}
RULED = {"constrain_transitions": True}
# Of what is answered, all is legal.
CERTAIN = {
    "span": (SpanPointer, {}),
    "t5": (T5, {}),
    "t5, aligned": (T5, {"aligned": True}),
    "gpt": (Gpt, {}),
    "gpt, tags alone": (Gpt, {"format": "tags", "prompt": "tags.short.v1"}),
    "bert-crf": (BertCrf, RULED),
    "bert-softmax": (BertSoftmax, RULED),
    "electra": (Electra, RULED),
}
# BIO can be spelled wrong, and such answers have their share.
FREE = {"bert-crf": (BertCrf, {}), "bert-softmax": (BertSoftmax, {}), "electra": (Electra, {})}


def legal_answers():
    """Every legal way to tag the sentence, as an example whose gold it is."""
    for tags in itertools.product(TAGS, repeat=len(UNITS)):
        if not invalid_transitions(tags):
            yield Example(Sentence("".join(tags), UNITS), tuple(decode(tags)))


def shares(family, folder, options):
    """The probability of each legal answer, by a model that learned for a moment."""
    dev = TRAIN[:4]
    backend = make(family, context(folder, dev), **TINY | options)
    backend.fit(TRAIN[:24], dev)
    examples = list(legal_answers())
    assert len({encode(e.spans, len(UNITS)) for e in examples}) == 41
    found = backend.surprisal(examples)
    assert {len(bits) for bits in found} == {len(UNITS)}
    assert backend.surprisal(Spool(examples)) == found  # one text with 41 golds, each made anew
    return [2 ** -sum(bits) for bits in found]


@pytest.mark.parametrize("name", CERTAIN)
def test_over_all_legal_answers_the_probabilities_sum_to_one(name, tmp_path):
    family, options = CERTAIN[name]
    found = shares(family, tmp_path, options)
    assert sum(found) == pytest.approx(1, abs=1e-4)
    assert max(found) < 0.999  # none has it all


@pytest.mark.parametrize("name", FREE)
def test_what_illegal_answers_have_is_missing(name, tmp_path):
    family, options = FREE[name]
    assert 0.05 < sum(shares(family, tmp_path, options)) < 0.999
