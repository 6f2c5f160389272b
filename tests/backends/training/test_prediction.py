"""Prediction in batches: in order, one batch behind, smaller where memory runs out."""

import pytest
import torch

from backends.training.prediction import (
    MANY_POSITIONS,
    POSITIONS,
    positions_per_batch,
    predict_in_batches,
)
from harness.core import Sentence
from harness.errors import ResourceError
from harness.protocol import Context

LENGTHS = (3, 9, 1, 7, 9, 2, 8, 5)
SENTENCES = [Sentence(f"s{i}", ("字",) * n) for i, n in enumerate(LENGTHS)]


def run(ask, budget=20, precision="fp32"):
    told = Context(("O",), 1, "cpu", precision, 1, None, None, lambda progress: None)
    model = torch.nn.Linear(1, 1)
    found = predict_in_batches(model, SENTENCES, LENGTHS, budget, ask, told)
    assert model.training
    return found


def answers(chosen):
    return [sentence.id for sentence in chosen]


def test_answers_come_back_in_the_order_of_the_sentences():
    assert run(lambda chosen: lambda: answers(chosen)) == [s.id for s in SENTENCES]


def test_a_batch_is_read_once_the_next_one_is_asked():
    events = []

    def ask(chosen):
        name = chosen[0].id
        events.append(("ask", name))
        return lambda: events.append(("read", name)) or answers(chosen)

    run(ask)
    asked = [name for kind, name in events if kind == "ask"]
    assert len(asked) > 2
    between = [(kind, name) for a, b in zip(asked[1:], asked, strict=False)
               for kind, name in (("ask", a), ("read", b))]  # fmt: skip
    assert events == [("ask", asked[0]), *between, ("read", asked[-1])]


def test_where_memory_runs_out_what_is_left_is_cut_smaller():
    sizes = []

    def ask(chosen):
        size = len(chosen) * max(map(len, chosen))
        if size > 10:
            raise torch.OutOfMemoryError("too many")
        sizes.append(size)
        return lambda: answers(chosen)

    assert run(ask, budget=100) == [s.id for s in SENTENCES]
    assert max(sizes) <= 10 < 100


@pytest.mark.parametrize("precision", ["auto", "fp32", "bf16", "bf16-all"])
def test_prediction_is_in_fp32_unless_all_is_to_be_in_bf16(precision):
    dtypes = []

    def ask(chosen):
        dtypes.append((torch.ones(2, 2) @ torch.ones(2, 2)).dtype)
        return lambda: answers(chosen)

    run(ask, precision=precision)
    assert set(dtypes) == {torch.bfloat16 if precision == "bf16-all" else torch.float32}


def test_a_sentence_that_never_fits_ends_with_advice():
    def ask(chosen):
        raise torch.OutOfMemoryError("too many")

    with pytest.raises(ResourceError, match="single sentence of 9 positions: set window_limit"):
        run(ask)


def test_a_batch_has_a_size_of_its_own_on_each_kind_of_device():
    assert positions_per_batch(torch.device("cpu")) == POSITIONS["cpu"]
    assert positions_per_batch(torch.device("cuda")) == MANY_POSITIONS
