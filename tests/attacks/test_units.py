"""A generator that stops early, and one that hides it: every unit is in one of three sums."""

import json

import pytest
from program import called, harness

from harness.core import Sentence, Text
from harness.data.windows import WindowPolicy
from harness.runs.decode import decode
from harness.tags import tag_set

BREAKS_OFF = '''
from harness.core import Text
from harness.protocol import FitReport

class Backend:
    family = "adversary"

    def __init__(self, context, *, after: int = 1):
        self.after = after

    def fit(self, train, dev):
        return FitReport("none", 0, 0)

    def predict(self, sentences):
        """Char and tag, broken off after some units of each sentence."""
        return [Text(" ".join(f"{u} O" for u in s.units[: self.after]), "char-tag")
                for s in sentences]

    def save(self, folder): pass
    def load(self, folder): pass
'''


@pytest.mark.slow
def test_an_answer_cut_after_one_unit_and_one_cut_before_the_last_are_told_apart(
    task, offer, tmp_path
):
    site = offer("breaksoff", BREAKS_OFF)
    sums = {}
    for after in (1, 6):
        harness(
            "run", "--backend", "breaksoff", "--task", task, "--set", f"after={after}",
            "--seed", 1, "--output", f"after{after}", folder=tmp_path, paths=[site],
        )  # fmt: skip
        (path,) = tmp_path.glob(f"after{after}/tiny/*/metrics.json")
        metrics = json.loads(path.read_text(encoding="utf-8"))
        assert metrics["fates"] == metrics["free"]["fates"]
        assert metrics["free"]["repairs"] == {"cut_off": 3}  # the same for both
        sums[after] = metrics["fates"]
    assert sums[1] == {"predicted": 3, "repaired": 0, "unanswered": 19}
    assert sums[6] == {"predicted": 18, "repaired": 0, "unanswered": 4}
    out, _ = called("score", "after1", folder=tmp_path)
    assert "3 units predicted, 0 repaired, 19 never answered" in out


def test_units_of_a_long_text_are_counted_once_by_the_window_that_owns_them():
    sentence = Sentence("s", tuple("甲" * 100))
    windows = WindowPolicy(40, 8).cut(sentence)
    texts = [Text("", "char-tag") if at else Text(" ".join(["甲 O"] * len(w.view)), "char-tag")
             for at, w in enumerate(windows)]  # fmt: skip
    fates = decode(texts, windows, tag_set(["PER"]))["s"].fates
    owned = windows[0].owned_end
    assert fates == "p" * owned + "-" * (100 - owned)
