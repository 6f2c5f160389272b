"""What a library writes for its owner alone is as open as what the harness writes beside it."""

import os
import stat

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


def test_a_mode_that_somebody_chose_is_left(tmp_path):
    chosen = tmp_path / "run.sh"
    chosen.touch(0o700)
    as_usual(tmp_path)
    assert mode(chosen) == 0o700


def test_what_a_link_leads_to_is_left(tmp_path):
    key = tmp_path / "key"
    key.touch(0o600)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link").symlink_to(key)
    as_usual(folder)
    assert mode(key) == 0o600
