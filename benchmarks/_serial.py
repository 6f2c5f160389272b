"""One run as a plain script does it: transformers' Trainer and ``generate`` at their defaults.

    python -P _serial.py FOLDER NAME SEED OPTIONS.json

FOLDER holds train.json, dev.json and test.json, lists of [characters, tags]. OPTIONS has epochs,
layers, width, heads and learning_rate of the same model in the harness. As there, the development
set is scored after every epoch and the test set is answered once at the end. What could be argued
about is given to this side: a tag is one token, and a decoder is asked without any instruction.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from seqeval.metrics import f1_score
from torchcrf import CRF
from transformers import (
    BertConfig,
    BertForTokenClassification,
    BertTokenizerFast,
    DataCollatorForTokenClassification,
    ElectraConfig,
    ElectraForTokenClassification,
    GPT2Config,
    GPT2LMHeadModel,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    T5Config,
    T5ForConditionalGeneration,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.modeling_outputs import TokenClassifierOutput

Rows = list[tuple[list[str], list[str]]]
IGNORED, BATCH, SPECIAL = -100, 8, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


class BertCrf(BertForTokenClassification):
    """BERT with pytorch-crf over all of its positions but [CLS]."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.crf = CRF(config.num_labels, batch_first=True)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None, **_: Any,
    ) -> TokenClassifierOutput:  # fmt: skip
        """The mean loss of a sentence, and the best paths as scores."""
        scores = super().forward(input_ids, attention_mask).logits[:, 1:]
        mask = attention_mask[:, 1:].bool()
        loss = -self.crf(scores, labels[:, 1:].clamp(min=0), mask, reduction="mean")
        if not self.training:
            for row, path in enumerate(self.crf.decode(scores, mask)):
                scores[row, range(len(path)), path] = scores.max() + 1
        return TokenClassifierOutput(loss, torch.nn.functional.pad(scores, (0, 0, 1, 0)))


