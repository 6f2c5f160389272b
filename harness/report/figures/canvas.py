"""One style for all figures: each is drawn on a figure of its own, without global state.

Equal results give equal bytes: no date, and a fixed salt for the ids inside an SVG.
"""

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, filterwarnings

from harness import fonts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito: told apart with any kind of colour vision; markers tell them apart without colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8A7700")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES = ("-", "--", "-.", ":")
GRID = "#d9dce1"
SOFT = "#5b626d"
DOTS = 100  # per inch
SHADES = 128  # of a PNG: enough for lines, text and maps, at a third of the bytes
_COORDINATES = re.compile(rb' (?:d|x|y)="[^"]*"')
_LONG = re.compile(rb"(\.\d\d)\d+")  # a hundredth of a point is seen by nobody, at half the bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure in both formats; with no bytes if it could not be drawn, as its caption says."""

    name: str
    caption: str
    svg: bytes = b""
    png: bytes = b""

    @property
    def content(self) -> bytes:
        """What the page embeds: the smaller of the two."""
        return min(self.svg, self.png, key=len)

    @property
    def mime(self) -> str:
        """The type of ``content``."""
        return "image/svg+xml" if self.content is self.svg else "image/png"

    @property
    def uri(self) -> str:
        """``content`` as a page holds it."""
        return f"data:{self.mime};base64,{base64.b64encode(self.content).decode()}"


def colour(index: int) -> str:
    """The colour of the row at ``index``."""
    return COLOURS[index % len(COLOURS)]


def marker(index: int) -> str:
    """The marker of the row at ``index``."""
    return MARKERS[index % len(MARKERS)]


def picture(
    name: str, caption: str, size: tuple[float, float], draw: Callable[["Figure"], None]
) -> Picture:
    """The picture that ``draw`` makes; ``size`` is in inches."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_style()):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        try:
            fonts.require(texts(figure))
        except fonts.FontMissingError as error:
            return Picture(name, f"{caption} Not drawn: {error}")
        return Picture(name, caption, _svg(figure), _png(figure))


def texts(figure: "Figure") -> Iterable[str]:
    """All text of a figure."""
    from matplotlib.text import Text

    with catch_warnings():
        # A missing glyph is looked for by us, and told with what to do about it.
        filterwarnings("ignore", message="Glyph .* missing from font")
        figure.draw_without_rendering()
    figure.set_layout_engine("none")  # it is laid out: each format would do it again
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible()]


def _svg(figure: "Figure") -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return _COORDINATES.sub(lambda some: _LONG.sub(rb"\1", some.group()), stream.getvalue())


def _png(figure: "Figure") -> bytes:
    from PIL import Image

    drawn, stream = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", dpi=DOTS)
    image = Image.open(drawn).convert("RGB")
    # Maximum coverage keeps rare colours apart: a thin line must have the colour of its legend.
    few = image.quantize(SHADES, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(stream, format="png", optimize=True)
    return stream.getvalue()


def _style() -> dict[str, Any]:
    return {
        "font.family": fonts.families(),
        "font.size": 10,
        "text.parse_math": False,
        "svg.fonttype": "path",
        "svg.hashsalt": "ner-harness",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": SOFT,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
        "grid.color": GRID,
        "grid.linewidth": 0.7,
        "legend.frameon": False,
        "figure.facecolor": "white",
        "figure.constrained_layout.w_pad": 0.12,
        "figure.constrained_layout.h_pad": 0.1,
    }
