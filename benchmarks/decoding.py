"""Constrained decoding beside `generate`: characters per second, same model, same sentences.

    python benchmarks/decoding.py [--rounds 5] [--threads 1]

One process; the contestants take turns in every round, so that a busy machine slows all of them;
medians with the spread of the rounds. Weights are random but of real size (speed does not depend on
what they learned), and every masked contestant has to give the tags that ours gives, or it stops.

- ours:        two tokens per pass, scored among the tags alone (`backends.generating.constrained`)
- masked:      `generate` under the same grammar; the faster of `prefix_allowed_tokens_fn` and a
               vectorised `LogitsProcessor`, chosen in the same rounds
- free:        `generate` as one would without this harness, tags written as text: 4 tokens per
               character for T5 (a character, and ` B _ PER` or ` O` in pieces; 188 to 200 tokens
               per 50 characters is usual)
- free ids:    `generate` with a single token per tag, 2 tokens per character
- one by one:  masked `generate`, one sentence at a time

The last line is JSON, for machines.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.utils import logging

from backends.generating.constrained import decode, restricted_head
from backends.generating.incremental import IncrementalCausal, read_prefix
from backends.generating.incremental_t5 import IncrementalT5
from backends.generating.search import Grammar
from harness.tags import tag_set

VOCABULARY, BATCH, UNITS, INSTRUCTION = 21_128, 16, 50, 60
TAGS = tag_set(("PER", "LOC", "ORG"))
IDS = list(range(VOCABULARY - len(TAGS), VOCABULARY))
PAD, EOS = 0, 1
Answers = list[list[int]]


def t5() -> PreTrainedModel:
    """A T5 of 4 + 4 layers of width 256."""
    config = T5Config(
        vocab_size=VOCABULARY,
        d_model=256,
        d_kv=64,
        d_ff=1024,
        num_layers=4,
        num_heads=4,
        decoder_start_token_id=PAD,
        pad_token_id=PAD,
        eos_token_id=EOS,
    )
    return T5ForConditionalGeneration(config).eval()


def gpt() -> PreTrainedModel:
    """A GPT-2 of 6 layers of width 256."""
    config = GPT2Config(
        vocab_size=VOCABULARY,
        n_embd=256,
        n_layer=6,
        n_head=4,
        n_positions=512,
        bos_token_id=EOS,
        eos_token_id=EOS,
        pad_token_id=PAD,
        initializer_range=0.1,
    )
    return GPT2LMHeadModel(config).eval()


class Mask(LogitsProcessor):
    """The grammar as one tensor operation per step, for rows in lock-step."""

    def __init__(self, prompt: int, chars: torch.Tensor | None, grammar: Grammar) -> None:
        self.prompt, self.chars, self.grammar = prompt, chars, grammar

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores with all that may not come next at minus infinity."""
        written = input_ids.shape[1] - self.prompt
        per_unit = 1 if self.chars is None else 2
        unit, part = divmod(written, per_unit)
        masked = torch.full_like(scores, float("-inf"))
        if unit == UNITS:
            masked[:, EOS] = 0.0
        elif part == per_unit - 1:
            masked[:, self.grammar.ids] = scores[:, self.grammar.ids].masked_fill(
                ~self._legal(input_ids, unit, per_unit), float("-inf")
            )
        else:
            masked.scatter_(1, self.chars[:, unit : unit + 1], 0.0)
        return masked

    def _legal(self, input_ids: torch.Tensor, unit: int, per_unit: int) -> torch.Tensor:
        if not unit:
            return self.grammar.start
        return self.grammar.follow[input_ids[:, -per_unit] - IDS[0]]


def prefix_function(
    prompt: int, chars: torch.Tensor | None, grammar: Grammar
) -> Callable[[int, torch.Tensor], list[int]]:
    """The same grammar as `prefix_allowed_tokens_fn`."""
    per_unit = 1 if chars is None else 2
    start = grammar.ids[grammar.start].tolist()
    follow = [grammar.ids[row].tolist() for row in grammar.follow]

    def allowed(row: int, written: torch.Tensor) -> list[int]:
        unit, part = divmod(len(written) - prompt, per_unit)
        if unit == UNITS:
            return [EOS]
        if part < per_unit - 1:
            return [int(chars[row, unit])]
        return follow[int(written[-per_unit]) - IDS[0]] if unit else start

    return allowed


def ours_t5(model: PreTrainedModel, chars: torch.Tensor, grammar: Grammar) -> Answers:
    """Our path for T5."""
    start = torch.full((len(chars), 1), PAD)
    with torch.inference_mode(), restricted_head(model, grammar.ids):
        decoder = IncrementalT5(
            model,
            chars,
            torch.ones_like(chars),
            torch.cat([start, chars[:, :1]], 1),
            2 * UNITS,
        )
        forced = chars.split(1, dim=1)
        return [path.tags for path in decode(decoder, forced, [UNITS] * len(chars), grammar)]


def ours_gpt(
    model: PreTrainedModel, instruction: torch.Tensor, chars: torch.Tensor, grammar: Grammar
) -> Answers:
    """Our path for GPT: the instruction is read once, one token per pass."""
    with torch.inference_mode(), restricted_head(model, grammar.ids):
        prefix = read_prefix(model, instruction)
        decoder = IncrementalCausal(model, prefix, chars, torch.ones_like(chars), UNITS)
        forced = [chars[:, :0]] * UNITS
        return [path.tags for path in decode(decoder, forced, [UNITS] * len(chars), grammar)]


