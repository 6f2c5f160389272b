"""What moves the weights: AdamW, or Muon for the matrices of layers and AdamW for all else.

Muon (Jordan et al. 2024; Liu et al. 2025, "Muon is scalable for LLM training") makes an update of a
hidden matrix orthogonal. Its updates are scaled to the size of AdamW's, so both have one rate.
Embeddings, norms and what makes scores are AdamW's, as its authors say.
"""

from typing import Any

import torch

from backends.pretraining.recipe import PretrainRecipe
from backends.training.optimiser import adamw, decay_groups


class Optimisers:
    """Several optimisers as one."""

    def __init__(self, parts: list[torch.optim.Optimizer]) -> None:
        self.parts = parts

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all of them."""
        return [group for part in self.parts for group in part.param_groups]

    def step(self) -> None:
        """Move the weights."""
        for part in self.parts:
            part.step()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        """The state of each."""
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, state: list[dict[str, Any]]) -> None:
        """Take the state of each."""
        for part, own in zip(self.parts, state, strict=True):
            part.load_state_dict(own)


def optimisers(model: torch.nn.Module, recipe: PretrainRecipe) -> Optimisers:
    """What ``recipe`` moves the weights of ``model`` with."""
    matrices = hidden_matrices(model) if recipe.optimiser == "muon" else []
    taken = {id(matrix) for matrix in matrices}
    rest = ((name, p) for name, p in model.named_parameters() if id(p) not in taken)
    parts: list[torch.optim.Optimizer] = [
        adamw(decay_groups(rest, recipe.learning_rate, recipe.weight_decay))
    ]
    if matrices:
        parts.append(
            torch.optim.Muon(
                matrices,
                lr=recipe.learning_rate,
                weight_decay=recipe.weight_decay,
                adjust_lr_fn="match_rms_adamw",
            )
        )
    return Optimisers(parts)


def hidden_matrices(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    """The matrices of linear layers, but those that are embeddings too or give a single score."""
    from transformers.pytorch_utils import Conv1D

    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    layers = [m for m in model.modules() if isinstance(m, (torch.nn.Linear, Conv1D))]
    found = {id(layer.weight) for layer in layers if min(layer.weight.shape) > 1} - embeddings
    return [parameter for parameter in model.parameters() if id(parameter) in found]
