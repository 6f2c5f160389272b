"""One thread for every model, and no network: set before anything imports torch."""

import os
import signal
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
from hypothesis import settings
from offline import no_network
from own_entry_points import own_entry_points

OFFLINE = Path(no_network.__file__).parent
REACHED = Path(tempfile.mkdtemp(prefix="ner-harness-tests-")) / "reached"
os.environ[no_network.VARIABLE] = str(REACHED)
no_network.install()
# The entry points of the tree under test, whatever the installed one had when it was installed.
OWN = str(own_entry_points(Path(tempfile.mkdtemp(prefix="ner-harness-tests-"))))
sys.path.insert(0, OWN)
inherited = filter(None, [str(OFFLINE), OWN, os.environ.get("PYTHONPATH")])
os.environ["PYTHONPATH"] = os.pathsep.join(inherited)  # each Python that a test starts

# In the background a shell lets tests ignore such signals, and so all that they start.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler)

settings.register_profile("ci", deadline=None, derandomize=True, database=None, max_examples=60)
settings.register_profile("long", deadline=None, database=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def browser():
    """A Chromium for all tests of pages; they are skipped where none starts."""
    from browser import Browser, NoBrowserError

    if find_spec("PyQt6") is None:
        pytest.skip("no browser: pip install 'ner-harness[browser]'")
    try:
        made = Browser()
    except NoBrowserError as error:
        pytest.skip(f"no browser starts here: {error}")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _one_thread():
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _no_network():
    """A test whose processes asked for another machine fails, whatever they made of the refusal."""
    yield
    if REACHED.exists():
        asked = REACHED.read_text()
        REACHED.unlink()
        pytest.fail(f"asked for over the network: {asked}")
