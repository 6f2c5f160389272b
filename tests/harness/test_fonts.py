"""A font that is installed as the message says is found by the next command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import fonts

pytestmark = pytest.mark.slow
SOURCE = Path(fonts.__file__).parents[1]


def python(home, code):
    environment = os.environ | {
        "HOME": str(home), "XDG_DATA_HOME": str(home / "share"), "PYTHONPATH": str(SOURCE),
        "MPLCONFIGDIR": str(home / "matplotlib"), fonts.VARIABLE: "",
    }  # fmt: skip
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def made_font(path):
    """A copy of the Latin font under the name of the one that the message advises."""
    from fontTools.ttLib import TTFont

    font = TTFont(fonts.latin())
    for entry in font["name"].names:
        if entry.nameID in (1, 16):
            entry.string = "WenQuanYi Micro Hei"
    path.parent.mkdir(parents=True)
    font.save(path)


def test_a_font_installed_after_matplotlib_made_its_list_is_found(tmp_path):
    ask = "from harness import fonts; print(fonts.chinese())"
    before = python(tmp_path, ask)
    if before != "None":
        pytest.skip(f"this machine has {before}")
    path = tmp_path / "share" / "fonts" / "wqy.ttf"
    made_font(path)
    listed = (
        "from matplotlib.font_manager import fontManager as m; print(*{e.name for e in m.ttflist})"
    )
    assert "WenQuanYi" not in python(tmp_path, listed)
    assert python(tmp_path, ask) == str(path)


def test_what_is_no_font_is_passed_over(tmp_path):
    folder = tmp_path / "share" / "fonts"
    folder.mkdir(parents=True)
    (folder / "broken.ttf").write_bytes(b"no font")
    made_font(folder / "new" / "wqy.ttf")
    ask = "from harness import fonts; print(fonts._installed_since(set()))"
    assert python(tmp_path, ask).endswith(("wqy.ttf", ".ttc", ".otf"))
