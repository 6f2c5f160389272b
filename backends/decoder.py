"""GPT prompt-to-tags: an instruction, the characters, and then the answer.

The loss is on the answer only. The prompt up to the sentence is the same for all sentences, so
constrained decoding reads it once. Rows are padded on the left, and positions are explicit.
"""

import random
from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar

import torch

from backends.generating import scratch
from backends.generating.aligned import is_aligned
from backends.generating.generation import SLACK, Generator, Plan
from backends.generating.generator_options import (
    DecodingOptions,
    GeneratorRecipe,
    GeneratorShape,
    PromptOptions,
)
from backends.generating.padding import (
    IGNORED,
    is_watched,
    mask_of,
    opened_behind,
    padded,
    summed_loss,
)
from backends.generating.readers import DecoderOnly, read_prefix
from backends.training.device import settle
from backends.training.distances import NOWHERE
from backends.training.layers import place
from harness.core import Example, Output, Sentence, Text
from harness.errors import ConfigError
from harness.generation import prompt as prompts
from harness.generation.formats import format_named
from harness.protocol import Context, FitReport
from harness.tags import encode

SHAPE = GeneratorShape(model="Qwen/Qwen2.5-0.5B")
DECODING, RECIPE = DecodingOptions(format="tags"), GeneratorRecipe(batch_units=2048)
PROMPT = PromptOptions()

# Examples in a prompt are sentences of at most this many units, so that several have room.
SHOT_UNITS = 60


