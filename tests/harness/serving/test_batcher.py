"""Requests that wait together are answered together, each with its own answers, in its order."""

import threading

import pytest

from harness.serving.batcher import Batcher, ClosedError, FullError


class Model:
    """Upper-cases; waits at the gate before the first batch, and notes what it was given."""

    def __init__(self):
        self.gate, self.reached, self.given = threading.Event(), threading.Event(), []

    def __call__(self, texts):
        self.given.append(list(texts))
        self.reached.set()
        assert self.gate.wait(30)
        if "bad" in texts:
            raise ValueError("bad text")
        return [text.upper() for text in texts]


@pytest.fixture
def model():
    return Model()


def waiting(model, **sizes):
    """A batcher whose model is at work on a first request."""
    batcher = Batcher(model, **sizes)
    first = batcher.submit(["first"])
    assert model.reached.wait(30)
    return batcher, first


def test_what_waits_is_joined_and_each_gets_its_own_in_order(model):
    batcher, first = waiting(model)
    later = [batcher.submit([f"a{i}", f"b{i}"]) for i in range(20)]
    assert batcher.length == 20
    model.gate.set()
    assert first.result(30) == ["FIRST"]
    assert [one.result(30) for one in later] == [[f"A{i}", f"B{i}"] for i in range(20)]
    assert [len(texts) for texts in model.given] == [1, 40]
    assert (batcher.requests, batcher.batches) == (21, 2)


def test_no_more_texts_are_joined_than_allowed_and_a_longer_request_goes_alone(model):
    batcher, _ = waiting(model, most=4)
    later = [batcher.submit([str(i)] * size) for i, size in enumerate([3, 2, 9, 1, 1])]
    model.gate.set()
    assert [len(one.result(30)) for one in later] == [3, 2, 9, 1, 1]
    assert [len(texts) for texts in model.given] == [1, 3, 2, 9, 2]


def test_one_that_fails_fails_alone(model):
    batcher, first = waiting(model)
    good, bad, other = batcher.submit(["x"]), batcher.submit(["bad"]), batcher.submit(["y"])
    model.gate.set()
    assert (good.result(30), other.result(30), first.result(30)) == (["X"], ["Y"], ["FIRST"])
    with pytest.raises(ValueError, match="bad text"):
        bad.result(30)


def test_one_that_was_given_up_is_not_answered(model):
    batcher, _ = waiting(model)
    gone, kept = batcher.submit(["gone"]), batcher.submit(["kept"])
    assert gone.cancel()
    model.gate.set()
    assert kept.result(30) == ["KEPT"]
    assert model.given[-1] == ["kept"]


def test_too_many_are_refused_at_once(model):
    batcher, _ = waiting(model, waiting=2)
    batcher.submit(["a"])
    last = batcher.submit(["b"])
    with pytest.raises(FullError):
        batcher.submit(["c"])
    model.gate.set()
    assert last.result(30) == ["B"]


def test_closing_answers_what_waits_and_nothing_after(model):
    batcher, first = waiting(model)
    last = batcher.submit(["last"])
    closing = threading.Thread(target=batcher.close)
    closing.start()
    model.gate.set()
    closing.join(30)
    assert not closing.is_alive()
    assert (first.result(0), last.result(0)) == (["FIRST"], ["LAST"])
    with pytest.raises(ClosedError):
        batcher.submit(["late"])


def test_a_model_that_does_not_end_is_not_waited_for_longer_than_said(model):
    batcher, first = waiting(model)
    later = batcher.submit(["later"])
    batcher.close(patience=0.1)
    with pytest.raises(ClosedError):
        later.result(1)
    assert not first.done()
    model.gate.set()
    assert first.result(30) == ["FIRST"]


def test_one_that_was_given_up_keeps_no_other_from_its_refusal(model):
    batcher, _ = waiting(model)
    gone, behind = batcher.submit(["gone"]), batcher.submit(["behind"])
    assert gone.cancel()
    batcher.close(patience=0.1)
    with pytest.raises(ClosedError):
        behind.result(1)
    model.gate.set()


def test_a_queue_that_another_thread_empties_ends_neither(model, monkeypatch):
    batcher, first = waiting(model)
    monkeypatch.setattr(batcher._queue, "empty", lambda: False)  # as it was a moment before
    model.gate.set()
    last = batcher.submit(["last"])
    batcher.close(30)
    assert (first.result(30), last.result(30)) == (["FIRST"], ["LAST"])
