"""Which sentences a page has room for: all, or a sample that is drawn the same way every time.

Sentences that some run has wrong come first, since the page is there to look at them. Among these,
and among the others, the SHA-256 of the id decides, and not the order of the file.
"""

import hashlib
from collections.abc import Sequence

from harness.report.sentences import Encoded

ROOM = 4_000_000  # bytes of sentences on a page; tables and figures take up to 1 MB more


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
