"""What a command prints arrives, or the user learns that it did not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_task
from program import TREE

from harness.commands.output import whole_output
from harness.errors import ResourceError

FULL = Path("/dev/full")
HARNESS = [sys.executable, "-m", "harness"]
full_disk = pytest.mark.skipif(not FULL.is_char_device(), reason="needs /dev/full")


def started(*arguments, stdout=subprocess.PIPE, **environment):
    return subprocess.run(
        [*HARNESS, *arguments], cwd=TREE, stdout=stdout, stderr=subprocess.PIPE, text=True,
        env=os.environ | environment, check=False,
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
@pytest.mark.parametrize("text", ["not flushed", "beyond the buffer" * 50_000])
def test_what_waits_and_what_is_longer_than_the_buffer_are_both_told(monkeypatch, text):
    """Whether it is written at the end or before, and whether or not typer, too, flushes there."""
    with FULL.open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(ResourceError, match="standard output: No space"), whole_output():
            sys.stdout.write(text)


def test_a_full_disk_of_a_file_is_not_told_as_one_of_standard_output():
    """A write, unlike the opening of a file, does not say which file found no room."""
    program = (
        "import errno, os, harness.cli as cli\n"
        "def full(*given): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "cli.run = full\n"
        "cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=TREE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 6
    assert done.stderr == (
        "error: cannot write a file: No space left on device; make room, and start again\n"
    )


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


def test_half_a_character_in_data_is_shown_as_its_escape(tmp_path):
    """JSON can hold one, and UTF-8 cannot."""
    task = tiny_task.make(tmp_path)
    row = {"text": "张三", "spans": [{"start": 0, "end": 2, "label": "\udfff"}]}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    text = task.read_text(encoding="utf-8").replace("format: parallel", "format: jsonl")
    for name in ("train", "dev", "test"):
        text = text.replace(f"data/{name}.txt", "rows.jsonl").replace(f"{name}.txt", "rows.jsonl")
    task.write_text(text.replace("root: data", "root: ."), encoding="utf-8")
    done = started("check-data", str(task), "--json")
    assert done.returncode == 3
    assert "\udfff" in {str(one) for one in texts(json.loads(done.stdout))}


def texts(content):
    """All texts in JSON, and their parts."""
    if isinstance(content, str):
        yield from (content, *content)
    elif isinstance(content, dict):
        yield from (text for pair in content.items() for one in pair for text in texts(one))
    elif isinstance(content, list):
        yield from (text for one in content for text in texts(one))


def test_an_output_that_lacks_a_character_is_one_message(tmp_path):
    task = tiny_task.make(tmp_path)
    done = started("check-data", str(task), PYTHONIOENCODING="latin-1")
    assert done.returncode == 2
    assert done.stderr.startswith("error: standard output is latin-1, which has no ")
    assert "set PYTHONIOENCODING=utf-8" in done.stderr
