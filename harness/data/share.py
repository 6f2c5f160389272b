"""A share of train, drawn by a stated seed: a smaller share is part of every larger one."""

import random
from dataclasses import replace
from types import MappingProxyType

from harness.data.splits import TRAIN
from harness.data.task import Task
from harness.sequences import chosen


def kept(number: int, share: float) -> int:
    """How many sentences are left of ``number``, at least one."""
    return max(1, round(share * number))


def with_share(task: Task, share: float, draw: int) -> Task:
    """``task`` with so much of its train, in the order of the file; all else is as it was."""
    if share == 1.0:
        return task
    train = task.splits[TRAIN]
    order = list(range(len(train)))
    random.Random(f"share of train {draw}").shuffle(order)  # noqa: S311 - an order, not a secret
    places = sorted(order[: kept(len(order), share)])
    left = replace(
        train,
        examples=chosen(train.examples, places),
        documents=chosen(train.documents, places),
    )
    return replace(task, splits=MappingProxyType({**task.splits, TRAIN: left}))
