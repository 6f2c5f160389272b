"""What a page has room for: tables and figures within bounds, and as many sentences as remain.

Sentences that some run has wrong come first, since the page is there to look at them. Among these,
and among the others, the SHA-256 of the id decides, and not the order of the file.
"""

import hashlib
from collections.abc import Iterable, Sequence

from harness.report.figures.canvas import Picture
from harness.report.sentences import Encoded

PAGE = 5_000_000  # bytes of a page
PICTURES = 1_000_000  # bytes of all its figures, as they are written into it


def with_room(sentences: Sequence[Encoded], sizes: Sequence[int], room: int) -> list[Encoded]:
    """Those of ``sentences`` that fit, in their order.

    Args:
        sentences: as ``harness.report.sentences`` encodes them.
        sizes: bytes of each on the page.
        room: bytes for all.
    """
    kept: set[int] = set()
    for place in sorted(range(len(sentences)), key=lambda place: _rank(sentences[place])):
        if sizes[place] <= room:
            room -= sizes[place]
            kept.add(place)
    return [sentence for place, sentence in enumerate(sentences) if place in kept]


def _rank(sentence: Encoded) -> tuple[bool, bytes]:
    identity, *_, answers = sentence
    is_right = isinstance(answers, list) and not any(answers)  # 0 is all right
    return is_right, hashlib.sha256(str(identity).encode("utf-8", "surrogatepass")).digest()


def pictures_with_room(drawn: Iterable[Picture], room: int, writer: str) -> tuple[Picture, ...]:
    """``drawn``; those that do not fit into ``room`` bytes say so in place of themselves.

    ``writer`` is the command that writes them as files.
    """
    left_out = f"Left out, since the page has no room for it; `{writer}` writes it as a file."
    shown: list[Picture] = []
    for picture in drawn:
        size = -(-len(picture.content) // 3) * 4  # in base 64
        fits = size <= room
        room -= size if fits else 0
        caption = picture.caption if fits else f"{picture.caption} {left_out}"
        shown.append(picture if fits else Picture(picture.name, caption))
    return tuple(shown)
