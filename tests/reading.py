"""Short words for tests that read data, and a small corpus written in every format."""

import json
from dataclasses import asdict

from harness.core import Span
from harness.tags import encode

CORPUS = {
    "train": [("李雷在京", (Span(0, 2, "PER"), Span(3, 4, "LOC"))), ("京都", (Span(0, 2, "LOC"),))],
    "dev": [("好", ())],
    "test": [("韩梅去沪", (Span(0, 2, "PER"), Span(3, 4, "LOC")))],
}
KEYS = {
    "name": "small",
    "language": "zh",
    "format": "parallel",
    "joiner": "",
    "labels": ["PER", "LOC"],
    "splits": {"train": "train.txt", "dev": "dev.txt", "test": "test.txt"},
}


def task_file(folder, **keys):
    """A task file of KEYS, changed by ``keys``; None takes one out. JSON is YAML."""
    kept = {key: value for key, value in {**KEYS, **keys}.items() if value is not None}
    path = folder / "task.yaml"
    path.write_text(json.dumps(kept), encoding="utf-8")
    return path


def write_parallel(folder, corpus=CORPUS, separator="_"):
    for split, sentences in corpus.items():
        units = "".join(" ".join(text) + "\n" for text, _ in sentences)
        rows = [" ".join(encode(spans, len(text))) for text, spans in sentences]
        tags = "".join(f"{row}\n" for row in rows).replace("-", separator)
        (folder / f"{split}.txt").write_text(units, encoding="utf-8")
        (folder / f"{split}_TAG.txt").write_text(tags, encoding="utf-8")


def write_conll(folder, corpus=CORPUS):
    for split, sentences in corpus.items():
        blocks = [
            "".join(f"{u}\t{t}\n" for u, t in zip(text, encode(spans, len(text)), strict=True))
            for text, spans in sentences
        ]
        (folder / f"{split}.conll").write_text("\n".join(blocks), encoding="utf-8")


def write_jsonl(folder, corpus=CORPUS):
    for split, sentences in corpus.items():
        rows = [
            {"text": text, "spans": [asdict(span) for span in spans]} for text, spans in sentences
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{split}.jsonl").write_text(lines, encoding="utf-8")


def put(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def codes(reading):
    return [(problem.code, problem.line, problem.column) for problem in reading.problems]


def messages(reading):
    return "\n".join(map(str, reading.problems))


def errors(reading):
    return [problem for problem in reading.problems if problem.severity == "error"]