class AfterEpoch(TrainerCallback):
    """Calls ``work`` after each epoch."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work

    def on_epoch_end(self, *_: Any, **__: Any) -> None:
        """Call it."""
        self.work()


class Script:
    """The steps of such a script; ``name`` is that of a backend."""

    def __init__(self, folder: Path, name: str, seed: int, options: dict[str, Any]) -> None:
        self.name, self.seed, self.options = name, seed, options
        self.train, self.dev, self.test = (
            json.loads((folder / f"{split}.json").read_text(encoding="utf-8"))
            for split in ("train", "dev", "test")
        )
        self.tags = ["O", *sorted({tag for _, row in self.train for tag in row} - {"O"})]
        units = sorted({unit for row, _ in self.train for unit in row})
        with tempfile.TemporaryDirectory() as place:
            vocabulary = Path(place) / "vocab.txt"
            words = [*SPECIAL, *units, *(f"<{tag}>" for tag in self.tags)]
            vocabulary.write_text("\n".join(words), encoding="utf-8")
            self.tokenizer = BertTokenizerFast(str(vocabulary), do_lower_case=False)
        self.ids = {word: i for i, word in enumerate(words)}
        self.output = tempfile.mkdtemp()
        torch.manual_seed(seed)

    def run(self) -> None:
        """Train, score, answer."""
        steps = {"t5": self.t5, "gpt": self.gpt}
        steps.get(self.name, self.encoder)()

    def arguments(self, kind: type = TrainingArguments, **more: Any) -> Any:
        """The defaults, with the epochs and the rate of the harness; nothing is saved or shown."""
        return kind(
            self.output, num_train_epochs=self.options["epochs"], seed=self.seed,
            learning_rate=self.options["learning_rate"], save_strategy="no", report_to="none",
            disable_tqdm=True, logging_strategy="no", use_cpu=True, dataloader_pin_memory=False,
            **more,
        )  # fmt: skip

    # --- encoders

    def encoder(self) -> None:
        """run_ner: tags of first pieces, scored by seqeval after each epoch."""
        config, model = {
            "electra": (ElectraConfig, ElectraForTokenClassification),
            "bert-crf": (BertConfig, BertCrf),
        }.get(self.name, (BertConfig, BertForTokenClassification))
        width = self.options["width"]
        sizes = {
            "vocab_size": len(self.ids), "hidden_size": width, "num_labels": len(self.tags),
            "num_hidden_layers": self.options["layers"], "intermediate_size": 4 * width,
            "num_attention_heads": self.options["heads"],
        }  # fmt: skip
        if self.name == "electra":
            sizes["embedding_size"] = width
        trainer = Trainer(
            model(config(**sizes)),
            self.arguments(eval_strategy="epoch"),
            DataCollatorForTokenClassification(self.tokenizer),
            self.tagged(self.train),
            self.tagged(self.dev),
            compute_metrics=self.score,
        )
        trainer.train()
        trainer.predict(self.tagged(self.test))

    def tagged(self, rows: Rows) -> list[dict[str, Any]]:
        """Ids and labels."""
        encoded = self.tokenizer([units for units, _ in rows], is_split_into_words=True)
        made = []
        for i, (_, tags) in enumerate(rows):
            words = encoded.word_ids(i)
            labels = [IGNORED if w is None else self.tags.index(tags[w]) for w in words]
            made.append({k: encoded[k][i] for k in encoded} | {"labels": labels})
        return made

    def score(self, found: Any) -> dict[str, float]:
        """F1 of seqeval."""
        pairs = list(zip(found.predictions.argmax(-1), found.label_ids, strict=True))
        keep = [labels != IGNORED for _, labels in pairs]
        named = [
            [[self.tags[i] for i in row[k]] for row, k in zip(side, keep, strict=True)]
            for side in zip(*pairs, strict=True)
        ]
        return {"f1": f1_score(named[1], named[0])}

    # --- generators

    def answer(self, units: list[str], tags: list[str]) -> list[int]:
        """A character, its tag, a character, its tag, and the end."""
        pairs = [self.piece(x) for u, t in zip(units, tags, strict=True) for x in (u, f"<{t}>")]
        return [*pairs, self.ids["[SEP]"]]

    def piece(self, unit: str) -> int:
        """The id of a unit."""
        return self.ids.get(unit, self.ids["[UNK]"])

    def longest(self) -> int:
        """The tokens of the longest answer."""
        return 2 * max(len(units) for units, _ in (*self.train, *self.dev, *self.test)) + 2

    def t5(self) -> None:
        """Seq2SeqTrainer with ``predict_with_generate``."""
        width = self.options["width"]
        config = T5Config(
            vocab_size=len(self.ids), d_model=width, d_kv=width // self.options["heads"],
            d_ff=2 * width, num_layers=self.options["layers"], num_heads=self.options["heads"],
            feed_forward_proj="gated-gelu", decoder_start_token_id=0, pad_token_id=0,
            eos_token_id=self.ids["[SEP]"],
        )  # fmt: skip
        trainer = Seq2SeqTrainer(
            T5ForConditionalGeneration(config),
            self.arguments(
                Seq2SeqTrainingArguments, eval_strategy="epoch", predict_with_generate=True,
                generation_max_length=self.longest(),
            ),
            self.collate,
            self.asked(self.train),
            self.asked(self.dev),
            compute_metrics=self.score_written,
        )  # fmt: skip
        trainer.train()
        trainer.predict(self.asked(self.test))

    def score_written(self, found: Any) -> dict[str, float]:
        """F1 of seqeval, where every second token is a tag; another token there counts as O."""
        first = self.ids["<O>"]
        gold, written = [], []
        for labels, row in zip(found.label_ids, found.predictions, strict=True):
            units = (labels != IGNORED).sum() // 2
            for ids, side in ((labels, gold), (row[1:], written)):
                tags = [int(i) - first for i in ids[1 : 2 * units : 2]]
                tags += [0] * (units - len(tags))
                side.append([self.tags[i] if 0 <= i < len(self.tags) else "O" for i in tags])
        return {"f1": f1_score(gold, written)}

    def asked(self, rows: Rows) -> list[dict[str, list[int]]]:
        """Characters in, characters and tags out."""
        return [
            {"input_ids": [self.piece(u) for u in units], "labels": self.answer(units, tags)}
            for units, tags in rows
        ]

    def collate(self, rows: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        """Padded on the right."""
        asked = [torch.tensor(row["input_ids"]) for row in rows]
        pad = torch.nn.utils.rnn.pad_sequence
        inputs = pad(asked, batch_first=True)
        labels = pad([torch.tensor(row["labels"]) for row in rows], True, IGNORED)
        mask = pad([torch.ones_like(row) for row in asked], batch_first=True)
        return {"input_ids": inputs, "attention_mask": mask, "labels": labels}

    def gpt(self) -> None:
        """Trainer on prompt and answer, then ``generate``, batches of 8 padded on the left."""
        config = GPT2Config(
            vocab_size=len(self.ids), n_embd=self.options["width"],
            n_layer=self.options["layers"], n_head=self.options["heads"], n_positions=2048,
            eos_token_id=self.ids["[SEP]"], bos_token_id=self.ids["[CLS]"], pad_token_id=0,
        )  # fmt: skip
        model = GPT2LMHeadModel(config)
        rows = []
        for units, tags in self.train:
            prompt, answer = self.prompt(units), self.answer(units, tags)
            labels = [IGNORED] * len(prompt) + answer
            rows.append({"input_ids": prompt + answer, "labels": labels})
        each = AfterEpoch(lambda: self.write(model, self.dev))
        Trainer(model, self.arguments(), self.collate, rows, callbacks=[each]).train()
        self.write(model, self.test)

    def prompt(self, units: list[str]) -> list[int]:
        """The sentence between two marks."""
        return [self.ids["[CLS]"], *map(self.piece, units), self.ids["[SEP]"]]

    def write(self, model: GPT2LMHeadModel, rows: Rows) -> None:
        """Answer ``rows`` in their order."""
        training = model.training
        model.eval()
        for start in range(0, len(rows), BATCH):
            prompts = [torch.tensor(self.prompt(u)).flip(0) for u, _ in rows[start : start + BATCH]]
            inputs = torch.nn.utils.rnn.pad_sequence(prompts, batch_first=True).flip(1)
            due = 2 * max(len(units) for units, _ in rows[start : start + BATCH]) + 2
            model.generate(inputs, attention_mask=(inputs > 0).long(), max_new_tokens=due)
        model.train(training)


def main() -> None:
    """Run the script that the command line names."""
    folder, name, seed, options = sys.argv[1:]
    Script(Path(folder), name, int(seed), json.loads(Path(options).read_text())).run()


if __name__ == "__main__":
    main()
