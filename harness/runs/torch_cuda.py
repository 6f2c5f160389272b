"""Whether this process computes on a GPU, as far as torch knows; torch is not imported for it."""

import sys
from typing import Any


def torch_cuda() -> Any:
    """``torch.cuda`` once this process uses it, else None."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    return cuda if cuda is not None and cuda.is_available() and cuda.is_initialized() else None
