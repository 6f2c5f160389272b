"""What a causal model is asked: a prompt around each sentence, in ids, with examples in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from backends.generating.vocabulary import UnitVocabulary
from harness.generation import prompt as prompts
from harness.tags import OUTSIDE

# What is at least one piece under any tokenizer that is learned: a word, a Chinese character.
_PIECE = re.compile(r"[!-~]+|[^\s!-~]")


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
