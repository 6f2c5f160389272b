"""A tagger as ONNX: one graph from ids to the scores of tags, and in JSON what reads those scores.

The graph holds all that is learned but a CRF's chain, which needs a search: its numbers stand in
``decoding.json``, beside what tags mean, so that any program can decode; ``USAGE`` is one.
"""

import copy
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from backends.tagging.encoding import LearnedTable, UnitTokenizer
from backends.tagging.heads import CrfHead, Head
from backends.tagging.ngrams import hashes
from backends.tagging.scheme import Scheme
from backends.tagging.tagger import Tagger, mask_of
from harness.errors import ConfigError

GRAPH, DECODING = "model.onnx", "decoding.json"
INSTALL = "pip install 'ner-harness[onnx]'"
NEEDS = ("onnx", "onnxscript", "onnxruntime")
LEARNED = """\
with open("FOLDER/vocabulary.json", encoding="utf-8") as file:
    vocabulary = {piece: number for number, piece in enumerate(json.load(file)) if number > 1}


def look_up(unit):  # the pieces of a unit: itself where it is known, else its characters
    if unit in vocabulary:
        return [vocabulary[unit]]
    pieces = [unit[0], *("##" + character for character in unit[1:])]
    return [vocabulary.get(piece, told["unknown"]) for piece in pieces]
"""
PRETRAINED = """\
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER/tokenizer")


def look_up(unit):  # the pieces of a unit, looked up alone; what reads like a mark is text
    found = tokenizer(unit, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    special = tokenizer.all_special_ids
    return [told["unknown"] if piece in special else piece for piece in found] or [told["unknown"]]
"""
USAGE = """\
import json

import numpy as np
import onnxruntime

model = onnxruntime.InferenceSession("FOLDER/model.onnx")
with open("FOLDER/decoding.json", encoding="utf-8") as file:
    told = json.load(file)
# null stands where a tag may not begin, follow or end
start, step, end = (
    np.nan_to_num(np.array(told[name], float), nan=-np.inf) for name in ("start", "step", "end")
)
LOOK_UP

def tags(units):  # the BIO tags of the best path over the scores of first pieces (Viterbi)
    pieces = [look_up(unit) for unit in units]
    firsts = len(told["before"]) + np.cumsum([0, *map(len, pieces[:-1])])
    ids = np.array([[*told["before"], *(one for each in pieces for one in each), *told["after"]]])
    scores = model.run(None, {"ids": ids, "real": np.ones(ids.shape, bool)})[0][0, firsts]
    best, back = start + scores[0], []
    for row in scores[1:]:
        sums = best[:, None] + step
        back.append(sums.argmax(axis=0))
        best = sums.max(axis=0) + row
    path = [int((best + end).argmax())]
    for chosen in reversed(back):
        path.append(int(chosen[path[-1]]))
    return [told["bio"][state] for state in reversed(path)]


print(tags("TEXT"))
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
    scores = copy.deepcopy(PieceScores(tagger)).cpu().eval()
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


def usage(tokenizer: UnitTokenizer) -> str:
    """How another program reads and decodes text with what was exported."""
    learned = isinstance(tokenizer.table, LearnedTable)
    return USAGE.replace("LOOK_UP", LEARNED if learned else PRETRAINED)


def write_decoding(
    folder: Path, head: Head, scheme: Scheme, tokenizer: UnitTokenizer, *, constrained: bool
) -> None:
    """Write what turns the scores of first pieces into BIO tags.

    ``start`` (tags,), ``step`` (tags, tags) and ``end`` (tags,) are added up along a path; null
    stands for what may not be. Of a softmax they are zero, and the best path is the arg-max.
    """
    table = tokenizer.table
    content = {
        "head": _kind(head),
        "tags": list(scheme.tags),
        "bio": list(scheme.answer(range(len(scheme)))),
        **_sums(head, scheme, constrained=constrained),
        "padding": table.padding,
        "unknown": table.unknown,
        "before": list(table.before),
        "after": list(table.after),
        "most": tokenizer.limit,
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (folder / DECODING).write_text(text, encoding="utf-8")


def read_decoding(folder: Path, head: Head) -> None:
    """Give ``head`` the chain that was written; a number in JSON is read back to the same bits.

    Raises:
        ValueError: for a head of another kind.
    """
    content = json.loads((folder / DECODING).read_text(encoding="utf-8"))
    if content["head"] != _kind(head):
        msg = f"it was exported with the head {content['head']}, not {_kind(head)}"
        raise ValueError(msg)
    if isinstance(head, CrfHead):
        with torch.no_grad():
            for name, part in _parts(head).items():
                values = np.array(content[name], np.float32)  # null is not a number
                part.copy_(torch.from_numpy(np.nan_to_num(values, nan=-np.inf)))


def _kind(head: Head) -> str:
    return "crf" if isinstance(head, CrfHead) else "softmax"


def _parts(head: CrfHead) -> dict[str, torch.nn.Parameter]:
    crf = head.crf
    return {"start": crf.start_transitions, "step": crf.transitions, "end": crf.end_transitions}


def _sums(head: Head, scheme: Scheme, *, constrained: bool) -> dict[str, Any]:
    rules = scheme.rules()
    allowed = {"start": rules.start, "step": rules.follow, "end": rules.end}
    chain = _parts(head) if isinstance(head, CrfHead) else {}
    found: dict[str, Any] = {}
    for name, may in allowed.items():
        numbers = chain[name].detach().float().cpu().numpy() if chain else np.zeros(may.shape)
        listed = numbers.astype(object)
        if constrained:
            listed[~may] = None
        found[name] = listed.tolist()
    return found


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
