"""Text in pictures is drawn in fonts that have its characters, or not at all; never as boxes.

matplotlib and wordcloud draw an empty box for a character that the font lacks, with no error. Here
every character of a picture is looked up first.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from harness.errors import ConfigError

VARIABLE = "NER_HARNESS_FONT"
# Simplified Chinese first; the others cover the same characters with regional shapes.
FAMILIES = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "SimHei",
    "Droid Sans Fallback", "Noto Sans CJK JP", "Noto Sans CJK TC", "Arial Unicode MS",
)  # fmt: skip
HINT = (
    "install one (Debian and Ubuntu: apt-get install fonts-wqy-microhei, 1.6 MB, or "
    "fonts-noto-cjk; Fedora: google-noto-sans-cjk-fonts; macOS and Windows have one), or set "
    f"{VARIABLE} to a .ttf, .otf or .ttc file"
)


class FontMissingError(ConfigError):
    """No font at hand has the characters of a picture."""


def latin() -> Path:
    """The font that comes with matplotlib: Latin, Greek, Cyrillic, symbols."""
    from matplotlib import get_data_path

    return Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def chinese() -> Path | None:
    """A font with Chinese characters: the one named by the environment, else one installed.

    Raises:
        ConfigError: when the environment names a file that does not exist.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return _installed()
    if not Path(named).is_file():
        msg = f"{VARIABLE} names {named}, which is not a file; {HINT}"
        raise ConfigError(msg)
    return Path(named)


@cache
def _installed() -> Path | None:
    from matplotlib.font_manager import fontManager

    paths = {entry.name: Path(entry.fname) for entry in reversed(fontManager.ttflist)}
    known = next((paths[family] for family in FAMILIES if family in paths), None)
    return known or _installed_since(set(paths.values()))


def _installed_since(listed: set[Path]) -> Path | None:
    """A font that is not in the list, which matplotlib makes once and keeps between programs."""
    from matplotlib.font_manager import findSystemFonts
    from matplotlib.ft2font import FT2Font

    found: dict[str, Path] = {}
    for path in sorted(set(map(Path, findSystemFonts())) - listed):
        with suppress(RuntimeError, OSError):  # a file that is no font FreeType can read
            found.setdefault(FT2Font(str(path)).family_name, path)
    return next((found[family] for family in FAMILIES if family in found), None)


@cache
def characters(font: Path) -> frozenset[str]:
    """What ``font`` can draw."""
    from matplotlib.ft2font import FT2Font

    return frozenset(map(chr, FT2Font(str(font)).get_charmap()))


def missing(text: Iterable[str], fonts: Sequence[Path]) -> set[str]:
    """The visible characters of ``text`` that none of ``fonts`` has."""
    visible = {each for part in text for each in part if each.isprintable()}
    return visible.difference(*map(characters, fonts))


def available() -> list[Path]:
    """The fonts that pictures are drawn with, in the order in which they are tried."""
    return [latin(), *filter(None, [chinese()])]


def families() -> list[str]:
    """The names of ``available``, by which matplotlib knows them from here on."""
    from matplotlib.font_manager import FontProperties, fontManager

    names = ["DejaVu Sans"]
    if path := chinese():
        fontManager.addfont(path)
        names.append(FontProperties(fname=path).get_name())
    return names


def require(text: Iterable[str]) -> None:
    """Check that ``text`` can be drawn.

    Raises:
        FontMissingError: for the characters that no font has, with how to install one.
    """
    if lacking := missing(text, available()):
        some = "".join(sorted(lacking)[:12])
        msg = f"no font here can draw {len(lacking)} characters ({some}): {HINT}"
        raise FontMissingError(msg)
