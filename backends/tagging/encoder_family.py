"""What families of encoders share, whatever stands on the encoder: weights, batches, the report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from backends.tagging.architecture import (
    BASES,
    EMBEDDINGS,
    POSITIONS,
    Architecture,
    EncoderShape,
    pretrained,
    room_of,
    scratch,
)
from backends.tagging.encoding import LearnedTable, PretrainedTable, UnitTokenizer
from backends.tagging.tagger import Batch, UnitReader, collate
from backends.training import loading, weights
from backends.training.loop import Training
from harness.core import Sentence
from harness.protocol import Context, FitReport


class EncoderFamily:
    """A backend that reads units with an encoder of ``architecture``."""

    architecture: Architecture
    context: Context
    shape: EncoderShape
    # Both are there once the backend is trained, loaded, or asked for its ceiling.
    model: UnitReader
    tokenizer: UnitTokenizer

    @classmethod
    def architecture_of(cls, options: Mapping[str, Any]) -> Architecture:
        """The kind of encoder under ``options``."""
        del options
        return cls.architecture

    @classmethod
    def weights_of(cls, options: Mapping[str, Any]) -> str | None:
        """The pretrained model of ``options``; None from scratch."""
        if options["init"] == "scratch":
            return None
        return options["model"] or BASES[cls.architecture_of(options)]

    @classmethod
    def longest_window(cls, options: Mapping[str, Any]) -> int | None:
        """The units that there is room for."""
        name = cls.weights_of(options)
        return POSITIONS if name is None else room_of(name)

    @property
    def weights_name(self) -> str:
        """The pretrained model, where one is used."""
        return self.shape.model or BASES[self.architecture]

    @property
    def embeddings(self) -> torch.nn.Parameter:
        """Those of pieces."""
        found: torch.nn.Parameter = self.model.encoder.get_input_embeddings().weight
        return found

    def build(self, sentences: Sequence[Sentence]) -> tuple[Any, UnitTokenizer]:
        """The encoder and its tokenizer; from scratch, its table is of ``sentences``."""
        if self.shape.init == "scratch":
            return scratch(self.architecture, self.shape, LearnedTable.learn(sentences))
        return pretrained(self.architecture, self.weights_name, self.shape)

    def batch(self, sentences: Sequence[Sentence]) -> Batch:
        """``sentences`` as tensors."""
        encoded = [self.tokenizer.encode(sentence) for sentence in sentences]
        return collate(encoded, self.tokenizer.table.padding)

    def known_units(self, sentences: Sequence[Sentence]) -> float | None:
        """The share of units that pretrained weights know; None from scratch."""
        table = self.tokenizer.table
        if not isinstance(table, PretrainedTable):
            return None
        looked_up = ((unit, table.knows(unit)) for s in sentences for unit in s.units)
        return loading.known_share(weights.name(self.weights_name), looked_up)

    def report(self, training: Training, known_units: float | None) -> FitReport:
        """What ``fit`` says of the model that ``training`` left."""
        return replace(
            training.report(self.model, self._origin()),
            new_parameters=self._new_parameters(),
            known_units=known_units,
        )

    def _origin(self) -> str:
        name = weights.name(self.weights_name)
        return {"scratch": "scratch", "embeddings": f"{name} (embeddings)"}.get(
            self.shape.init, name
        )

    def _new_parameters(self) -> dict[str, int] | None:
        """The scalars beside those of the pretrained model, by part."""
        if self.shape.init == "scratch":
            return None
        parts = dict(self.model.named_children())
        encoder = parts.pop("encoder")
        if self.shape.init == "embeddings":
            inner = encoder.named_children()
            parts |= {f"encoder.{name}": part for name, part in inner if name not in EMBEDDINGS}
        sizes = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
        return {name: size for name, size in sizes.items() if size}
