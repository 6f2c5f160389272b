"""One thread for every model, and no network: set before anything imports torch."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
from hypothesis import settings

settings.register_profile("ci", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _one_thread():
    import sys

    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
