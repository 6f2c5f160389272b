"""Fifty kills at random moments of a run: ``python tests/long/kills.py [KILLS]``.

For an encoder, a T5 and a GPT on one thread: the process of a run is killed at a random moment (of
reading, training, writing a checkpoint, predicting, writing results), again and again; then it is
let be, and must end with the bytes of a run that was never killed, apart from costs.
"""

import json
import random
import signal
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import tiny_task  # noqa: E402 - found by the line above
from killing import Moment, Nursery  # noqa: E402
from same_runs import content  # noqa: E402

from harness import api  # noqa: E402

SMALL = {
    "epochs": 4, "batch_units": 20, "layers": 1, "width": 16, "attention_heads": 2,
    "average": 0.9, "init": "scratch", "checkpoint_minutes": 0.0,
}  # fmt: skip
# How often each kind of moment comes in a whole run, at the most.
KINDS = {"load": 2, "train": 30, "predict": 40, "fsync": 60, "replace": 60, "unlink": 60}


def main(kills: int) -> None:
    """Kill runs of each family, and compare what they end with."""
    rng = random.Random(20261121)
    with Nursery() as nursery:
        for backend in ("bert-crf", "t5", "gpt"):
            print(
                json.dumps({"backend": backend} | tried(nursery, backend, kills, rng)), flush=True
            )


def tried(nursery: Nursery, backend: str, kills: int, rng: random.Random) -> dict[str, object]:
    """How many processes died, how many runs they were of, and how many of those differ."""
    died = runs = different = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        task = tiny_task.make(folder)
        whole = cell_of(task, folder / "whole", backend)
        assert nursery.exit_of(whole) == 0
        while died < kills:
            cell = cell_of(task, folder / f"killed-{runs}", backend)
            while died < kills and nursery.exit_of(cell, drawn(rng)) == -signal.SIGKILL:
                died += 1
            assert nursery.exit_of(cell) == 0
            runs += 1
            different += content(cell.folder) != content(whole.folder)
    return {"kills": died, "runs": runs, "different": different}


def drawn(rng: random.Random) -> Moment:
    """A moment at random."""
    kind = rng.choice(list(KINDS))
    return Moment(kind, nth=rng.randint(1, KINDS[kind]))


def cell_of(task: Path, output: Path, backend: str):
    """The run of ``backend`` that is killed."""
    (cell,) = api.plan(str(task), backend, seeds=[13], options=SMALL, output=output).cells
    return cell


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 50)
