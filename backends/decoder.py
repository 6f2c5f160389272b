"""GPT prompt-to-tags: an instruction, the characters, and then the answer.

The loss is on the answer only. The prompt up to the sentence is the same for all sentences, so
constrained decoding reads it once. Rows are padded on the left, and positions are explicit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from backends.generating import lora, pretrained, scratch
from backends.generating.aligned import is_aligned
from backends.generating.completion import completions
from backends.generating.forced import ForcedTokens
from backends.generating.generation import SLACK, Generator
from backends.generating.generator_options import (
    DecoderShape,
    DecodingOptions,
    GeneratorRecipe,
    PromptOptions,
)
from backends.generating.incremental import IncrementalCausal, read_prefix
from backends.generating.padding import (
    IGNORED,
    causal_mask,
    padded,
    padding_mask,
    summed_loss,
    waits_for_mask,
)
from backends.generating.question import Question, least_length
from backends.generating.shots import draw_shots, prompt_for
from backends.pretraining.from_text import FromText
from backends.training.device import set_up
from backends.training.distances import NOWHERE
from backends.training.layers import place
from backends.training.neighbours import Sight
from harness.core import Example, Output, Sentence, Text
from harness.errors import ConfigError
from harness.generation.formats import format_named
from harness.generation.prompt import parts
from harness.protocol import Context, FitReport
from harness.sequences import kept_as
from harness.tags import OUTSIDE, encode

if TYPE_CHECKING:
    from backends.pretraining.characters import Characters
    from backends.pretraining.objective import PretrainingObjective

SHAPE = DecoderShape(model="Qwen/Qwen2.5-0.5B")
DECODING, RECIPE = DecodingOptions(format="tags"), GeneratorRecipe(batch_units=2048)
PROMPT = PromptOptions()
ONE_UNIT = Sentence("", ("x",))
SIGHT = frozenset(field.name for field in fields(Sight))


class Gpt(FromText, Generator):
    """A causal language model that is asked for the tags of a sentence."""

    family: ClassVar[str] = "decoder"
    auto: ClassVar[str] = "AutoModelForCausalLM"
    longest_text: ClassVar[int | None] = scratch.POSITIONS
    # Whoever tells what comes next may not see it.
    text_options: ClassVar[frozenset[str]] = FromText.text_options - SIGHT

    def __init__(
        self,
        context: Context,
        *,
        shape: DecoderShape = SHAPE,
        decoding: DecodingOptions = DECODING,
        prompting: PromptOptions = PROMPT,
        recipe: GeneratorRecipe = RECIPE,
    ) -> None:
        """Take note of the options, and read the prompt.

        Raises:
            ConfigError: for a template that is not there, not valid, or not of the format.
        """
        super().__init__(context, shape, decoding, recipe)
        if not prompting.is_trained:
            shape.require_learned_sight("nothing is trained here: set train=answers")
        self.prompting = prompting
        self.prompt = prompt_for(prompting.prompt, self.form.name, prompting.shots)
        self.question = Question()
        self._sentences: Sequence[Sentence] = ()

    @classmethod
    def longest_window(cls, options: Mapping[str, Any]) -> int | None:
        """The units that there is room for beside the prompt, if each has one piece.

        Labels, examples and units of several pieces take more, which ``fit`` counts.

        Raises:
            ConfigError: for a prompt that is not there, or leaves no room.
            WeightsError: for weights that are no causal language model.
        """
        name = cls.weights_of(options)
        if name is not None:
            pretrained.require_kind(name, cls.auto)
        positions = scratch.POSITIONS if name is None else pretrained.positions_of(name)
        if positions is None:
            return None
        tokenizer = None if name is None else pretrained.tokenizer_here(name)
        around = least_length(options, tokenizer)
        written = len(format_named(options["format"]).items(ONE_UNIT, (OUTSIDE,)))
        longest = (positions - 1 - around) // (1 + written)
        if longest < 1:
            msg = (
                f"prompt {options['prompt']!r} with {options['shots']} examples takes {around} "
                f"positions or more; the model has {positions}. Take a shorter one, or fewer shots"
            )
            raise ConfigError(msg)
        return longest

    def fit(self, train_set: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Train on ``train_set``, keep what is best on ``dev``; or only draw examples from it."""
        examples = chain(train_set, dev)
        self._sentences = kept_as(train_set, (example.sentence for example in examples))
        if self.prompting.is_trained:
            return super().fit(train_set, dev)
        device = set_up(self.context)
        self.build(train_set)
        place(self.model, device)
        return self.report()

    def build(self, train_set: Sequence[Example]) -> None:
        """A tokenizer, a model and a question."""
        super().build(train_set)
        shots = draw_shots(train_set, self.prompting.shots, self.context.seed)
        fills = [ids for s in shots for ids in (self.unit_ids(s.sentence), self._answer(s))]
        rendered = self._asked(len(shots))
        self.question = Question.of(rendered, fills, self.vocabulary, chat=self.prompting.chat)
        self._refuse_overlong(self._sentences)

    def _answer(self, example: Example) -> list[int]:
        """The right answer; as plain text for a model that never learned our tokens."""
        tags = encode(example.spans, len(example.sentence))
        if self.prompting.is_trained:
            return self.codec.ids(example.sentence, tags)
        return self.vocabulary.text(self.form.render(example.sentence, tags))

    def unit_ids(self, sentence: Sentence) -> list[int]:
        """The pieces of the units of ``sentence``."""
        return [i for pieces in self.vocabulary.pieces(sentence) for i in pieces]

    def texts_to_cover(self) -> list[str]:
        """The prompt too."""
        rendered = self._asked(1 if self.prompting.shots else 0)
        return [*super().texts_to_cover(), *parts(rendered)]

    def _asked(self, shots: int) -> str:
        """The prompt with ``shots`` examples, and what the task says of its labels."""
        return self.prompt.render(self.context.tags, shots, self.context.descriptions)

    def objective(self, characters: "Characters", length: int) -> "PretrainingObjective":
        """As of ``FromText``; the model takes any ``length``."""
        from backends.pretraining.next_character import NextCharacter

        del length
        blind = replace(self.shape, **asdict(Sight()))
        return NextCharacter(scratch.alignable(scratch.decoder, blind, len(characters)), characters)

    def random_model(self, size: int) -> Any:
        """A GPT-2."""
        return scratch.decoder(self.shape, size, self.stride)

    def source_ids(self, sentence: Sentence) -> list[int]:
        """The question about ``sentence``."""
        return [*self.question.before, *self.unit_ids(sentence), *self.question.after]

    def _refuse_overlong(self, sentences: Sequence[Sentence]) -> None:
        """The longest question has to fit with its answer; nothing is ever cut."""
        room = getattr(self.model.config, "max_position_embeddings", None)
        if room is None or not sentences:
            return
        needs = [len(self.source_ids(s)) + len(self.longest_answer(s)) + 1 for s in sentences]
        worst = max(range(len(needs)), key=needs.__getitem__)
        if needs[worst] > room:
            around, shots = len(self.question), self.prompting.shots
            msg = (
                f"sentence {sentences[worst].id} of {len(sentences[worst])} units needs "
                f"{needs[worst]} positions with prompt {self.prompt.name!r} (of which {around} are "
                f"prompt and {shots} shots) and format={self.form.name}; the model has {room}. "
                "Lower window_limit or shots, or take a shorter format"
            )
            raise ConfigError(msg)

    def collate(self, examples: Sequence[Example]) -> dict[str, Any]:
        """Questions padded on the left, answers on the right, and the answers as targets."""
        sources = [self.source_ids(example.sentence) for example in examples]
        targets = [self.target_ids(example) for example in examples]
        written = [answer[:-1] for answer in targets]
        fill = self.vocabulary.padding
        mask = torch.cat([padding_mask(sources, left=True), padding_mask(written)], 1)
        return {
            "read": torch.cat([padded(sources, fill, left=True), padded(written, fill)], 1),
            "mask": mask,
            "position_ids": (mask.cumsum(1) - 1).clamp(min=0),
            "units": self._units([example.sentence for example in examples]),
            "targets": padded(targets, IGNORED),
            "target_count": sum(map(len, targets)),
        }

    def loss(self, batch: dict[str, Any]) -> tuple[torch.Tensor, int]:
        """The loss summed over answer tokens, and how many there are."""
        read, targets = self.drop_words(batch["read"], batch["targets"])
        units = {} if batch["units"] is None else {"units": batch["units"]}
        open_now = waits_for_mask(self.model) and not units
        mask = causal_mask(batch["mask"], 0) if open_now else batch["mask"]
        logits = self.model(
            input_ids=read,
            attention_mask=mask,
            position_ids=batch["position_ids"],
            logits_to_keep=targets.shape[1],
            use_cache=False,
            **units,
        ).logits  # (batch, answer, tokens)
        return summed_loss(logits, targets), batch["target_count"]

    def _units(self, sentences: Sequence[Sentence], prefix: int = 0) -> torch.Tensor | None:
        """Which unit each column of the questions holds (sentences, columns), if that is asked.

        Args:
            sentences: what is asked about.
            prefix: columns that stand before the padding.
        """
        if not is_aligned(self.model):
            return None
        question = self.question
        before, after = [NOWHERE] * (len(question.before) - prefix), [NOWHERE] * len(question.after)
        held = [
            [n for n, unit in enumerate(self.vocabulary.pieces(s)) for _ in unit] for s in sentences
        ]
        units = padded([[*before, *row, *after] for row in held], NOWHERE, left=True)
        return torch.nn.functional.pad(units, (prefix, 0), value=NOWHERE)

    def _told(
        self, model: Any, sentences: Sequence[Sentence], prefix: int = 0
    ) -> dict[str, torch.Tensor]:
        """What an aligned ``model`` is told of the questions about ``sentences``; else nothing.

        Only the ids of units matter here, and questions end alike: what stands before is padding.
        """
        units = self._units(sentences, prefix)
        if units is None:
            return {}
        fill, rest = self.vocabulary.padding, self._behind_prefix(sentences)
        ids = padded(rest, fill, left=True)
        ids = torch.nn.functional.pad(ids, (units.shape[1] - ids.shape[1], 0), value=fill)
        units = units.to(model.device)
        return {"units": units, "seen": model.see(ids.to(model.device), units)}

    def _behind_prefix(self, sentences: Sequence[Sentence]) -> list[list[int]]:
        """What the questions do not have in common, and what stands behind it."""
        return [[*self.unit_ids(sentence), *self.question.after] for sentence in sentences]

    def incremental_decoder(
        self, model: Any, sentences: Sequence[Sentence], forced: ForcedTokens, beam: int
    ) -> IncrementalCausal:
        """A decoder that has read what all questions begin with."""
        self._refuse_overlong(sentences)
        rest = self._behind_prefix(sentences)
        first = forced.blocks[0]  # (sentences, width)
        rows = padded(rest, self.vocabulary.padding, left=True).to(model.device)
        mask = padding_mask(rest, left=True).to(model.device)
        rows, mask = torch.cat([rows, first], 1), torch.cat([mask, torch.ones_like(first)], 1)
        prefix = read_prefix(model, torch.tensor([self.question.before], device=model.device))
        told = self._told(model, sentences, prefix=len(self.question.before))
        return IncrementalCausal(model, prefix, rows, mask, forced.capacity, beam, told)

    def generate_ids(
        self, model: Any, sentences: Sequence[Sentence], tokens: int
    ) -> list[list[int]]:
        """What is written behind the questions, nothing where one leaves no room.

        One that leaves less than ``tokens`` is asked alone, so that it cuts no answer but its own.
        """
        room = getattr(model.config, "max_position_embeddings", None)
        asked = [(sentence, self.source_ids(sentence)) for sentence in sentences]
        left = [min(tokens, room - len(ids)) if room else tokens for _, ids in asked]
        pairs = list(zip(asked, left, strict=True))
        written = iter(self._written(model, [one for one, rest in pairs if rest == tokens], tokens))
        return [
            next(written) if rest == tokens else self._written(model, [one], rest)[0]
            for one, rest in pairs
        ]

    def _written(
        self, model: Any, asked: Sequence[tuple[Sentence, list[int]]], tokens: int
    ) -> list[list[int]]:
        """What is written behind the questions, each of which leaves room for ``tokens``."""
        if not asked or tokens < 1:
            return [[]] * len(asked)
        sentences, sources = zip(*asked, strict=True)
        rows = padded(sources, self.vocabulary.padding, left=True).to(model.device)
        written = model.generate(
            rows,
            attention_mask=padding_mask(sources, left=True).to(model.device),
            max_new_tokens=tokens,
            num_beams=self.decoding.beam,
            do_sample=False,
            eos_token_id=self.vocabulary.end,
            pad_token_id=self.vocabulary.end,  # padding without a mask makes transformers warn
            **self._told(model, sentences),
        )
        ids: list[list[int]] = written[:, rows.shape[1] :].tolist()
        return ids

    def complete(self, texts: Sequence[str], characters: int) -> list[str] | None:
        """As of ``harness.protocol.CompletesText``: pretrained weights, where they are still there.

        LoRA leaves them as they were, and so does asking without training. Those that `pretrain`
        made read nothing of the test set, which it keeps out.
        """
        kept = lora.is_wrapped(self.model) or not self.prompting.is_trained
        if self.shape.init == "scratch" or not kept or is_aligned(self.model):
            return None
        with lora.without(self.model) as plain:
            return completions(plain, self.vocabulary, texts, characters)

    def max_new_tokens(self, sentence: Sentence) -> int:
        """One in plain text has several tokens to a tag."""
        if self.prompting.is_trained:
            return super().max_new_tokens(sentence)
        tag = max(self.context.tags, key=len)
        return len(self.vocabulary.text(self.form.render(sentence, [tag] * len(sentence)))) + SLACK

    def to_text(self, ids: Sequence[int], sentence: Sentence) -> Text:
        """In the model's own vocabulary, where it was not trained on ours."""
        if not self.prompting.is_trained:
            return self.codec.plain(ids, sentence)
        return super().to_text(ids, sentence)

    def round_trip(self, example: Example) -> Output:
        """In the model's own vocabulary, where it was not trained on ours."""
        if self.decoding.is_free:
            return self.to_text(self._answer(example), example.sentence)
        return super().round_trip(example)

    def notes(self) -> dict[str, Any]:
        """The question too, whose examples come from the training set."""
        before, after = self.question.before, self.question.after
        return super().notes() | {"before": before, "after": after, "prompt": self.prompt.digest}

    def read_notes(self, notes: dict[str, Any]) -> None:
        """Ask as in training."""
        super().read_notes(notes)
        self.question = Question(tuple(notes["before"]), tuple(notes["after"]))
