"""Where a model is wrong, why, and how backends differ: read from stored answers, with no model."""

from harness.analysis.answers import (
    Answers,
    by_data,
    by_row,
    finished,
    load,
    load_all,
    load_each,
    own,
)
from harness.analysis.free import mends, with_free
from harness.analysis.summary import ANALYSIS, Analysis, analyse
from harness.data.train_facts import FACTS, TrainFacts, train_facts

__all__ = [
    "ANALYSIS",
    "FACTS",
    "Analysis",
    "Answers",
    "TrainFacts",
    "analyse",
    "by_data",
    "by_row",
    "finished",
    "load",
    "load_all",
    "load_each",
    "mends",
    "own",
    "train_facts",
    "with_free",
]
