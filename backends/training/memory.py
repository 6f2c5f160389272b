"""Lack of memory, whatever device and library call it."""

import torch

# What torch and oneDNN say on a CPU, which has no error of its own for it.
_WORDS = ("can't allocate memory", "not enough memory", "bad_alloc", "Cannot allocate memory")


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)
