"""Served models: any OpenAI-compatible endpoint, asked for entities in words, and never trained.

A sentence is one request: a template of prompts/, with as many examples from train as ``shots``
says, and the sentence. Where the server can write by a pattern, replies are bound to one (a JSON
schema, or the sentence spelled with a choice of tags after each unit); elsewhere they are free, and
repaired as any text is. No gold but that of the examples is in any request.

Every reply is stored in the run's folder before it is read (``backends.asking.ledger``). A run that
was killed goes on with those; more money or patience (``without_effect``) makes no other run of it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from backends.asking.budget import Prices, SpendingLimit
from backends.asking.exchange import Ask, tokens_in
from backends.asking.ledger import Ledger
from backends.asking.options import AskingOptions, CostOptions
from backends.asking.usage import cost_of, usage_of
from backends.generating.shots import draw_shots, prompt_for
from harness.core import Example, Output, Sentence, Span, Tags, Text
from harness.errors import ConfigError, ResourceError
from harness.generation.formats import CHAR_TAG, JSON, format_named, spell_tag
from harness.generation.prompt import parts
from harness.protocol import REPLIES, Context, FitReport, Progress, Usage
from harness.tags import OUTSIDE, encode, split

if TYPE_CHECKING:
    from backends.asking.continuing import ProbeEstimate
    from backends.asking.dialect import Dialect, Pattern
    from backends.asking.exchange import Completion

ASKING, COST = AskingOptions(), CostOptions()
NOTES = "served.json"
# Tokens that JSON takes around entities, and for a unit where every second one begins one.
AROUND, PER_UNIT = 64, 16


class Served:
    """A model behind an endpoint, zero-shot or with examples in its prompt."""

    family = "served"
    needs: ClassVar[Mapping[str, str]] = {"httpx": "pip install 'ner-harness[served]'"}
    by_name = "it asks a server: name it, and set url and model"
    network = "it asks the server that its option url names"
    without_effect = frozenset(each.name for each in fields(COST))
    # Its row is named after the model already, and an address is nobody's business.
    unnamed = frozenset({"url", "model"})

    def __init__(
        self, context: Context, *, asking: AskingOptions = ASKING, cost: CostOptions = COST
    ) -> None:
        """Take note of the options, and read the prompt.

        Raises:
            ConfigError: for a template that is not there, not valid, or not of the format.
        """
        self.context, self.asking, self.cost = context, asking, cost
        self.form = format_named(asking.format)
        self.template = prompt_for(asking.prompt, self.form.name, asking.shots)
        self.prices = Prices(cost.prompt_price, cost.reply_price)
        self.ledger = Ledger(None)
        self.answered: dict[str, Ask] = {}
        self.probed: set[str] = set()
        self.shown: list[Example] = []

    @classmethod
    def answers_nested(cls, options: Mapping[str, Any]) -> bool:
        """Where entities are listed; all other formats say something of each unit once."""
        return bool(options["format"] == JSON.name)

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Draw the examples that are shown, and find out what the server can do.

        Raises:
            ConfigError: when the server refuses the model, in its words.
            ResourceError: when it does not answer.
        """
        del dev
        self.context.report(Progress("train", 0, 0, f"asking {self.asking.url}"))
        self.shown = draw_shots(train, self.asking.shots, self.context.seed)
        self.ledger = Ledger(self.context.folder / REPLIES)
        self._connect()
        self.dialect = self.phrasing.dialect_of(self.client)
        return FitReport(weights=self.asking.model, parameters=0, trained=0)

    def _connect(self) -> None:
        from backends.asking.client import Client, Endpoint
        from backends.asking.dialect import WITH_REGEX, WITH_SCHEMA, Phrasing

        asking, cost = self.asking, self.cost
        ways = {JSON.name: WITH_SCHEMA, "char-tag": WITH_REGEX}.get(self.form.name, {})
        bound = ways if asking.structure == "auto" else {}
        limit = SpendingLimit(self.prices, cost.max_requests, cost.max_cost)
        for reply in self.ledger.replies:
            limit.spend(self.prices.of_reply(reply))
        endpoint = Endpoint(
            asking.url, cost.key_variable, cost.timeout, cost.attempts, cost.pause,
            cost.concurrency,
        )  # fmt: skip
        self.phrasing: Phrasing = Phrasing(asking.api, asking.model, asking.temperature, bound)
        self.client: Client = Client(endpoint, self.ledger, limit)

    def predict(self, sentences: Sequence[Sentence]) -> list[Output]:
        """What the model writes for each sentence, in order.

        Raises:
            ConfigError: for a request that the server refuses.
            ResourceError: for a bound that is reached, or a server that does not answer.
        """
        asks = [self._ask(sentence, self.dialect) for sentence in sentences if len(sentence)]
        found = iter(self._answers(asks, "predict"))
        self.answered |= {ask.digest: ask for ask in asks}
        return [
            Text(next(found).text, self.form.name) if len(sentence) else Tags(())
            for sentence in sentences
        ]

    def _answers(self, asks: Sequence[Ask], phase: str) -> list["Completion"]:
        total = len(asks)
        return self.client.ask_all(
            asks, lambda done: self.context.report(Progress(phase, done, total))
        )

    @property
    def shows_gold(self) -> bool:
        """Whether ``complete`` may be given lines with gold, which leave this machine then."""
        return self.cost.probe == "gold"

    def complete(self, texts: Sequence[str], characters: int) -> list[str] | None:
        """As of ``harness.protocol.CompletesText``; None where it is not to be asked.

        None, too, where no more may be spent or the server refuses: all answers are there already.
        """
        from backends.asking.continuing import behind, continuing

        if self.cost.probe == "none":
            return None
        asks = continuing(self.phrasing, self.dialect, texts, characters)
        self.probed |= {ask.digest for ask in asks}
        try:
            found = self._answers(asks, "probe")
        except (ConfigError, ResourceError) as error:
            note = f"not asked what it read before: {error}"
            self.context.report(Progress("probe", 0, 0, note, line=True))
            return None
        return [behind(text, one.text) for text, one in zip(texts, found, strict=True)]

    def _ask(self, sentence: Sentence, dialect: "Dialect") -> Ask:
        """The request for ``sentence``."""
        text = self._text(sentence)
        pattern = self._pattern(sentence) if dialect.structure else None
        return self.phrasing.ask(text, self._room(sentence), dialect, pattern)

    def _text(self, sentence: Sentence) -> str:
        """The prompt, with the examples and the sentence in it."""
        rendered = self.template.render(
            self.context.tags, len(self.shown), self.context.descriptions
        )
        fills = [text for each in self.shown for text in (each.sentence.text, self._answer(each))]
        pieces = zip(parts(rendered), [*fills, sentence.text, ""], strict=True)
        return "".join(piece for pair in pieces for piece in pair)

    def _answer(self, example: Example) -> str:
        if self.form is JSON:
            return JSON.render_spans(example.sentence, example.spans)
        tags = encode(example.spans, len(example.sentence))
        return self.form.render(example.sentence, tags)

    def _pattern(self, sentence: Sentence) -> "Pattern":
        """What a reply to ``sentence`` has to look like."""
        from backends.asking.dialect import entity_schema

        if self.form is JSON:
            labels = (split(tag)[1] for tag in self.context.tags if tag != OUTSIDE)
            return entity_schema(list(dict.fromkeys(labels)))
        tags = "|".join(re.escape(spell_tag(tag)) for tag in self.context.tags)
        keys = CHAR_TAG.key_words(sentence)
        return " ".join(f"{re.escape(key)} (?:{tags})" for key in keys)

    def _room(self, sentence: Sentence) -> int:
        """The most tokens of a reply; a character of Chinese may have two."""
        if self.asking.reply_tokens:
            return self.asking.reply_tokens
        if self.form is JSON:
            return AROUND + PER_UNIT * len(sentence)
        longest = max(self.context.tags, key=len)
        return 2 * tokens_in(self.form.render(sentence, [longest] * len(sentence)))

    def usage(self) -> Usage:
        """What the answers so far took; what the model was asked to go on with stands apart."""
        return usage_of(
            self.ledger, self.answered, cost_of(self.ledger, self.prices, self.probed),
            api=self.asking.api,
            structure=self.dialect.words,
            prompt=f"{self.template.name} ({self.template.digest[:16]})",
            shots=len(self.shown),
        )  # fmt: skip

    def estimate(
        self, train: Sequence[Example], sentences: Sequence[Sentence]
    ) -> dict[str, int | float]:
        """The tokens and the cost of answering ``sentences``, by the length of the texts."""
        self.shown = draw_shots(train, self.asking.shots, self.context.seed)
        asked = [sentence for sentence in sentences if len(sentence)]
        prompt = sum(tokens_in(self._text(sentence)) for sentence in asked)
        reply = sum(self._room(sentence) for sentence in asked)
        probes = self._probes([example.sentence for example in train], asked)
        prompt, reply = prompt + probes.prompt_tokens, reply + probes.reply_tokens
        found: dict[str, int | float] = {
            "requests": len(asked) + probes.requests,
            "prompt tokens, about": prompt,
            "reply tokens, at most": reply,
        }
        if self.prices.known:
            found["cost, at most"] = round(self.prices.of(prompt, reply), 4)
        return found

    def _probes(self, train: Sequence[Sentence], asked: Sequence[Sentence]) -> "ProbeEstimate":
        from backends.asking.continuing import estimated

        splits = () if self.cost.probe == "none" else (train, asked)
        return estimated(*splits, with_gold=self.shows_gold)

    def oracle(self, train: Sequence[Example], examples: Sequence[Example]) -> list[Text]:
        """Gold as the format writes it, which is what a perfect model would reply."""
        del train
        return [Text(self._answer(example), self.form.name) for example in examples]

    def save(self, folder: Path) -> None:
        """Write down how the server is asked; the model stays where it is."""
        shown = [
            {"units": each.sentence.units, "joiner": each.sentence.joiner,
             "spans": [[s.start, s.end, s.label] for s in each.spans], "nested": each.nested}
            for each in self.shown
        ]  # fmt: skip
        notes = {"dialect": asdict(self.dialect), "shown": shown}
        (folder / NOTES).write_text(json.dumps(notes, ensure_ascii=True), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Ask as the run did, which keeps its replies to itself.

        Raises:
            ConfigError: for notes that do not fit the options.
        """
        from backends.asking.dialect import Dialect

        notes = json.loads((folder / NOTES).read_text(encoding="utf-8"))
        if len(notes["shown"]) != self.asking.shots:
            msg = f"{folder / NOTES} has {len(notes['shown'])} examples, not {self.asking.shots}"
            raise ConfigError(msg)
        self.shown = [
            Example(
                Sentence(f"shot-{number}", tuple(each["units"]), each["joiner"]),
                tuple(Span(*span) for span in each["spans"]),
                each.get("nested", False),
            )
            for number, each in enumerate(notes["shown"])
        ]
        self._connect()
        self.dialect = Dialect(**notes["dialect"])
