"""A share of train, drawn by a stated seed: a smaller share is part of every larger one."""

import random
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from harness.data.splits import TRAIN
from harness.data.task import Task

Item = TypeVar("Item")


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
    chosen = sorted(order[: kept(len(order), share)])
    left = replace(
        train,
        examples=_of(train.examples, chosen),
        documents=_of(train.documents, chosen),
    )
    return replace(task, splits=MappingProxyType({**task.splits, TRAIN: left}))


def _of(items: Sequence[Item], chosen: Sequence[int]) -> tuple[Item, ...]:
    return tuple(items[i] for i in chosen)
