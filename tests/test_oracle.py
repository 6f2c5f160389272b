"""Gold through each backend's own path comes back whole, however odd the text; what loses shows."""

import random

import pytest

from harness import config, registry
from harness.ceiling import ceiling, measured
from harness.core import Example, Sentence, Span, Tags
from harness.protocol import Context
from harness.tags import encode
from harness.task import Split, Task
from harness.windows import WindowPolicy

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
BUILT_IN = ("dictionary", "bert-crf", "bert-softmax", "electra", "t5", "gpt")


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
    return cls(context, **(values | options))


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


def test_a_backend_that_cuts_its_input_shows_a_smaller_ceiling_and_the_cause():
    windows = POLICY.cut_all([line.sentence for line in LINES])
    views = [view for line in LINES for view in POLICY.examples(line)]
    outputs = []
    for window, view in zip(windows, views, strict=True):
        tags = encode(view.spans, len(view.sentence))[:20]
        outputs.append(Tags(tags + ("O",) * (len(window.view) - len(tags))))
    found = measured(LINES, outputs, task_of(LINES), POLICY)
    assert found.counts.f1 < 0.9
    assert set(found.lost) == {"tokenizer"}
