"""The linear CRF sees n-grams within its window, with their places, and the tag before."""

import json
import sys
from itertools import product

import pytest
from making import make

from backends.linear_crf import LinearCrf
from harness import registry
from harness.core import Example, Sentence, Span
from harness.errors import BackendError, ConfigError, WeightsError
from harness.protocol import Context
from harness.registry import Plugin
from harness.tags import decode, encode, tag_set

PLUGIN = Plugin("crf", "backends.linear_crf:LinearCrf", "ner-harness", "1")


def example(text, *spans):
    return Example(Sentence(text, tuple(text)), tuple(Span(*span) for span in spans))


# 甲 is a person behind 先 and a place behind 后, whatever else stands there.
TRAIN = [
    example(text, *spans)
    for filler in "一二三四五六七八九十"
    for text, spans in (
        (f"{filler}先甲{filler}", [(2, 3, "PER")]),
        (f"{filler}后甲{filler}", [(2, 3, "LOC")]),
    )
]


def crf(folder, **options):
    quiet = Context(
        tag_set(["PER", "LOC"]), 1, "cpu", "fp32", 1, folder, None, lambda progress: None
    )
    return make(LinearCrf, quiet, **options)


def trained(folder, train=TRAIN, **options):
    backend = crf(folder, **options)
    backend.fit(train, [])
    return backend


def tags(backend, text):
    (output,) = backend.predict([Sentence("s", tuple(text))])
    return output.tags


def test_the_neighbour_decides(tmp_path):
    backend = trained(tmp_path)
    assert tags(backend, "百先甲百") == ("O", "O", "B-PER", "O")
    assert tags(backend, "百后甲百") == ("O", "O", "B-LOC", "O")


