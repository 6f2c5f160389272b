"""T5 "char tag": the characters in, each character and its tag out.

The loss is on the characters too, although they are forced in constrained decoding: they are what
makes the decoder keep its place. fp16 is no precision of the harness; in it T5 gives NaN.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch

from backends.generating import scratch
from backends.generating.constrained import Reader
from backends.generating.decoding_options import Beam, Decoding, FormatName, Manner
from backends.generating.generation import Generator, Plan
from backends.generating.padding import IGNORED, is_watched, mask_of, opened, padded, summed_loss
from backends.generating.pretrained import Init
from backends.generating.readers import EncoderDecoder
from backends.generating.t5_reader import KNOWN, T5Reader
from backends.tagging.architecture import Shape
from backends.training.loop import Recipe
from backends.training.optimiser import Schedule
from harness.core import Example, Sentence
from harness.protocol import Context


class T5(Generator):
    """An encoder-decoder that copies the sentence and tags it."""

    family: ClassVar[str] = "seq2seq"
    auto: ClassVar[str] = "AutoModelForSeq2SeqLM"

    def __init__(  # noqa: PLR0913 -- the keyword arguments are the options, written once
        self,
        context: Context,
        *,
        init: Init = "scratch",
        model: str = "google/mt5-small",
        layers: int | None = None,
        width: int | None = None,
        attention_heads: int | None = None,
        dropout: float = 0.1,
        forget: float = 0.0,
        format: FormatName = "char-tag",  # noqa: A002 -- the option's name
        decoding: Decoding = "constrained",
        beam: Beam = 1,
        lora: int = 0,
        epochs: int = 10,
        batch_units: int = 1024,
        accumulate: int = 1,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.01,
        schedule: Schedule = "linear",
        warmup: float = 0.1,
        clip: float = 1.0,
        patience: int = 0,
    ) -> None:
        """Take note of the options.

        Args:
            context: what the harness tells of the run.
            init: pretrained weights, or all from scratch.
            model: a hub id or a folder: T5, flan-T5, mT5, or a T5 of another language.
            layers: the depth of each half from scratch.
            width: the hidden size from scratch.
            attention_heads: the heads of each layer from scratch.
            dropout: everywhere in the model.
            forget: how often a unit is unknown, to be copied and tagged as such, in training.
            format: how tags are written; ``char-tag`` is each unit, then its tag.
            decoding: tags chosen at forced places, or text written freely and repaired.
            beam: hypotheses that a sentence keeps.
            lora: the rank of adapters; 0 trains all weights.
            epochs: passes over the training data at most.
            batch_units: positions of a batch, question, answer and padding included.
            accumulate: batches to an update.
            learning_rate: the peak rate.
            weight_decay: of matrices; vectors do not decay.
            schedule: how the rate falls after the warm-up.
            warmup: the share of training in which it rises.
            clip: the largest norm of a gradient; 0 = any.
            patience: epochs without a better development F1 before training stops; 0 = never.
        """
        recipe = Recipe(
            epochs, batch_units, accumulate, learning_rate, None, weight_decay,
            schedule, warmup, clip, patience,
        )  # fmt: skip
        shape = Shape(init, model, layers, width, attention_heads, dropout, forget)
        super().__init__(context, recipe, shape, Manner(format, decoding, beam, lora))

    def _blank(self, size: int) -> Any:
        return scratch.encoder_decoder(self.shape, size)

    def _asked(self, sentence: Sentence) -> list[int]:
        pieces = self.vocabulary.pieces(sentence)
        return [*(i for unit in pieces for i in unit), self.vocabulary.end]

    def collate(self, examples: Sequence[Example]) -> dict[str, Any]:
        """Sentences and targets."""
        asked = [self._asked(example.sentence) for example in examples]
        targets = [self._target(example) for example in examples]
        return {
            "inputs": padded(asked, self.vocabulary.padding),
            "mask": mask_of(asked),
            "targets": padded(targets, IGNORED),
            "due": sum(map(len, targets)),
        }

    def loss(self, batch: dict[str, Any]) -> tuple[torch.Tensor, int]:
        """The loss summed over target tokens, and how many there are."""
        inputs, targets = self._forget(batch["inputs"], batch["targets"])
        start = targets.new_full((len(targets), 1), self._begins())
        read = torch.cat([start, targets[:, :-1]], 1)  # (batch, places)
        mask = opened(batch["mask"]) if is_watched(self.model) else batch["mask"]
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
        return inputs.to(device), mask_of(asked).to(device)

    def _reading(self, model: Any, sentences: Sequence[Sentence], plan: Plan) -> Reader:
        inputs, mask = self._encoded(sentences, model.device)
        start = inputs.new_full((len(sentences), 1), self._begins())
        first = torch.cat([start, plan.forced[0]], 1)  # (sentences, width)
        reader = T5Reader if model.config.model_type in KNOWN else EncoderDecoder
        return reader(model, inputs, mask, first, plan.capacity + 1, self.manner.beam)

    def _written(self, model: Any, sentences: Sequence[Sentence], tokens: int) -> list[list[int]]:
        inputs, mask = self._encoded(sentences, model.device)
        written = model.generate(
            inputs,
            attention_mask=mask,
            max_new_tokens=tokens,
            num_beams=self.manner.beam,
            do_sample=False,
            decoder_start_token_id=self._begins(),
            eos_token_id=self.vocabulary.end,
            pad_token_id=self.vocabulary.padding,
        )
        return written[:, 1:].tolist()
