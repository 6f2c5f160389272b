"""What confidence costs: prediction with the probability of each entity beside tags alone.

    python -m benchmarks.confidence [--task resume] [--data FOLDER] [--sentences 400] [--rounds 7]

Models of the preset ``tiny``, trained for an epoch, so that they find entities. The sides share one
model and take turns on the same sentences; their tags have to be equal before anything is timed.
The last line is JSON: how many times as fast as tags alone.
"""

import argparse
import copy
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

import torch

from backends.decoder import Gpt
from backends.encoder import BertCrf, BertSoftmax
from backends.linear_crf import LinearCrf
from backends.seq2seq import T5
from benchmarks._made import context, quiet, task_of
from benchmarks._sides import Turns, characters, machine, timed
from harness.core import Example, Sentence, Tags
from harness.runs import config
from harness.runs.options import Given, construct

FAMILIES = {
    "bert-crf": BertCrf, "bert-softmax": BertSoftmax, "crf": LinearCrf, "t5": T5, "gpt": Gpt,
}  # fmt: skip
LITTLE = {"epochs": 1, "iterations": 30}  # of training


def main() -> None:
    """Print the rates and the line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="resume")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--sentences", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--family", nargs="*", default=list(FAMILIES), choices=FAMILIES)
    arguments = parser.parse_args()
    quiet()
    torch.set_num_threads(1)
    print(machine())
    task = task_of(arguments.task, arguments.data)
    train = task.splits["train"].examples
    test = task.splits["test"].examples[: arguments.sentences]
    print(f"{task.name}: {len(test)} sentences, {characters(test)} characters")
    with tempfile.TemporaryDirectory() as logs:
        made = partial(trained, task.tags, Path(logs), train)
        found = {
            name: measure(name, made(name), test, arguments.rounds) for name in arguments.family
        }
    print(json.dumps(found))


def trained(tags: Sequence[str], logs: Path, train: Sequence[Example], name: str) -> Any:
    """A backend of the preset ``tiny``, trained little."""
    options = dict(config.options(name, FAMILIES[name], "tiny", ()).values)
    options |= {key: value for key, value in LITTLE.items() if key in options}
    backend = construct(FAMILIES[name], context(tags, "fp32", logs), Given(options, name))
    backend.fit(train, ())
    return backend


def measure(name: str, backend: Any, test: Sequence[Example], rounds: int) -> float:
    """How many times as fast as tags alone the answers with confidence are."""
    alone = partial(ALONE[name], backend)
    sentences = [example.sentence for example in test]
    if [a.tags for a in backend.predict(sentences)] != [a.tags for a in alone(sentences)]:
        msg = f"{name}: the tags differ"
        raise SystemExit(msg)
    turns = Turns({
        f"{name}, with confidence": timed(lambda part: backend.predict([e.sentence for e in part])),
        f"{name}, tags alone": timed(lambda part: alone([e.sentence for e in part])),
    }, test)  # fmt: skip
    turns.run(rounds)
    print(turns.table())
    ratio = turns.ratio(f"{name}, with confidence", f"{name}, tags alone")
    print(f"  {name}: {ratio}")
    return ratio.middle


def encoder_alone(backend: Any, sentences: Sequence[Sentence]) -> list[Tags]:
    """The tags of an encoder."""
    bare, reading = copy.copy(backend), backend._reading()

    def tags(rows: list[Any]) -> list[Tags]:
        return [Tags(reading.scheme.answer(path)) for path in reading.decode(rows)]

    bare._reading = lambda: tags
    return bare.predict(sentences)


def crfsuite_alone(backend: Any, sentences: Sequence[Sentence]) -> list[Tags]:
    """The tags of CRFsuite."""
    return [Tags(tuple(backend._tagger.tag(backend.features(s.units)))) for s in sentences]


def generator_alone(backend: Any, sentences: Sequence[Sentence]) -> list[Tags]:
    """The tags of a generator, whose paths are traced back without their shares."""
    with _without_shares():
        return backend.predict(sentences)


@contextmanager
def _without_shares() -> Iterator[None]:
    def bare(found: Sequence[torch.Tensor], scored: Sequence[torch.Tensor]) -> list[Any]:
        tags = scored[0].shape[2]
        chosen = iter((torch.cat(list(found)) % tags).tolist())
        return [_Bare([next(chosen) for _ in ways]) for ways in found]

    with (
        patch("backends.generating.constrained.tag_paths", bare),
        patch("backends.generating.generation.confidences", lambda path, tags: None),
    ):
        yield


class _Bare:
    """Tags of a path."""

    def __init__(self, tags: list[int]) -> None:
        self.tags = tags


ALONE: dict[str, Callable[[Any, Sequence[Sentence]], list[Tags]]] = {
    "bert-crf": encoder_alone, "bert-softmax": encoder_alone, "crf": crfsuite_alone,
    "t5": generator_alone, "gpt": generator_alone,
}  # fmt: skip


if __name__ == "__main__":
    main()
