"""A search: every trial counted, the same ones however often it was interrupted, none of a seed."""

import contextlib
import json
import math

import pytest

from harness.errors import ConfigError
from harness.tuning import search, space
from harness.tuning.search import STARTUP, TrialError, opened

FILE = """\
rate: {low: 0.001, high: 1.0, log: true}
depth: {low: 1, high: 6}
kind: {choices: [plain, wide]}
"""
BEGIN = {"rate": 0.01, "depth": 2, "kind": "plain"}


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    path.write_text(FILE, encoding="utf-8")
    return space.read("any", path)


def f1(values, epoch):
    """A training that learns: how well depends on its options, and grows by the epoch."""
    best = 0.9 - 0.1 * abs(math.log10(values["rate"]) + 1) - 0.02 * abs(values["depth"] - 4)
    return (best - 0.1 * (values["kind"] == "plain")) * (1 - 0.5**epoch)


class Trainer:
    """Trains for five epochs; ``ends_at`` is the look at dev at which it is interrupted."""

    def __init__(self, ends_at=None):
        self.looks, self.ends_at, self.begun = 0, ends_at, []

    def __call__(self, values, report):
        self.begun.append(values)
        if values["depth"] == 6:
            raise TrialError("out of memory")
        for epoch in range(1, 6):
            self.looks += 1
            if self.looks == self.ends_at:
                raise KeyboardInterrupt
            if not report(f1(values, epoch)):
                return None
        return f1(values, 5)


def facts(found):
    return [(t.number, t.state.name, t.params, t.value, t.intermediate_values)
            for t in found.finished]  # fmt: skip


def searched(path, wanted, trials=14, trainer=None, **identity):
    told = []
    found = opened(path, wanted, BEGIN, {"data": "abc", **identity})
    found.run(trials, trainer or Trainer(), told.append)
    return facts(found), found.counts(), found.best, told


@pytest.fixture(scope="module")
def whole(tmp_path_factory, wanted):
    return searched(tmp_path_factory.mktemp("whole") / "a.journal", wanted)


def test_it_begins_with_the_options_as_they_are_and_finds_better_ones(whole):
    trials, counts, best, told = whole
    assert trials[0][2] == BEGIN
    assert counts["trials"] == len(trials) == len(told) == 14
    assert best.value > f1(BEGIN, 5) + 0.05
    assert told[0].startswith("trial 1 of 14: dev F1 ")


@pytest.mark.parametrize(
    "outside",
    [{"depth": 9}, {"kind": "tall"}, {"rate": 5.0, "depth": None}, {"depth": 2.5}],
    ids=["above its range", "no choice", "several", "between whole numbers"],
)
def test_it_begins_with_the_options_as_they_are_where_they_are_outside_of_the_space(
    outside, tmp_path, wanted
):
    """Else a search would end with less than what was there before it, and not say so."""
    begin = BEGIN | outside
    tried, told = [], []

    def train(values, report):
        tried.append(values)
        return 0.9 if values == begin else 0.5

    for trials in (1, 8):  # the second goes on with what the first has in its journal
        found = opened(tmp_path / "a.journal", wanted, begin, {"data": "abc"})
        found.run(trials, train, told.append)
    assert tried[0] == begin
    assert all(set(each) == set(BEGIN) and each != begin for each in tried[1:])
    assert found.options_of(found.best) == begin
    assert told[0].startswith("trial 1 of 1: dev F1 90.00: rate=")
    assert found.counts()["trials"] == len(tried) == len(told) == 8


def test_interrupted_in_options_outside_of_the_space_it_begins_with_them_again(tmp_path, wanted):
    begin = BEGIN | {"rate": 5.0}
    for trainer in (Trainer(ends_at=2), Trainer()):
        found = opened(tmp_path / "a.journal", wanted, begin, {})
        with contextlib.suppress(KeyboardInterrupt):
            found.run(3, trainer, [].append)
        assert trainer.begun[0] == begin
    assert found.counts()["trials"] == 3


def test_what_is_below_the_median_of_the_trials_so_far_is_pruned_and_counts(tmp_path, wanted):
    class Fading(Trainer):
        def __call__(self, values, report):
            if len(self.begun) < STARTUP + 2:
                return super().__call__(values, report)
            looks = [report(0.01) for _ in range(3)]
            assert looks == [True, True, False]  # after two epochs of grace
            return None

    trials, counts, _, told = searched(tmp_path / "a.journal", wanted, 9, Fading())
    assert counts == {"trials": 9, "pruned": 2, "failed": counts["failed"]}
    assert [state for _, state, *_ in trials[-2:]] == ["PRUNED", "PRUNED"]
    assert ": pruned: " in told[-1]


