"""The encoder family: BERT with a CRF, BERT with a softmax, ELECTRA's discriminator.

The three differ in two class attributes. Their options, their character table, their training loop
and their scores over first pieces are the same lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from backends.pretraining.from_text import FromText
from backends.tagging import checkpoint, exporting, onnx_tagger
from backends.tagging.answers import AnswerReader, Gathered
from backends.tagging.architecture import EncoderShape, blank
from backends.tagging.encoder_family import EncoderFamily
from backends.tagging.heads import CrfHead, Head, SoftmaxHead, class_weights
from backends.tagging.in_batches import read_in_batches
from backends.tagging.ngrams import NgramScores
from backends.tagging.onnx_tagger import OnnxTagger
from backends.tagging.regularisers import UnitLoss, disagreement
from backends.tagging.scheme import Scheme
from backends.tagging.tagger import Batch, LabelledBatch, Tagger, targets_of
from backends.tagging.tagging_options import TaggingOptions
from backends.tagging.truncation import Truncation
from backends.training import loop, weights
from backends.training.device import set_up
from backends.training.layers import place
from backends.training.optimiser import decay_groups
from backends.training.recipe import Recipe
from harness.core import Example, Sentence, Tags
from harness.errors import ConfigError
from harness.protocol import Context, Exported, FitReport
from harness.sequences import each

if TYPE_CHECKING:
    from backends.pretraining.characters import Characters
    from backends.pretraining.objective import PretrainingObjective
    from backends.pretraining.reading import CharacterReader

SHAPE, RECIPE, TAGGING = EncoderShape(), Recipe(learning_rate=5e-4), TaggingOptions()


class EncoderBackend(EncoderFamily, FromText):
    """What the three share: the backend, and at once what the training loop asks for."""

    family = "encoder"
    head: ClassVar[type[Head]]
    exports: ClassVar[tuple[str, ...]] = exporting.TARGETS
    model: Tagger

    def __init__(
        self,
        context: Context,
        *,
        shape: EncoderShape = SHAPE,
        recipe: Recipe = RECIPE,
        tagging: TaggingOptions = TAGGING,
    ) -> None:
        """Take note of the options."""
        self.context, self.shape, self.recipe = context, shape, recipe
        self.tagging = tagging
        self.truncation = Truncation(tagging.max_length)
        self.scheme = Scheme(tagging.scheme, context.tags)
        self._refuse_unit_loss()

    def _refuse_unit_loss(self) -> None:
        """A path has no loss per unit, and so neither focus nor smoothing."""
        asked = {"focal": self.tagging.focal, "label_smoothing": self.tagging.label_smoothing}
        if self.head is CrfHead and any(asked.values()):
            named = ", ".join(f"{name}={value:g}" for name, value in asked.items() if value)
            msg = f"{named}: a CRF has no loss of single units; take bert-softmax or electra"
            raise ConfigError(msg)

    @classmethod
    def longest_window(cls, options: Mapping[str, Any]) -> int | None:
        """The units that there is room for; any number where only the first ones are read."""
        room = super().longest_window(options)
        return None if room is None or 0 < options["max_length"] <= room else room

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Train on ``train``, keep what is best on ``dev``.

        Raises:
            WeightsError: for pretrained weights that cannot be found, read or trusted.
            ConfigError: for options that the model cannot have, or text that exceeds it.
        """
        set_up(self.context)
        train = each(train, self.truncation.example)
        sentences = each(train, attrgetter("sentence"))
        encoder, self.tokenizer = self.build(sentences)
        self.model = self.tagger(encoder, self._new_head(train))
        known = self.known_units(sentences)
        training = loop.train(self, train, dev, self.recipe, self.context)
        return replace(
            self.report(training, known),
            transitions=self.model.head.transitions(),
            transition_tags=self.scheme.tags if self.head is CrfHead else None,
        )

    def tagger(self, encoder: Any, head: Head) -> Tagger:
        """The whole model."""
        return Tagger(
            encoder,
            head,
            self.shape.dropout,
            word_dropout=self.shape.word_dropout,
            unknown=self.tokenizer.table.unknown,
            ngrams=self._ngrams(),
        )

    def _new_head(self, train: Sequence[Example]) -> Head:
        """The head to be trained on ``train``."""
        tagging = self.tagging
        costs = class_weights(map(self._tag_ids, train), len(self.scheme), tagging.class_weights)
        if self.head is CrfHead:
            return CrfHead(costs)
        return SoftmaxHead(costs, UnitLoss(tagging.focal, tagging.label_smoothing))

    def _ngrams(self) -> NgramScores | None:
        rows, dropout = self.tagging.ngrams, self.tagging.ngram_dropout
        return NgramScores(rows, len(self.scheme), dropout) if rows else None

    def _tag_ids(self, example: Example) -> list[int]:
        return self.scheme.ids(example.spans, len(example.sentence))

    def _tags(self, examples: Sequence[Example]) -> list[list[int]]:
        return [self._tag_ids(example) for example in examples]

    def groups(self, recipe: Recipe) -> list[dict[str, Any]]:
        """The encoder and the classifier; the head at a rate of its own."""
        rate, head_rate = recipe.learning_rate, self.tagging.head_lr
        encoder, ngrams = self.model.encoder, self.model.ngrams
        body = [*encoder.named_parameters(), *(ngrams.named_parameters() if ngrams else ())]
        classifier, chain = self.model.classifier, list(self.model.head.parameters())
        if not chain:
            top = decay_groups(
                classifier.named_parameters(), head_rate or rate, recipe.weight_decay
            )
            return decay_groups(body, rate, recipe.weight_decay) + top
        body += classifier.named_parameters()
        top = [{"params": chain, "lr": head_rate or 100 * rate, "weight_decay": 0.0}]
        return decay_groups(body, rate, recipe.weight_decay) + top

    def positions(self, example: Example) -> int:
        """The positions that an example costs."""
        return self.tokenizer.positions(self.truncation.sentence(example.sentence))

    def collate(self, examples: Sequence[Example]) -> LabelledBatch:
        """A batch with its targets."""
        read = [self.truncation.example(example) for example in examples]
        batch = self.batch([example.sentence for example in read])
        return LabelledBatch(batch, targets_of(self._tags(read)))

    def scores(self, batch: Batch) -> torch.Tensor:
        """The scores of the units of ``batch`` (units, tags)."""
        scores: torch.Tensor = self.model(batch)
        return scores

    def loss(self, batch: LabelledBatch) -> tuple[torch.Tensor, int]:
        """The head's loss summed over units, and how many units there are."""
        sentences, targets = batch
        scores, units = self.model(sentences), sum(sentences.lengths)
        loss = self.model.head.loss(scores, targets)
        if not (self.model.training and self.tagging.rdrop):
            return loss, units
        again = self.model(sentences)  # with other dropout
        # Half of what R-Drop sums up, so that a unit costs what it does in one pass.
        both = (loss + self.model.head.loss(again, targets)) / 2
        return both + self.tagging.rdrop * disagreement(scores, again) / 2, units

    def predict(self, sentences: Sequence[Sentence]) -> list[Tags]:
        """One tag per unit, and the probability of each entity."""
        full = [self.truncation.sentence(sentence) for sentence in sentences if len(sentence)]
        gathered = Gathered(self._reading())
        places = iter(read_in_batches(self, full, gathered.add))
        answers = gathered.finish()
        return [
            self._answer(answers[next(places)] if len(s) else Tags((), 0, ()), s) for s in sentences
        ]

    def surprisal(self, examples: Sequence[Example]) -> list[tuple[float, ...] | None]:
        """The bits of each gold tag, given those before it; None where a sentence was not read."""
        whole = [e for e in examples if len(e.sentence) and self._reads(e.sentence)]
        rows = read_in_batches(self, [example.sentence for example in whole], lambda rows: rows)
        bits = iter(self._reading().surprisal(rows, self._tags(whole)) if rows else [])
        return [
            () if not len(e.sentence) else next(bits) if self._reads(e.sentence) else None
            for e in examples
        ]

    def _reads(self, sentence: Sentence) -> bool:
        """Whether all units of ``sentence`` are read."""
        return len(self.truncation.sentence(sentence)) == len(sentence)

    def _reading(self) -> AnswerReader:
        """How scores are read."""
        rules = self.scheme.rules() if self.tagging.constrain_transitions else None
        return AnswerReader.of(self.model.head, self.scheme, rules)

    def _answer(self, answer: Tags, sentence: Sentence) -> Tags:
        """``answer`` to what was read of ``sentence``, and how many of its units were not."""
        return replace(answer, unread=len(sentence) - len(answer.tags))

    def objective(self, characters: "Characters", length: int) -> "PretrainingObjective":
        """As of ``FromText``."""
        from backends.pretraining.masked import MaskedCharacters

        return MaskedCharacters(self._reader(characters, length), characters)

    def _reader(self, characters: "Characters", length: int) -> "CharacterReader":
        """A random encoder of windows of ``length``; positions beyond it would stay untrained."""
        from backends.pretraining.reading import CharacterReader

        sizes = (len(characters), characters.padding, length)
        return CharacterReader(blank(self.architecture, self.shape, *sizes))

    def oracle(self, train_set: Sequence[Example], examples: Sequence[Example]) -> list[Tags]:
        """Gold through units, pieces and first pieces, and back."""
        if not hasattr(self, "tokenizer"):
            _, self.tokenizer = self.build([example.sentence for example in train_set])
        return [self._round_trip(example) for example in examples]

    def _round_trip(self, example: Example) -> Tags:
        read = self.truncation.example(example)
        batch = self.batch([read.sentence])
        labels = torch.full_like(batch.ids.flatten(), -100)
        labels[batch.firsts] = torch.tensor(self._tags([read])[0])
        tags = self.scheme.answer(labels[labels != -100].tolist())
        return self._answer(Tags(tags), example.sentence)

    def save(self, folder: Path) -> None:
        """Write weights, configuration and table into ``folder``."""
        checkpoint.save(folder, self.model, self.tokenizer, self.scheme.tags)

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            WeightsError: for a folder that is damaged or of another tag set.
        """
        if onnx_tagger.is_in(folder):
            self._load_onnx(folder)
            return
        device = set_up(self.context)
        with weights.readable(folder):
            saved = checkpoint.load(folder, self.scheme.tags)
            self.tokenizer = saved.tokenizer
            self.model = self.tagger(saved.encoder, self.head(torch.ones(len(self.scheme))))
            self.model.load_state_dict(saved.weights)
        place(self.model, device)

    def _load_onnx(self, folder: Path) -> None:
        """Read what ``export`` wrote: onnxruntime computes its scores, on the CPU, read as ever."""
        set_up(replace(self.context, device="cpu"))
        with weights.readable(folder):
            self.tokenizer = checkpoint.load_reading(folder, self.scheme.tags)
            head = self.head(torch.ones(len(self.scheme)))
            self.model = OnnxTagger(folder, head, self.context.threads)

    def export(self, folder: Path, target: str, sentences: Sequence[Sentence]) -> Exported:
        """Write the trained model into ``folder`` for ``target``, one of ``exports``.

        Raises:
            ConfigError: for a target that cannot hold this model, or needs what is not installed.
        """
        if isinstance(self.model, OnnxTagger):
            raise ConfigError("this model was exported before: export the run that it is from")
        trained = exporting.TrainedTagger(self.model, self.tokenizer, self.scheme, self.tagging)
        return exporting.export(folder, target, trained, sentences)


class BertCrf(EncoderBackend):
    """BERT with a linear-chain CRF over units."""

    architecture, head = "bert", CrfHead


class BertSoftmax(EncoderBackend):
    """BERT with a softmax for each unit."""

    architecture, head = "bert", SoftmaxHead


class Electra(EncoderBackend):
    """ELECTRA's discriminator with a softmax for each unit."""

    architecture, head = "electra", SoftmaxHead

    def objective(self, characters: "Characters", length: int) -> "PretrainingObjective":
        """As of ``FromText``."""
        from backends.pretraining.replaced import ReplacedCharacters, generator_for

        reader = self._reader(characters, length)
        return ReplacedCharacters(reader, generator_for(reader), characters)
