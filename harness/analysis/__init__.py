"""Error analysis: where models are wrong and how they differ, from stored answers alone."""

from harness.analysis.answers import (
    FinishedRun,
    by_data,
    find_finished,
    load,
    load_all,
    load_each,
    load_scored,
)
from harness.analysis.free import load_with_free, repairs_by_kind
from harness.analysis.summary import ANALYSIS, Analysis, analyse
from harness.data.train_facts import FACTS, TrainFacts, train_facts

__all__ = [
    "ANALYSIS",
    "FACTS",
    "Analysis",
    "FinishedRun",
    "TrainFacts",
    "analyse",
    "by_data",
    "find_finished",
    "load",
    "load_all",
    "load_each",
    "load_scored",
    "load_with_free",
    "repairs_by_kind",
    "train_facts",
]
