"""What a causal model is asked: a prompt around each sentence, in ids, with examples in it."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from backends.generating.vocabulary import UnitVocabulary
from harness.core import Example
from harness.errors import ConfigError
from harness.generation import prompt as prompts
from harness.generation.formats import format_named
from harness.tags import OUTSIDE

# What is at least one piece under any tokenizer that is learned: a word, a Chinese character.
_PIECE = re.compile(r"[!-~]+|[^\s!-~]")
# Examples in a prompt are sentences of at most this many units, so that several have room.
SHOT_UNITS = 60


@dataclass(frozen=True, slots=True)
class Question:
    """What stands before and after a sentence: the same ids for all sentences."""

    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.before) + len(self.after)

    @classmethod
    def of(
        cls,
        rendered: str,
        fills: Sequence[Sequence[int]],
        vocabulary: UnitVocabulary,
        *,
        chat: bool,
    ) -> "Question":
        """The question that a rendered prompt asks.

        Args:
            rendered: the prompt, with slots for examples and, last, for the sentence.
            fills: what stands in the slots but the last one: a sentence, its answer, and so on.
            vocabulary: turns the texts between the slots into ids.
            chat: whether the tokenizer's chat template is used, if it has one.
        """
        spoken = _in_chat(rendered, vocabulary.tokenizer) if chat else rendered
        begins = vocabulary.begins() if spoken == rendered else []  # a chat template has its own
        texts = [vocabulary.text(part) for part in prompts.parts(spoken)]
        filled = zip(texts, [*fills, []], strict=False)
        before = [*begins, *chain.from_iterable(ids for pair in filled for ids in pair)]
        return cls(tuple(before), tuple(texts[-1]))


def prompt_for(name: str, form: str, shots: int) -> prompts.Prompt:
    """The prompt called ``name``.

    Raises:
        ConfigError: if it does not ask for the format ``form``, or has no place for ``shots``.
    """
    template = prompts.load(name)
    if format_named(template.format).name != form:
        msg = f"prompt {name!r} asks for format={template.format}, but the option is format={form}"
        raise ConfigError(msg)
    if shots and template.example is None:
        msg = f"shots={shots}, but prompt {template.name!r} has no section [example]"
        raise ConfigError(msg)
    return template


def _in_chat(rendered: str, tokenizer: Any) -> str:
    """A rendered prompt as a user's message, where ``tokenizer`` has a template for one."""
    if not tokenizer.chat_template:
        return rendered
    message = [{"role": "user", "content": rendered}]
    spoken: str = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
    return spoken


def least_length(options: Mapping[str, Any], tokenizer: Any | None) -> int:
    """The tokens that a prompt takes at least, whatever labels a task has.

    Of the examples it shows, nothing is known yet but what stands around them.

    Args:
        options: of a backend that asks.
        tokenizer: counts the tokens; None for one that is still to be learned.
    """
    rendered = prompts.load(options["prompt"]).render([OUTSIDE], options["shots"])
    if tokenizer is None:
        return sum(len(_PIECE.findall(text)) for text in prompts.parts(rendered))
    spoken = _in_chat(rendered, tokenizer) if options["chat"] else rendered
    texts = prompts.parts(spoken)
    return sum(len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts)


def draw_shots(train_set: Sequence[Example], shots: int, seed: int) -> list[Example]:
    """The examples to show: drawn by the seed, short, with entities where there are such.

    Raises:
        ConfigError: if the training set has too few short sentences.
    """
    if not shots:
        return []
    short = [e for e in train_set if 0 < len(e.sentence) <= SHOT_UNITS]
    pool = [e for e in short if e.spans]
    if len(pool) < shots:
        pool = short
    if len(pool) < shots:
        fitting = f"{len(pool)} sentences of 1 to {SHOT_UNITS} units"
        msg = f"shots={shots}, but train has {fitting}"
        raise ConfigError(msg)
    return random.Random(seed).sample(pool, shots)  # noqa: S311 -- no secret
