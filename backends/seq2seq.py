"""T5 "char tag": the characters in, each character and its tag out.

The loss is on the characters too, although they are forced in constrained decoding: they are what
makes the decoder keep its place. fp16 is no precision of the harness; in it T5 gives NaN.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch

from backends.generating import scratch
from backends.generating.aligned import is_aligned
from backends.generating.constrained import Reader
from backends.generating.generation import Generator, Plan
from backends.generating.generator_options import (
    DecodingOptions,
    GeneratorRecipe,
    GeneratorShape,
)
from backends.generating.padding import IGNORED, is_watched, mask_of, opened, padded, summed_loss
from backends.generating.readers import EncoderDecoder
from backends.generating.t5_reader import KNOWN, T5Reader
from harness.core import Example, Sentence
from harness.protocol import Context

SHAPE = GeneratorShape(model="google/mt5-small")
DECODING, RECIPE = DecodingOptions(format="char-tag"), GeneratorRecipe()


class T5(Generator):
    """An encoder-decoder that copies the sentence and tags it."""

    family: ClassVar[str] = "seq2seq"
    auto: ClassVar[str] = "AutoModelForSeq2SeqLM"

    def __init__(
        self,
        context: Context,
        *,
        shape: GeneratorShape = SHAPE,
        decoding: DecodingOptions = DECODING,
        recipe: GeneratorRecipe = RECIPE,
    ) -> None:
        """Take note of the options."""
        super().__init__(context, shape, decoding, recipe)

    def _blank(self, size: int) -> Any:
        return scratch.encoder_decoder(self.shape, size, self.stride)

    def _asked(self, sentence: Sentence) -> list[int]:
        pieces = self.vocabulary.pieces(sentence)
        return [*(i for unit in pieces for i in unit), self.vocabulary.end]

    def _mask(self, sentences: Sequence[Sentence]) -> torch.Tensor:
        """0 where inputs are padded (sentences, places), else 1, or the unit for an aligned T5."""
        pieces = [
            [*self.vocabulary.pieces(sentence), (self.vocabulary.end,)] for sentence in sentences
        ]
        numbers = [[n for n, unit in enumerate(row, start=1) for _ in unit] for row in pieces]
        return padded(numbers, 0) if is_aligned(self.model) else mask_of(numbers)

    def collate(self, examples: Sequence[Example]) -> dict[str, Any]:
        """Sentences and targets."""
        asked = [self._asked(example.sentence) for example in examples]
        targets = [self._target(example) for example in examples]
        return {
            "inputs": padded(asked, self.vocabulary.padding),
            "mask": self._mask([example.sentence for example in examples]),
            "targets": padded(targets, IGNORED),
            "due": sum(map(len, targets)),
        }

    def loss(self, batch: dict[str, Any]) -> tuple[torch.Tensor, int]:
        """The loss summed over target tokens, and how many there are."""
        inputs, targets = self._forget(batch["inputs"], batch["targets"])
        start = targets.new_full((len(targets), 1), self._begins())
        read = torch.cat([start, targets[:, :-1]], 1)  # (batch, places)
        open_now = is_watched(self.model) and not is_aligned(self.model)
        mask = opened(batch["mask"]) if open_now else batch["mask"]
        logits = self.model(
            input_ids=inputs,
            attention_mask=mask,
            decoder_input_ids=read.masked_fill(read == IGNORED, self.vocabulary.padding),
            use_cache=False,
        ).logits  # (batch, places, tokens)
        return summed_loss(logits, targets), batch["due"]

    def _begins(self) -> int:
        """The token that answers begin after."""
        config, tokenizer = self.model.config, self.vocabulary.tokenizer
        known = (config.decoder_start_token_id, tokenizer.bos_token_id, tokenizer.cls_token_id)
        return next((i for i in known if i is not None), self.vocabulary.padding)

    def _encoded(
        self, sentences: Sequence[Sentence], device: torch.device
    ) -> tuple[torch.Tensor, torch.Tensor]:
        asked = [self._asked(sentence) for sentence in sentences]
        inputs = padded(asked, self.vocabulary.padding)  # (sentences, places)
        return inputs.to(device), self._mask(sentences).to(device)

    def _reading(self, model: Any, sentences: Sequence[Sentence], plan: Plan) -> Reader:
        inputs, mask = self._encoded(sentences, model.device)
        start = inputs.new_full((len(sentences), 1), self._begins())
        first = torch.cat([start, plan.forced[0]], 1)  # (sentences, width)
        reader = T5Reader if model.config.model_type in KNOWN else EncoderDecoder
        return reader(model, inputs, mask, first, plan.capacity + 1, self.decoding.beam)

    def _written(self, model: Any, sentences: Sequence[Sentence], tokens: int) -> list[list[int]]:
        inputs, mask = self._encoded(sentences, model.device)
        written = model.generate(
            inputs,
            attention_mask=mask,
            max_new_tokens=tokens,
            num_beams=self.decoding.beam,
            do_sample=False,
            decoder_start_token_id=self._begins(),
            eos_token_id=self.vocabulary.end,
            pad_token_id=self.vocabulary.padding,
        )
        ids: list[list[int]] = written[:, 1:].tolist()
        return ids
