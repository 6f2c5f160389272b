"""What the generating families share: targets and answers in ids, one loop, two ways to decode.

A family brings how a sentence is asked and how its model reads; everything that is counted,
selected, decoded or saved is here once. Prediction is in fp32. Under LoRA the adapters are folded
in for as long as predicting takes.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch

from backends.generating import lora, pretrained, scratch
from backends.generating.answers import Answers
from backends.generating.constrained import Grammar, Reader, asked_only, decode
from backends.generating.generator_options import (
    DecodingOptions,
    GeneratorRecipe,
    GeneratorShape,
)
from backends.generating.vocabulary import Vocabulary
from backends.training.device import precision_of_answers, settle
from backends.training.layers import place
from backends.training.loop import UNTRAINED, Training, train
from backends.training.optimiser import decay_groups
from backends.training.prediction import MANY_POSITIONS, predict_in_batches
from backends.training.recipe import Recipe
from harness.core import Example, Output, Sentence, Tags, Text
from harness.errors import WeightsError
from harness.generation.formats import format_named
from harness.protocol import Context, FitReport
from harness.tags import encode

BASE, TOKENIZER, NOTES = "base", "tokenizer", "generator.json"
# Free decoding may write this many tokens beyond the longest right answer.
SLACK = 16


class Plan(NamedTuple):
    """A batch for constrained decoding, longest sentence first.

    ``forced[i]`` (sentences, width) stands before the tag of unit i; ``capacity`` is how many
    positions the answer takes at most.
    """

    forced: tuple[torch.Tensor, ...]
    lengths: tuple[int, ...]
    capacity: int


class Generator(ABC):
    """A generating backend, and at once what the training loop asks for."""

    family: ClassVar[str]
    # The class of transformers that loads the family's pretrained models.
    auto: ClassVar[str]

    def __init__(
        self,
        context: Context,
        shape: GeneratorShape,
        decoding: DecodingOptions,
        recipe: GeneratorRecipe,
    ) -> None:
        self.context, self.shape, self.recipe = context, shape, recipe
        self.decoding = decoding
        self.form = format_named(decoding.format)
        self.model: Any = None
        self.vocabulary: Vocabulary
        self.answers: Answers

    @abstractmethod
    def collate(self, examples: Sequence[Example]) -> dict[str, Any]:
        """A batch with its targets, and how many they are."""

    @abstractmethod
    def loss(self, batch: dict[str, Any]) -> tuple[torch.Tensor, int]:
        """The loss summed over target tokens, and how many there are."""

    @abstractmethod
    def _asked(self, sentence: Sentence) -> list[int]:
        """The ids that ask for the answer to ``sentence``."""

    @abstractmethod
    def _blank(self, size: int) -> Any:
        """A random model of ``size`` tokens."""

    @abstractmethod
    def _reading(self, model: Any, sentences: Sequence[Sentence], plan: Plan) -> Reader:
        """A reader of the answers to ``sentences``."""

    @abstractmethod
    def _written(self, model: Any, sentences: Sequence[Sentence], tokens: int) -> list[list[int]]:
        """What ``generate`` writes to each of ``sentences``, at most ``tokens`` tokens."""

    def fit(self, train_set: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Train on ``train_set``, keep what is best on ``dev``."""
        settle(self.context)
        self._start(train_set)
        if self.recipe.lora:
            self.model = lora.wrap(self.model, self.recipe.lora, self._new_rows())
        return self._report(train(self, train_set, dev, self.recipe, self.context))

    def _report(self, training: Training = UNTRAINED) -> FitReport:
        parameters = list(self.model.parameters())
        trained = sum(p.numel() for p in parameters if p.requires_grad)
        return FitReport(
            weights=pretrained.origin(self.shape),
            parameters=sum(p.numel() for p in parameters),
            trained=trained if training.epochs else 0,
            epochs=training.epochs,
            best_epoch=training.best_epoch,
            precision=training.precision if training.epochs else precision_of_answers(self.context),
            halved=training.halved,
        )

    def _start(self, train_set: Sequence[Example]) -> None:
        """A tokenizer and a model that know the marks of the format."""
        self._speak(self._tokenizer([example.sentence for example in train_set]))
        if self.shape.init == "scratch":
            self.model = self._blank(len(self.vocabulary))
        else:
            self.model = pretrained.model(self.shape, self.auto)
            pretrained.add_rows(self.model, self.vocabulary)

    def _tokenizer(self, sentences: Sequence[Sentence]) -> Any:
        if self.shape.init == "scratch":
            return scratch.learn_tokenizer(sentences, self._texts())
        return pretrained.tokenizer(self.shape)

    def _texts(self) -> list[str]:
        """Texts of ours that a tokenizer from scratch has to know."""
        return ["0123456789"] if self.decoding.format == "indexed" else []

    def _speak(self, tokenizer: Any) -> None:
        marks = [self.form.spell(item) for item in self.form.marks(self.context.tags)]
        self.vocabulary = Vocabulary(tokenizer, marks)
        # The tokens that are never forgotten.
        lasting = {*self.vocabulary.control, *self.vocabulary.marks.values()}
        self._lasting = torch.tensor(sorted(lasting))
        self.answers = Answers(self.vocabulary, self.form, self.context.tags)

    @property
    def stride(self) -> int | None:
        """The tokens of an answer that a unit takes, where the model is to know them."""
        return self.answers.stride if self.shape.aligned else None

    def _new_rows(self) -> list[int]:
        return sorted({*self.answers.marks.values(), *self.vocabulary.added})

    def groups(self, recipe: Recipe) -> list[dict[str, Any]]:
        """All that is trained, at one rate."""
        named = self.model.named_parameters()
        return decay_groups(named, recipe.learning_rate, recipe.weight_decay)

    def slots(self, example: Example) -> int:
        """The positions that a sentence and its answer cost."""
        return len(self._asked(example.sentence)) + len(self._target(example))

    def _forget(self, ids: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What is read and what is written, some pieces unknown in all of a sentence. In training.

        So that units never seen before are nothing new, and are copied and tagged like others.

        Args:
            ids: (batch, places).
            target: (batch, places), padding included.
        """
        if not (self.model.training and self.shape.word_dropout):
            return ids, target
        drawn = torch.rand(len(ids), len(self.vocabulary), device=ids.device)
        gone = drawn < self.shape.word_dropout  # (batch, tokens)
        self._lasting = self._lasting.to(ids.device)  # copied once
        gone.index_fill_(1, self._lasting, value=False)
        unknown = self.vocabulary.unknown
        forgotten = gone.gather(1, target.clamp(min=0)) & (target >= 0)
        return (
            ids.masked_fill(gone.gather(1, ids), unknown),
            target.masked_fill(forgotten, unknown),
        )

    def _target(self, example: Example) -> list[int]:
        tags = encode(example.spans, len(example.sentence))
        return [*self.answers.ids(example.sentence, tags), self.vocabulary.end]

    def predict(self, sentences: Sequence[Sentence]) -> list[Output]:
        """One answer per sentence, decoded as the options say."""
        if self.decoding.is_free:
            return list(self.generate(sentences))
        return list(self._in_batches(sentences, self._choose))

    def generate(self, sentences: Sequence[Sentence]) -> list[Text]:
        """What the model writes with nothing forced, one text per sentence."""
        return self._in_batches(sentences, self._write)

    def _in_batches(
        self, sentences: Sequence[Sentence], answer: Callable[[Any, Sequence[Sentence]], Any]
    ) -> list[Any]:
        # Answers grow while they are decoded, so the budget counts what was asked and what is due.
        slots = [2 * len(self._asked(sentence)) for sentence in sentences]
        budget = max(1, self._positions() // self.decoding.beam)
        with lora.merged(self.model) as plain:

            def ask(chosen: Sequence[Sentence]) -> Callable[[], Any]:
                found = answer(plain, chosen)
                return lambda: found

            return predict_in_batches(self.model, sentences, slots, budget, ask, self.context)

    def _positions(self) -> int:
        """The positions of a batch; an accelerator takes little longer for many of them."""
        usual = 2 * self.recipe.batch_units
        return usual if self.model.device.type == "cpu" else max(usual, 4 * MANY_POSITIONS)

    def _choose(self, model: Any, sentences: Sequence[Sentence]) -> list[Tags]:
        """Constrained answers; empty sentences have none to choose."""
        order = sorted(range(len(sentences)), key=lambda i: -len(sentences[i]))
        order = [i for i in order if len(sentences[i])]
        found = {i: Tags(()) for i in range(len(sentences))}
        if order:
            paths = self._paths(model, [sentences[i] for i in order])
            for i, path in zip(order, paths, strict=True):
                found[i] = Tags(tuple(self.context.tags[tag] for tag in path))
        return [found[i] for i in range(len(sentences))]

    def _paths(self, model: Any, sentences: Sequence[Sentence]) -> list[list[int]]:
        """The tag indices of sentences in order of falling length."""
        grammar = Grammar.of(self.context.tags, self.answers.tag_ids, model.device)
        plan = self._plan(sentences, model.device)
        with asked_only(model, grammar.ids):
            reader = self._reading(model, sentences, plan)
            return decode(reader, plan.forced, plan.lengths, grammar, self.decoding.beam)

    def _plan(self, sentences: Sequence[Sentence], device: torch.device) -> Plan:
        blocks = [self.answers.forced(sentence) for sentence in sentences]
        widths = [len(block) for block in blocks[0]]
        idle = self.vocabulary.unknown  # what a row reads once it is done
        full = [[*row, *([idle] * width for width in widths[len(row) :])] for row in blocks]
        rows = torch.tensor([[*chain.from_iterable(row)] for row in full]).long().to(device)
        forced = rows.split(widths, dim=1)
        return Plan(forced, tuple(map(len, sentences)), sum(widths) + len(widths))

    def _write(self, model: Any, sentences: Sequence[Sentence]) -> list[Text]:
        due = [self._due(sentence) for sentence in sentences]
        written = self._written(model, sentences, max(due))
        rows = zip(written, due, sentences, strict=True)
        return [self._text(ids[:tokens], sentence) for ids, tokens, sentence in rows]

    def _due(self, sentence: Sentence) -> int:
        """Tokens that an answer written freely may have, whatever is answered beside it."""
        return len(self._longest(sentence)) + SLACK

    def _longest(self, sentence: Sentence) -> list[int]:
        """The longest right answer to ``sentence``."""
        if self.answers.forcible:
            return self.answers.ids(sentence, [self.context.tags[0]] * len(sentence))
        begins = [tag for tag in self.context.tags if tag.startswith("B-")][:1]
        return self.answers.ids(sentence, (begins or [self.context.tags[0]]) * len(sentence))

    def _text(self, ids: Sequence[int], sentence: Sentence) -> Text:
        return self.answers.text(ids, sentence)

    def oracle(self, train_set: Sequence[Example], examples: Sequence[Example]) -> list[Output]:
        """Gold through targets and back, as a perfect model would have it."""
        if self.model is None and not hasattr(self, "vocabulary"):
            self._speak(self._tokenizer([example.sentence for example in train_set]))
        return [self._round_trip(example) for example in examples]

    def _round_trip(self, example: Example) -> Output:
        target = self._target(example)
        if self.decoding.is_free:
            return self.answers.text(target, example.sentence)
        tags = dict(zip(self.answers.tag_ids, self.context.tags, strict=True))
        return Tags(tuple(tags[i] for i in target if i in tags))

    def save(self, folder: Path) -> None:
        """Write the tokenizer, the weights (adapters alone over a pretrained base) and notes."""
        self.vocabulary.tokenizer.save_pretrained(folder / TOKENIZER)
        if lora.is_wrapped(self.model) and self.shape.init != "scratch":
            lora.save(self.model, folder)
        else:
            pretrained.save(lora.folded(self.model), folder / BASE)
        text = json.dumps(self._notes(), ensure_ascii=False)
        (folder / NOTES).write_text(text, encoding="utf-8")

    def _notes(self) -> dict[str, Any]:
        return {"tags": self.context.tags, "format": self.form.name}

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            WeightsError: for a folder that is damaged or of another tag set or format.
        """
        device = settle(self.context)
        with pretrained.readable(folder):
            notes = json.loads((folder / NOTES).read_text(encoding="utf-8"))
            self._heed(notes)
            self._speak(pretrained.read_tokenizer(folder / TOKENIZER))
            self.model = self._read(folder)
        place(self.model, device)

    def _read(self, folder: Path) -> Any:
        if (folder / BASE).is_dir():
            model = pretrained.read_model(folder / BASE, self.auto)
        else:
            model = pretrained.model(self.shape, self.auto)
            pretrained.add_rows(model, self.vocabulary)
        return lora.load(model, folder) if (folder / lora.FOLDER).is_dir() else model

    def _heed(self, notes: dict[str, Any]) -> None:
        expected = {"tags": list(self.context.tags), "format": self.form.name}
        for name, value in expected.items():
            if notes[name] != value:
                msg = f"the model was trained with {name}={notes[name]}, not {value}"
                raise WeightsError(msg)
