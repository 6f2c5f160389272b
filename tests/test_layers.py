"""Start-up is a promise: what lists, helps or reads results imports no model library.

How long it takes is measured by ``benchmarks/startup.py``; here, on any machine, what is imported.
"""

import subprocess
import sys

import pytest

HEAVY = (
    "torch", "transformers", "accelerate", "peft", "sklearn", "backends", "tensorboard", "datasets",
    "numpy", "pandas", "scipy", "matplotlib", "jinja2", "tabulate", "yaml", "harness.runs.run",
)  # fmt: skip
LIGHT_COMMANDS = (["--help"], ["list"], ["run", "--help"], ["leaderboard", "--help"])


def imported_by(*arguments):
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['harness', *{list(arguments)!r}]\n"
        "try: runpy.run_module('harness', run_name='__main__')\n"
        "except SystemExit: pass\n"
        f"print('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split("LOADED")[-1].split()


@pytest.mark.parametrize("arguments", LIGHT_COMMANDS, ids=" ".join)
def test_a_light_command_imports_nothing_heavy(arguments):
    assert imported_by(*arguments) == []


def test_the_check_above_can_fail():
    found = imported_by("run", "--backend", "dictionary", "--dry-run")
    assert "backends" in found
    assert "torch" not in found
