"""A small task with nested gold, made on the spot: offices of places, with the places inside."""

import itertools
import json
from pathlib import Path

from harness.core import Span
from harness.tags import outermost

PLACES = ("广州", "北京", "上海", "天津", "武汉", "成都", "南京", "西安")
OFFICES = ("大学", "医院", "银行", "日报")
PEOPLE = ("张三", "李四", "王五", "赵六")
LABELS = ("ORG", "LOC", "PER")


def sentences():
    """Each office of each place, seen by somebody; every second place stands alone, too."""
    for number, (place, office) in enumerate(itertools.product(PLACES, OFFICES)):
        person = PEOPLE[(number + number // 4) % len(PEOPLE)]
        spans = [Span(0, 2, "PER"), Span(3, 5, "LOC"), Span(3, 7, "ORG")]
        text = f"{person}去{place}{office}工作。"
        if number % 2:
            spans.append(Span(len(text), len(text) + 2, "LOC"))
            text += f"{PLACES[-1 - number % len(PLACES)]}在下雨。"
        yield text, tuple(sorted(spans))


def joined(number):
    """So many of the sentences as one, with an entity around each."""
    text, spans = "", []
    for one, found in [*sentences()][:number]:
        start = len(text)
        spans += [Span(start + s.start, start + s.end, s.label) for s in found]
        text += one
        spans.append(Span(start, len(text), "ORG"))
    return text, tuple(sorted(spans))


def line(text, spans):
    """A line of JSON Lines."""
    found = [{"start": one.start, "end": one.end, "label": one.label} for one in spans]
    return json.dumps({"text": text, "spans": found}, ensure_ascii=False) + "\n"


def parts(*, repeat: int = 1, flat_test: bool = False):
    """The sentences of each split; with ``flat_test``, nothing in test lies within another."""
    found = list(sentences())
    test = [(text, outermost(spans)) if flat_test else (text, spans) for text, spans in found[25:]]
    return {"train": found[:20] * repeat, "dev": found[20:25], "test": test}


def make(folder: Path, *, rule: str = "nested: true", name: str = "offices", **more):
    """A task file with its data beside it; ``rule`` says what becomes of entities that overlap."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, found in parts(**more).items():
        text = "".join(line(*one) for one in found)
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(
        f"name: {name}\nlanguage: zh\nformat: jsonl\njoiner: ''\nlabels: [{', '.join(LABELS)}]\n"
        f"{rule}\nsplits: {{train: train.jsonl, dev: dev.jsonl, test: test.jsonl}}\n",
        encoding="utf-8",
    )
    return path
