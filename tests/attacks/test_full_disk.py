"""A disk that is full, or has no file more, or takes none so large: one line, code 6, no work lost.

``test_every_write.py`` refuses each write in turn; here the system does it, to libraries too.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest
import tiny_task
from program import OFFLINE, TREE

# The command as root of a name space of its own, where it may mount a small disk.
ALONE = ["unshare", "--user", "--map-root-user", "--mount"]
RUN = (
    f"{sys.executable} -m harness run -q --task tiny.yaml --seed 1 --output disk/results --backend"
)
ENCODER = "bert-crf --set layers=1 width=64 attention_heads=2 convolutions=0 epochs=2"
FREE = re.compile(r"; ([\d,.]+) MiB( and no file more)? are free there$")


def shell(script, folder, code, alone=()):
    """Run ``script`` in ``folder``; its exit code must be ``code``. Gives stdout and stderr."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (OFFLINE, TREE)))}
    done = subprocess.run(
        [*alone, "bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    tiny_task.make(tmp_path)
    (tmp_path / "disk").mkdir()
    return tmp_path


@pytest.fixture(scope="session")
def may_mount(tmp_path_factory):
    """Skips where the system lets nobody but its owner mount a disk."""
    if not shutil.which("unshare"):
        pytest.skip("needs unshare, to mount a small disk")
    place = tmp_path_factory.mktemp("mounted")
    tried = subprocess.run(
        [*ALONE, "mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if tried.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {tried.stderr.strip()}")


def only_error(messages):
    """The one error among ``messages``."""
    (error,) = [line for line in messages.splitlines() if line.startswith("error: ")]
    return error


DISKS = {
    "no room for results": ("size=24k", "dictionary"),
    "no file at all": ("nr_inodes=1", "dictionary"),
    "no file more": ("nr_inodes=9", "dictionary"),
    "no room for weights": ("size=160k", ENCODER),
}


@pytest.mark.slow
@pytest.mark.usefixtures("may_mount")
@pytest.mark.parametrize("name", DISKS)
def test_a_full_disk_is_one_line_and_the_same_command_goes_on_once_there_is_room(folder, name):
    size, backend = DISKS[name]
    script = (
        f"mount -t tmpfs -o {size} none disk && {RUN} {backend}; code=$?; echo code $code; "
        f"mount -o remount,size=64m,nr_inodes=0 disk && {RUN} {backend}"
    )
    out, messages = shell(script, folder, 0, ALONE)
    first, second = out.split("code 6\n")
    free, files = FREE.search(only_error(messages)).groups()
    assert bool(files) == name.startswith("no file")
    assert files or float(free) < 0.2
    assert "| dictionary" not in first
    assert backend.split()[0] in second


@pytest.mark.slow
@pytest.mark.usefixtures("may_mount")
def test_a_disk_that_is_full_for_one_run_takes_nothing_from_the_table_of_the_others(folder):
    script = f"mount -t tmpfs -o size=192k none disk && {RUN} dictionary {ENCODER} --workers 1"
    out, messages = shell(script, folder, 7, ALONE)
    assert "| dictionary" in out
    assert FREE.search(messages.strip()), "the true error, with the room that is left"
    assert "no results folder" not in messages


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["dictionary", ENCODER])
def test_a_file_that_may_not_be_so_large_is_one_line_with_what_is_free(folder, backend):
    largest = 1 if backend == "dictionary" else 64  # KiB
    _, messages = shell(f"ulimit -f {largest}; {RUN} {backend}", folder, 6)
    error = only_error(messages)
    assert "cannot write" in error
    free = float(FREE.search(error)[1].replace(",", ""))
    assert free == pytest.approx(shutil.disk_usage(folder).free / 2**20, rel=0.2)
    shell(f"{RUN} {backend}", folder, 0)
