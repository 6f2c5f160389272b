"""Which characters of a window are hidden: a share of them, in short spans at random places.

Raffel et al. 2020, "Exploring the limits of transfer learning", section 3.1.4: the hidden and the
open characters are both cut into random parts, which alternate, so that the share is exact and no
two spans touch. They alternate on a circle that is turned at random, so that the ends of a window
are hidden as often as its middle. Places that are no characters are passed over; a span may go on
behind one.
"""

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.bool_]


def hidden(may: Places, share: float, mean: float, rng: np.random.Generator) -> Places:
    """Which places of a window are hidden (length,).

    Args:
        may: which may be (length,).
        share: of those that may.
        mean: the mean length of a span.
        rng: draws lengths and places.
    """
    places = np.flatnonzero(may)
    count = round(share * len(places))
    if not 0 < count < len(places):
        return np.zeros_like(may)
    spans = min(max(1, round(count / mean)), len(places) - count)
    parts = (_parts(len(places) - count, spans, rng), _parts(count, spans, rng))
    flags = np.repeat(np.tile([False, True], spans), np.stack(parts, axis=1).ravel())
    chosen = np.zeros_like(may)
    chosen[places[np.roll(flags, rng.integers(len(flags)))]] = True
    return chosen


def _parts(total: int, number: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """``total`` as a sum of ``number`` parts of 1 or more, each such sum equally likely."""
    cuts = np.sort(rng.choice(total - 1, number - 1, replace=False)) + 1
    return np.diff(np.concatenate(([0], cuts, [total])))


def runs(chosen: Places) -> list[tuple[int, int]]:
    """Where ``chosen`` places are together: start and end of each, half-open."""
    edges = np.diff(np.concatenate(([False], chosen, [False])).astype(np.int8))
    return list(zip(*(np.flatnonzero(edges == way).tolist() for way in (1, -1)), strict=True))
