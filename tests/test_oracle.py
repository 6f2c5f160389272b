"""Gold through each backend's own path comes back whole, however odd the text; what loses shows."""

import random

import pytest
from making import make
from typer.testing import CliRunner

from backends.tagging.truncation import Truncation
from harness import registry
from harness.cli import app
from harness.core import Example, PlacedEntity, Sentence, Span, Spans, Tags, Text
from harness.data.task import Split, Task
from harness.data.windows import WindowPolicy
from harness.errors import ConfigError
from harness.generation.placing import written
from harness.oracle import ceilings, rule_ceilings
from harness.oracle.ceiling import ceiling, measure
from harness.protocol import Context
from harness.runs import config
from harness.tags import decode, encode

ODD = (
    *(
        "👨‍👩‍👧",
        "e\u0301",
        "\u200b",
        "\ufe0f",
        "１２３",
        "℃",
        "…",
        "㎡",
        "\t",
        "\x07",
        "\u3000",
        " ",
    ),
    *("</s>", "[SEP]", "<tag:O>", "O", "B_PER", "<PER>", "&lt;", "␣", "␛", "𠮷", "\u202e", "ﬁ"),
    *("İ", "한", "\u3000", " "),
)
LABELS = ("PER", "LOC")
POLICY = WindowPolicy(64, 16)
BUILT_IN = ("dictionary", "crf", "bert-crf", "bert-softmax", "electra", "span", "t5", "gpt")


def example(name: str, size: int, seed: int) -> Example:
    """A line of ``size`` characters, odd ones among them, with entities of all lengths."""
    draw = random.Random(seed)
    text = "".join(draw.choice([*"上海的人在北京说。，", *ODD]) for _ in range(size))[:size]
    spans, place = [], 0
    while (place := place + draw.randint(0, 9)) < size:
        end = min(size, place + draw.choice([1, 1, 2, 3, 5, 40, 100]))
        spans.append(Span(place, end, draw.choice(LABELS)))
        place = end
    return Example(Sentence(name, tuple(text)), tuple(spans))


def task_of(examples) -> Task:
    splits = {
        name: Split(name, tuple(examples), (None,) * len(examples))
        for name in ("train", "dev", "test")
    }
    return Task("odd", "zh", "", LABELS, "conlleval", splits, "0" * 64, {"train": "BIO, B_X"})


LINES = [example(f"line-{size}", size, size) for size in (1, 2, 63, 64, 65, 300, 4096)]


def backend(name, tmp_path, **options):
    cls = registry.find(name).load()
    context = Context(
        tags=task_of(LINES).tags, seed=1, device="cpu", precision="fp32", threads=1,
        folder=tmp_path, score_dev=lambda outputs: None, report=lambda progress: None,
    )  # fmt: skip
    values = config.options(name, cls, "tiny", ()).values
    return make(cls, context, **values | options)


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_backend_has_a_ceiling_of_100(name, tmp_path):
    found = ceiling(backend(name, tmp_path), task_of(LINES), POLICY)
    assert (found.counts.f1, found.lost) == (1.0, {})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["t5", "gpt"])
def test_free_text_has_a_ceiling_of_100_where_every_character_is_known(name, tmp_path):
    found = ceiling(backend(name, tmp_path, decoding="free"), task_of(LINES), POLICY)
    assert (found.counts.f1, found.lost) == (1.0, {})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bert-crf", "bert-softmax", "electra"])
def test_a_maximum_length_shows_as_a_smaller_ceiling_whose_cause_is_the_window(name, tmp_path):
    """A window's first 20 units are read; gold is whole, so what lies beyond is lost."""
    found = ceiling(backend(name, tmp_path, max_length=20), task_of(LINES), POLICY)
    assert found.counts.support == sum(len(line.spans) for line in LINES)
    assert found.counts.f1 < 0.9
    (cause,) = found.lost
    assert cause == "window"
    assert found.lost[cause].errors == found.counts.fp + found.counts.fn
    views = [window.view for line in LINES for window in POLICY.cut(line.sentence)]
    assert found.repairs == {"unread": sum(max(0, len(view) - 20) for view in views)}


def test_a_cut_that_is_none_changes_nothing_and_a_negative_one_is_refused(tmp_path):
    assert Truncation(0).example(LINES[3]) is LINES[3]
    assert Truncation(64).example(LINES[3]) is LINES[3]
    with pytest.raises(ConfigError, match=r"max_length: .*found -1"):
        backend("bert-crf", tmp_path, max_length=-1)


def through_spans(view, tags):
    """Gold as a span classifier gives it, in no order."""
    return Spans(tuple(PlacedEntity(s.start, s.end, s.label) for s in reversed(decode(tags))))


def through_names(view, tags):
    """Gold as a list of names, each with the number of its place where it has several."""
    return Spans(written(view, decode(tags)))


@pytest.mark.parametrize("change", [through_spans, through_names])
def test_gold_comes_back_whole_through_entities(change):
    task = task_of(LINES)
    found = lost_by(change)
    assert (found.counts.f1, found.lost, found.repairs) == (1.0, {}, {})
    assert found.counts.support == sum(len(line.spans) for line in task.examples["test"])


