"""Seconds until the program answers: the help page, the list of backends, ``import harness``.

    python -m benchmarks.startup

Each in processes of its own, in turns. Times are CPU seconds, which a busy machine does not
stretch; the first round, which fills the caches of the disk, is not counted. The last line is JSON.
What is imported on the way is a promise that the tests keep (``tests/test_layers.py``).
"""

import json
import resource
import statistics
import subprocess
import sys

ROUNDS = 9
STARTS = {
    "python alone": ["-c", ""],
    "import harness": ["-c", "import harness"],
    "harness --help": ["-m", "harness", "--help"],
    "harness list": ["-m", "harness", "list"],
    "harness leaderboard --help": ["-m", "harness", "leaderboard", "--help"],
}


def cpu_seconds(arguments: list[str]) -> float:
    """User and system seconds of a Python process with ``arguments``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the median of each start with its spread."""
    rounds = [
        {name: cpu_seconds(arguments) for name, arguments in STARTS.items()}
        for _ in range(ROUNDS + 1)
    ][1:]
    medians = {}
    for name in STARTS:
        taken = sorted(one[name] for one in rounds)
        medians[name] = statistics.median(taken)
        print(f"{name:28} {medians[name]:.3f} s CPU ({taken[0]:.3f} to {taken[-1]:.3f})")
    print(json.dumps({"seconds": medians}))


if __name__ == "__main__":
    main()
