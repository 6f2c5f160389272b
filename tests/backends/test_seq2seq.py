"""T5: what goes in and out of it, and that its loss is what transformers says it is."""

import pytest
import torch
from making import make
from tiny_generators import DEV, ODD, TRAIN, context, seq2seq, tokenizer, untie, words

from backends.generating import lora
from backends.generating.scratch import learn_tokenizer
from backends.generating.vocabulary import UnitVocabulary
from backends.seq2seq import T5
from harness.core import Sentence
from harness.errors import ConfigError, WeightsError

SMALL = {"layers": 1, "width": 32, "attention_heads": 2, "epochs": 1, "batch_units": 512}
MARKS = ["O", "B_PER", "I_PER"]


def started(tmp_path, train=TRAIN[:20], **options):
    made = make(T5, context(tmp_path), **SMALL | options)
    made.build(train)
    return made


def test_the_answer_is_each_character_and_its_tag(tmp_path):
    made = started(tmp_path)
    example = TRAIN[0]
    target = made.target_ids(example)
    marks = {i: mark for mark, i in made.vocabulary.marks.items()}
    written = [marks.get(i) or made.vocabulary.tokenizer.decode([i]) for i in target[:-1]]
    from harness.generation.formats import format_named
    from harness.tags import encode

    tags = encode(example.spans, len(example.sentence))
    assert written == format_named("char-tag").render(example.sentence, tags).split()
    assert target[-1] == made.vocabulary.end
    assert len(target) == 2 * len(example.sentence) + 1


def test_the_loss_is_summed_over_characters_and_tags(tmp_path):
    made = started(tmp_path, dropout=0.0)
    batch = made.collate(TRAIN[:5])
    loss, targets = made.loss(batch)
    assert targets == sum(2 * len(e.sentence) + 1 for e in TRAIN[:5])
    own = made.model(
        input_ids=batch["inputs"], attention_mask=batch["mask"], labels=batch["targets"]
    ).loss
    torch.testing.assert_close(loss / targets, own)


def test_a_mask_that_nobody_looks_at_gives_the_same_loss(tmp_path, monkeypatch):
    made = started(tmp_path, dropout=0.0)
    examples = sorted(TRAIN[:8], key=lambda e: len(e.sentence))
    assert len(examples[0].sentence) < len(examples[-1].sentence)
    plain = made.loss(made.collate(examples))
    monkeypatch.setattr("backends.seq2seq.waits_for_mask", lambda model: True)
    torch.testing.assert_close(made.loss(made.collate(examples)), plain)


def test_forgetting_is_for_training_and_keeps_marks_and_copies_together(tmp_path):
    made = started(tmp_path, word_dropout=0.5, dropout=0.0)
    batch = made.collate(TRAIN[:8])
    made.model.eval()
    read, target = made.drop_words(batch["inputs"], batch["targets"])
    assert read is batch["inputs"]
    made.model.train()
    torch.manual_seed(0)
    read, target = made.drop_words(batch["inputs"], batch["targets"])
    unknown, marks = made.vocabulary.unknown, list(made.vocabulary.marks.values())
    assert 0.2 < (read == unknown).float().mean() < 0.6
    kept = torch.isin(batch["targets"], torch.tensor([*marks, made.vocabulary.end, -100]))
    assert torch.equal(target[kept], batch["targets"][kept])
    for row in range(8):
        units = len(TRAIN[row].sentence)
        assert torch.equal(read[row, :units], target[row, : 2 * units : 2])


@pytest.mark.parametrize("joiner", ["", " "])
def test_every_unit_owns_an_anchor_and_text_is_never_control(joiner, tmp_path):
    vocabulary = UnitVocabulary(tokenizer(tmp_path), MARKS)
    units = (*ODD, "</s>", "<pad>", "<unk>", "<tag:O>", "<tag:B_PER>", "</s></s>", "w12", "\ue000")
    sentence = Sentence("s", units, joiner)
    pieces = vocabulary.pieces(sentence)
    assert len(pieces) == len(vocabulary.anchors(sentence)) == len(units)
    assert all(pieces)
    control = vocabulary.control | set(vocabulary.marks.values())
    assert control.isdisjoint(i for unit in pieces for i in unit)
    assert {vocabulary.end, vocabulary.padding} <= control


