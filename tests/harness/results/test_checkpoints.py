"""Checkpoints: two generations, of which one can be read whenever the process dies."""

import os
from pathlib import Path

import pytest

from harness.errors import ConfigError, ResourceError
from harness.results.checkpoints import CheckpointFolder


class Known:
    """What the harness keeps beside a state: here a number."""

    def __init__(self, number=0):
        self.number = number

    def kept(self):
        return {"number": self.number}

    def restore(self, kept):
        self.number = kept["number"]


def keep(folder, number):
    """Write a state that holds ``number`` a hundred times."""
    checkpoints = CheckpointFolder(folder, 0.0, Known(number))
    checkpoints.write(lambda stream: [stream.write(b"%d\n" % number) for _ in range(100)])


def kept(folder):
    """The number that is read, and the one that the harness kept with it; None without any."""
    known = Known()
    stream = CheckpointFolder(folder, 0.0, known).read()
    if stream is None:
        return None
    with stream:
        lines = stream.read().split(b"\n")
    assert len(lines) == 101
    return int(lines[0]), known.number


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2, 3):
        keep(tmp_path / "made", number)
    return tmp_path / "made"


def test_the_newest_is_read_and_the_one_before_is_kept(folder):
    assert kept(folder) == (3, 3)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["2.json", "2.state", "3.json", "3.state"]


def test_nothing_is_read_where_there_is_nothing(tmp_path):
    assert kept(tmp_path / "none") is None


@pytest.mark.parametrize("file", ["3.state", "3.json"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "gone", "not utf-8", "other json"])
def test_a_damaged_one_gives_way_to_the_one_before_and_is_removed(folder, file, damage):
    path = folder / file
    content = bytearray(path.read_bytes())
    path.unlink()
    flipped = content.copy()
    flipped[20] ^= 1
    left = {
        "cut": content[:-9], "flipped": flipped, "empty": b"", "gone": None, "not utf-8": b"\xff",
        "other json": b"[1]",
    }[damage]  # fmt: skip
    if left is not None:
        path.write_bytes(left)
    assert kept(folder) == (2, 2)
    keep(folder, 4)
    assert kept(folder) == (4, 4)
    assert len(list(folder.iterdir())) == 4


def test_two_damaged_ones_are_none(folder):
    for path in folder.iterdir():
        path.write_bytes(b"x" * 50)
    assert kept(folder) is None


@pytest.mark.parametrize("dies", range(8))
def test_one_can_be_read_whatever_moment_it_dies_at(folder, monkeypatch, dies):
    """Dying before each of the steps that touch names on the disk, and after the last of them."""
    steps = [0]

    def counting(step):
        def do(*arguments, **more):
            steps[0] += 1
            if steps[0] > dies:
                raise KeyboardInterrupt
            return step(*arguments, **more)

        return do

    monkeypatch.setattr(os, "fsync", counting(os.fsync))
    monkeypatch.setattr(Path, "replace", counting(Path.replace))
    monkeypatch.setattr(Path, "unlink", counting(Path.unlink))
    died = False
    try:
        keep(folder, 4)
    except KeyboardInterrupt:
        died = True
    assert died == (dies < 5)
    monkeypatch.undo()
    assert kept(folder) == ((4, 4) if dies > 2 else (3, 3))
    keep(folder, 5)
    assert kept(folder) == (5, 5)
    assert len(list(folder.iterdir())) == 4


def test_a_disk_that_refuses_is_one_message_and_the_ones_before_stay(folder, monkeypatch):
    """Also where a library replaces the error of the disk by one of its own."""

    def refused(stream):
        try:
            stream.write(b"x")
        except OSError:
            msg = "unexpected pos 64 vs 0"
            raise RuntimeError(msg) from None

    monkeypatch.setattr(Path, "open", lambda path, mode: open("/dev/full", mode, 0))  # noqa: PTH123, SIM115
    checkpoints = CheckpointFolder(folder, 0.0, Known(4))
    with pytest.raises(ResourceError, match=r"4\.state: No space left.* MiB are free there"):
        checkpoints.write(refused)
    monkeypatch.undo()
    assert kept(folder) == (3, 3)


def test_a_fault_of_the_backend_is_not_taken_for_one_of_the_disk(folder):
    def faulty(stream):
        raise RuntimeError("cannot be written down")

    with pytest.raises(RuntimeError, match="cannot be written down"):
        CheckpointFolder(folder, 0.0, Known(4)).write(faulty)
    assert kept(folder) == (3, 3)


def test_a_place_that_cannot_be_made_is_one_message(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigError, match="cannot make"):
        keep(tmp_path / "file" / "inner", 1)


def test_one_is_due_after_the_stated_time(folder):
    assert CheckpointFolder(folder, 0.0, Known()).due()
    assert not CheckpointFolder(folder, 3600.0, Known()).due()
