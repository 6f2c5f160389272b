"""Gold through doccano itself and back: ``python tests/long/doccano.py PYTHON``.

``PYTHON`` is one with doccano, whose requirements cannot stand beside ours:

    python3.11 -m venv doccano
    doccano/bin/pip install doccano==1.8.4 'marshmallow<4' 'numpy<2' 'setuptools<81'

The demo's test set, and sentences of any characters and of any words, are taken in by a project
and exported again, and must be what they were. Prints a line of JSON for each.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from any_sentences import annotated, sentences  # noqa: E402 - found by the line above
from hypothesis import Phase, given, settings  # noqa: E402

from harness.core import Span  # noqa: E402
from harness.data import readers  # noqa: E402
from harness.data.readers.doccano import DoccanoSource  # noqa: E402
from harness.data.task import load  # noqa: E402
from harness.data.writers import doccano  # noqa: E402
from harness.data.writers.annotated import Annotated  # noqa: E402

SIDE = Path(__file__).with_name("doccano_project.py")
SENTENCES = 500


def main(python: str) -> int:
    """Send each kind of sentences through; the number of sentences that came back otherwise."""
    wrong = 0
    for name, joiner, items in kinds():
        different = compare(items, through(python, items, joiner))
        wrong += len(different)
        told = {"data": name, "sentences": len(items), "different": len(different)}
        print(json.dumps(told | {"first": different[:3]}, ensure_ascii=False), flush=True)
    return wrong


def kinds() -> Iterator[tuple[str, str, list[Annotated]]]:
    """What is sent: its name, what joins its units, and the sentences."""
    examples = load("demo").examples["test"]
    yield "demo", "", [Annotated(one.sentence, one.spans) for one in examples]
    yield "characters", "", annotated(drawn(""), "")
    yield "words", " ", annotated(drawn(" "), " ")


def drawn(joiner: str) -> list[tuple[tuple[str, ...], tuple[Span, ...]]]:
    """The same sentences each time."""
    found = []

    @settings(max_examples=SENTENCES, derandomize=True, database=None, phases=[Phase.generate])
    @given(sentences(joiner))
    def keep(one):
        found.append(one)

    keep()
    return found


def through(python: str, items: Sequence[Annotated], joiner: str) -> list[Annotated]:
    """What doccano exports of ``items``, as it is read here."""
    with tempfile.TemporaryDirectory() as folder:
        there, back = Path(folder, "there.jsonl"), Path(folder, "back.jsonl")
        doccano.write(there, items)
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        subprocess.run(
            [python, str(SIDE), str(there), str(back)], check=True, capture_output=True,
            env=clean | {"DOCCANO_HOME": f"{folder}/home"},
        )  # fmt: skip
        read = readers.read(DoccanoSource(back, joiner))
    assert not [str(problem) for problem in read.problems if problem.severity == "error"]
    return read.records


def compare(items, records) -> list[str]:
    """The texts that are not what they were, or lack, or have other entities."""
    back = [(record.units, record.spans) for record in records]
    there = [(item.sentence.units, item.spans) for item in items]
    pairs = zip(there, [*back, *[None] * (len(there) - len(back))], strict=False)
    return [f"{first} -> {second}" for first, second in pairs if first != second]


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1])))
