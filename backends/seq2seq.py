"""T5 "char tag": the characters in, each character and its tag out.

The loss is on the characters too, although they are forced in constrained decoding: they are what
makes the decoder keep its place. fp16 is no precision of the harness; in it T5 gives NaN.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from backends.generating import scratch
from backends.generating.aligned import is_aligned
from backends.generating.constrained import IncrementalDecoder
from backends.generating.forced import ForcedTokens
from backends.generating.generation import Generator
from backends.generating.generator_options import (
    DecodingOptions,
    GeneratorRecipe,
    GeneratorShape,
)
from backends.generating.incremental import IncrementalEncoderDecoder
from backends.generating.incremental_t5 import KNOWN, IncrementalT5
from backends.generating.padding import (
    IGNORED,
    key_mask,
    padded,
    padding_mask,
    summed_loss,
    waits_for_mask,
)
from backends.pretraining.from_text import FromText
from backends.pretraining.span_corruption import POSITIONS
from harness.core import Example, Sentence
from harness.protocol import Context

if TYPE_CHECKING:
    from backends.pretraining.characters import Characters
    from backends.pretraining.objective import PretrainingObjective

SHAPE = GeneratorShape(model="google/mt5-small")
DECODING, RECIPE = DecodingOptions(format="char-tag"), GeneratorRecipe()


class T5(FromText, Generator):
    """An encoder-decoder that copies the sentence and tags it."""

    family: ClassVar[str] = "seq2seq"
    auto: ClassVar[str] = "AutoModelForSeq2SeqLM"
    text_options: ClassVar[frozenset[str]] = FromText.text_options | {"aligned"}
    longest_text: ClassVar[int | None] = POSITIONS

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

    def objective(self, characters: "Characters", length: int) -> "PretrainingObjective":
        """As of ``FromText``; the model takes any ``length``."""
        from backends.pretraining.rewriting import Rewriting
        from backends.pretraining.span_corruption import SpanCorruption

        del length
        build, size = scratch.encoder_decoder, len(characters)
        if self.shape.aligned:
            return Rewriting(build(self.shape, size, 1), characters)
        return SpanCorruption(scratch.alignable(build, self.shape, size), characters)

    def random_model(self, size: int) -> Any:
        """A T5."""
        return scratch.encoder_decoder(self.shape, size, self.stride)

    def source_ids(self, sentence: Sentence) -> list[int]:
        """The pieces of the units of ``sentence``, and the end."""
        pieces = self.vocabulary.pieces(sentence)
        return [*(i for unit in pieces for i in unit), self.vocabulary.end]

    def _input_mask(self, sentences: Sequence[Sentence]) -> torch.Tensor:
        """0 where inputs are padded (sentences, positions), else 1; an aligned T5 has the unit."""
        pieces = [
            [*self.vocabulary.pieces(sentence), (self.vocabulary.end,)] for sentence in sentences
        ]
        numbers = [[n for n, unit in enumerate(row, start=1) for _ in unit] for row in pieces]
        return padded(numbers, 0) if is_aligned(self.model) else padding_mask(numbers)

    def collate(self, examples: Sequence[Example]) -> dict[str, Any]:
        """Sentences and targets."""
        sources = [self.source_ids(example.sentence) for example in examples]
        targets = [self.target_ids(example) for example in examples]
        return {
            "inputs": padded(sources, self.vocabulary.padding),
            "mask": self._input_mask([example.sentence for example in examples]),
            "targets": padded(targets, IGNORED),
            "target_count": sum(map(len, targets)),
        }

    def loss(self, batch: dict[str, Any]) -> tuple[torch.Tensor, int]:
        """The loss summed over target tokens, and how many there are."""
        inputs, targets = self.drop_words(batch["inputs"], batch["targets"])
        start = targets.new_full((len(targets), 1), self._decoder_start())
        read = torch.cat([start, targets[:, :-1]], 1)  # (batch, positions)
        open_now = waits_for_mask(self.model) and not is_aligned(self.model)
        mask = key_mask(batch["mask"]) if open_now else batch["mask"]
        logits = self.model(
            input_ids=inputs,
            attention_mask=mask,
            decoder_input_ids=read.masked_fill(read == IGNORED, self.vocabulary.padding),
            use_cache=False,
        ).logits  # (batch, positions, tokens)
        return summed_loss(logits, targets), batch["target_count"]

    def _decoder_start(self) -> int:
        """The token that answers begin after."""
        config, tokenizer = self.model.config, self.vocabulary.tokenizer
        known = (config.decoder_start_token_id, tokenizer.bos_token_id, tokenizer.cls_token_id)
        return next((i for i in known if i is not None), self.vocabulary.padding)

    def _encoder_inputs(
        self, sentences: Sequence[Sentence], device: torch.device
    ) -> tuple[torch.Tensor, torch.Tensor]:
        sources = [self.source_ids(sentence) for sentence in sentences]
        inputs = padded(sources, self.vocabulary.padding)  # (sentences, positions)
        return inputs.to(device), self._input_mask(sentences).to(device)

    def incremental_decoder(
        self, model: Any, sentences: Sequence[Sentence], forced: ForcedTokens, beam: int
    ) -> IncrementalDecoder:
        """A decoder over the encoded sentences."""
        inputs, mask = self._encoder_inputs(sentences, model.device)
        start = inputs.new_full((len(sentences), 1), self._decoder_start())
        first = torch.cat([start, forced.blocks[0]], 1)  # (sentences, width)
        decoder = IncrementalT5 if model.config.model_type in KNOWN else IncrementalEncoderDecoder
        return decoder(model, inputs, mask, first, forced.capacity + 1, beam)

    def generate_ids(
        self, model: Any, sentences: Sequence[Sentence], tokens: int
    ) -> list[list[int]]:
        """What is written without the start."""
        inputs, mask = self._encoder_inputs(sentences, model.device)
        written = model.generate(
            inputs,
            attention_mask=mask,
            max_new_tokens=tokens,
            num_beams=self.decoding.beam,
            do_sample=False,
            decoder_start_token_id=self._decoder_start(),
            eos_token_id=self.vocabulary.end,
            pad_token_id=self.vocabulary.padding,
        )
        ids: list[list[int]] = written[:, 1:].tolist()
        return ids
