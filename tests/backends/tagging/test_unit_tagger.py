"""A network alone becomes a backend: trained by the one loop, saved whole, refused if damaged."""

import pytest
import torch

from backends.plugin import Recipe, UnitTagger
from harness.conformance.lessons import FIRST, QUESTIONS, SECOND, WORDS
from harness.core import Sentence, Tags
from harness.errors import WeightsError
from harness.protocol import Context
from harness.tags import encode

RECIPE = Recipe(epochs=60, learning_rate=2e-2, batch_units=64)


class Network(torch.nn.Module):
    """A window of three positions; what is padding is not seen from a unit beside it."""

    def __init__(self, symbols, tags):
        super().__init__()
        self.embed = torch.nn.Embedding(symbols, 16, padding_idx=0)
        self.see = torch.nn.Conv1d(16, tags, 3, padding=1)

    def forward(self, ids, real):
        assert torch.equal(real, ids != 0)
        return self.see(self.embed(ids).transpose(1, 2)).transpose(1, 2)


def made(folder, lesson=FIRST):
    context = Context(
        lesson.tags, 13, "cpu", "fp32", 1, folder, lesson.score_dev, lambda progress: None
    )
    return UnitTagger(context, RECIPE, Network)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    tagger = made(tmp_path_factory.mktemp("trained"))
    return tagger, tagger.fit(FIRST.train, ())  # with nothing to select on, the last epoch stays


def test_it_learns_what_it_is_taught_and_reports_its_epochs(trained):
    tagger, report = trained
    answers = tagger.predict([example.sentence for example in FIRST.train])
    gold = [encode(example.spans, len(example.sentence)) for example in FIRST.train]
    told = [answer.tags for answer in answers]
    right = [a == b for pair in zip(told, gold, strict=True) for a, b in zip(*pair, strict=True)]
    assert sum(right) > 0.95 * len(right)  # not all: units seen once are alike
    assert len(report.epochs) == RECIPE.epochs
    assert report.parameters == report.trained == sum(p.numel() for p in tagger.model.parameters())


def test_a_sentence_without_units_is_answered_in_its_place(trained):
    asked = [QUESTIONS[0], Sentence("empty", ()), QUESTIONS[1]]
    answers = trained[0].predict(asked)
    assert answers[1] == Tags((), 0, ())
    assert [len(answer.tags) for answer in answers] == [len(sentence) for sentence in asked]


def test_a_word_of_several_positions_has_the_tag_of_its_first(tmp_path):
    tagger = made(tmp_path, WORDS)
    tagger.fit(WORDS.train, WORDS.dev)
    asked = Sentence("new", ("Anna", "Neverseen", "works"), " ")
    assert tagger.tokenizer.positions(asked) > len(asked)
    assert len(tagger.predict([asked])[0].tags) == 3


def test_a_saved_one_answers_the_same_and_no_other_is_loaded_in_its_place(trained, tmp_path):
    tagger, _ = trained
    tagger.save(tmp_path)
    again = made(tmp_path)
    again.load(tmp_path)
    assert again.predict(QUESTIONS) == tagger.predict(QUESTIONS)
    with pytest.raises(WeightsError, match="it was trained on the tags"):
        made(tmp_path, SECOND).load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(WeightsError, match="cannot be read"):
        made(tmp_path).load(tmp_path)
