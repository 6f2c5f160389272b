"""Which columns a table has: chosen by key or by title, in the order of the choice.

``types`` stands for one column per entity type, ``sets`` for one per test set. The name of the row
always leads, since it carries the watermarks.
"""

from collections.abc import Sequence

from harness.errors import ConfigError, did_you_mean
from harness.leaderboard import offered
from harness.leaderboard.measures import MEASURES, Measure
from harness.leaderboard.table import Column

OF_MANY = ("types", "sets")
BY_KEY = {measure.key: measure for measure in MEASURES}
TEXTS = {
    "rank": Column("rank", "rank", "by F1 as printed; rows that differ are not ranked"),
    "system": Column("system", "backend", "backend, preset, weights, variant", numeric=False),
    "family": Column("family", "family", numeric=False),
    "seeds": Column("seeds", "seeds", "seeds finished, of those planned"),
    "interval": Column("interval", "95 % interval", "of F1, over seeds and sentences"),
    "group": Column("group", "group", "1: not separable from the best"),
    "letters": Column("letters", "sig.", "rows that share a letter are not separable",
                      numeric=False),
    "best": Column("best", "best %", "share of draws of sentences and seeds that it leads"),
    "behind": Column("behind", "behind ≤", "the most F1 that it may be behind the best, at 95 % "
                     "for all rows at once"),
    "near": Column("near", "within 1 F1", "of the best, at 95 % for all rows at once",
                   numeric=False),
}  # fmt: skip
_BY_TITLE = {column.title.casefold(): key for key, column in TEXTS.items()} | {
    measure.title.casefold(): measure.key for measure in MEASURES
}
SERVED = ("tokens", "price", "latency", "refusals")
SCREEN = ("rank", "system", "f1", "sets", "nested_f1", "unseen_f1", "seeds", "precision", "recall",
          "train_seconds", "predict_rate", "memory")  # fmt: skip
FULL = ("rank", "system", "family", "f1", "sets", "nested_f1", "unseen_f1", "seeds", "interval",
        "group", "letters", "best", "behind", "near", "precision", "recall", "types", "macro_f1",
        "weighted_f1", "strict_f1", "discard_f1", "invalid", "ece", "bits", "raw_f1",
        "repaired_f1", "repairs", "malformed", "faithful", "predicted_units", "repaired_units",
        "unanswered_units", "drift", "free_rate", "parameters", "trained", "epochs", "updates",
        "train_units", "train_seconds", "predict_rate", *SERVED, "memory", "shared_memory",
        "device_memory", "reserved_memory", "flops", "joules")  # fmt: skip
# Shown only where a row has something to say.
WHERE_KNOWN = frozenset({*TEXTS, "nested_f1", "unseen_f1", "faithful", *SERVED})


def choose(columns: Sequence[str] | None) -> tuple[str, ...]:
    """The keys of the columns, which may be called by their titles; the row's name is among them.

    Raises:
        ConfigError: for a column that does not exist.
    """
    known = (*TEXTS, *OF_MANY, *BY_KEY, *offered.names())
    keys = tuple(dict.fromkeys(_key(one, known) for one in (FULL if columns is None else columns)))
    if "system" in keys:
        return keys
    place = 1 if keys[:1] == ("rank",) else 0
    return (*keys[:place], "system", *keys[place:])


def _key(name: str, known: Sequence[str]) -> str:
    if name in known:
        return name
    if key := _BY_TITLE.get(name.casefold()):
        return key
    msg = (
        f"no column {name!r}{did_you_mean(name, known)}; columns: {', '.join(known)} "
        "(`types` are those of all entity types, `sets` of all test sets)"
    )
    raise ConfigError(msg)


def measure(key: str) -> Measure | None:
    """The measure of a column, None for a column of text.

    Raises:
        BackendError: for a measure of a distribution that is of no use.
    """
    if key in BY_KEY or key in TEXTS:
        return BY_KEY.get(key)
    return offered.measure(key)
