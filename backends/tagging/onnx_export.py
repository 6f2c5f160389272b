"""A tagger as ONNX: one graph from ids to the scores of tags, and in JSON what reads those scores.

The graph holds all that is learned but a CRF's chain, which needs a search: its numbers stand in
``decoding.json``, beside what tags mean and which may follow which, so that any program can decode.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from backends.tagging.encoding import UnitTokenizer
from backends.tagging.heads import CrfHead, Head
from backends.tagging.ngrams import hashes
from backends.tagging.scheme import Scheme
from backends.tagging.tagger import Tagger, mask_of
from harness.errors import ConfigError

GRAPH, DECODING = "model.onnx", "decoding.json"
INSTALL = "pip install 'ner-harness[onnx]'"
NEEDS = ("onnx", "onnxscript", "onnxruntime")
USAGE = """\
import json
import onnxruntime

model = onnxruntime.InferenceSession("FOLDER/model.onnx")
decoding = json.load(open("FOLDER/decoding.json", encoding="utf-8"))
# ids (batch, pieces), int64: the pieces of each unit, looked up alone; real: False where padding is
scores = model.run(None, {"ids": ids, "real": real})[0]  # (batch, pieces, tags)
# A unit has the scores of its first piece. Without `chain` and `rules` in decoding.json its tag is
# the arg-max; else the best path over start + scores + step + end (Viterbi), where rules allow it.
"""


class PieceScores(torch.nn.Module):
    """The scores of every piece, as a graph can say it: no choice of places, no drop-out."""

    def __init__(self, tagger: Tagger) -> None:
        super().__init__()
        self.encoder, self.classifier = tagger.encoder, tagger.classifier
        self.ngrams = tagger.ngrams

    def forward(self, ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """The scores (batch, pieces, tags) of ``ids`` (batch, pieces), where ``real`` holds."""
        hidden = self.encoder(ids, attention_mask=mask_of(real)).last_hidden_state
        scores: torch.Tensor = self.classifier(hidden)
        if self.ngrams is not None:
            rows = hashes(ids * real, self.ngrams.rows)  # (batch, pieces, n-grams)
            scores = scores + functional.embedding(rows, self.ngrams.table.weight).sum(dim=2)
        return scores


def require_installed() -> None:
    """Refuse to begin without the packages of the extra.

    Raises:
        ConfigError: with the command that installs them.
    """
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        msg = f"ONNX needs {', '.join(missing)}, not installed here: {INSTALL}"
        raise ConfigError(msg)


def write(folder: Path, tagger: Tagger, tokenizer: UnitTokenizer) -> None:
    """Write the graph of ``tagger``, of any number of sentences and pieces."""
    scores = PieceScores(tagger).eval()
    ids = torch.full((2, 9), tokenizer.table.unknown)  # of sizes that mean nothing: both are free
    real = torch.ones_like(ids, dtype=torch.bool)
    free = {0: "sentences", 1: "pieces"}
    with _quiet(), torch.no_grad():
        made: Any = torch.onnx.export(
            scores, (ids, real), dynamo=True, dynamic_shapes={"ids": free, "real": free},
            input_names=["ids", "real"], output_names=["scores"], verbose=False,
        )  # fmt: skip
        made.save(str(folder / GRAPH), external_data=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """No remarks of the exporter on libraries that are not there and names that it gives axes."""
    import logging

    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)


def write_decoding(
    folder: Path, head: Head, scheme: Scheme, tokenizer: UnitTokenizer, *, constrained: bool
) -> None:
    """Write what turns the scores of first pieces into BIO tags."""
    table = tokenizer.table
    content = {
        "tags": list(scheme.tags),
        "bio": list(scheme.answer(range(len(scheme)))),
        "chain": _chain(head),
        "rules": _rules(scheme) if constrained else None,
        "pieces": {
            "padding": table.padding, "unknown": table.unknown,
            "before": list(table.before), "after": list(table.after), "most": tokenizer.limit,
        },
    }  # fmt: skip
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (folder / DECODING).write_text(text, encoding="utf-8")


def _chain(head: Head) -> dict[str, Any] | None:
    """The numbers of a CRF; a number in JSON is read back to the same bits."""
    if not isinstance(head, CrfHead):
        return None
    crf = head.crf
    parts = {"start": crf.start_transitions, "step": crf.transitions, "end": crf.end_transitions}
    return {name: part.detach().float().cpu().tolist() for name, part in parts.items()}


def _rules(scheme: Scheme) -> dict[str, Any]:
    rules = scheme.rules()
    return {"start": rules.start.tolist(), "follow": rules.follow.tolist(),
            "end": rules.end.tolist()}  # fmt: skip


def quantise(folder: Path) -> None:
    """Replace the graph in ``folder`` by one whose matrix products are of 8-bit integers.

    Weights are quantised once, what they are multiplied with as it comes (onnxruntime's dynamic
    quantisation): there is nothing to calibrate, and no data is needed.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = folder / f"whole-{GRAPH}"
    (folder / GRAPH).rename(whole)
    with _without_advice():
        quantize_dynamic(str(whole), str(folder / GRAPH), weight_type=QuantType.QInt8)
    whole.unlink()


@contextmanager
def _without_advice() -> Iterator[None]:
    """No advice of onnxruntime, on the root logger, to run a step that dynamic shapes forbid."""
    import logging

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
