"""The small texts that a backend is taught and asked in a check, marked as in ``[张三|PER]``.

They hold Chinese and Latin letters, so that pretrained weights of either know some of them.
"""

import re
from dataclasses import dataclass, replace
from itertools import zip_longest

from harness.core import Example, Sentence, Span
from harness.data.windows import WindowPolicy
from harness.runs.handout import DevScorer, unnamed
from harness.tags import tag_set

_MARK = re.compile(r"\[([^|\]]+)\|([A-Z]+)\]")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is taught: the labels of the task, and the sentences to train and to select on."""

    labels: tuple[str, ...]
    train: tuple[Example, ...]
    dev: tuple[Example, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """The tag set, ``O`` first."""
        return tag_set(self.labels)

    @property
    def score_dev(self) -> DevScorer:
        """Scores answers to ``dev``."""
        dev = tuple(
            Example(replace(one.sentence, id=f"dev-{number}"), one.spans)
            for number, one in enumerate(self.dev)
        )
        windows = WindowPolicy().cut_all([one.sentence for one in dev])
        return DevScorer(dev, windows, self.tags, self.labels)


def example(marked: str, joiner: str = "") -> Example:
    """The sentence of a marked text, under the name that the harness gives it, with its gold."""
    units: list[str] = []
    spans = []
    pieces = _MARK.split(marked)
    parts = zip_longest(pieces[0::3], pieces[1::3], pieces[2::3], fillvalue="")
    for before, mention, label in parts:
        units += _cut(before, joiner)
        start = len(units)
        units += _cut(mention, joiner)
        if label:
            spans.append(Span(start, len(units), label))
    return Example(unnamed(Sentence("made", tuple(units), joiner)), tuple(spans))


def _cut(text: str, joiner: str) -> list[str]:
    return text.split() if joiner else [*text]


def examples(marked: str, joiner: str = "") -> tuple[Example, ...]:
    """An example for each line."""
    return tuple(example(line, joiner) for line in marked.strip().splitlines())


def sentences(marked: str) -> tuple[Sentence, ...]:
    """The sentences alone."""
    return tuple(one.sentence for one in examples(marked))


FIRST = Lesson(
    ("PER", "LOC"),
    examples("""
[张三|PER]去了[北京|LOC]。
[李四|PER]在[上海|LOC]工作。
昨天没有消息。
[王五|PER]住在[广州|LOC]，在[上海|LOC]工作。
[Tim Cook|PER]去了[Paris|LOC]。
[赵六|PER]来自[杭州|LOC]。
他说[李四|PER]今天不去[北京|LOC]了。
[北京|LOC]今天有雨。
今天没有新闻。
[Anna|PER]在[Berlin|LOC]工作。
[上海|LOC]和[广州|LOC]都没有雨。
[张三|PER]和[王五|PER]是朋友。
"""),
    examples("""
[李四|PER]去了[广州|LOC]。
明天没有消息。
[Anna|PER]来自[Paris|LOC]。
[赵六|PER]在[北京|LOC]工作。
"""),
)
# Other names, and the label EVT, which only its development set has: in a sentence of its own.
SECOND = Lesson(
    ("LOC", "PER", "EVT"),
    examples("""
[北京|PER]去了[张三|LOC]。
[上海|PER]在[李四|LOC]工作。
没有人在[王五|LOC]工作。
[Paris|PER]来自[Anna|LOC]。
"""),
    examples("\n".join(["甲乙[丙丁戊|EVT]己庚辛"] * 8 + ["[上海|PER]去了[王五|LOC]。"])),
)
NO_ENTITIES = Lesson(
    ("PER", "LOC"),
    examples("昨天没有消息。\n今天没有新闻。\n明天没有雨。"),
    examples("[张三|PER]今天没有消息。"),
)
ONE_SENTENCE = Lesson(("PER", "LOC"), FIRST.train[:1], FIRST.dev[:1])
WORDS = Lesson(
    ("PER", "LOC"),
    examples(
        """
[Anna Smith|PER] lives in [New York|LOC] .
[Tim|PER] went to [Paris|LOC] .
There is no news today .
[Anna|PER] works in [Berlin|LOC] , not in [Paris|LOC] .
""",
        " ",
    ),
    examples("[Tim Smith|PER] works in [New York|LOC] .", " "),
)

# No two are of one length, so that answers in another order do not fit.
QUESTIONS = sentences("""
李四去了北京。
张三在上海工作，王五也在上海工作。
今天没有消息和新闻。
Anna去了Berlin。
王五
他说赵六来自杭州，不在北京。
""")
# What tokenizers drop, normalise, split or read as their own marks.
_UNITS = ("😀", "𠮷", "\u200b", "\ufeff", "\u0301", "ｱ", "℃", "㎡", " ", "\u3000", "\t", "\x01",
          "א", "</s>", "[CLS]", "<PER>", "B_PER", "O", "␣", "&lt;")  # fmt: skip
ODD = (
    unnamed(Sentence("made", _UNITS)),
    unnamed(Sentence("made", ("龘", "齉", "爨"))),
    *(unnamed(Sentence("made", (unit,))) for unit in _UNITS[:4]),
)


def long_sentence(units: int = 1000) -> Sentence:
    """A sentence of many windows, no two alike: a unit of its own stands after each repetition."""
    text = [unit for question in QUESTIONS for unit in question.units]
    rounds = range(units // len(text) + 1)
    repeated = [unit for number in rounds for unit in (*text, chr(0x4E00 + number))]
    return unnamed(Sentence("made", tuple(repeated[:units])))
