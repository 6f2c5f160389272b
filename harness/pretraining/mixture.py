"""How much to read of each source: its size to a power, so that large sources do not drown others.

The size to the power of 1 is concatenation, of 0 an equal share for each. No source is read more
than ``passes`` times (Muennighoff et al. 2023, "Scaling data-constrained language models": up to
four passes over a text are worth nearly as much as new text); what it cannot take goes to the
others in their proportion.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.errors import ConfigError, did_you_mean
from harness.numbers import percent, whole

# No share of a text is computed with a number that would swallow all others.
MOST = 1e9


@dataclass(frozen=True, slots=True)
class Mixture:
    """How sources are mixed; ``factors`` multiply the share of those named, 1 for others.

    Raises:
        ConfigError: for numbers that no mixture can have.
    """

    power: float = 0.5
    passes: float = 4.0
    factors: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.power <= 1:
            msg = f"--power {self.power}: from 0 (equal shares) to 1 (concatenation)"
            raise ConfigError(msg)
        if not 0 < self.passes <= MOST:
            msg = f"--passes {self.passes}: each source is read in part or up to {MOST:g} times"
            raise ConfigError(msg)
        for name, factor in self.factors.items():
            if factor != 0 and not 1 / MOST <= factor <= MOST:
                msg = (
                    f"--weight {name}={factor}: 0 leaves a source out, 1 changes nothing; others "
                    f"are from {1 / MOST:g} to {MOST:g}"
                )
                raise ConfigError(msg)

    def shares(self, sizes: Mapping[str, int], total: int) -> dict[str, int]:
        """How many of ``total`` windows each source gives, of the ``sizes`` that it has.

        Raises:
            ConfigError: when the text does not suffice, or a factor is for no source.
        """
        for name in self.factors:
            if name not in sizes:
                near = did_you_mean(name, sizes)
                msg = f"--weight {name}: there is no such source{near}"
                raise ConfigError(msg)
        room = {name: int(size * self.passes) for name, size in sizes.items() if self._weight(name)}
        if sum(room.values()) < total:
            read, has = sum(room.values()), sum(sizes.values())
            msg = (
                f"{self.passes:g} passes over the {whole(has)} windows of the text are "
                f"{whole(read)}, and {whole(total)} are asked for: lower --characters to "
                f"{percent(read / total)} % of it, raise --passes, or give more text"
            )
            raise ConfigError(msg)
        weights = {name: self._weight(name) * sizes[name] ** self.power for name in room}
        return dict.fromkeys(sizes, 0) | _whole(_filled(weights, room, total), room, total)

    def _weight(self, name: str) -> float:
        return self.factors.get(name, 1.0)


def _filled(weights: Mapping[str, float], room: Mapping[str, int], total: int) -> dict[str, float]:
    """Shares in proportion to ``weights``, none above its room; they sum to ``total``."""
    shares: dict[str, float] = {}
    open_ = dict(weights)
    left = float(total)
    while open_:
        rate = left / sum(open_.values())
        full = [name for name, weight in open_.items() if weight * rate >= room[name]]
        if not full:
            return shares | {name: weight * rate for name, weight in open_.items()}
        for name in full:
            shares[name] = room[name]
            left -= room[name]
            del open_[name]
    return shares


def _whole(shares: Mapping[str, float], room: Mapping[str, int], total: int) -> dict[str, int]:
    """Whole numbers that sum to ``total``: the largest remainders are rounded up."""
    found = {name: int(share) for name, share in shares.items()}
    ranked = sorted(shares, key=lambda name: (found[name] - shares[name], name))
    for name in ranked:
        if sum(found.values()) < total and found[name] < room[name]:
            found[name] += 1
    return found
