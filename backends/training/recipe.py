"""How to train: the options that every trained family has, checked together when they are given."""

from dataclasses import dataclass

from backends.training.optimiser import Schedule
from harness.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. Budgets are in slots of one micro-batch, shares in fractions of training."""

    epochs: int
    batch_units: int
    accumulate: int
    learning_rate: float
    head_lr: float | None
    weight_decay: float
    schedule: Schedule
    warmup: float
    clip: float
    patience: int

    def __post_init__(self) -> None:
        bounds = {
            "epochs": self.epochs >= 1,
            "batch_units": self.batch_units >= 1,
            "accumulate": self.accumulate >= 1,
            "learning_rate": self.learning_rate > 0,
            "head_lr": self.head_lr is None or self.head_lr > 0,
            "weight_decay": self.weight_decay >= 0,
            "warmup": 0 <= self.warmup < 1,
            "clip": self.clip >= 0,
            "patience": self.patience >= 0,
        }
        wrong = [f"{name}={getattr(self, name)}" for name, right in bounds.items() if not right]
        if wrong:
            msg = f"training cannot be done with {', '.join(wrong)}"
            raise ConfigError(msg)
