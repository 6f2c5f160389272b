"""Start-up is a promise: what lists, helps or reads results imports no model library."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "accelerate", "peft", "sklearn", "backends")
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
    assert imported_by("run", "--backend", "dictionary", "--dry-run") == ["backends"]


@pytest.mark.parametrize("arguments", [["--help"], ["list"]], ids=" ".join)
def test_help_and_list_take_under_a_third_of_a_second_of_cpu(arguments):
    code = (
        "import resource, subprocess, sys\n"
        f"command = [sys.executable, '-m', 'harness', *{arguments!r}]\n"
        "subprocess.run(command, stdout=subprocess.DEVNULL, check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime)"
    )
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    assert min(seconds) < 0.3
