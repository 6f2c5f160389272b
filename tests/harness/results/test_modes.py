"""What a library writes for its owner alone is as open as what the harness writes beside it."""

import os
import stat
from pathlib import Path

import pytest
from safetensors.numpy import save_file

from harness.results.modes import as_usual


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o002, 0o077])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_model_has_the_mode_of_any_other_file(tmp_path, umask):
    model = tmp_path / "deep" / "model.safetensors"
    model.parent.mkdir()
    save_file({}, model)
    assert mode(model) == 0o600  # or nothing here is needed any more
    as_usual(tmp_path)
    assert mode(model) == 0o666 & ~umask
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


@pytest.mark.parametrize(("name", "chosen"), [("model.safetensors", 0o700), ("api.key", 0o600)])
def test_a_mode_that_somebody_chose_is_left(name, chosen, tmp_path):
    path = tmp_path / name
    path.touch(chosen)
    as_usual(tmp_path)
    assert mode(path) == chosen


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_what_a_link_leads_to_is_left(link, tmp_path):
    key = tmp_path / "key"
    key.touch(0o600)
    folder = tmp_path / "model"
    folder.mkdir()
    link(folder / "model.safetensors", key)
    as_usual(folder)
    assert mode(key) == 0o600


def test_a_disk_that_knows_no_modes_loses_no_training(tmp_path, monkeypatch):
    save_file({}, tmp_path / "model.safetensors")

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    as_usual(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
