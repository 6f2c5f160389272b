"""Pretrained weights are all there, or it is an error: transformers only warns, and draws the rest.

What a checkpoint holds beside its model may be left out if it is a head of its pretraining or of a
task. Nothing else may be missing or left over; so weights under other names, of another
architecture, or of fewer layers are refused before they are trained under a name not theirs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from backends.training import weights
from harness.errors import WeightsError

# What transformers calls the heads of pretraining and of tasks, and BERT's pooler, which no unit
# goes through.
HEADS = frozenset(
    {
        "cls", "lm_head", "discriminator_predictions", "generator_predictions",
        "generator_lm_head", "classifier", "score", "qa_outputs", "pooler", "sop_classifier",
    }
)  # fmt: skip
# Constants that older checkpoints hold, and the models make for themselves.
CONSTANTS = frozenset({"position_ids", "masked_bias", "inv_freq"})
TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "spiece.model",
    "tokenizer.model", "sentencepiece.bpe.model",
)  # fmt: skip
# Of the letters and digits of a task, the share below which a tokenizer knows almost none: an
# English BERT knows one in three of Chinese text, a tokenizer without its vocabulary none.
KNOWN_AT_LEAST = 0.1
_SHOWN = 3


def load(kind: Any, folder: Path, **options: Any) -> Any:
    """The model of class ``kind`` in ``folder``, in fp32, with every tensor from there.

    Raises:
        WeightsError: for a model that is not whole, has parts of another, or cannot be read.
    """
    with weights.readable(folder), quietly():
        model, told = kind.from_pretrained(
            folder, trust_remote_code=False, dtype=torch.float32, output_loading_info=True,
            ignore_mismatched_sizes=True, **options,
        )  # fmt: skip
    # Of another size is as good as missing: the loader drew it at random.
    missing = sorted({*told["missing_keys"], *(name for name, *_ in told["mismatched_keys"])})
    foreign = sorted(name for name in told["unexpected_keys"] if not _is_spare(name, model))
    if missing or foreign:
        raise WeightsError(_told(folder, model, missing, foreign))
    return model


def _is_spare(name: str, model: Any) -> bool:
    """Whether a tensor that the model has no place for is a head, or a constant."""
    own = name.removeprefix(f"{model.base_model_prefix}.")
    return own.split(".")[0] in HEADS or name.rsplit(".", maxsplit=1)[-1] in CONSTANTS


def _told(folder: Path, model: Any, missing: Sequence[str], foreign: Sequence[str]) -> str:
    of = len(model.state_dict())
    parts = [f"{len(missing)} of its {of} tensors are missing ({_few(missing)})"] if missing else []
    if foreign:
        parts.append(f"{len(foreign)} tensors have no place in it ({_few(foreign)})")
    kind = type(model).__name__
    begin = f"the weights in {folder.name} are not of its config.json ({kind}): {'; '.join(parts)}"
    return f"{begin}. Nothing was trained: {_remedy(foreign)}"


def _remedy(foreign: Sequence[str]) -> str:
    first = {name.split(".")[0] for name in foreign}
    if first & {"module", "_orig_mod"}:
        wrapper = (first & {"module", "_orig_mod"}).pop()
        return f"save the model again without the wrapper that put {wrapper!r} before its names"
    return "give a folder whose config.json belongs to its weights"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def require_tokenizer(folder: Path) -> None:
    """Refuse a folder without a tokenizer, for which transformers makes an empty one.

    Raises:
        WeightsError: that names the files that a tokenizer has.
    """
    if not any((folder / name).is_file() for name in TOKENIZER):
        msg = (
            f"{folder.name} holds weights and no tokenizer (none of {', '.join(TOKENIZER)}): every "
            "character would be unknown. Copy the tokenizer's files beside the weights"
        )
        raise WeightsError(msg)


def known_share(model: str, looked_up: Iterable[tuple[str, bool]]) -> float:
    """The share of units that a tokenizer knows, of those with a letter or a digit.

    Args:
        model: what to call the weights.
        looked_up: the units of the training set, each with whether the tokenizer knows it.

    Raises:
        WeightsError: where it knows almost none.
    """
    told = Counter(known for unit, known in looked_up if any(map(str.isalnum, unit)))
    share = told[True] / told.total() if told else 1.0
    if share < KNOWN_AT_LEAST:
        msg = (
            f"the tokenizer of {model} knows {100 * share:.1f} % of the units of the training set "
            f"that hold a letter or a digit ({told[True]} of {told.total()}): the weights are of "
            "another language or alphabet, or the tokenizer is not theirs; choose another model, "
            "or init=scratch"
        )
        raise WeightsError(msg)
    return share


@contextmanager
def quietly() -> Iterator[None]:
    """No progress bars and no remarks of transformers; errors still come."""
    from transformers.utils import logging

    shown, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(shown)
        if bars:
            logging.enable_progress_bar()
