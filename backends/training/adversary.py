"""Adversarial training on embeddings: the fast gradient method.

After the gradient of an update, the embeddings E are moved by ``size * g / |g|``, where g is their
gradient, and the gradient there is added (Miyato et al. 2017, "Adversarial training methods for
semi-supervised text classification", equation 5). Then E is put back, bit for bit. Both gradients
are those of the whole effective batch, so accumulation changes nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from harness.errors import ConfigError


@contextmanager
def moved(embeddings: torch.nn.Parameter, size: float) -> Iterator[None]:
    """Have ``embeddings`` moved by ``size`` along their gradient while the block runs.

    Raises:
        ConfigError: for embeddings that are not trained.
    """
    gradient = embeddings.grad
    if gradient is None:
        msg = (
            f"adversarial={size:g}: the embeddings of this model are not trained, so there is no "
            "gradient to move them along; set adversarial=0, or lora=0"
        )
        raise ConfigError(msg)
    kept = embeddings.detach().clone()
    with torch.no_grad():
        # A norm of 0 has no direction: then nothing is moved.
        embeddings.add_(gradient * (size / gradient.norm().clamp(min=torch.finfo(kept.dtype).tiny)))
    try:
        yield
    finally:
        with torch.no_grad():
            embeddings.copy_(kept)
