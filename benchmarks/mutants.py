"""Planted faults: how many of them the tests notice.

    python -m benchmarks.mutants [--sample N] [--seed S] [--only NAME ...] [--output FILE]

Each fault replaces one piece of text of the program (``benchmarks/_faults*.py``) in a copy of the
tree, and the tests that are to notice it are run there. One that no test notices has survived. A
fault whose text is not there, or whose tests do not begin, is an error of this list; the tests are
to pass as the tree is. The last line is JSON; ``results/reliability/mutants.md`` is the last run.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks._fault import Fault
from benchmarks._faults import FAULTS

TREE = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(".git", "__pycache__", "*_cache", ".hypothesis")
PASSED, FAILED = 0, 1
PATIENCE = 300  # seconds; a fault that makes a test wait for ever is noticed, too


def tested(tree: Path, tests: Sequence[str]) -> int:
    """The exit code of pytest."""
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return FAILED
    return done.returncode


def survives(fault: Fault, tree: Path) -> bool:
    """Whether the tests of ``fault`` pass in ``tree`` with it planted."""
    path = tree / fault.file
    right = path.read_text(encoding="utf-8")
    if fault.old not in right:
        msg = f"{fault.name}: {fault.file} does not hold {fault.old!r}"
        raise ValueError(msg)
    path.write_text(right.replace(fault.old, fault.new, 1), encoding="utf-8")
    try:
        code = tested(tree, fault.tests)
    finally:
        path.write_text(right, encoding="utf-8")
    if code not in (PASSED, FAILED):
        msg = f"{fault.name}: pytest ended with {code}; are its tests still called so?"
        raise ValueError(msg)
    return code == PASSED


def table(found: dict[str, bool], commit: str) -> str:
    """The faults with what became of each, as Markdown."""
    killed = sum(not survived for survived in found.values())
    lines = [
        f"- {'SURVIVED' if survived else 'noticed'}: {name}" for name, survived in found.items()
    ]
    share = (
        f"{killed} of {len(found)} planted faults are noticed ({100 * killed / len(found):.0f} %)"
    )
    head = "# Planted faults\n\n`python -m benchmarks.mutants` at commit "
    return f"{head}{commit}: {share}.\n\n" + "\n".join(lines) + "\n"


def main() -> None:
    """Plant the faults, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, default=len(FAULTS), help="how many faults")
    parser.add_argument("--seed", type=int, default=0, help="which faults")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these faults, by name")
    parser.add_argument("--output", type=Path, help="a Markdown file to write")
    asked = parser.parse_args()
    named = [fault for fault in FAULTS if not asked.only or fault.name in asked.only]
    chosen = random.Random(asked.seed).sample(named, min(asked.sample, len(named)))
    git = ["git", "-C", str(TREE), "describe", "--always", "--abbrev=12"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    found: dict[str, bool] = {}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(TREE, tree, ignore=LEFT_OUT)
        for fault in sorted(chosen, key=FAULTS.index):
            found[fault.name] = survives(fault, tree)
            print(f"{'SURVIVED' if found[fault.name] else 'noticed '}  {fault.name}", flush=True)
            if asked.output:  # after each, since all of them take a while
                asked.output.parent.mkdir(parents=True, exist_ok=True)
                asked.output.write_text(table(found, commit), encoding="utf-8")
    noticed = sum(not survived for survived in found.values())
    print(json.dumps({"commit": commit, "faults": len(found), "noticed": noticed}))


if __name__ == "__main__":
    main()
