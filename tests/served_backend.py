"""The served backend before an odd server, with sentences of two names each and who is in them."""

import threading

from making import make
from odd_server import question_of, well

from backends.served import Served
from harness.core import Example, Sentence, Span
from harness.generation.repair import repair
from harness.protocol import Context
from harness.tags import tag_set

TAGS = tag_set(["PER", "LOC"])
SENTENCES = [Sentence(f"s{n}", tuple(f"第{n}天张三在上海说。")) for n in range(12)]
TRAIN = [
    Example(Sentence("t1", tuple("李四去了北京。")), (Span(0, 2, "PER"), Span(4, 6, "LOC"))),
    Example(Sentence("t2", tuple("王五说：好。")), (Span(0, 2, "PER"),)),
    Example(Sentence("t3", tuple("没有消息。")), ()),
]
KEY = "sk-very-secret-0123456789"  # which nothing may show
QUICK = {"pause": 0.01, "timeout": 5.0, "concurrency": 4}


def context(folder, report=lambda progress: None, descriptions=None):
    return Context(
        tags=TAGS, seed=1, device="cpu", precision="fp32", threads=1, folder=folder,
        score_dev=lambda outputs: None, report=report, descriptions=descriptions or {},
    )  # fmt: skip


def fitted(folder, server, report=lambda progress: None, **options):
    made = make(Served, context(folder, report), url=server.url, model="m", **QUICK | options)
    made.fit(TRAIN, TRAIN)
    return made


def tags_of(output, sentence):
    return repair(output, sentence, TAGS).tags


def right(sentence):
    at, size = sentence.text.index("张"), len(sentence)
    tags = ["O"] * size
    tags[at : at + 2], tags[at + 3 : at + 5] = ["B-PER", "I-PER"], ["B-LOC", "I-LOC"]
    return tuple(tags)


def require_right(made):
    for output, sentence in zip(made.predict(SENTENCES), SENTENCES, strict=True):
        assert output.format == made.asking.format
        assert tags_of(output, sentence) == right(sentence)


def every_other(trouble):
    """``trouble`` at the first attempt of each request, then a good answer."""
    seen, lock = set(), threading.Lock()

    def behave(handler, asked):
        with lock:
            known = question_of(asked) in seen
            seen.add(question_of(asked))
        (well if known or "：" not in question_of(asked) else trouble)(handler, asked)

    return behave
