"""A pretrained model on disk, in the layout of transformers: configuration and safetensors.

Weights are written in bf16, half the size: tasks go on from them in fp32.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

import torch

from backends.generating import pretrained


def save(model: Any, folder: Path) -> int:
    """Write ``model`` (of transformers) into ``folder``; gives the scalars in it."""
    pretrained.save(deepcopy(model).to("cpu", torch.bfloat16), folder)
    return sum(parameter.numel() for parameter in model.parameters())
