"""GLiNER models: the names of labels are an input, so nothing has to be learned here.

Zaratiana et al. 2024, "GLiNER: Generalist model for named entity recognition using bidirectional
transformer" (arXiv:2311.08526); any checkpoint that the library `gliner` reads. A label that the
task file describes is asked for by its description. Units are what GLiNER calls words: none is cut
in two and no two are joined. All entities are answered, and the harness makes them flat.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from harness.core import Example, PlacedEntity, Sentence, Spans
from harness.errors import ConfigError, WeightsError
from harness.protocol import Context, FitReport, Progress
from harness.tags import split

CONFIG = "gliner_config.json"
TOGETHER = 8  # batches between two reports
Name = Annotated[str, Field(description="a checkpoint: a folder, or a name on the hub")]
Threshold = Annotated[float, Field(ge=0, lt=1, description="what an entity's probability is above")]
Batch = Annotated[int, Field(ge=1, description="sentences side by side; changes no answer")]


class UnitText(str):
    """A text that knows its units, since GLiNER's own rules would cut it otherwise."""

    sentence: Sentence

    @classmethod
    def of(cls, sentence: Sentence) -> "UnitText":
        """The text of ``sentence``."""
        made = cls(sentence.text)
        made.sentence = sentence
        return made

    def words(self) -> Iterator[tuple[str, int, int]]:
        """Each unit with where it starts and ends; none of them is read as a mark of the prompt."""
        for unit, start in zip(self.sentence.units, self.sentence.starts, strict=True):
            yield unit.replace("<<", "< <"), start, start + len(unit)


class Gliner:
    """A GLiNER checkpoint, asked for the labels of the task."""

    family = "gliner"
    needs: ClassVar[Mapping[str, str]] = {"gliner": "pip install gliner"}

    def __init__(
        self,
        context: Context,
        *,
        model: Name = "urchade/gliner_multi-v2.1",
        threshold: Threshold = 0.5,
        batch: Batch = 8,
    ) -> None:
        """Take note of the options.

        Raises:
            ConfigError: for two labels that are described alike.
        """
        self.context, self.name, self.threshold, self.batch = context, model, threshold, batch
        labels = dict.fromkeys(label for _, label in map(split, context.tags) if label)
        self.asked = {label: context.descriptions.get(label, label) for label in labels}
        if len({*self.asked.values()}) < len(self.asked):
            raise ConfigError("descriptions: two labels are described alike; tell them apart")

    @classmethod
    def weights_of(cls, options: Mapping[str, Any]) -> str:
        """The checkpoint."""
        return str(options["model"])

    @classmethod
    def longest_window(cls, options: Mapping[str, Any]) -> int | None:
        """The units that the checkpoint reads; None where it is not at hand."""
        found = _settings(str(options["model"])).get("max_len")
        return found if isinstance(found, int) else None

    @classmethod
    def answers_nested(cls, options: Mapping[str, Any]) -> bool:
        """Each span is judged by itself."""
        del options
        return True

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> FitReport:
        """Read the checkpoint; nothing is trained.

        Raises:
            WeightsError: for one that is not there, or not whole.
        """
        del train, dev
        self._read(self.name)
        size = sum(part.numel() for part in self.model.model.parameters())
        return FitReport(weights=self.name, parameters=size, trained=0)

    def _read(self, name: str, **options: Any) -> None:
        self.model = _loaded(name, map_location=self.context.device, **options)
        self.model.data_processor.words_splitter = UnitText.words

    def predict(self, sentences: Sequence[Sentence]) -> list[Spans]:
        """All entities above the threshold, with their probabilities."""
        found: list[Spans] = []
        step = self.batch * TOGETHER
        for start in range(0, len(sentences), step):
            self.context.report(Progress("predict", start, len(sentences)))
            found += self._answers(sentences[start : start + step])
        return found

    def _answers(self, sentences: Sequence[Sentence]) -> list[Spans]:
        found = self.model.inference(
            [UnitText.of(sentence) for sentence in sentences],
            self.asked,
            flat_ner=False,
            threshold=self.threshold,
            batch_size=self.batch,
        )
        return [
            Spans(tuple(_placed(entities, sentence)), self._unread(sentence))
            for entities, sentence in zip(found, sentences, strict=True)
        ]

    def _unread(self, sentence: Sentence) -> int:
        """The units at the end that did not fit behind the labels; its tokenizer drops them."""
        processor = self.model.data_processor
        texts, (labels,) = processor.prepare_inputs([sentence.units], [*self.asked.values()])
        read = processor.transformer_tokenizer(texts, is_split_into_words=True, truncation=True)
        if len(read["input_ids"][0]) < processor.transformer_tokenizer.model_max_length:
            return 0
        last = max(word for word in read.word_ids(0) if word is not None)
        return len(sentence) - max(0, last + 1 - labels)

    def oracle(self, train: Sequence[Example], examples: Sequence[Example]) -> list[Spans]:
        """Gold as entities, as far as the checkpoint can name them: most have a greatest width."""
        del train
        settings = _settings(self.name)
        by_token = settings.get("span_mode") == "token_level"
        widest = None if by_token else settings.get("max_width")
        return [
            Spans(
                tuple(
                    PlacedEntity(span.start, span.end, span.label)
                    for span in example.spans
                    if widest is None or len(span) <= widest
                )
            )
            for example in examples
        ]

    def save(self, folder: Path) -> None:
        """Write the checkpoint, so that the run stands alone."""
        self.model.save_pretrained(folder, safe_serialization=True)

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            WeightsError: for a checkpoint that is damaged.
        """
        self._read(str(folder), local_files_only=True)


def _placed(entities: Sequence[Mapping[str, Any]], sentence: Sentence) -> Iterator[PlacedEntity]:
    """The entities of one sentence, in units."""
    unit = {start: place for place, start in enumerate(sentence.starts)}
    ends = {start + len(sentence.units[place]): place + 1 for start, place in unit.items()}
    for one in entities:
        yield PlacedEntity(unit[one["start"]], ends[one["end"]], one["label"], float(one["score"]))


def _settings(name: str) -> dict[str, Any]:
    """What the configuration of a checkpoint says; empty where it is not on this machine."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    path = Path(name) / CONFIG
    try:
        if not path.is_file():
            path = Path(str(try_to_load_from_cache(name, CONFIG) or path))
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, HFValidationError):
        return {}
    return found if isinstance(found, dict) else {}


def _loaded(name: str, **options: Any) -> Any:
    """The model of a checkpoint, all of whose weights are in it; it may hold more than is used."""
    from gliner import GLiNER

    try:
        try:
            return GLiNER.from_pretrained(name, strict=True, **options)
        except RuntimeError as error:
            if "Missing key(s)" in str(error) or "size mismatch" in str(error):
                raise
            return GLiNER.from_pretrained(name, strict=False, **options)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        said = " ".join(str(error).split())[:300]
        msg = f"no GLiNER checkpoint could be read from {name!r}: {said}"
        raise WeightsError(msg) from error
