"""Where a model is wrong, why, and how backends differ: read from stored answers, with no model."""

from harness.analysis.answers import Answers, by_data, by_row, load, load_all
from harness.analysis.facts import FACTS, TrainFacts, train_facts
from harness.analysis.summary import ANALYSIS, Analysis, analyse

__all__ = [
    "ANALYSIS",
    "FACTS",
    "Analysis",
    "Answers",
    "TrainFacts",
    "analyse",
    "by_data",
    "by_row",
    "load",
    "load_all",
    "train_facts",
]