def test_a_byte_level_vocabulary_without_an_unknown_piece_gets_one(tmp_path):
    vocabulary = UnitVocabulary(tokenizer(tmp_path, byte_level=True), MARKS)
    assert vocabulary.unknown not in vocabulary.control
    assert vocabulary.added == [vocabulary.unknown]
    sentence = Sentence("s", (*ODD, "<|endoftext|>", "国"))
    assert all(vocabulary.pieces(sentence))
    assert len(vocabulary.pieces(sentence)[-1]) == 3, "three bytes, of which the first is written"
    assert vocabulary.control.isdisjoint(i for unit in vocabulary.pieces(sentence) for i in unit)


def test_the_table_does_not_depend_on_what_was_asked_before(tmp_path):
    made = tokenizer(tmp_path)
    one, two = UnitVocabulary(made, MARKS), UnitVocabulary(made, MARKS)
    assert one.marks == two.marks, "adding the same tokens again adds none"
    sentence = Sentence("s", ODD)
    two.pieces(Sentence("t", tuple(reversed(ODD))))
    assert one.pieces(sentence) == two.pieces(sentence)


def test_a_tokenizer_from_scratch_is_the_same_every_time_and_normalises_nothing():
    sentences = [e.sentence for e in TRAIN] + [Sentence("n", tuple("１℃１℃"))]
    one, two = (learn_tokenizer(sentences, ["abc"]) for _ in range(2))
    assert one.get_vocab() == two.get_vocab()
    vocabulary = UnitVocabulary(one, MARKS)
    (full,), (half,) = (
        vocabulary.pieces(Sentence("f", ("１",))),
        vocabulary.pieces(Sentence("h", ("1",))),
    )
    assert full != half
    assert one.decode(full) == "１"
    assert half == (vocabulary.unknown,)


@pytest.mark.parametrize("joiner", ["", " "])
def test_a_tokenizer_is_learned_from_lines_of_any_length(joiner):
    """SentencePiece leaves out lines of more than 4,192 bytes, unless it is told not to."""
    units = ("प्रधानमंत्री", "विश्वविद्यालय") if joiner else tuple("昨天孙洋在上海")
    long = Sentence("long", units * 1000, joiner)
    assert len(long.text.encode()) > 4192
    for others in ([], [Sentence("short", ("海", "海"), joiner)] * 2):
        learned = UnitVocabulary(learn_tokenizer([long, *others], []), MARKS)
        known = [found for _, found in learned.looked_up([long])]
        assert all(known)


def test_words_from_scratch_have_pieces():
    vocabulary = UnitVocabulary(learn_tokenizer([words(i).sentence for i in range(50)], []), MARKS)
    sentence = words(3).sentence
    assert vocabulary.unknown not in vocabulary.anchors(sentence)
    assert max(map(len, vocabulary.pieces(sentence))) >= 1


@pytest.mark.parametrize("own_head", [False, True])
def test_a_pretrained_t5_trains_all_its_weights(own_head, tmp_path):
    place = tmp_path / "small-t5"
    model = seq2seq("tied", len(tokenizer(place)))
    if own_head:
        untie(model)
    model.save_pretrained(place)
    made = make(T5, context(tmp_path), init="pretrained", model=str(place), epochs=1, dropout=0.3)
    report = made.fit(TRAIN[:20], [])
    assert report.weights == "small-t5"
    assert report.trained == report.parameters
    assert (made.model.lm_head.weight is made.model.shared.weight) == (not own_head)
    assert {m.p for m in made.model.modules() if isinstance(m, torch.nn.Dropout)} == {0.3}
    made.save(tmp_path)
    again = make(T5, context(tmp_path), init="pretrained", model=str(place))
    again.load(tmp_path)
    sentences = [e.sentence for e in DEV]
    assert again.predict(sentences) == made.predict(sentences)
    assert not lora.is_wrapped(again.model)


def test_weights_that_are_not_there_are_an_error_that_says_what_to_do(tmp_path):
    made = make(T5, context(tmp_path), init="pretrained", model=str(tmp_path / "nothing"))
    with pytest.raises(WeightsError, match="init=scratch"):
        made.fit(TRAIN, DEV)
    with pytest.raises(ConfigError, match="layers=2"):
        make(T5, context(tmp_path), init="pretrained", layers=2)


def test_a_word_of_the_answer_stands_for_the_next_unit_that_it_can_stand_for(tmp_path):
    made = started(tmp_path)
    sentence = Sentence("s", tuple("东㐀南㐁"))
    ids = made.codec.ids(sentence, ["O"] * 4)
    assert made.codec.text(ids, sentence).text == "东 O 㐀 O 南 O 㐁 O"
    assert made.codec.text(ids[4:], sentence).text == "南 O 㐁 O"
    assert made.codec.text(ids[2:4] * 3, sentence).text == "㐀 O 㐁 O 㐀 O", "then the first"
