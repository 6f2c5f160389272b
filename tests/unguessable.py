"""Sentences that nothing but memory can go on with, and files that hold them."""

import random

from harness.core import Example, Sentence, Span
from harness.tags import encode

LETTERS = "赤橙黄绿青蓝紫东南西北上下左右前后里外春夏秋冬山川湖海风雨雷电"


def sentence(number):
    """The one of this ``number``, with a name in its first half and one in its second."""
    draw = random.Random(number)
    units = tuple(draw.choice(LETTERS) for _ in range(30))
    return Example(Sentence(f"s{number}", units), (Span(2, 4, "PER"), Span(17, 20, "LOC")))


def columns(example):
    """``example`` as the lines of a file, a unit and its tag in each."""
    tags = encode(example.spans, len(example.sentence))
    return "".join(f"{u} {t}\n" for u, t in zip(example.sentence.units, tags, strict=True))


def counts(share):
    """How many texts were continued and asked for: of test, of train, and by chance."""
    return [(one.continued, one.asked) for one in (share.test, share.train, share.chance)]
