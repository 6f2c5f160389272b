"""What is made beside its place is there whole, or its absence is one message."""

import errno
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.exports import aside


def read_only(*_, **__):
    raise OSError(errno.EROFS, "Read-only file system")


def test_a_place_that_takes_nothing_is_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "unlink", read_only)
    with (
        pytest.raises(ConfigError, match=r"cannot write .*new: Read-only file system; "),
        aside.new(tmp_path / "new"),
    ):
        read_only()
