"""seqeval comes without scikit-learn, and neither of the two notices."""

import subprocess
import sys

import pytest

SCORED = """
import sys, warnings
{before}
from harness.scoring import seqeval_alone
for score in (seqeval_alone.by_default(), seqeval_alone.strict()):
    assert score([["B-A", "I-A"]], [["B-A", "I-A"]], average="micro")[2] == 1.0
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        score([["O"]], [["O"]], average="micro")
    assert {{one.category.__name__ for one in seen}} == {{"UndefinedMetricWarning"}}
print("LOADED", *[name for name in ("sklearn", "scipy.stats") if name in sys.modules])
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import f1_score
print("THEN", sys.modules["sklearn.exceptions"] is sys.modules["sklearn"].exceptions)
"""


def after(before):
    done = subprocess.run(
        [sys.executable, "-c", SCORED.format(before=before)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded, then = done.stdout.splitlines()
    return loaded.split()[1:], then


def test_a_score_of_seqeval_loads_no_scikit_learn():
    assert after("") == ([], "THEN True")


@pytest.mark.parametrize("before", ["import sklearn.metrics", "import sklearn.exceptions"])
def test_one_that_is_there_is_used(before):
    assert after(before) == (["sklearn", "scipy.stats"], "THEN True")
