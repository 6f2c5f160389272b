"""What the generating families share: targets and answers in ids, one loop, two ways to decode.

A family brings how a sentence is asked and how its model reads; everything that is counted,
selected, decoded or saved is here once. Prediction is in fp32. Under LoRA the adapters are folded
in for as long as predicting takes.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import torch

from backends.generating import lora, pretrained, scratch
from backends.generating.answer_codec import AnswerCodec
from backends.generating.constrained import IncrementalDecoder, decode, follow, restricted_head
from backends.generating.forced import ForcedTokens
from backends.generating.generator_options import (
    DecodingOptions,
    GeneratorRecipe,
    GeneratorShape,
)
from backends.generating.search import Grammar, TagPath
from backends.generating.sureness import confidences
from backends.generating.vocabulary import UnitVocabulary
from backends.generating.word_dropout import WordDropout
from backends.training import weights
from backends.training.device import precision_of_answers, set_up
from backends.training.layers import place
from backends.training.loop import UNTRAINED, Training, train
from backends.training.optimiser import decay_groups
from backends.training.prediction import MANY_POSITIONS, predict_in_batches
from backends.training.recipe import Recipe
from harness.core import Example, Output, Sentence, Tags, Text
from harness.errors import WeightsError
from harness.generation.formats import format_named
from harness.protocol import Context, FitReport
from harness.sequences import each
from harness.tags import encode

BASE, TOKENIZER, NOTES = "base", "tokenizer", "generator.json"
# Free decoding may write this many tokens beyond the longest right answer.
SLACK = 16
TagPaths: TypeAlias = list[TagPath]
Walk: TypeAlias = Callable[[IncrementalDecoder, ForcedTokens, Grammar], TagPaths]


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
        if recipe.lora:
            shape.require_learned_sight("adapters leave them so: set lora=0")
        self.context, self.shape, self.recipe = context, shape, recipe
        self.decoding = decoding
        self.form = format_named(decoding.format)
        self.model: Any = None
        self.known_units: float | None = None
        self.vocabulary: UnitVocabulary
        self.codec: AnswerCodec

    @abstractmethod
    def collate(self, examples: Sequence[Example]) -> dict[str, Any]:
        """A batch with its targets, and how many they are."""

    @abstractmethod
    def loss(self, batch: dict[str, Any]) -> tuple[torch.Tensor, int]:
        """The loss summed over target tokens, and how many there are."""

    @abstractmethod
    def source_ids(self, sentence: Sentence) -> list[int]:
        """The ids that ask for the answer to ``sentence``."""

    @abstractmethod
    def random_model(self, size: int) -> Any:
        """A random model of ``size`` tokens."""

    @abstractmethod
    def incremental_decoder(
        self, model: Any, sentences: Sequence[Sentence], forced: ForcedTokens, beam: int
    ) -> IncrementalDecoder:
        """What decodes the answers to ``sentences``, of which ``forced`` is known."""

    @abstractmethod
    def generate_ids(
        self, model: Any, sentences: Sequence[Sentence], tokens: int
    ) -> list[list[int]]:
        """What ``generate`` writes to each of ``sentences``, at most ``tokens`` tokens."""

    @classmethod
    def weights_of(cls, options: Mapping[str, Any]) -> str | None:
        """The pretrained model of ``options``; None from scratch."""
        return None if options["init"] == "scratch" else str(options["model"])

    def fit(self, train_set: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Train on ``train_set``, keep what is best on ``dev``."""
        set_up(self.context)
        self.build(train_set)
        if self.recipe.lora:
            self.model = lora.wrap(self.model, self.recipe.lora, self._new_token_ids())
        return self.report(train(self, train_set, dev, self.recipe, self.context))

    def report(self, training: Training = UNTRAINED) -> FitReport:
        """What training was; without, of the model as it is."""
        found = training.report(self.model, pretrained.origin(self.shape))
        if not training.epochs:
            found = replace(found, trained=0, precision=precision_of_answers(self.context))
        return replace(
            found,
            new_parameters=pretrained.new_parameters(self.shape, self.model, self.vocabulary),
            known_units=self.known_units,
        )

    def build(self, train_set: Sequence[Example]) -> None:
        """A tokenizer and a model that know the marks of the format."""
        sentences = each(train_set, attrgetter("sentence"))
        self.set_tokenizer(self._tokenizer(sentences))
        if self.shape.init == "scratch":
            self.model = self.random_model(len(self.vocabulary))
        else:
            self.known_units = pretrained.known_units(self.shape, self.vocabulary, sentences)
            self.model = self._pretrained()

    def _pretrained(self) -> Any:
        """The model that is begun with, knowing the marks of the format and what it is told."""
        model = pretrained.model(self.shape, self.auto)
        pretrained.add_rows(model, self.vocabulary)
        pretrained.align(model, self.stride)
        pretrained.look_around(model, self.shape.sight)
        return model

    def _tokenizer(self, sentences: Sequence[Sentence]) -> Any:
        if self.shape.init == "scratch":
            return scratch.learn_tokenizer(sentences, self.texts_to_cover())
        return pretrained.tokenizer(self.shape)

    def texts_to_cover(self) -> list[str]:
        """Texts of ours that a tokenizer from scratch has to know."""
        return ["0123456789"] if self.decoding.format == "indexed" else []

    def set_tokenizer(self, tokenizer: Any) -> None:
        """Add the marks of the format to ``tokenizer``, and write answers with it."""
        marks = [self.form.spell(item) for item in self.form.marks(self.context.tags)]
        self.vocabulary = UnitVocabulary(tokenizer, marks)
        self._word_dropout = WordDropout(self.shape.word_dropout, self.vocabulary)
        self.codec = AnswerCodec(self.vocabulary, self.form, self.context.tags)

    @property
    def stride(self) -> int | None:
        """The tokens of an answer that a unit takes, where the model is to know them."""
        return self.codec.stride if self.shape.aligned else None

    def _new_token_ids(self) -> list[int]:
        return sorted({*self.codec.marks.values(), *self.vocabulary.added})

    @property
    def embeddings(self) -> torch.nn.Parameter:
        """Those of tokens."""
        found: torch.nn.Parameter = self.model.get_input_embeddings().weight
        return found

    def groups(self, recipe: Recipe) -> list[dict[str, Any]]:
        """All that is trained, at one rate."""
        named = self.model.named_parameters()
        return decay_groups(named, recipe.learning_rate, recipe.weight_decay)

    def positions(self, example: Example) -> int:
        """The positions that a sentence and its answer cost."""
        return len(self.source_ids(example.sentence)) + len(self.target_ids(example))

    def drop_words(
        self, ids: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What is read and what is written, in training with some tokens unknown."""
        if self.model.training and self.shape.word_dropout:
            return self._word_dropout(ids, target)
        return ids, target

    def target_ids(self, example: Example) -> list[int]:
        """The right answer, with the end."""
        tags = encode(example.spans, len(example.sentence))
        return [*self.codec.ids(example.sentence, tags), self.vocabulary.end]

    def predict(self, sentences: Sequence[Sentence]) -> list[Output]:
        """One answer per sentence, decoded as the options say."""
        if self.decoding.is_free:
            return list(self.generate(sentences))
        return list(self._in_batches(sentences, self._constrained))

    def generate(self, sentences: Sequence[Sentence]) -> list[Text]:
        """What the model writes with nothing forced, one text per sentence."""
        return self._in_batches(sentences, self._free)

    def _in_batches(
        self, sentences: Sequence[Sentence], answer: Callable[[Any, Sequence[Sentence]], Any]
    ) -> list[Any]:
        # Answers grow while they are decoded, so the budget counts the source and the answer.
        lengths = [2 * len(self.source_ids(sentence)) for sentence in sentences]
        budget = max(1, self._positions_per_batch() // self.decoding.beam)
        with lora.merged(self.model) as plain:

            def submit(chosen: Sequence[Sentence]) -> Callable[[], Any]:
                found = answer(plain, chosen)
                return lambda: found

            return predict_in_batches(self.model, sentences, lengths, budget, submit, self.context)

    def _positions_per_batch(self) -> int:
        """The positions of a batch; an accelerator takes little longer for many of them."""
        usual = 2 * self.recipe.batch_units
        return usual if self.model.device.type == "cpu" else max(usual, 4 * MANY_POSITIONS)

    def _constrained(self, model: Any, sentences: Sequence[Sentence]) -> list[Tags]:
        """Constrained answers; empty sentences have none to choose."""

        def best(decoder: IncrementalDecoder, forced: ForcedTokens, grammar: Grammar) -> TagPaths:
            return decode(decoder, forced.blocks, forced.lengths, grammar, self.decoding.beam)

        return [
            self._tags(path) if path else Tags((), 0, ())
            for path in self._paths(model, sentences, best, self.decoding.beam)
        ]

    def _tags(self, path: TagPath) -> Tags:
        tags = self.context.tags
        return Tags(tuple(tags[tag] for tag in path.tags), 0, confidences(path, tags))

    def surprisal(self, examples: Sequence[Example]) -> list[tuple[float, ...] | None]:
        """The bits of each gold tag among the legal ones, given those before it.

        They are those of constrained decoding; None in a format that it does not know.
        """
        if not self.codec.forcible:
            return [None] * len(examples)
        # By identity: one text may stand twice, with gold that differs.
        examples = list(examples)  # held, or each is made anew and has another
        gold = {id(example.sentence): self._gold(example) for example in examples}

        def told(model: Any, sentences: Sequence[Sentence]) -> list[TagPath | None]:
            def follow_gold(
                decoder: IncrementalDecoder, forced: ForcedTokens, grammar: Grammar
            ) -> TagPaths:
                paths = sorted((gold[id(s)] for s in sentences if len(s)), key=len, reverse=True)
                return follow(decoder, forced.blocks, paths, grammar)

            return self._paths(model, sentences, follow_gold)

        found = self._in_batches([example.sentence for example in examples], told)
        return [path.bits if path else () for path in found]

    def _gold(self, example: Example) -> list[int]:
        tags = encode(example.spans, len(example.sentence))
        return [self.context.tags.index(tag) for tag in tags]

    def _paths(
        self, model: Any, sentences: Sequence[Sentence], walk: Walk, beam: int = 1
    ) -> list[TagPath | None]:
        """The paths that ``walk`` finds, longest sentence first; an empty sentence has none."""
        order = sorted(range(len(sentences)), key=lambda i: -len(sentences[i]))
        order = [i for i in order if len(sentences[i])]
        found: list[TagPath | None] = [None] * len(sentences)
        if order:
            asked = [sentences[i] for i in order]
            grammar = Grammar.of(self.context.tags, self.codec.tag_ids, model.device)
            forced = ForcedTokens.of(asked, self.codec, model.device)
            with restricted_head(model, grammar.ids):
                decoder = self.incremental_decoder(model, asked, forced, beam)
                for i, path in zip(order, walk(decoder, forced, grammar), strict=True):
                    found[i] = path
        return found

    def _free(self, model: Any, sentences: Sequence[Sentence]) -> list[Text]:
        most = [self.max_new_tokens(sentence) for sentence in sentences]
        written = self.generate_ids(model, sentences, max(most))
        rows = zip(written, most, sentences, strict=True)
        return [self.to_text(ids[:tokens], sentence) for ids, tokens, sentence in rows]

    def max_new_tokens(self, sentence: Sentence) -> int:
        """Tokens that an answer written freely may have, whatever is answered beside it."""
        return len(self.longest_answer(sentence)) + SLACK

    def longest_answer(self, sentence: Sentence) -> list[int]:
        """The longest right answer to ``sentence``."""
        if self.codec.forcible:
            return self.codec.ids(sentence, [self.context.tags[0]] * len(sentence))
        begins = [tag for tag in self.context.tags if tag.startswith("B-")][:1]
        return self.codec.ids(sentence, (begins or [self.context.tags[0]]) * len(sentence))

    def to_text(self, ids: Sequence[int], sentence: Sentence) -> Text:
        """What a model wrote freely."""
        return self.codec.text(ids, sentence)

    def oracle(self, train_set: Sequence[Example], examples: Sequence[Example]) -> list[Output]:
        """Gold through targets and back, as a perfect model would have it."""
        if self.model is None and not hasattr(self, "vocabulary"):
            self.set_tokenizer(self._tokenizer([example.sentence for example in train_set]))
        return [self.round_trip(example) for example in examples]

    def round_trip(self, example: Example) -> Output:
        """The answer of a perfect model to the sentence of ``example``."""
        target = self.target_ids(example)
        if self.decoding.is_free:
            return self.codec.text(target, example.sentence)
        tags = dict(zip(self.codec.tag_ids, self.context.tags, strict=True))
        return Tags(tuple(tags[i] for i in target if i in tags))

    def save(self, folder: Path) -> None:
        """Write the tokenizer, the weights (adapters alone over a pretrained base) and notes."""
        self.vocabulary.tokenizer.save_pretrained(folder / TOKENIZER)
        if lora.is_wrapped(self.model) and self.shape.init != "scratch":
            lora.save(self.model, folder)
        else:
            pretrained.save(lora.folded(self.model), folder / BASE)
        notes = self.notes()
        if (folder / lora.FOLDER).is_dir():
            notes["base"] = pretrained.base_digest(self.shape)
        text = json.dumps(notes, ensure_ascii=False)
        (folder / NOTES).write_text(text, encoding="utf-8")

    def notes(self) -> dict[str, Any]:
        """What is saved beside tokenizer and weights."""
        return {"tags": self.context.tags, "format": self.form.name}

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            WeightsError: for a folder that is damaged or of another tag set or format.
        """
        device = set_up(self.context)
        with weights.readable(folder):
            notes = json.loads((folder / NOTES).read_text(encoding="utf-8"))
            self.read_notes(notes)
            self.set_tokenizer(pretrained.read_tokenizer(folder / TOKENIZER))
            self.model = self._read(folder, notes.get("base"))
        place(self.model, device)

    def _read(self, folder: Path, base: str | None) -> Any:
        if (folder / BASE).is_dir():
            model = pretrained.read_model(folder / BASE, self.auto)
        else:
            pretrained.require_base(self.shape, base)
            model = self._pretrained()
        return lora.load(model, folder) if (folder / lora.FOLDER).is_dir() else model

    def read_notes(self, notes: dict[str, Any]) -> None:
        """Take ``notes`` of a saved model, which has to fit this run.

        Raises:
            WeightsError: for a model of another tag set or format.
        """
        expected = {"tags": list(self.context.tags), "format": self.form.name}
        for name, value in expected.items():
            if notes[name] != value:
                msg = f"the model was trained with {name}={notes[name]}, not {value}"
                raise WeightsError(msg)
