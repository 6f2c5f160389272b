"""BERT and ELECTRA whose embeddings see their neighbours before the first layer.

Read and written like any encoder of transformers: what is seen stands in ``config.sight`` (the
fields of ``Sight``), and the weights are in the one file.
"""

from typing import Any

import torch
from transformers import BertModel, ElectraModel

from backends.training.neighbours import Neighbours, Sight


class Seeing:
    """What both have: ``forward`` from embeddings that ``neighbours`` were added to."""

    neighbours: Neighbours

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **others: Any
    ) -> Any:
        """As of the encoder.

        Args:
            input_ids: (batch, pieces).
            attention_mask: who may look at whom (batch, 1, pieces, pieces); None where nothing is
                padding.
            **others: passed on.
        """
        encoder: Any = super()
        real = None if attention_mask is None else attention_mask[:, 0, 0]  # (batch, pieces)
        seen = self.neighbours(encoder.get_input_embeddings()(input_ids), input_ids, real)
        return encoder.forward(inputs_embeds=seen, attention_mask=attention_mask, **others)


class SeeingBert(Seeing, BertModel):
    """A BERT without a pooler, its embeddings with neighbours added."""

    def __init__(self, config: Any, add_pooling_layer: bool = False) -> None:
        super().__init__(config, add_pooling_layer=add_pooling_layer)
        self.neighbours = _neighbours(self)


class SeeingElectra(Seeing, ElectraModel):
    """An ELECTRA, its embeddings with neighbours added."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.neighbours = _neighbours(self)


def _neighbours(encoder: Any) -> Neighbours:
    width = encoder.get_input_embeddings().embedding_dim
    return Neighbours(width, Sight(**encoder.config.sight), encoder.config.initializer_range)


_CLASSES = {"bert": SeeingBert, "electra": SeeingElectra}


def class_for(config: Any) -> Any:
    """The class of ours that ``config`` is of, or None."""
    return _CLASSES.get(config.model_type) if getattr(config, "sight", None) else None
