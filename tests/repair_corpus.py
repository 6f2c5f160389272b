"""What each version of the repair policy answers to malformed generations, kept as a file.

A line of ``repairs/<policy>.jsonl`` holds a generation and what became of it. Who changes the
behaviour of repair gives it another version, and writes the answers of that version:

    PYTHONPATH=. python tests/repair_corpus.py
"""

import json
from dataclasses import dataclass
from pathlib import Path

from harness.core import Decoded, Sentence, Text
from harness.generation import repair

FOLDER = Path(__file__).parent / "harness" / "generation" / "repairs"


@dataclass(frozen=True)
class Case:
    """A generation with the answer that a version gave."""

    text: Text
    sentence: Sentence
    tags: tuple[str, ...]
    answer: dict[str, object]


def path_of(policy: str) -> Path:
    return FOLDER / f"{policy.replace(' ', '-')}.jsonl"


def read(path: Path) -> list[Case]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [_case(json.loads(line)) for line in lines if line]


def _case(line: dict) -> Case:
    text = Text(line["text"], line["format"])
    return Case(text, Sentence("s", tuple(line["units"])), tuple(line["tags"]), line["answer"])


def answer_of(decoded: Decoded) -> dict[str, object]:
    return {"tags": " ".join(decoded.tags), "repairs": dict(sorted(decoded.repairs.items()))}


def repaired(case: Case) -> dict[str, object]:
    return answer_of(repair.repair(case.text, case.sentence, case.tags))


def write(cases: list[Case]) -> None:
    lines = [
        {"format": case.text.format, "text": case.text.text, "units": "".join(case.sentence.units),
         "tags": case.tags, "answer": repaired(case)}
        for case in cases
    ]  # fmt: skip
    content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path_of(repair.POLICY).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    *_, newest = sorted(FOLDER.iterdir(), key=lambda path: int(path.stem.rpartition("-")[2]))
    write(read(newest))