def test_interrupted_at_any_look_it_goes_on_with_the_same_trials(whole, tmp_path, wanted):
    expected = whole[0]
    looks = sum(len(reports) for *_, reports in expected)
    for at in range(1, looks, 17):
        path = tmp_path / f"{at}.journal"
        with pytest.raises(KeyboardInterrupt):
            searched(path, wanted, trainer=Trainer(at))
        assert searched(path, wanted)[0] == expected, at


def test_a_larger_number_of_trials_goes_on(whole, tmp_path, wanted):
    searched(tmp_path / "some.journal", wanted, trials=4)
    trainer = Trainer()
    assert searched(tmp_path / "some.journal", wanted, trainer=trainer)[0] == whole[0]
    assert len(trainer.begun) == 10


def test_a_trial_that_fails_counts_and_the_others_go_on(tmp_path, wanted):
    class Failing(Trainer):
        def __call__(self, values, report):
            if len(self.begun) == 1:
                self.begun.append(values)
                raise TrialError("out of memory")
            return super().__call__(values, report)

    _, counts, _, told = searched(tmp_path / "a.journal", wanted, 4, Failing())
    assert counts["failed"] >= 1
    assert counts["trials"] == 4
    assert "failed (out of memory)" in told[1]


def test_trials_that_all_fail_are_one_message(tmp_path, wanted):
    def fails(values, report):
        raise TrialError("no such weights")

    with pytest.raises(TrialError, match=r"none of 3 trials ended well.*no such weights"):
        searched(tmp_path / "a.journal", wanted, 3, fails)


def test_a_journal_of_other_data_is_refused_by_name(tmp_path, wanted):
    searched(tmp_path / "a.journal", wanted, trials=1, code="1")
    with pytest.raises(ConfigError, match=r"a\.journal was begun with: code; go on"):
        searched(tmp_path / "a.journal", wanted, trials=2, code="2")


def test_a_last_line_that_was_cut_is_no_loss(whole, tmp_path, wanted):
    """A full disk leaves half a line, and what is written after it must still be read."""
    path = tmp_path / "a.journal"
    searched(path, wanted, trials=4)
    with path.open("ab") as stream:
        stream.write(b'{"op_code": 6, "worker_id": "')
    searched(path, wanted, trials=5)
    assert searched(path, wanted)[0] == whole[0]


def test_a_line_that_cannot_be_read_is_named(tmp_path, wanted):
    path = tmp_path / "a.journal"
    searched(path, wanted, trials=2)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"<<<<<<< HEAD\n", *lines[3:]]))
    with pytest.raises(ConfigError, match=r"a\.journal:4: it cannot be read .*another -o"):
        searched(path, wanted, trials=3)


@pytest.mark.parametrize(
    ("lost", "message"),
    [(0, "2 trials were begun in it, and 0 are there"), (2, "begun with: ")],
)
def test_trials_do_not_stop_counting_where_a_line_is_taken_out(lost, message, tmp_path, wanted):
    """0 begins a search, 2 says of what it is."""
    path = tmp_path / "a.journal"
    searched(path, wanted, trials=2)
    lines = path.read_text().splitlines(keepends=True)
    kept = [each for each in lines if json.loads(each)["op_code"] != lost]
    assert len(kept) < len(lines)
    path.write_text("".join(kept))
    with pytest.raises(ConfigError, match=message):
        searched(path, wanted, trials=3)


def test_the_number_that_begins_a_trial_is_that_of_optuna():
    storage = pytest.importorskip("optuna.storages.journal._storage")
    assert search._BEGIN_TRIAL == storage.JournalOperation.CREATE_TRIAL


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("seed: {choices: [1, 2]}", r"space\.yaml:2: seed is never tuned"),
        ("limit: {low: 1, high: 2}", r"space\.yaml:2: limit concerns every row"),
        ("dept: {low: 1, high: 2}", r"dept is not an option of any \(did you mean 'depth'\?\)"),
    ],
)
def test_what_is_no_option_is_refused_with_its_line(line, message, tmp_path):
    (tmp_path / "space.yaml").write_text(f"depth: {{low: 1, high: 2}}\n{line}\n", encoding="utf-8")
    found = space.read("any", tmp_path / "space.yaml")
    with pytest.raises(ConfigError, match=message):
        found.require_options("any", ("depth", "rate"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rate: {low: 1}", "expected low and high, or choices"),
        ("rate: {low: 1, high: 2, choices: [1]}", "expected low and high, or choices"),
        ("rate: {low: 2, high: 1}", "there is nothing between"),
        ("rate: {low: 0, high: 1, log: true}", "a logarithmic range begins above 0"),
        ("rate: {lowest: 1}", "lowest"),
        ("{}", "at least 1"),
    ],
)
def test_a_range_that_is_none_is_refused(line, message, tmp_path):
    (tmp_path / "space.yaml").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        space.read("any", tmp_path / "space.yaml")


def test_a_backend_without_a_space_is_told_which_have_one():
    with pytest.raises(ConfigError, match="shipped are those of bert-crf"):
        space.read("gazetteer")