@pytest.mark.parametrize("window", [0, 1, 2])
def test_what_the_library_keeps_is_said_before(tmp_path, window):
    backend = crf(tmp_path, window=window)
    [grams] = {len(found) - 1 for e in TRAIN for found in backend.features(e.sentence.units)}
    train = TRAIN * 2000
    kept = {"MiB that CRFsuite keeps of train, at least": 160_000 * grams * 16 // 2**20}
    assert backend.estimate(train, []) == kept


def test_beyond_the_window_nothing_is_seen(tmp_path):
    blind = trained(tmp_path, window=0)
    assert tags(blind, "百先甲百")[2] == tags(blind, "百后甲百")[2]


def test_features_are_places_and_n_grams_and_the_ends_are_units(tmp_path):
    of_first, of_last = crf(tmp_path, window=1).features("甲乙")
    assert of_first == [
        "constant", "-1 \x1e", "0 甲", "1 乙", "-1 \x1e\x1f甲", "0 甲\x1f乙", "-1 \x1e\x1f甲\x1f乙",
    ]  # fmt: skip
    assert of_last[1:4] == ["-1 甲", "0 乙", "1 \x1e"]


def in_words(text, *spans):
    return Example(Sentence(text, tuple(text.split()), " "), tuple(Span(*span) for span in spans))


# Between the same words stand towns, which begin with a capital and end alike, and other things.
AROUND = ("near", "from", "leaving", "saw")
TOWNS = [
    in_words(f"{word} {name} {word}", *spans)
    for word in AROUND
    for name, spans in (
        *((town, [(1, 2, "LOC")]) for town in ("Hamburg", "Freiburg", "Coburg", "Marburg")),
        *((other, []) for other in ("bridges", "wheat", "it", "harbours")),
    )
]


def test_a_word_that_training_never_saw_is_known_by_its_spelling(tmp_path):
    backend = trained(tmp_path, TOWNS)
    town, thing = (Sentence(name, ("near", name, "near"), " ") for name in ("Salzburg", "ferries"))
    of_town, of_thing = backend.predict([town, thing])
    assert of_town.tags == ("O", "B-LOC", "O")
    assert of_thing.tags == ("O", "O", "O")
    assert of_town.confidence[0] > 0.5


def test_spelling_has_its_place_and_is_no_n_gram(tmp_path):
    _, middle, _ = crf(tmp_path, window=1).features(["a", "Ely", "b"])
    assert "0 \x1dshape Xx" in middle
    assert "0 Ely" in middle
    alone, *_ = crf(tmp_path, window=0).features(["Ely", "Ely"])
    assert sum("shape" in one for one in alone) == 1


def test_l1_leaves_fewer_weights(tmp_path):
    few = crf(tmp_path, l1=1.0).fit(TRAIN, [])
    many = crf(tmp_path, l1=0.0).fit(TRAIN, [])
    assert 0 < few.trained < many.trained
    assert (few.weights, few.precision) == ("none", "fp64")


def test_odd_units_and_empty_sentences_get_their_tags(tmp_path):
    odd = example(":\t\x1f\\ \u200b")
    backend = trained(tmp_path, [*TRAIN, example(""), odd])
    assert tags(backend, odd.sentence.units) == ("O",) * 6
    assert tags(backend, "") == ()


def test_training_leaves_nothing_behind_and_every_seed_is_one_model(tmp_path):
    first, second = trained(tmp_path), trained(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert first.model == second.model


def test_gold_survives_the_way_in_and_out(tmp_path):
    found = crf(tmp_path).oracle([], TRAIN)
    assert [output.tags for output in found] == [encode(e.spans, len(e.sentence)) for e in TRAIN]


def test_saved_and_loaded_it_answers_the_same_by_the_window_it_was_trained_with(tmp_path):
    trained(tmp_path, window=1).save(tmp_path)
    again = crf(tmp_path, window=3)
    again.load(tmp_path)
    assert tags(again, "百先甲百") == ("O", "O", "B-PER", "O")
    assert json.loads((tmp_path / "crf.json").read_text()) == {"window": 1}


@pytest.mark.parametrize("file", ["crf.json", "model.crfsuite"])
def test_a_damaged_model_is_refused(file, tmp_path):
    trained(tmp_path).save(tmp_path)
    (tmp_path / file).write_bytes(b"none")
    with pytest.raises(WeightsError, match="cannot be read"):
        crf(tmp_path).load(tmp_path)


@pytest.mark.parametrize("wrong", [{"window": -1}, {"l1": -0.1}, {"iterations": 0}, {"seen": 0}])
def test_options_that_no_training_can_have_are_refused(wrong, tmp_path):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        crf(tmp_path, **wrong)


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pycrfsuite", None)
    assert PLUGIN.lacks() == "pip install 'ner-harness[crfsuite]'"
    with pytest.raises(
        BackendError, match=r"needs what is not installed: pip install 'ner-harness"
    ):
        PLUGIN.load()


def test_with_the_library_nothing_is_lacking():
    assert PLUGIN.lacks() == ""
    assert PLUGIN.load() is LinearCrf


def test_all_leaves_it_out_where_the_library_is_missing_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr(registry, "installed", lambda group=registry.GROUP: (PLUGIN,))
    assert registry.names_of(["all"]) == ("crf",)
    monkeypatch.setitem(sys.modules, "pycrfsuite", None)
    assert registry.names_of(["all"]) == ()
    assert "crf is left out: it needs pip install" in capsys.readouterr().err


def probability(backend, text, tags_):
    """CRFsuite's own probability of a path."""
    backend._tagger.set(backend.features(tuple(text)))
    return backend._tagger.probability(list(tags_))


ODD = example(':\t\x1f\\ \u200b->(0) --> O: 1.5\n"', (1, 3, "PER"))


@pytest.mark.parametrize(
    "text", ["百先甲百", "先甲", "甲", "后甲先甲后甲", "甲乙丙丁", '\t:\u200b\n"']
)
def test_bits_of_gold_are_those_of_crfsuite(text, tmp_path):
    backend = trained(tmp_path, [*TRAIN, ODD])
    for spans in ([], [(0, 1, "PER")]):
        gold = example(text, *spans)
        (bits,) = backend.surprisal([gold])
        expected = probability(backend, text, encode(gold.spans, len(text)))
        assert 2 ** -sum(bits) == pytest.approx(expected, rel=1e-3, abs=1e-6)
        assert len(bits) == len(text)


@pytest.mark.parametrize("text", ["百先甲百", "先甲后甲", "丙丁"])
def test_an_entity_is_as_probable_as_all_paths_of_crfsuite_that_hold_it(text, tmp_path):
    backend = trained(tmp_path, [*TRAIN, ODD, example("丙丁", (0, 2, "LOC"))])
    (answer,) = backend.predict([Sentence("s", tuple(text))])
    spans = decode(answer.tags)
    assert spans
    for span, sure in zip(spans, answer.confidence, strict=True):
        holding = sum(
            probability(backend, text, path)
            for path in product(backend._tagger.labels(), repeat=len(text))
            if span in decode(path)
        )
        assert sure == pytest.approx(holding, abs=1e-4)


def test_a_tag_that_training_never_saw_has_no_bits(tmp_path):
    backend = trained(tmp_path)
    found = backend.surprisal([example("丙丁", (0, 2, "LOC")), example(""), example("甲")])
    assert found[:2] == [None, ()]
    assert len(found[2]) == 1
    assert backend.predict([]) == []
    assert backend.surprisal([]) == []
