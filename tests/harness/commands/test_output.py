"""What a command prints arrives, or the user learns that it did not."""

import subprocess
import sys
from pathlib import Path

import pytest
from program import TREE

from harness import cli
from harness.errors import ResourceError

FULL = Path("/dev/full")
HARNESS = [sys.executable, "-m", "harness"]
full_disk = pytest.mark.skipif(not FULL.is_char_device(), reason="needs /dev/full")


def started(*arguments, stdout):
    return subprocess.run(
        [*HARNESS, *arguments], cwd=TREE, stdout=stdout, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip


@full_disk
@pytest.mark.parametrize("arguments", [["list"], ["--version"], ["--help"], ["list", "dictionary"]])
def test_a_full_disk_behind_standard_output_is_one_line_and_code_6(arguments):
    with FULL.open("w") as stream:
        done = started(*arguments, stdout=stream)
    assert done.returncode == 6
    assert done.stderr == (
        "error: cannot write to standard output: No space left on device; what is in files is"
        " whole\n"
    )


@full_disk
def test_what_still_waits_to_be_written_is_written_before_the_command_ends(monkeypatch):
    """Whether or not typer, too, does so at its end."""
    with FULL.open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        stream.write("not flushed")
        with pytest.raises(ResourceError, match="No space left on device"), cli._whole_output():
            pass


def test_a_reader_that_has_enough_ends_the_command_quietly():
    command = " ".join(map(str, HARNESS))
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} list | head -n 1"], cwd=TREE,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("backends")
    assert done.stderr == ""


def test_without_a_standard_output_a_command_still_works():
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(HARNESS)} list >&-"], cwd=TREE, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
