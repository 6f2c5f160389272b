"""The generators that training draws from, as a state that can be kept and put back."""

import random
from typing import Any

import numpy as np
import torch


class Randomness:
    """The global generators of Python, numpy and torch, on all devices."""

    def state_dict(self) -> dict[str, Any]:
        """Where all of them stand, in tensors and plain values."""
        name, keys, *place = np.random.get_state(legacy=True)
        return {
            "python": random.getstate(),
            "numpy": (name, list(map(int, keys)), *place),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Have all of them go on from what ``state_dict`` gave."""
        random.setstate(state["python"])
        np.random.set_state(state["numpy"])
        torch.set_rng_state(state["torch"])
        if state["cuda"]:
            torch.cuda.set_rng_state_all(state["cuda"])
