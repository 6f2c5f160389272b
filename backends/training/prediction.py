"""Prediction: no gradient, longest first, answers back in order, no logits kept.

A batch is submitted before the answers to the one before it are read, so that an accelerator
computes while the host reads. Lack of memory halves the batches that are left.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

import torch

from backends.training.batching import area, by_length, cut
from backends.training.device import autocast, precision_of_answers
from harness.core import Sentence
from harness.errors import ResourceError, is_lack_of_memory
from harness.protocol import Context, Progress

Answer = TypeVar("Answer")
# Waits for the answers to a batch.
PendingAnswers: TypeAlias = Callable[[], Sequence[Answer]]
Submit: TypeAlias = Callable[[Sequence[Sentence]], PendingAnswers[Answer]]

# Positions of a batch by device: what a layer makes of them stays in the cache of a CPU, and an
# accelerator has something to do.
POSITIONS = {"cpu": 512}
MANY_POSITIONS = 16_384


def positions_per_batch(device: torch.device) -> int:
    """The positions of a batch on ``device``, whatever it was trained with."""
    return POSITIONS.get(device.type, MANY_POSITIONS)


def predict_in_batches(
    model: torch.nn.Module,
    sentences: Sequence[Sentence],
    lengths: Sequence[int],
    budget: int,
    submit: Submit[Answer],
    context: Context,
) -> list[Answer]:
    """One answer per sentence, in order.

    Args:
        model: set to evaluation mode, and back to what it was.
        sentences: what to answer.
        lengths: positions that each sentence costs.
        budget: positions of a batch, padding included.
        submit: begins to answer a batch of sentences.
        context: who is told of the progress.

    Raises:
        ResourceError: when not even one sentence fits into the memory.
    """
    training = model.training
    model.eval()
    found: dict[int, Answer] = {}
    done, total = 0, sum(map(len, sentences))
    device = next(model.parameters()).device
    with torch.inference_mode(), autocast(device, precision_of_answers(context)):
        submitted = _submitted(
            by_length(lengths, budget), lengths, lambda b: submit([sentences[i] for i in b])
        )
        for batch, answers in _one_behind(submitted):
            found.update(zip(batch, answers, strict=True))
            done += sum(len(sentences[i]) for i in batch)
            context.report(Progress("predict", done, total))
    model.train(training)
    return [found[i] for i in range(len(sentences))]


def _one_behind(
    submitted: Iterator[tuple[list[int], PendingAnswers[Answer]]],
) -> Iterator[tuple[list[int], Sequence[Answer]]]:
    """The answers to each batch, read once the next one has been submitted."""
    before: tuple[list[int], PendingAnswers[Answer]] | None = None
    for now in submitted:
        if before:
            yield before[0], before[1]()
        before = now
    if before:
        yield before[0], before[1]()


def _submitted(
    plan: list[list[int]],
    lengths: Sequence[int],
    submit: Callable[[list[int]], PendingAnswers[Answer]],
) -> Iterator[tuple[list[int], PendingAnswers[Answer]]]:
    """Each batch of ``plan``, submitted; what is left is cut smaller where memory runs out."""
    left = deque(plan)
    while left:
        try:
            pending = submit(left[0])
        except (RuntimeError, MemoryError) as error:
            if not is_lack_of_memory(error):
                raise
            left = deque(_halved(left, lengths, error))
            continue
        yield left.popleft(), pending


def _halved(left: Sequence[list[int]], lengths: Sequence[int], error: Exception) -> list[list[int]]:
    size = area(left[0], lengths)
    if len(left[0]) == 1:
        msg = f"out of memory with a single sentence of {size} positions: set window_limit lower"
        raise ResourceError(msg) from error
    return cut([i for batch in left for i in batch], lengths, size // 2)
