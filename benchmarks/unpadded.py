"""An encoder without padding beside our batches of neighbours in length: is it worth having?

    python -m benchmarks.unpadded [--data FOLDER] [--sentences 600] [--rounds 5] [--units 1024]

The same random weights (4 layers, width 256), the same batches of Weibo (or of the demo), no
dropout. The losses of an epoch have to agree to 1e-4 in fp32 before anything is timed; sides take
turns, on one thread of the CPU (``gpu.sh speed`` times them on a GPU). The last line is JSON.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

import torch

from backends.encoder import BertSoftmax
from benchmarks._made import context, plain, quiet, task_of
from benchmarks._sides import Turns, characters, machine, timed
from benchmarks._unpadded import Unpadded
from harness.core import Example
from harness.runs.options import Given, construct

SIDES = {"buckets": BertSoftmax, "unpadded": Unpadded}


def main() -> None:
    """Print the table and the line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--sentences", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--units", type=int, default=1024)
    arguments = parser.parse_args()
    quiet()
    torch.set_num_threads(1)
    print(machine())
    task = task_of("weibo", arguments.data)
    train = plain(task.splits["train"].examples)[: arguments.sentences]
    print(f"{task.name}: {len(train)} sentences, {characters(train)} characters")
    with tempfile.TemporaryDirectory() as logs:
        fit = partial(fitted, task.tags, Path(logs), arguments.units)
        _assert_equal(fit, train)
        print(json.dumps(_timed(fit, train, arguments.rounds)))


def fitted(
    tags: Sequence[str], logs: Path, units: int, side: str, precision: str,
    examples: Sequence[Example],
) -> Any:  # fmt: skip
    """A backend trained for an epoch, and its report."""
    options = {"epochs": 1, "batch_units": units, "learning_rate": 5e-5, "dropout": 0.0}
    given = Given(options, "this benchmark")
    backend = construct(SIDES[side], context(tags, precision, logs), given)
    return backend, backend.fit(examples, [])


def _assert_equal(fit: Any, train: Sequence[Example]) -> None:
    """Stop where the two sides are not one computation."""
    (ours, a), (unpadded, b) = (fit(side, "fp32", train) for side in SIDES)
    gap = abs(a.epochs[0].loss - b.epochs[0].loss)
    sentences = [example.sentence for example in train]
    differ = sum(map(tuple.__ne__, *(_tags(x, sentences) for x in (ours, unpadded))))
    print(f"losses differ by {gap:.1e}, tags of {differ} of {len(train)} sentences")
    if gap > 1e-4:
        raise SystemExit("the losses differ by more than 1e-4")


def _tags(backend: Any, sentences: Sequence[Any]) -> list[tuple[str, ...]]:
    return [answer.tags for answer in backend.predict(sentences)]


def _timed(fit: Any, train: Sequence[Example], rounds: int) -> dict[str, float]:
    sides = {}
    for side in SIDES:
        for precision in ("fp32", "bf16"):
            sides[f"training, {side}, {precision}"] = timed(partial(fit, side, precision))
        backend, _ = fit(side, "fp32", train)
        sides[f"prediction, {side}"] = timed(
            lambda examples, b=backend: b.predict([e.sentence for e in examples])
        )
    turns = Turns(sides, train)
    turns.run(rounds)
    print(turns.table())
    result = {}
    for what in ("training, {}, fp32", "training, {}, bf16", "prediction, {}"):
        ratio = turns.ratio(what.format("unpadded"), what.format("buckets"))
        name = what.replace(", {}", "")
        print(f"  unpadded over buckets, {name:<20}{ratio}")
        result[name] = ratio.middle
    return result


if __name__ == "__main__":
    main()
