"""Checkpoints: two generations, of which one can be read whenever the process dies."""

import contextlib
import os
from pathlib import Path

import pytest
import torch

from backends.pretraining import checkpoint
from backends.pretraining.checkpoint import BEFORE, NEWEST
from harness.errors import ResourceError


def state(number):
    return {"done": number, "model": {"weight": torch.full((100,), float(number))}, "points": []}


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2, 3):
        checkpoint.write(tmp_path / "made", state(number))
    return tmp_path / "made"


def test_the_newest_is_read_and_the_one_before_is_kept(folder):
    assert checkpoint.read(folder)["done"] == 3
    assert torch.equal(checkpoint.read(folder)["model"]["weight"], torch.full((100,), 3.0))
    assert sorted(path.name for path in folder.iterdir()) == sorted([NEWEST, BEFORE])


def test_nothing_is_read_where_there_is_nothing(tmp_path):
    assert checkpoint.read(tmp_path / "none") is None


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "gone"])
def test_a_damaged_one_gives_way_to_the_one_before(folder, damage):
    path = folder / NEWEST
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        content[len(content) // 2] ^= 1
        path.write_bytes({"cut": content[:-9], "flipped": content, "empty": b""}[damage])
    assert checkpoint.read(folder)["done"] == 2


def test_a_damaged_one_never_takes_the_place_of_one_that_is_whole(folder, monkeypatch):
    (folder / NEWEST).write_bytes(b"x" * 50)
    assert checkpoint.read(folder)["done"] == 2
    steps = []

    def once(step, *arguments):
        steps.append(step)
        if len(steps) > 1:
            raise KeyboardInterrupt
        return step(*arguments)

    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda *arguments: once(replace, *arguments))
    with contextlib.suppress(KeyboardInterrupt):
        checkpoint.write(folder, state(3))
    assert checkpoint.read(folder)["done"] in (2, 3)


def test_two_damaged_ones_are_none(folder):
    for name in (NEWEST, BEFORE):
        (folder / name).write_bytes(b"x" * 50)
    assert checkpoint.read(folder) is None


@pytest.mark.parametrize("dies", range(3))
def test_one_can_be_read_whatever_moment_it_dies_at(folder, monkeypatch, dies):
    """Dying before the first, the second or the third of the steps that touch names on the disk."""
    steps = [0]

    def counting(step):
        def do(*arguments):
            steps[0] += 1
            if steps[0] > dies:
                raise KeyboardInterrupt
            return step(*arguments)

        return do

    monkeypatch.setattr(os, "fsync", counting(os.fsync))
    monkeypatch.setattr(Path, "replace", counting(Path.replace))
    with pytest.raises(KeyboardInterrupt):
        checkpoint.write(folder, state(4))
    assert checkpoint.read(folder)["done"] == 3
    monkeypatch.undo()
    checkpoint.write(folder, state(5))
    assert checkpoint.read(folder)["done"] == 5


def test_a_full_disk_is_one_message(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ResourceError, match="cannot write a checkpoint"):
        checkpoint.write(tmp_path / "file", state(1))
