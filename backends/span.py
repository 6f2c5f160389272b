"""The span family: an encoder with an efficient global pointer, which scores whole entities.

It reads units as the taggers do, from scratch and from pretrained weights, and is trained by the
same loop. What it answers are entities with their probabilities.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, TypeVar

import torch
from pydantic import Field

from backends.pointing.distribution import INDEPENDENT, SEGMENTED, Distribution, Scores
from backends.pointing.pointer import ROLES
from backends.pointing.reading import entities
from backends.pointing.scorer import LabelledSpans, SpanBatch, SpanScorer, gold_of
from backends.pointing.surprisal import Bits, segmentation_bits
from backends.tagging import checkpoint
from backends.tagging.architecture import Architecture, EncoderShape
from backends.tagging.encoder_family import EncoderFamily
from backends.tagging.ngrams import NgramOptions, NgramScores
from backends.tagging.unit_cells import UnitCells
from backends.training import loop, weights
from backends.training.device import set_up, to_device, to_host
from backends.training.layers import place
from backends.training.optimiser import decay_groups
from backends.training.option_group import option_group
from backends.training.prediction import positions_per_batch, predict_in_batches
from backends.training.recipe import Recipe
from harness.core import Example, PlacedEntity, Sentence, Spans
from harness.protocol import Context, FitReport
from harness.sequences import each
from harness.tags import split

Answer = TypeVar("Answer")

NOTES = "pointer.json"


@option_group
class PointerOptions(NgramOptions):
    """What stands on the encoder."""

    architecture: Annotated[Architecture, Field(description="the kind of encoder")] = "bert"
    pointer_size: Annotated[
        int,
        Field(ge=2, multiple_of=2, description="the size of a query and of a key of the pointer"),
    ] = 64
    head_lr: Annotated[
        float | None,
        Field(gt=0, description="the peak rate of the pointer (null: learning_rate)"),
    ] = None


SHAPE, RECIPE, POINTER = EncoderShape(), Recipe(learning_rate=5e-4), PointerOptions()


class SpanPointer(EncoderFamily):
    """Every pair of a first and a last unit is scored for every label."""

    family = "span"
    model: SpanScorer
    distribution: Distribution

    def __init__(
        self,
        context: Context,
        *,
        shape: EncoderShape = SHAPE,
        recipe: Recipe = RECIPE,
        pointer: PointerOptions = POINTER,
    ) -> None:
        """Take note of the options."""
        self.context, self.shape, self.recipe, self.pointer = context, shape, recipe, pointer
        self.architecture = pointer.architecture
        found = dict.fromkeys(label for _, label in map(split, context.tags) if label)
        self.labels = tuple(found)

    @classmethod
    def architecture_of(cls, options: Mapping[str, Any]) -> Architecture:
        """As chosen."""
        found: Architecture = options["architecture"]
        return found

    @classmethod
    def answers_nested(cls, options: Mapping[str, Any]) -> bool:
        """Where gold is nested, each pair of units is asked by itself."""
        del options
        return True

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Train on ``train``, keep what is best on ``dev``.

        Raises:
            WeightsError: for pretrained weights that cannot be found, read or trusted.
            ConfigError: for options that the model cannot have, or text that exceeds it.
        """
        set_up(self.context)
        sentences = each(train, attrgetter("sentence"))
        encoder, self.tokenizer = self.build(sentences)
        self.model = self._scorer(encoder)
        nested = any(example.nested for example in train)
        self.distribution = INDEPENDENT if nested else SEGMENTED
        known = self.known_units(sentences)
        return self.report(loop.train(self, train, dev, self.recipe, self.context), known)

    def _scorer(self, encoder: Any) -> SpanScorer:
        """The whole model."""
        rows, pointer = self.pointer.ngrams, self.pointer
        columns = ROLES * len(self.labels)
        return SpanScorer(
            encoder,
            len(self.labels),
            pointer.pointer_size,
            self.shape.dropout,
            word_dropout=self.shape.word_dropout,
            unknown=self.tokenizer.table.unknown,
            ngrams=NgramScores(rows, columns, pointer.ngram_dropout) if rows else None,
        )

    def groups(self, recipe: Recipe) -> list[dict[str, Any]]:
        """The encoder with its n-grams, and the pointer at a rate of its own."""
        rate, decay = recipe.learning_rate, recipe.weight_decay
        parts = list(self.model.named_parameters())
        body = [(name, part) for name, part in parts if not name.startswith("pointer.")]
        top = self.model.pointer.named_parameters()
        top_rate = self.pointer.head_lr or rate
        return decay_groups(body, rate, decay) + decay_groups(top, top_rate, decay)

    def positions(self, example: Example) -> int:
        """The positions that an example costs."""
        return self.tokenizer.positions(example.sentence)

    def collate(self, examples: Sequence[Example]) -> LabelledSpans:
        """A batch with its entities."""
        batch = self._spans_batch([example.sentence for example in examples])
        return LabelledSpans(batch, gold_of(examples, self.labels))

    def _spans_batch(self, sentences: Sequence[Sentence]) -> SpanBatch:
        return SpanBatch(self.batch(sentences), UnitCells.of([len(one) for one in sentences]))

    def loss(self, batch: LabelledSpans) -> tuple[torch.Tensor, int]:
        """What gold costs, and how many units it is of."""
        scores = self.model(batch.batch)
        return self.distribution.loss(scores, batch.gold), len(batch.batch.grid.cells)

    def predict(self, sentences: Sequence[Sentence]) -> list[Spans]:
        """The entities of each sentence, each with its probability."""

        def read(scores: Scores, chosen: Sequence[Sentence]) -> Callable[[], list[Spans]]:
            logits = to_host(self.distribution.logits(scores))
            return lambda: [
                entities(rows[:, : len(one), : len(one)], self.labels)
                for rows, one in zip(logits().numpy(), chosen, strict=True)
            ]

        answers = iter(self._in_batches([one for one in sentences if len(one)], read))
        return [next(answers) if len(sentence) else Spans(()) for sentence in sentences]

    def surprisal(self, examples: Sequence[Example]) -> list[Bits | None]:
        """The bits of each gold tag, given those before it; None where entities may nest."""
        if self.distribution is not SEGMENTED:
            return [None] * len(examples)
        # By identity: one text may stand twice, with gold that differs.
        examples = list(examples)  # held, or each is made anew and has another
        gold = {id(example.sentence): example for example in examples}

        def read(
            scores: Scores, chosen: Sequence[Sentence]
        ) -> Callable[[], list[tuple[float, ...]]]:
            kept, asked = to_host(scores), [gold[id(one)] for one in chosen]
            return lambda: segmentation_bits(kept(), asked, self.labels)

        full = [example.sentence for example in examples if len(example.sentence)]
        bits = iter(self._in_batches(full, read))
        return [next(bits) if len(example.sentence) else () for example in examples]

    def _in_batches(
        self,
        sentences: Sequence[Sentence],
        read: Callable[[Scores, Sequence[Sentence]], Callable[[], list[Answer]]],
    ) -> list[Answer]:
        """What ``read`` makes of the scores of each of ``sentences``, none of them empty."""
        device = next(self.model.parameters()).device

        def submit(chosen: Sequence[Sentence]) -> Callable[[], list[Answer]]:
            return read(self.model(to_device(self._spans_batch(chosen), device)), chosen)

        lengths = [self.tokenizer.positions(sentence) for sentence in sentences]
        budget = positions_per_batch(device)
        return predict_in_batches(self.model, sentences, lengths, budget, submit, self.context)

    def oracle(self, train: Sequence[Example], examples: Sequence[Example]) -> list[Spans]:
        """Gold as entities: every pair of units has a score."""
        return [
            Spans(tuple(PlacedEntity(span.start, span.end, span.label) for span in example.spans))
            for example in examples
        ]

    def save(self, folder: Path) -> None:
        """Write weights, configuration and table into ``folder``."""
        checkpoint.save(folder, self.model, self.tokenizer, self.context.tags)
        notes = {"nested": self.distribution is INDEPENDENT}
        (folder / NOTES).write_text(json.dumps(notes), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            WeightsError: for a folder that is damaged or of another tag set.
        """
        device = set_up(self.context)
        with weights.readable(folder):
            saved = checkpoint.load(folder, self.context.tags)
            self.tokenizer = saved.tokenizer
            self.model = self._scorer(saved.encoder)
            self.model.load_state_dict(saved.weights)
            notes = json.loads((folder / NOTES).read_text(encoding="utf-8"))
            self.distribution = INDEPENDENT if notes["nested"] else SEGMENTED
        place(self.model, device)
