"""Constrained decoding gives the tags that masked ``generate`` gives, for every architecture."""

import itertools
import random

import pytest
import torch
from tiny_generators import CAUSAL, END, PAD, SEQ2SEQ, TAG_IDS, TAGS, causal, seq2seq
from transformers import LogitsProcessor, LogitsProcessorList

from backends.generating.cache import Slab
from backends.generating.constrained import decode, follow, restricted_head
from backends.generating.incremental import (
    IncrementalCausal,
    IncrementalEncoderDecoder,
    read_prefix,
)
from backends.generating.incremental_t5 import IncrementalT5
from backends.generating.padding import padded, padding_mask
from backends.generating.search import Grammar
from backends.generating.sureness import confidences
from harness.tags import decode as decode_spans
from harness.tags import invalid_transitions, may_follow

GRAMMAR = Grammar.of(TAGS, TAG_IDS, torch.device("cpu"))
LENGTHS = (11, 8, 8, 5, 2, 1)
PREFIX = [7, 33, 12, 40]


def sentences(seed=3, lengths=LENGTHS):
    draw = random.Random(seed)
    return [[draw.randrange(3, 50) for _ in range(length)] for length in lengths]


def blocks(texts, echo):
    """What is forced before each tag: the unit, a counter and the unit, or nothing."""
    longest = len(texts[0])
    if echo == "counted":  # an answer whose forced blocks grow, as numbers do
        return [
            torch.tensor([[9] * (1 + i // 4) + [t[i] if i < len(t) else PAD] for t in texts])
            for i in range(longest)
        ]
    if not echo:
        return [torch.zeros(len(texts), 0, dtype=torch.long)] * longest
    return list(padded(texts, PAD).split(1, dim=1))


def ours(model, texts, echo=True, beam=1, generic=False):
    return [path.tags for path in paths(model, texts, echo, beam, generic)]


def paths(model, texts, echo=True, beam=1, generic=False, gold=None):
    """What decoding gives, or what it says of ``gold``."""
    forced = blocks(texts, echo)
    lengths = [len(text) for text in texts]
    capacity = sum(block.shape[1] + 1 for block in forced)
    with torch.inference_mode(), restricted_head(model, GRAMMAR.ids):
        if model.config.is_encoder_decoder:
            inputs = [[*text, END] for text in texts]
            start = torch.full((len(texts), 1), PAD)
            first = torch.cat([start, forced[0]], 1)
            kind = IncrementalEncoderDecoder if generic else IncrementalT5
            decoder = kind(
                model, padded(inputs, PAD), padding_mask(inputs), first, capacity + 1, beam
            )
        else:
            rows = [
                [*text, END, *block] for text, block in zip(texts, forced[0].tolist(), strict=True)
            ]
            prefix = read_prefix(model, torch.tensor([PREFIX]))
            decoder = IncrementalCausal(
                model,
                prefix,
                padded(rows, PAD, left=True),
                padding_mask(rows, left=True),
                capacity,
                beam,
            )
        if gold is not None:
            return follow(decoder, forced, gold, GRAMMAR)
        return decode(decoder, forced, lengths, GRAMMAR, beam)


class Automaton:
    """The same grammar, one token at a time, for ``generate``."""

    def __init__(self, texts, echo, prompt):
        self.prompt, self.lengths = prompt, [len(text) for text in texts]
        self.forced = [
            [block[row].tolist() for block in blocks(texts, echo)] for row in range(len(texts))
        ]

    def place(self, row, written):
        """The forced token that comes next, or None and the tag before where a tag comes next."""
        done, previous = list(written[self.prompt :]), "O"
        for unit in range(self.lengths[row]):
            block = self.forced[row][unit]
            if len(done) < len(block):
                return block[len(done)], None
            if len(done) == len(block):
                return None, previous
            previous = TAGS[TAG_IDS.index(int(done[len(block)]))]
            done = done[len(block) + 1 :]
        return (END if not done else PAD), None

    def __call__(self, row, written):
        token, previous = self.place(row, written)
        if token is not None:
            return [token]
        return [i for i, tag in zip(TAG_IDS, TAGS, strict=True) if may_follow(previous, tag)]


class Ranked(LogitsProcessor):
    """log p(tag | a tag stands here) at tags and 0 at what is forced: what a beam is ranked by."""

    def __init__(self, automaton, beam):
        self.automaton, self.beam = automaton, beam

    def __call__(self, input_ids, scores):
        kept = torch.full_like(scores, float("-inf"))
        for row, written in enumerate(input_ids):
            allowed = self.automaton(row // self.beam, written.tolist())
            forced, _ = self.automaton.place(row // self.beam, written.tolist())
            if forced is not None:
                kept[row, forced] = 0.0
            else:
                tags = scores[row, TAG_IDS].log_softmax(-1)
                kept[row, TAG_IDS] = tags
                kept[row, [i for i in TAG_IDS if i not in allowed]] = float("-inf")
        return kept


def theirs(model, texts, echo=True, beam=1):
    """The tags of transformers' own ``generate`` under the same grammar."""
    if model.config.is_encoder_decoder:
        inputs, left = [[*text, END] for text in texts], False
    else:
        inputs, left = [[*PREFIX, *text, END] for text in texts], True
    rows = padded(inputs, PAD, left=left)
    prompt = 1 if model.config.is_encoder_decoder else rows.shape[1]
    automaton = Automaton(texts, echo, prompt)
    mask = (
        {"prefix_allowed_tokens_fn": automaton}
        if beam == 1
        else {"logits_processor": LogitsProcessorList([Ranked(automaton, beam)])}
    )
    written = model.generate(
        rows,
        attention_mask=padding_mask(inputs, left=left),
        max_new_tokens=sum(len(block) + 1 for block in automaton.forced[0]) + 1,
        do_sample=False,
        num_beams=beam,
        eos_token_id=END,
        pad_token_id=PAD,
        **mask,
    )[:, prompt:].tolist()
    return [_tags(row, automaton, index) for index, row in enumerate(written)]


def _tags(written, automaton, row):
    tags, at = [], 0
    for unit in range(automaton.lengths[row]):
        at += len(automaton.forced[row][unit])
        tags.append(TAG_IDS.index(written[at]))
        at += 1
    return tags


@pytest.fixture(scope="module")
def models():
    made = {name: seq2seq(name) for name in SEQ2SEQ} | {name: causal(name) for name in CAUSAL}
    for model in made.values():
        # Their own settings would be remarked upon at every call.
        model.generation_config.max_length = None
    return made


@pytest.mark.parametrize("echo", [True, False, "counted"])
@pytest.mark.parametrize("name", SEQ2SEQ + CAUSAL)
def test_greedy_tags_are_those_of_generate(models, name, echo):
    texts = sentences()
    found = ours(models[name], texts, echo)
    assert found == theirs(models[name], texts, echo)
    assert len({tag for row in found for tag in row}) > 2, "the model says too little to compare"


@pytest.mark.parametrize("beam", [1, 4])
@pytest.mark.parametrize("name", SEQ2SEQ)
def test_the_reader_of_any_encoder_decoder_gives_the_same(models, name, beam):
    texts = sentences(seed=19)
    generic = ours(models[name], texts, beam=beam, generic=True)
    assert generic == ours(models[name], texts, beam=beam)
    assert generic == theirs(models[name], texts, beam=beam)


@pytest.mark.parametrize("name", ["tied", "untied", "gpt2", "qwen2"])
def test_beams_are_those_of_generate(models, name):
    texts = sentences(seed=5, lengths=(16, 12, 12, 5, 1))
    assert ours(models[name], texts, beam=4) == theirs(models[name], texts, beam=4)
    assert ours(models[name], texts, beam=4) != ours(models[name], texts), "greedy would do"


@pytest.mark.parametrize("beam", [1, 4])
@pytest.mark.parametrize("name", SEQ2SEQ + CAUSAL)
def test_company_in_a_batch_changes_nothing(models, name, beam):
    texts = sentences(seed=9)
    together = ours(models[name], texts, beam=beam)
    assert together == [ours(models[name], [text], beam=beam)[0] for text in texts]
    for size in (2, 3):
        parts = [
            ours(models[name], texts[i : i + size], beam=beam) for i in range(0, len(texts), size)
        ]
        assert together == list(itertools.chain.from_iterable(parts))


@pytest.mark.parametrize("beam", [1, 4])
@pytest.mark.parametrize("name", ["tied", "gpt2"])
def test_every_answer_is_legal_and_complete(models, name, beam):
    texts = sentences(seed=11, lengths=(40, 40, 31, 17, 17, 3))
    found = ours(models[name], texts, beam=beam)
    assert [len(row) for row in found] == [len(text) for text in texts]
    assert sum(invalid_transitions([TAGS[i] for i in row]) for row in found) == 0


@pytest.mark.parametrize("name", ["tied", "gpt2"])
def test_a_beam_is_never_less_likely_than_greedy(models, name):
    texts = sentences(seed=13, lengths=(9, 9, 8, 7, 7, 6))
    greedy, beamed = ours(models[name], texts), ours(models[name], texts, beam=4)
    better = [
        likelihood(models[name], text, b) - likelihood(models[name], text, g)
        for text, g, b in zip(texts, greedy, beamed, strict=True)
    ]
    # A beam may lose the best path of one sentence, but not over all of them.
    assert sum(better) > 0


def scores_of(model, text, tags):
    """log p of each tag among tags at each unit, by one teacher-forced pass over the answer."""
    answer = [i for pair in zip(text, (TAG_IDS[t] for t in tags), strict=True) for i in pair]
    with torch.inference_mode():
        if model.config.is_encoder_decoder:
            read = torch.tensor([[PAD, *answer[:-1]]])
            logits = model(input_ids=torch.tensor([[*text, END]]), decoder_input_ids=read).logits
        else:
            rows = torch.tensor([[*PREFIX, *text, END, *answer[:-1]]])
            logits = model(input_ids=rows).logits[:, len(PREFIX) + len(text) :]
    return logits[0, 1::2, TAG_IDS].log_softmax(-1)


def likelihood(model, text, tags):
    scores = scores_of(model, text, tags)
    return float(scores[torch.arange(len(tags)), torch.tensor(tags)].sum())


@pytest.mark.parametrize("name", SEQ2SEQ + CAUSAL)
def test_one_pass_over_the_answer_chooses_the_same(models, name, monkeypatch):
    """With no transition forbidden, greedy is the fixed point of a teacher-forced pass."""
    free = Grammar(GRAMMAR.ids, torch.ones_like(GRAMMAR.start), torch.ones_like(GRAMMAR.follow))
    monkeypatch.setattr(f"{__name__}.GRAMMAR", free)
    for text in sentences(seed=17):
        (tags,) = ours(models[name], [text])
        assert scores_of(models[name], text, tags).argmax(-1).tolist() == tags


def test_the_head_is_put_back(models):
    model = models["untied"]
    before = model.get_output_embeddings()
    with restricted_head(model, GRAMMAR.ids):
        assert model.get_output_embeddings().weight.shape[0] == len(TAGS)
    assert model.get_output_embeddings() is before
    with pytest.raises(ZeroDivisionError), restricted_head(model, GRAMMAR.ids):
        divmod(1, 0)
    assert model.get_output_embeddings() is before


def test_a_slab_holds_what_a_growing_cache_would():
    torch.manual_seed(0)
    slab, steps = Slab(12), [torch.randn(4, 2, width, 3) for width in (3, 2, 2)]
    for step in steps[:2]:
        keys, values = slab.update(step, -step)
    grown = torch.cat(steps[:2], 2)
    assert torch.equal(keys, grown)
    assert torch.equal(values, -grown)
    slab.reorder(torch.tensor([2, 2, 0]))
    keys, _ = slab.update(steps[2][:3], steps[2][:3])
    assert torch.equal(keys, torch.cat([grown[[2, 2, 0]], steps[2][:3]], 2))
    slab.narrow(1)
    assert slab.get_seq_length() == 7
    assert slab.get_mask_sizes(2) == (9, 0)
    assert slab.keys.shape[0] == 1


def legal_path(draw, length):
    """Tag indices of a legal answer."""
    path = []
    for _ in range(length):
        before = TAGS[path[-1]] if path else "O"
        path.append(draw.choice([i for i, tag in enumerate(TAGS) if may_follow(before, tag)]))
    return path


def legal_answers(units):
    """All legal answers of a length."""
    return [
        list(path)
        for path in itertools.product(range(len(TAGS)), repeat=units)
        if not invalid_transitions([TAGS[tag] for tag in path])
    ]


def legal_shares(model, text, tags):
    """The probability of each tag at each unit among the legal ones, by one pass over ``tags``."""
    scores = scores_of(model, text, tags)
    before = ["O", *(TAGS[tag] for tag in tags[:-1])]
    legal = torch.tensor([[may_follow(tag, other) for other in TAGS] for tag in before])
    return scores.masked_fill(~legal, float("-inf")).softmax(-1)


@pytest.mark.parametrize("beam", [1, 4])
@pytest.mark.parametrize("name", SEQ2SEQ + CAUSAL)
def test_a_path_says_how_probable_each_legal_tag_was(models, name, beam):
    texts = sentences(seed=23)
    for text, path in zip(texts, paths(models[name], texts, beam=beam), strict=True):
        expected = legal_shares(models[name], text, path.tags).double().numpy()
        assert path.shares == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("name", SEQ2SEQ + CAUSAL)
def test_the_bits_of_gold_are_those_of_one_pass_over_it(models, name):
    texts, draw = sentences(seed=29), random.Random(29)
    gold = [legal_path(draw, len(text)) for text in texts]
    found = paths(models[name], texts, gold=gold)
    assert [path.tags for path in found] == gold
    for text, tags, path in zip(texts, gold, found, strict=True):
        expected = legal_shares(models[name], text, tags)[torch.arange(len(tags)), tags]
        assert path.bits == pytest.approx((-expected.log2()).tolist(), abs=5e-3)


def test_over_all_legal_answers_bits_add_up_to_certainty(models):
    """The brute force: every legal answer to a sentence of three units, by itself."""
    (text,) = sentences(seed=31, lengths=(3,))
    found = [paths(models["tied"], [text], gold=[answer])[0] for answer in legal_answers(3)]
    assert sum(2 ** -sum(path.bits) for path in found) == pytest.approx(1, abs=1e-5)


def test_an_entity_is_as_sure_as_all_answers_that_hold_it_after_the_same_beginning(models):
    (text,) = sentences(seed=37, lengths=(4,))
    for entity in ([0, 1, 2, 0], [0, 0, 1, 2], [1, 2, 2, 2], [1, 0, 0, 3], [1, 3, 4, 0]):
        path = paths(models["gpt2"], [text], gold=[entity])[0]
        spans = decode_spans([TAGS[tag] for tag in entity])
        for span, sure in zip(spans, confidences(path, TAGS), strict=True):
            weights = [
                (2 ** -sum(one.bits), one.tags)
                for answer in legal_answers(4)
                if answer[: span.start] == entity[: span.start]
                for one in paths(models["gpt2"], [text], gold=[answer])
            ]
            every = sum(weight for weight, _ in weights)
            holding = sum(
                weight
                for weight, tags in weights
                if span in decode_spans([TAGS[tag] for tag in tags])
            )
            assert sure == pytest.approx(holding / every, abs=1e-5)
