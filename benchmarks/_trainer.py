"""The other side: transformers' Trainer in the way of its own run_ner example, and its pipeline.

Labels are on the first piece of each unit, -100 elsewhere; arguments are the defaults but for what
a caller names. No checkpoint, no log: what would only slow it down is off.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate.state import AcceleratorState
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    pipeline,
)

from backends.tagging.architecture import EncoderShape, pretrained
from backends.tagging.tagger import mask_of
from harness.core import Example
from harness.tags import encode

IGNORED = -100


@dataclass(frozen=True)
class Theirs:
    """A model in a folder, to be trained on examples whose tags are ``tags``."""

    folder: Path
    tags: Sequence[str]
    cpu: bool = True

    def train(self, examples: Sequence[Example], pad: int = 0, **arguments: Any) -> Trainer:
        """Load, tokenise, train for one epoch; ``pad`` > 0 pads every sentence to that length."""
        trainer = self.trainer(self.folder, **arguments)
        trainer.train_dataset = self.rows(trainer.processing_class, examples, pad)
        trainer.train()
        forget_accelerate()
        return trainer

    def trainer(self, folder: Path, **arguments: Any) -> Trainer:
        """A Trainer over the model in ``folder``."""
        forget_accelerate()
        tokenizer = AutoTokenizer.from_pretrained(folder)
        trainer = Trainer(
            self.model(folder),
            TrainingArguments(
                tempfile.mkdtemp(),
                num_train_epochs=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                logging_strategy="no",
                use_cpu=self.cpu,
                dataloader_pin_memory=not self.cpu,
                **arguments,
            ),
            DataCollatorForTokenClassification(tokenizer),
            processing_class=tokenizer,
        )
        trainer.remove_callback(PrinterCallback)
        return trainer

    def model(self, folder: Path) -> Any:
        """The encoder in ``folder`` with a random head, in fp32 whatever it is stored in."""
        return AutoModelForTokenClassification.from_pretrained(
            folder, num_labels=len(self.tags), dtype=torch.float32
        )

    def rows(
        self, tokenizer: Any, examples: Sequence[Example], pad: int = 0
    ) -> list[dict[str, list[int]]]:
        """What run_ner feeds: ids, mask, labels."""
        index = {tag: i for i, tag in enumerate(self.tags)}
        texts = [list(example.sentence.units) for example in examples]
        options = {"padding": "max_length", "max_length": pad} if pad else {}
        encoded = tokenizer(texts, is_split_into_words=True, truncation=True, **options)
        rows = []
        for i, example in enumerate(examples):
            tags = [index[tag] for tag in encode(example.spans, len(example.sentence))]
            row = {name: encoded[name][i] for name in encoded}
            rows.append(row | {"labels": _labels(encoded.word_ids(i), tags)})
        return rows

    def predict(self, trainer: Trainer, examples: Sequence[Example]) -> list[tuple[str, ...]]:
        """The tags of each sentence, by ``Trainer.predict`` and arg-max, as in run_ner."""
        found = trainer.predict(self.rows(trainer.processing_class, examples))
        return [
            tuple(self.tags[i] for i in row[labels != IGNORED])
            for row, labels in zip(found.predictions.argmax(-1), found.label_ids, strict=True)
        ]

    def ask(self, model: Any, tokenizer: Any, examples: Sequence[Example]) -> list[tuple[str, ...]]:
        """The tags of each sentence, by the token-classification pipeline at its defaults."""
        tagger = pipeline("token-classification", model, tokenizer=tokenizer, ignore_labels=[])
        texts = [list(example.sentence.units) for example in examples]
        return [
            tuple(self.tags[int(piece["entity"].removeprefix("LABEL_"))] for piece in pieces)
            for pieces in tagger(texts, is_split_into_words=True)
        ]


@dataclass(frozen=True)
class SameEncoder(Theirs):
    """As ``Theirs``, with the very encoder that a backend of ours begins with, its dropout too.

    transformers reads weights that ``pretrain`` left as a plain BERT, without a word of the
    convolutions that it leaves out.
    """

    def model(self, folder: Path) -> Any:
        """That encoder with a random head."""
        shape = EncoderShape(init="pretrained")
        return Headed(pretrained("bert", str(folder), shape)[0], len(self.tags), shape.dropout)


class Headed(torch.nn.Module):
    """``encoder`` with dropout and a linear head, in the way of transformers' own models."""

    def __init__(self, encoder: Any, tags: int, dropout: float) -> None:
        super().__init__()
        self.encoder, self.dropout = encoder, torch.nn.Dropout(dropout)
        self.classifier = torch.nn.Linear(encoder.config.hidden_size, tags)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """The mean loss, and scores (batch, pieces, tags)."""
        mask = mask_of(attention_mask.bool())
        states = self.encoder(input_ids, attention_mask=mask).last_hidden_state
        logits = self.classifier(self.dropout(states))
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
        return {"loss": loss, "logits": logits}


def forget_accelerate() -> None:
    """Let the next side choose its precision: accelerate keeps one for the life of a process."""
    AcceleratorState._reset_state(reset_partial_state=True)


def _labels(words: Sequence[int | None], tags: Sequence[int]) -> list[int]:
    """The label of each piece."""
    before: Sequence[int | None] = [None, *words[:-1]]
    return [
        IGNORED if word is None or word == last else tags[word]
        for word, last in zip(words, before, strict=True)
    ]