def generate(
    model: PreTrainedModel, inputs: torch.Tensor, tokens: int, **options: object
) -> torch.Tensor:
    """`tokens` new tokens by greedy `generate`."""
    return model.generate(
        inputs,
        attention_mask=torch.ones_like(inputs),
        max_new_tokens=tokens,
        do_sample=False,
        eos_token_id=None,
        **options,
    )


def masked(
    model: PreTrainedModel,
    inputs: torch.Tensor,
    chars: torch.Tensor | None,
    grammar: Grammar,
    *,
    vectorised: bool,
) -> Answers:
    """Tags from `generate` under the grammar."""
    prompt = 1 if model.config.is_encoder_decoder else inputs.shape[1]
    if vectorised:
        option = {"logits_processor": LogitsProcessorList([Mask(prompt, chars, grammar)])}
    else:
        option = {"prefix_allowed_tokens_fn": prefix_function(prompt, chars, grammar)}
    per_unit = 1 if chars is None else 2
    written = generate(model, inputs, per_unit * UNITS, **option)
    return (written[:, prompt + per_unit - 1 :: per_unit] - IDS[0]).tolist()


def one_by_one(
    model: PreTrainedModel, inputs: torch.Tensor, chars: torch.Tensor, grammar: Grammar
) -> Answers:
    """Masked `generate`, a sentence at a time."""
    rows = zip(inputs.split(1), chars.split(1), strict=True)
    return [masked(model, row, text, grammar, vectorised=False)[0] for row, text in rows]


@dataclass
class Contest:
    """Contestants that take turns; the first is ours, and the named ones must agree with it."""

    title: str
    contestants: dict[str, Callable[[], object]]
    agreeing: Sequence[str]
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def run(self, rounds: int) -> None:
        """Warm up, compare the answers, then measure `rounds` rounds."""
        answers = {name: contestant() for name, contestant in self.contestants.items()}
        for name in self.agreeing:
            if answers[name] != answers["ours"]:
                msg = f"{self.title}: {name} and ours gave different tags"
                raise SystemExit(msg)
        for _ in range(rounds):
            for name, contestant in self.contestants.items():
                begin = time.process_time()
                contestant()
                self.seconds.setdefault(name, []).append(time.process_time() - begin)

    def median(self, name: str) -> float:
        """Median CPU seconds of a contestant."""
        return statistics.median(self.seconds[name])

    def ratio(self, *names: str) -> float:
        """How many times as fast ours is as the fastest of `names`."""
        return round(min(self.median(name) for name in names) / self.median("ours"), 2)

    def table(self) -> str:
        """One line per contestant."""
        lines = [self.title]
        for name, seconds in self.seconds.items():
            rate = BATCH * UNITS / self.median(name)
            lines.append(
                f"  {name:<30}{rate:>9,.0f} characters/s  {self.median(name):7.3f} s"
                f"  ({min(seconds):.3f} to {max(seconds):.3f})  {self.ratio(name):6.2f} x ours"
            )
        return "\n".join(lines)


def t5_contest(grammar: Grammar) -> Contest:
    """T5: 16 sentences of 50 characters."""
    model, chars = t5(), torch.randint(10, IDS[0], (BATCH, UNITS))
    mask = partial(masked, model, chars, chars, grammar)
    contestants = {
        "ours": partial(ours_t5, model, chars, grammar),
        "masked, prefix function": partial(mask, vectorised=False),
        "masked, logits processor": partial(mask, vectorised=True),
        "free, tags as text": partial(generate, model, chars, 4 * UNITS),
        "free ids": partial(generate, model, chars, 2 * UNITS),
        "one by one": partial(one_by_one, model, chars, chars, grammar),
    }
    agreeing = [name for name in contestants if "free" not in name]
    return Contest("T5 4+4 layers, width 256", contestants, agreeing)


def gpt_contest(grammar: Grammar) -> Contest:
    """GPT-2: an instruction of 60 tokens, then 50 characters; tags alone."""
    model = gpt()
    instruction = torch.randint(10, IDS[0], (1, INSTRUCTION))
    chars = torch.randint(10, IDS[0], (BATCH, UNITS))
    inputs = torch.cat([instruction.expand(BATCH, -1), chars], 1)
    mask = partial(masked, model, inputs, None, grammar)
    contestants = {
        "ours": partial(ours_gpt, model, instruction, chars, grammar),
        "masked, prefix function": partial(mask, vectorised=False),
        "masked, logits processor": partial(mask, vectorised=True),
        "free ids": partial(generate, model, inputs, UNITS),
    }
    agreeing = [name for name in contestants if "free" not in name]
    return Contest("GPT-2 6 layers, width 256", contestants, agreeing)


def main() -> None:
    """Run both contests and print the table and the line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    logging.set_verbosity_error()
    grammar = Grammar.of(TAGS, IDS, torch.device("cpu"))
    contests = t5_contest(grammar), gpt_contest(grammar)
    for contest in contests:
        contest.run(arguments.rounds)
        print(contest.table())
    first, second = contests
    both = ("masked, prefix function", "masked, logits processor")
    result = {
        "t5_vs_masked": first.ratio(*both),
        "t5_vs_free": first.ratio("free, tags as text"),
        "t5_vs_free_ids": first.ratio("free ids"),
        "t5_vs_one_by_one": first.ratio("one by one"),
        "gpt_vs_masked": second.ratio(*both),
        "gpt_vs_free_ids": second.ratio("free ids"),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
