"""The classical baseline: a linear CRF over n-grams of the units around each unit, by CRFsuite.

No embedding and no torch: what a neural model has to be worth. L-BFGS has no luck in it, so all
seeds give one model; nothing is selected on the development set.

The features of a unit, each with a weight for every tag:

- the units, pairs and triples that lie within ``window`` units of it, each with its place, counted
  from the unit; what lies beyond an end of the sentence is a unit of its own;
- of words, which units of several characters are: how each within ``NEAR`` units is spelled;
- a constant.

A chain of weights from tag to tag stands beside them.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeAlias

import numpy as np
from pydantic import Field

from backends.tagging.crfsuite_scores import CrfsuiteScores
from backends.tagging.entities import Ints, TagTable
from backends.tagging.forward_backward import of_chain
from backends.tagging.posterior import Posterior
from backends.tagging.spelling import spelling
from harness.core import Example, Sentence, Tags
from harness.errors import WeightsError
from harness.protocol import Context, FitReport
from harness.tags import encode

MODEL, NOTES = "model.crfsuite", "crf.json"
# Units of the longest n-gram.
LONGEST = 3
# What joins the units of an n-gram, what stands beyond an end of the sentence, what marks spelling.
JOIN, BEYOND, SPELLED = "\x1f", "\x1e", "\x1d"
ATTRIBUTE = 16  # bytes of a feature of a unit: `crfsuite_attribute_t`, a number and a value
NEAR = 1  # units to each side whose spelling counts

Window: TypeAlias = Annotated[
    int, Field(ge=0, description="units to each side that features reach")
]
L1: TypeAlias = Annotated[
    float, Field(ge=0, description="the weight of the sum of absolute weights in the loss")
]
L2: TypeAlias = Annotated[
    float, Field(ge=0, description="the weight of the sum of squared weights in the loss")
]
Iterations: TypeAlias = Annotated[int, Field(ge=1, description="steps of L-BFGS at most")]
Seen: TypeAlias = Annotated[
    int, Field(ge=1, description="how often a feature stands in the training set at least")
]


class LinearCrf:
    """A linear chain over n-grams of units, trained by L-BFGS."""

    family = "crf"
    needs: ClassVar[dict[str, str]] = {"pycrfsuite": "pip install 'ner-harness[crfsuite]'"}

    def __init__(
        self,
        context: Context,
        *,
        window: Window = 2,
        l1: L1 = 0.1,
        l2: L2 = 0.01,
        iterations: Iterations = 300,
        seen: Seen = 1,
    ) -> None:
        """Take note of the options."""
        self.context, self.window = context, window
        self._state = {tag: number for number, tag in enumerate(context.tags)}
        self.settings = {
            "c1": l1, "c2": l2, "max_iterations": iterations, "feature.minfreq": seen,
        }  # fmt: skip
        self.model = b""
        self._tagger: Any = None
        self._scores: CrfsuiteScores

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Train on ``train``; there is nothing to select on ``dev``."""
        from pycrfsuite import Trainer

        trainer = Trainer(algorithm="lbfgs", params=self.settings, verbose=False)
        for example in train:
            units = example.sentence.units
            if units:
                trainer.append(self.features(units), encode(example.spans, len(units)))
        path = self.context.folder / MODEL
        trainer.train(str(path))
        self._open(path.read_bytes())
        path.unlink()
        size = self._scores.size
        # No weight was drawn or pretrained: training begins at zero, whatever the seed.
        return FitReport(weights="none", parameters=size, trained=size, precision="fp64")

    def estimate(self, train: Sequence[Example], sentences: Sequence[Sentence]) -> dict[str, int]:
        """The memory for what the library keeps of all of ``train``, n-grams alone."""
        del sentences
        reach = 2 * self.window + 1
        grams = sum(max(0, reach - size + 1) for size in range(1, LONGEST + 1))
        units = sum(len(example.sentence) for example in train)
        return {"MiB that CRFsuite keeps of train, at least": units * grams * ATTRIBUTE >> 20}

    def features(self, units: Sequence[str]) -> list[list[str]]:
        """The features of each unit: ``<place> <n-gram>``, and ``<place> <spelling>`` of words.

        Places are counted from the unit.
        """
        ends = [BEYOND] * self.window
        padded = [*ends, *units, *ends]
        return [self._around(padded[at : at + 2 * self.window + 1]) for at in range(len(units))]

    def _around(self, units: Sequence[str]) -> list[str]:
        """The features of the unit in the middle of ``units``."""
        grams = [
            f"{at - self.window} {JOIN.join(units[at : at + size])}"
            for size in range(1, LONGEST + 1)
            for at in range(len(units) - size + 1)
        ]
        return ["constant", *grams, *self._spelled(units)]

    def _spelled(self, units: Sequence[str]) -> Iterator[str]:
        """How the unit in the middle and those next to it are spelled, each with its place."""
        near = min(NEAR, self.window)
        for place in range(-near, near + 1):
            for feature in spelling(units[self.window + place]):
                yield f"{place} {SPELLED}{feature}"

    def predict(self, sentences: Sequence[Sentence]) -> list[Tags]:
        """The best path of each sentence and the probability of its entities, in order."""
        features = [self.features(sentence.units) for sentence in sentences]
        paths = [tuple(self._tagger.tag(units)) for units in features]
        sure = iter(self._confidences([units for units in features if units], paths))
        return [Tags(path, 0, next(sure) if path else ()) for path in paths]

    def _confidences(
        self, features: Sequence[list[list[str]]], paths: Sequence[Sequence[str]]
    ) -> list[tuple[float, ...]]:
        """The probability of each entity of each sentence that has units."""
        if not features:
            return []
        states = [self._state[tag] for path in paths for tag in path]
        table = TagTable.of(self.context.tags)
        return self._posterior(features).confidences(np.array(states), table)

    def surprisal(self, examples: Sequence[Example]) -> list[tuple[float, ...] | None]:
        """The bits of each gold tag, given those before it; None where training saw no such tag."""
        found = iter(self._bits([example for example in examples if len(example.sentence)]))
        return [next(found) if len(example.sentence) else () for example in examples]

    def _bits(self, examples: Sequence[Example]) -> list[tuple[float, ...] | None]:
        """As ``surprisal``, of sentences that have units."""
        if not examples:
            return []
        gold = [self._states(example) for example in examples]
        posterior = self._posterior([self.features(e.sentence.units) for e in examples])
        told = zip(posterior.bits(np.concatenate(gold)), gold, strict=True)
        return [bits if self._scores.seen[path].all() else None for bits, path in told]

    def _states(self, example: Example) -> Ints:
        tags = encode(example.spans, len(example.sentence))
        return np.array([self._state[tag] for tag in tags])

    def _posterior(self, features: Sequence[list[list[str]]]) -> Posterior:
        return of_chain([self._scores.of(units) for units in features], self._scores.chain)

    def oracle(self, train: Sequence[Example], examples: Sequence[Example]) -> list[Tags]:
        """Gold as tags: nothing stands between the two."""
        return [Tags(encode(example.spans, len(example.sentence))) for example in examples]

    def save(self, folder: Path) -> None:
        """Write CRFsuite's model and the window into ``folder``."""
        (folder / MODEL).write_bytes(self.model)
        (folder / NOTES).write_text(json.dumps({"window": self.window}), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            WeightsError: for a folder that is damaged.
        """
        try:
            self.window = json.loads((folder / NOTES).read_text(encoding="utf-8"))["window"]
            self._open((folder / MODEL).read_bytes())
        except (OSError, ValueError, KeyError) as error:
            msg = f"the model in {folder.name} cannot be read: {error}"
            raise WeightsError(msg) from error

    def _open(self, model: bytes) -> None:
        from pycrfsuite import Tagger

        self.model, self._tagger = model, Tagger()
        self._tagger.open_inmemory(model)
        self._scores = CrfsuiteScores(self._tagger.info(), self.context.tags)