def lost_by(change):
    """The ceiling of a backend that answers each window with gold as ``change`` makes it."""
    windows = POLICY.cut_all([line.sentence for line in LINES])
    views = [view for line in LINES for view in POLICY.examples(line)]
    outputs = [
        change(window.view, encode(view.spans, len(view.sentence)))
        for window, view in zip(windows, views, strict=True)
    ]
    return measure(LINES, outputs, task_of(LINES), POLICY)


def test_tags_that_are_not_the_golds_are_put_down_to_the_tokenizer():
    found = lost_by(lambda view, tags: Tags((*tags[:-1], "O")))
    assert set(found.lost) == {"tokenizer"}
    assert found.repairs == {}


def test_text_that_needed_repair_is_put_down_to_repair_and_the_repairs_are_counted():
    found = lost_by(lambda view, tags: Text(" ".join(tags[:-1]).replace("-", "_"), "tags"))
    assert set(found.lost) == {"repair"}
    assert found.repairs["missing_label"] > 0


def test_well_formed_text_that_means_something_else_is_put_down_to_the_format():
    answer = " ".join
    found = lost_by(lambda view, tags: Text(answer(["O"] * len(tags)), "tags"))
    assert set(found.lost) == {"format"}
    assert found.counts.tp == 0


def test_the_first_entity_that_was_lost_is_named_with_its_sentence_and_place():
    found = lost_by(lambda view, tags: Tags(("O",) * len(tags)))
    first, loss = next(line for line in LINES if line.spans), found.lost["tokenizer"]
    span = first.spans[0]
    mention = first.sentence.mention(span)
    assert loss.first == f"{first.sentence.id}: {span.label} {mention!r} at {span.start} lost"
    assert loss.sentences == sum(bool(line.spans) for line in LINES)


@pytest.mark.slow
def test_the_command_says_what_was_lost_why_and_where_first():
    first, *rest = ceilings.lines(["bert-crf"], ["demo"], "tiny", ["max_length=16"], None)
    assert first.startswith("bert-crf max_length=16 on demo: ceiling F1 ")
    assert "tokenizer 0, repair 0, format 0" in first
    cause, repaired = rest
    assert cause.startswith("  window: ")
    assert "(unread " in cause
    assert repaired.startswith("  repaired: unread ")
    (whole,) = ceilings.lines(["bert-crf"], ["demo"], "tiny", [], None)
    assert "ceiling F1 100.00" in whole


def oracle(*arguments):
    return CliRunner().invoke(app, ["oracle", *arguments])


def test_the_command_prints_the_table_of_foreign_rules():
    printed = oracle("--rules", "--task", "demo").output
    assert printed.startswith("| rule ")
    assert printed.rstrip("\n").split("\n") == list(rule_ceilings.lines(["demo"], None))


def test_the_command_asks_for_a_backend_or_for_the_rules():
    found = oracle()
    assert isinstance(found.exception, ConfigError)
    assert "--backend" in str(found.exception)
    assert "--rules" in str(found.exception)


LOWER = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def lower_casing(tmp_path):
    """A pretrained generator that knows small letters only."""
    from transformers import BertTokenizer, GPT2Config, GPT2LMHeadModel

    place = tmp_path / "lower"
    place.mkdir()
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LOWER, *(f"##{c}" for c in LOWER), "_"]
    (place / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    BertTokenizer(vocab=str(place / "vocab.txt")).save_pretrained(place)
    sizes = {"n_embd": 8, "n_layer": 1, "n_head": 1, "bos_token_id": 3, "eos_token_id": 3}
    GPT2LMHeadModel(GPT2Config(vocab_size=len(pieces), **sizes)).save_pretrained(place)
    return place


@pytest.mark.slow
def test_a_vocabulary_that_loses_letters_shows_where_text_is_read_as_written(
    lower_casing, tmp_path
):
    """A model that never learned our tokens writes plain text, in the letters that it has."""
    words = ["Ada", "met", "ADA", "Łódź", "in", "Zürich"]
    spans = (Span(0, 1, "PER"), Span(3, 4, "LOC"), Span(5, 6, "LOC"))
    task = task_of([Example(Sentence("s", tuple(words), " "), spans)])
    own_sizes = dict.fromkeys(("layers", "width", "attention_heads"))
    as_trained = {"convolutions": 0, "aligned": False}
    asked = {"train": "none", "format": "echo", "prompt": "echo.en.v1"}
    pretrained = {"init": "pretrained", "model": str(lower_casing)} | own_sizes | as_trained | asked
    free = ceiling(backend("gpt", tmp_path, decoding="free", **pretrained), task, POLICY)
    assert free.counts.f1 is None or free.counts.f1 < 1
    assert set(free.lost) == {"repair"}
    assert free.repairs
    forced = ceiling(backend("gpt", tmp_path, **pretrained), task, POLICY)
    assert (forced.counts.f1, forced.lost) == (1.0, {})
