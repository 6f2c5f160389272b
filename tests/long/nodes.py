"""A study on a Ray cluster, killed, begun again, and one of its two nodes killed:
``python tests/long/nodes.py [ROUNDS]``.

No run may be lost, none may come to its end twice, and all must be, byte for byte but for costs,
what they are without Ray. Prints a line of JSON for each round.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])

import pytest  # noqa: E402 - found by the line above
import ray_nodes  # noqa: E402
import tiny_task  # noqa: E402
import waiting_backend  # noqa: E402
from same_runs import content  # noqa: E402
from waiting_backend import PATIENCE, SEEDS, counts, rows, wait_for  # noqa: E402

from harness import api  # noqa: E402


def main(rounds: int) -> None:
    """Kill the command and a node in each round, and tell what came of it."""
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
            print(json.dumps({"round": number} | tried(Path(place), patch)), flush=True)


def tried(place: Path, patch: pytest.MonkeyPatch) -> dict[str, object]:
    """How often runs began and ended, and how many differ from those without Ray."""
    waiting_backend.installed(place, patch)
    task, begin = tiny_task.make(place), time.monotonic()
    quiet = api.plan(str(task), "waits", seeds=SEEDS, output=place / "quiet")
    with ray_nodes.cluster(1, 1) as (address, lose):
        with waiting_backend.study(address, task, place / "cluster") as process:
            wait_for("begun", 2, process, place)  # both nodes are at work; the command is killed
        with waiting_backend.study(address, task, place / "cluster") as process:
            wait_for("begun", 4, process, place)  # they are again
            lose()
            wait_for("left", 3, process, place)  # what the command and the node left behind
            (place / "go").touch()
            _, error = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, error
    told = {what: list(counts(what, place).values()) for what in ("begun", "ended")}
    there, here = api.read(place / "cluster"), quiet.run(workers=2)  # which tell of themselves, too
    pairs = zip(there.runs, here.runs, strict=True)
    return told | {
        "different": sum(content(ours.folder) != content(same.folder) for ours, same in pairs),
        "same table": rows(there) == rows(here),
        "seconds": round(time.monotonic() - begin),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
