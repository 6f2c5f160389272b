"""A grid has one parent."""

import pytest

from harness.errors import ConfigError
from harness.runs import grid


def test_under_a_launcher_of_several_processes_one_of_them_says_what_to_do(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(ConfigError, match="a launcher started it 2 times: run it alone"):
        grid.prepare([], threads=1)
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(SystemExit) as ended:
        grid.prepare([], threads=1)
    assert ended.value.code == ConfigError.exit_code
