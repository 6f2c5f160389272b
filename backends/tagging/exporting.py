"""The ways in which a tagger leaves the house: plain transformers, ONNX, and ONNX in 8 bits."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.tagging import checkpoint, onnx_export, plain
from backends.tagging.encoding import UnitTokenizer
from backends.tagging.scheme import Scheme
from backends.tagging.tagger import Tagger
from backends.tagging.tagging_options import TaggingOptions
from harness.core import Sentence
from harness.protocol import Exported

TARGETS = ("transformers", "onnx", "int8")
_LIMITS = (
    "The graph gives scores; text is cut into units, and scores are decoded, outside of it.",
    "Matrix products are of 8-bit integers: its tags are near those of its run, not equal.",
)


@dataclass(frozen=True, slots=True)
class TrainedTagger:
    """All that answers depend on."""

    model: Tagger
    tokenizer: UnitTokenizer
    scheme: Scheme
    tagging: TaggingOptions


def export(
    folder: Path, target: str, trained: TrainedTagger, sentences: Sequence[Sentence]
) -> Exported:
    """Write ``trained`` into ``folder``; ``sentences`` are like those that it will be asked.

    Raises:
        ConfigError: for a target that cannot hold it, or needs what is not installed.
    """
    if target == "transformers":
        plain.require_plain(trained.model, trained.tagging)
        plain.require_characters(sentences)
        return plain.export(folder, trained.model, trained.tokenizer, trained.scheme.tags)
    onnx_export.require_installed()
    checkpoint.save_reading(folder, trained.tokenizer, trained.scheme.tags)
    onnx_export.write(folder, trained.model, trained.tokenizer)
    onnx_export.write_decoding(
        folder, trained.model.head, trained.scheme, trained.tokenizer,
        constrained=trained.tagging.constrain_transitions,
    )  # fmt: skip
    coarser = target == "int8"
    if coarser:
        onnx_export.quantise(folder)
    limits = _LIMITS if coarser else _LIMITS[:1]
    return Exported(
        None,
        onnx_export.usage(trained.tokenizer),
        limits,
        target if coarser else "",
        ("onnxruntime",),
    )