class Gpt(Generator):
    """A causal language model that is asked for the tags of a sentence."""

    family: ClassVar[str] = "decoder"
    auto: ClassVar[str] = "AutoModelForCausalLM"

    def __init__(
        self,
        context: Context,
        *,
        shape: GeneratorShape = SHAPE,
        decoding: DecodingOptions = DECODING,
        prompting: PromptOptions = PROMPT,
        recipe: GeneratorRecipe = RECIPE,
    ) -> None:
        """Take note of the options, and read the prompt.

        Raises:
            ConfigError: for a template that is not there, not valid, or not of the format.
        """
        super().__init__(context, shape, decoding, recipe)
        self.prompting = prompting
        self.prompt = _fitting(prompting.prompt, self.form.name)
        self._before: list[int] = []
        self._after: list[int] = []
        self._sentences: list[Sentence] = []
        _check_shots(self.prompt, prompting.shots)

    def fit(self, train_set: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Train on ``train_set``, keep what is best on ``dev``; or only draw examples from it."""
        self._sentences = [example.sentence for example in (*train_set, *dev)]
        if self.prompting.is_trained:
            return super().fit(train_set, dev)
        device = settle(self.context)
        self._start(train_set)
        place(self.model, device)
        return self._report()

    def _start(self, train_set: Sequence[Example]) -> None:
        super()._start(train_set)
        self._ask(train_set)
        self._require(self._sentences)

    def _ask(self, train_set: Sequence[Example]) -> None:
        """Set what stands before and after a sentence, examples included."""
        shots = self._draw(train_set)
        rendered = self.prompt.render(self.context.tags, len(shots))
        begins = self.vocabulary.begins()
        if self.prompting.chat and self.vocabulary.tokenizer.chat_template:
            message = [{"role": "user", "content": rendered}]
            rendered = self.vocabulary.tokenizer.apply_chat_template(
                message, tokenize=False, add_generation_prompt=True
            )
            begins = []  # a chat template writes its own
        texts = [self.vocabulary.text(part) for part in prompts.parts(rendered)]
        fills = [ids for s in shots for ids in (self._text_of(s.sentence), self._answer(s))]
        filled = zip(texts, [*fills, []], strict=False)
        self._before = [*begins, *chain.from_iterable(ids for pair in filled for ids in pair)]
        self._after = texts[-1]

    def _draw(self, train_set: Sequence[Example]) -> list[Example]:
        """The examples to show: drawn by the seed, short, with entities where there are such."""
        if not self.prompting.shots:
            return []
        short = [e for e in train_set if 0 < len(e.sentence) <= SHOT_UNITS]
        pool = [e for e in short if e.spans]
        if len(pool) < self.prompting.shots:
            pool = short
        if len(pool) < self.prompting.shots:
            fitting = f"{len(pool)} sentences of 1 to {SHOT_UNITS} units"
            msg = f"shots={self.prompting.shots}, but train has {fitting}"
            raise ConfigError(msg)
        return random.Random(self.context.seed).sample(pool, self.prompting.shots)  # noqa: S311 -- no secret

    def _answer(self, example: Example) -> list[int]:
        """The right answer; as plain text for a model that never learned our tokens."""
        tags = encode(example.spans, len(example.sentence))
        if self.prompting.is_trained:
            return self.answers.ids(example.sentence, tags)
        return self.vocabulary.text(self.form.render(example.sentence, tags))

    def _text_of(self, sentence: Sentence) -> list[int]:
        return [i for pieces in self.vocabulary.pieces(sentence) for i in pieces]

    def _texts(self) -> list[str]:
        rendered = self.prompt.render(self.context.tags, 1 if self.prompting.shots else 0)
        return [*super()._texts(), *prompts.parts(rendered)]

    def _blank(self, size: int) -> Any:
        return scratch.decoder(self.shape, size, self.stride)

    def _asked(self, sentence: Sentence) -> list[int]:
        return [*self._before, *self._text_of(sentence), *self._after]

    def _require(self, sentences: Sequence[Sentence]) -> None:
        """The longest question has to fit with its answer; nothing is ever cut."""
        room = getattr(self.model.config, "max_position_embeddings", None)
        if room is None or not sentences:
            return
        needs = [len(self._asked(s)) + len(self._longest(s)) + 1 for s in sentences]
        worst = max(range(len(needs)), key=needs.__getitem__)
        if needs[worst] > room:
            around, shots = len(self._before) + len(self._after), self.prompting.shots
            msg = (
                f"sentence {sentences[worst].id} of {len(sentences[worst])} units needs "
                f"{needs[worst]} positions with prompt {self.prompt.name!r} (of which {around} are "
                f"prompt and {shots} shots) and format={self.form.name}; the model has {room}. "
                "Lower window_limit or shots, or take a shorter format"
            )
            raise ConfigError(msg)

    def collate(self, examples: Sequence[Example]) -> dict[str, Any]:
        """Questions padded on the left, answers on the right, and the answers as targets."""
        asked = [self._asked(example.sentence) for example in examples]
        targets = [self._target(example) for example in examples]
        written = [answer[:-1] for answer in targets]
        fill = self.vocabulary.padding
        mask = torch.cat([mask_of(asked, left=True), mask_of(written)], 1)
        return {
            "read": torch.cat([padded(asked, fill, left=True), padded(written, fill)], 1),
            "mask": mask,
            "places": (mask.cumsum(1) - 1).clamp(min=0),
            "units": self._units([example.sentence for example in examples]),
            "targets": padded(targets, IGNORED),
            "due": sum(map(len, targets)),
        }

    def loss(self, batch: dict[str, Any]) -> tuple[torch.Tensor, int]:
        """The loss summed over answer tokens, and how many there are."""
        read, targets = self._forget(batch["read"], batch["targets"])
        told = {} if batch["units"] is None else {"units": batch["units"]}
        open_now = is_watched(self.model) and not told
        mask = opened_behind(batch["mask"], 0) if open_now else batch["mask"]
        logits = self.model(
            input_ids=read,
            attention_mask=mask,
            position_ids=batch["places"],
            logits_to_keep=targets.shape[1],
            use_cache=False,
            **told,
        ).logits  # (batch, answer, tokens)
        return summed_loss(logits, targets), batch["due"]

    def _units(self, sentences: Sequence[Sentence], prefix: int = 0) -> torch.Tensor | None:
        """Which unit each column of the questions holds (sentences, columns), if that is asked.

        Args:
            sentences: what is asked about.
            prefix: columns that stand before the padding.
        """
        if not is_aligned(self.model):
            return None
        before, after = [NOWHERE] * (len(self._before) - prefix), [NOWHERE] * len(self._after)
        held = [
            [n for n, unit in enumerate(self.vocabulary.pieces(s)) for _ in unit] for s in sentences
        ]
        units = padded([[*before, *row, *after] for row in held], NOWHERE, left=True)
        return torch.nn.functional.pad(units, (prefix, 0), value=NOWHERE)

    def _reading(self, model: Any, sentences: Sequence[Sentence], plan: Plan) -> DecoderOnly:
        self._require(sentences)
        rest = [[*self._text_of(sentence), *self._after] for sentence in sentences]
        first = plan.forced[0]  # (sentences, width)
        rows = padded(rest, self.vocabulary.padding, left=True).to(model.device)
        mask = mask_of(rest, left=True).to(model.device)
        rows, mask = torch.cat([rows, first], 1), torch.cat([mask, torch.ones_like(first)], 1)
        prefix = read_prefix(model, torch.tensor([self._before], device=model.device))
        units = self._units(sentences, prefix=len(self._before))
        return DecoderOnly(
            model, prefix, rows, mask, plan.capacity, self.decoding.beam,
            None if units is None else units.to(model.device),
        )  # fmt: skip

    def _written(self, model: Any, sentences: Sequence[Sentence], tokens: int) -> list[list[int]]:
        asked = [self._asked(sentence) for sentence in sentences]
        rows = padded(asked, self.vocabulary.padding, left=True).to(model.device)
        room = getattr(model.config, "max_position_embeddings", None) or rows.shape[1] + tokens
        units = self._units(sentences)
        written = model.generate(
            rows,
            attention_mask=mask_of(asked, left=True).to(model.device),
            max_new_tokens=min(tokens, room - rows.shape[1]),
            num_beams=self.decoding.beam,
            do_sample=False,
            eos_token_id=self.vocabulary.end,
            pad_token_id=self.vocabulary.end,  # padding without a mask makes transformers warn
            **({} if units is None else {"units": units.to(model.device)}),
        )
        ids: list[list[int]] = written[:, rows.shape[1] :].tolist()
        return ids

    def _due(self, sentence: Sentence) -> int:
        """One in plain text has several tokens to a tag."""
        if self.prompting.is_trained:
            return super()._due(sentence)
        tag = max(self.context.tags, key=len)
        return len(self.vocabulary.text(self.form.render(sentence, [tag] * len(sentence)))) + SLACK

    def _text(self, ids: Sequence[int], sentence: Sentence) -> Text:
        if not self.prompting.is_trained:
            return self.answers.plain(ids, sentence)
        return super()._text(ids, sentence)

    def _round_trip(self, example: Example) -> Output:
        if self.decoding.is_free:
            return self._text(self._answer(example), example.sentence)
        return super()._round_trip(example)

    def _notes(self) -> dict[str, Any]:
        asked = {"before": self._before, "after": self._after, "prompt": self.prompt.digest}
        return super()._notes() | asked

    def _heed(self, notes: dict[str, Any]) -> None:
        super()._heed(notes)
        self._before, self._after = notes["before"], notes["after"]


def _fitting(name: str, form: str) -> prompts.Prompt:
    """The prompt called ``name``, which has to ask for the format ``form``."""
    template = prompts.load(name)
    if format_named(template.format).name != form:
        msg = f"prompt {name!r} asks for format={template.format}, but the option is format={form}"
        raise ConfigError(msg)
    return template


def _check_shots(template: prompts.Prompt, shots: int) -> None:
    if shots and template.example is None:
        msg = f"shots={shots}, but prompt {template.name!r} has no section [example]"
        raise ConfigError(msg)
