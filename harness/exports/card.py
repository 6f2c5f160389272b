"""The card of an exported model: scores as a hub reads them, the certificate, what it cannot do.

Names can hold anything: they are escaped in Markdown, and quoted in the program that it shows.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from harness.core import Counts
from harness.data.windows import PUNCTUATION, WindowPolicy
from harness.leaderboard.render.markdown import escape
from harness.protocol import Exported
from harness.results.reader import Results
from harness.results.record import Metrics
from harness.results.verify import Sound
from harness.scoring.score import percent
from harness.version import OWN, __version__

MEASURES = ("f1", "precision", "recall")


@dataclass(frozen=True, slots=True)
class Card:
    """What a card is made of: the run, what it was exported to, and how the two were compared.

    ``metrics`` are those of what was exported, where its answers are not those of the run.
    """

    run: Sound
    target: str
    exported: Exported
    proof: str
    name: str
    metrics: Metrics

    @property
    def counts(self) -> Counts:
        """The counts of the test set under the headline policy."""
        return self.metrics.micro()


def text(card: Card) -> str:
    """The card as Markdown, with metadata that a model hub reads at its top."""
    metadata = yaml.safe_dump(_metadata(card), allow_unicode=True, sort_keys=False)
    parts = [*_opening(card), *_use(card), *_scores(card), *_limits(card), *_making(card)]
    return f"---\n{metadata}---\n\n" + "\n".join(parts) + "\n"


def _metadata(card: Card) -> dict[str, Any]:
    library = {"library_name": "transformers"} if card.target == "transformers" else {}
    return {
        **library,
        "pipeline_tag": "token-classification",
        "tags": [OWN, "named-entity-recognition", card.target],
        "metrics": list(MEASURES),
        "model-index": [{"name": card.name, "results": [_results(card)]}],
    }


def _results(card: Card) -> dict[str, Any]:
    """The scores in the form of a hub's ``model-index``; a score that is undefined is left out."""
    data = card.run.run.data
    values = {name: getattr(card.counts, name) for name in MEASURES}
    return {
        "task": {"type": "token-classification", "name": "Named Entity Recognition"},
        "dataset": {
            "name": data.task, "type": data.task, "split": data.split,
            "revision": data.fingerprint,
        },
        "metrics": [
            {"type": name, "name": f"entity-level micro {name}, conlleval", "value": value}
            for name, value in values.items()
            if value is not None
        ],
    }  # fmt: skip


def _opening(card: Card) -> Iterator[str]:
    run = card.run.run
    yield f"# {escape(card.name)}"
    yield ""
    yield escape(
        f"Named entities in text, by {run.backend} ({run.preset} {run.variant}".rstrip()
        + f"; weights: {run.weights}), trained on the task {run.data.task}."
    )
    yield f"It finds {escape(', '.join(card.run.metrics.labels))}. {card.proof}"
    yield ""


def _use(card: Card) -> Iterator[str]:
    usage = card.exported.usage.replace("FOLDER", _inside_quotes(card.name))
    yield from ("## Use", "", "```python", usage.rstrip(), "```", "")


def _inside_quotes(name: str) -> str:
    """``name`` as it is written between quotes in Python, single or double ones."""
    return json.dumps(name, ensure_ascii=False)[1:-1].replace("'", "\\'")


def _scores(card: Card) -> Iterator[str]:
    """The table of the run alone, with its certificate."""
    from harness.leaderboard.build import SCREEN, build
    from harness.leaderboard.render import markdown

    table = build(Results((card.run.result,)), columns=SCREEN, published=False)
    counts = card.counts
    yield from ("## Scores", "")
    yield (
        f"On {card.metrics.sentences:,} sentences of {card.metrics.split}: F1 "
        f"{percent(counts.f1)}, P {percent(counts.precision)}, R {percent(counts.recall)}; "
        f"{counts.tp} of {counts.support} entities found, {counts.fp} that are none."
    )
    yield from ("", "Its run, with the certificate:", "", markdown.render(table).rstrip(), "")


def _limits(card: Card) -> Iterator[str]:
    run = card.run.run
    yield from ("## Limits", "")
    windows = WindowPolicy.of(run.settings)
    where = "after punctuation" if windows.border == PUNCTUATION else "anywhere"
    yield (
        f"- The run cut text of more than {windows.limit} units into windows, {where}, with "
        f"{windows.margin} units of context; cut longer text so for the same tags."
    )
    yield from (f"- {limit}" for limit in card.exported.limits)
    yield "- What it finds in text unlike that of its task was not measured."
    yield ""


def _making(card: Card) -> Iterator[str]:
    run = card.run.run
    facts = {
        "data": f"{escape(run.data.task)}, fingerprint {run.data.fingerprint}",
        "run": run.digest,
        "seed": run.seed,
        "made by": f"{OWN} {__version__}, `export-model --to {card.target}`",
        "trained with": escape(
            ", ".join(f"{name} {found}" for name, found in run.versions.items())
        ),
    }
    yield from ("## Making", "")
    yield from (f"- {name}: {value}" for name, value in facts.items())
