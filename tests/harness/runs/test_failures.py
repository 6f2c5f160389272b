"""What went wrong in a run, as one message with the exit code of its kind."""

import errno
import json
import os
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from harness.results import reader
from harness.results.store import FAILED
from harness.runs.failures import Failure, failure_of, record

MORE_THAN_THERE_IS = 2**60  # bytes


def allocated(library):
    """Nothing: no machine has so much memory."""
    if library == "torch":
        return torch.empty(MORE_THAN_THERE_IS, dtype=torch.uint8)
    if library == "numpy":
        return np.empty(MORE_THAN_THERE_IS, "u1")
    if library == "python":
        return bytes(MORE_THAN_THERE_IS)
    raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))  # as fork and mmap do


@pytest.mark.parametrize("library", ["torch", "numpy", "python", "the system"])
def test_an_allocation_that_fails_on_a_cpu_is_out_of_memory(library, tmp_path):
    with pytest.raises((RuntimeError, MemoryError, OSError)) as caught:
        allocated(library)
    failure = failure_of(caught.value, tmp_path)
    assert failure.exit_code == 6
    assert re.match("out of memory(: .+)?; set window_limit", failure.message)
    assert failure.message.endswith("sentences in temporary files (NER_HARNESS_MEMORY_MIB=0)")


def test_a_message_with_half_a_character_in_it_is_recorded(tmp_path):
    """As of a plugin that quotes what it was given, or of a path that is no UTF-8."""
    cell = SimpleNamespace(folder=tmp_path, about={"backend": "odd"})
    record(cell, Failure("no entity in 'a\ud800'", 1, "Traceback of \ud800"))
    assert json.loads((tmp_path / FAILED).read_text(encoding="utf-8"))["error"].endswith("\ud800'")
    (rejected,) = reader.read([tmp_path]).rejected
    assert "\\ud800" in rejected.notice


def test_another_error_of_a_library_is_not_taken_for_it(tmp_path):
    failure = failure_of(RuntimeError("mat1 and mat2 shapes cannot be multiplied"), tmp_path)
    assert failure.exit_code == 1
    assert failure.message.startswith("RuntimeError: mat1 and mat2")
