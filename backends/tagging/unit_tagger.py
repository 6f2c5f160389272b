"""A whole tagger around any network: units in, one tag for each unit out, trained by the one loop.

A family that brings a network and nothing else is made of this (``backends.plugin``). Its table of
units is learned from the training text, and each unit is tagged by a softmax of its own.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch

from backends.tagging.answers import AnswerReader, Gathered
from backends.tagging.encoding import LearnedTable, UnitTokenizer
from backends.tagging.heads import SoftmaxHead
from backends.tagging.in_batches import read_in_batches
from backends.tagging.scheme import Scheme
from backends.tagging.tagger import Batch, LabelledBatch, collate, targets_of
from backends.training import loop, weights
from backends.training.device import set_up
from backends.training.layers import place
from backends.training.optimiser import decay_groups
from backends.training.recipe import Recipe
from harness.core import Example, Sentence, Tags
from harness.protocol import Context, FitReport
from harness.tags import encode

# Makes a network for so many symbols and so many tags.
Build: TypeAlias = Callable[[int, int], torch.nn.Module]
WEIGHTS, NOTES = "model.safetensors", "tagger.json"
# Positions of a sentence at most: none that a window can have.
MOST = 1 << 16


class UnitTagger:
    """Trains, asks, saves and loads a network, as ``harness.protocol.Backend`` has it.

    ``build(symbols, tags)`` gives the network. It is called with ``ids`` (batch, positions), which
    number symbols, 0 being padding, and with ``real`` (batch, positions), which is False there; it
    gives scores (batch, positions, tags). A unit that was not seen in training may have several
    positions, one for each of its characters; its tag is read at the first.
    """

    model: torch.nn.Module
    tokenizer: UnitTokenizer

    def __init__(self, context: Context, recipe: Recipe, build: Build) -> None:
        self.context, self.recipe, self.build = context, recipe, build
        self.scheme = Scheme("bio", context.tags)
        self.head = SoftmaxHead(torch.ones(len(self.scheme)))

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Train on ``train``, keep what is best on ``dev``."""
        set_up(self.context)
        self._make(LearnedTable.learn(example.sentence for example in train))
        training = loop.train(self, train, dev, self.recipe, self.context)
        return training.report(self.model, "scratch")

    def _make(self, table: LearnedTable) -> None:
        self.tokenizer = UnitTokenizer(table, MOST)
        self.model = self.build(len(table), len(self.scheme))

    def groups(self, recipe: Recipe) -> list[dict[str, Any]]:
        """All parameters at the peak rate."""
        named = self.model.named_parameters()
        return decay_groups(named, recipe.learning_rate, recipe.weight_decay)

    def positions(self, example: Example) -> int:
        """The positions that an example costs."""
        return self.tokenizer.positions(example.sentence)

    def collate(self, examples: Sequence[Example]) -> LabelledBatch:
        """A batch with its targets."""
        batch = self.batch([example.sentence for example in examples])
        tags = [self.scheme.ids(example.spans, len(example.sentence)) for example in examples]
        return LabelledBatch(batch, targets_of(tags))

    def batch(self, sentences: Sequence[Sentence]) -> Batch:
        """``sentences`` as tensors."""
        encoded = [self.tokenizer.encode(sentence) for sentence in sentences]
        return collate(encoded, self.tokenizer.table.padding)

    def loss(self, batch: LabelledBatch) -> tuple[torch.Tensor, int]:
        """Cross-entropy summed over units, and how many units there are."""
        sentences, targets = batch
        return self.head.loss(self.scores(sentences), targets), sum(sentences.lengths)

    def scores(self, batch: Batch) -> torch.Tensor:
        """The scores of units (units, tags), in fp32."""
        real = batch.attention if batch.attention is not None else torch.ones_like(batch.ids)
        scores: torch.Tensor = self.model(batch.ids, real.bool())  # (batch, positions, tags)
        return scores.flatten(0, 1).index_select(0, batch.firsts).float()

    def predict(self, sentences: Sequence[Sentence]) -> list[Tags]:
        """One tag for each unit, and the probability of each entity."""
        gathered = Gathered(AnswerReader.of(self.head, self.scheme, None))
        full = [sentence for sentence in sentences if len(sentence)]
        places = iter(read_in_batches(self, full, gathered.add))
        answers = gathered.finish()
        return [answers[next(places)] if len(s) else Tags((), 0, ()) for s in sentences]

    def oracle(self, train: Sequence[Example], examples: Sequence[Example]) -> list[Tags]:
        """Gold as tags: nothing stands between the two."""
        return [Tags(encode(example.spans, len(example.sentence))) for example in examples]

    def save(self, folder: Path) -> None:
        """Write the weights, the table of units and the tag set into ``folder``."""
        from safetensors.torch import save_file

        self.tokenizer.table.save(folder)
        save_file(self.model.state_dict(), folder / WEIGHTS)
        (folder / NOTES).write_text(json.dumps({"tags": self.scheme.tags}), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            WeightsError: for a folder that is damaged or of another tag set.
        """
        from safetensors.torch import load_file

        device = set_up(self.context)
        with weights.readable(folder):
            tags = json.loads((folder / NOTES).read_text(encoding="utf-8"))["tags"]
            if tags != list(self.scheme.tags):
                msg = f"it was trained on the tags {tags}, not on {list(self.scheme.tags)}"
                raise ValueError(msg)
            self._make(LearnedTable.load(folder))
            self.model.load_state_dict(load_file(folder / WEIGHTS))
        place(self.model, device)
