"""Systems on test sets with the truth known: what a level of 95 % is measured on.

A sentence has a number of gold entities and a difficulty that all models share; a system fares on a
sentence in a way of its own, and so does each of its trained models; a training has its luck, and
one in so many learns nothing. The expected F1 of a system, over all sentences and all trainings
that learn, is known by quadrature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import brentq

from harness.statistics.samples import Floats, Sample

HARD, KIND, OWN = (
    1.3,
    0.5,
    0.8,
)  # spread of difficulty, of a system on it, and of a model, in logits
ENTITIES = 1.5  # gold entities in a sentence, on average
CELLS = 1_000_000  # sentences x models made at once
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_SPREAD = float(np.hypot(np.hypot(HARD, KIND), OWN))


@dataclass(frozen=True, slots=True)
class System:
    """What a system can: ``ability`` and ``luck`` in logits; ``fails`` of its trainings do."""

    ability: float
    luck: float
    fails: float = 0.0
    failed: float = -4.0  # the ability of a training that learned next to nothing

    @property
    def learned_f1(self) -> float:
        """The mean of F1 over trainings that learn, on the whole population."""
        return float(_WEIGHTS @ _f1(self.ability + self.luck * _NODES) / _WEIGHTS.sum())

    @property
    def f1(self) -> float:
        """The mean of F1 over all trainings."""
        [lost] = _f1(np.array([self.failed]))
        return float((1 - self.fails) * self.learned_f1 + self.fails * lost)


def _f1(abilities: Floats) -> Floats:
    """F1 on the whole population of models of these abilities."""
    chance = 1 / (1 + np.exp(-abilities[:, None] - _SPREAD * _NODES)) @ _WEIGHTS / _WEIGHTS.sum()
    right, wrong = ENTITIES * chance, (1 - chance) * (0.8 * ENTITIES + 0.05)
    return np.asarray(2 * right / (ENTITIES + right + wrong))


@cache
def system(f1: float, luck: float, fails: float = 0.0) -> System:
    """The system with this mean F1 of trainings that learn, and this deviation between them.

    Args:
        f1: a fraction.
        luck: the standard deviation between trainings, a fraction.
        fails: the share of trainings that learn nothing.
    """
    near = brentq(lambda ability: _f1(np.array([ability]))[0] - f1, -5, 10)
    slope = float(np.diff(_f1(np.array([near - 0.05, near + 0.05])))[0]) / 0.1
    spread = luck / slope
    ability = brentq(lambda ability: System(ability, spread).learned_f1 - f1, -5, 10)
    return System(ability, spread, fails)


def tables(
    rng: np.random.Generator, systems: Sequence[System], seeds: int, sentences: int, number: int
) -> list[dict[str, Sample]]:
    """``number`` tables of the systems, each on a test set and with trainings of its own."""
    shape = (number, len(systems), seeds, sentences)
    gold = rng.poisson(rng.gamma(1.2, ENTITIES / 1.2, (number, 1, 1, sentences)))
    hard = HARD * _normal(rng, (number, 1, 1, sentences))
    kind = KIND * _normal(rng, (number, len(systems), 1, sentences))
    skill = _trained(rng, systems, shape[:3]) + kind + OWN * _normal(rng, shape) - hard
    chance = 1 / (1 + np.exp(-skill))
    gold = np.broadcast_to(gold, shape)
    right = rng.binomial(gold, chance)
    wrong = rng.poisson((1 - chance) * (0.8 * gold + 0.05))
    size = gold + right + wrong
    return [
        {f"row {row}": Sample(right[table, row], size[table, row]) for row in range(len(systems))}
        for table in range(number)
    ]


def at_once(systems: int, seeds: int, sentences: int) -> int:
    """How many tables to make at once."""
    return max(1, CELLS // (systems * seeds * sentences))


def _trained(rng: np.random.Generator, systems: Sequence[System], shape: tuple[int, ...]) -> Floats:
    """The ability of each trained model: (tables, systems, seeds, 1)."""
    ability, luck, fails, failed = (
        np.array([getattr(one, name) for one in systems])[:, None]
        for name in ("ability", "luck", "fails", "failed")
    )
    learned = ability + luck * rng.standard_normal(shape)
    return np.where(rng.random(shape) < fails, failed, learned)[..., None]


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape, dtype=np.float32)
