"""Prediction: no gradient, fp32, longest first, answers back in order, no logits kept."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from backends._batching import by_length
from harness.core import Sentence
from harness.protocol import Context, Progress

Answer = TypeVar("Answer")


def predict_in_batches(
    model: torch.nn.Module,
    sentences: Sequence[Sentence],
    slots: Sequence[int],
    budget: int,
    answer: Callable[[Sequence[Sentence]], Sequence[Answer]],
    context: Context,
) -> list[Answer]:
    """One answer per sentence, in order.

    Args:
        model: set to evaluation mode, and back to what it was.
        sentences: what to answer.
        slots: sequence length that each sentence costs.
        budget: slots of a batch, padding included.
        answer: answers one batch of sentences.
        context: who is told of the progress.
    """
    training = model.training
    model.eval()
    found: dict[int, Answer] = {}
    done, total = 0, sum(map(len, sentences))
    with torch.inference_mode():
        for batch in by_length(slots, budget):
            chosen = [sentences[i] for i in batch]
            found.update(zip(batch, answer(chosen), strict=True))
            done += sum(map(len, chosen))
            context.report(Progress("predict", done, total))
    model.train(training)
    return [found[i] for i in range(len(sentences))]
