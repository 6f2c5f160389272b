"""Suspected gold errors as files for people: JSONL for annotation tools, CSV for spreadsheets.

Offsets count code points of the untouched text, half-open. In CSV no text can act as a formula.
"""

import csv
import json
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

from harness.analysis.suspects import Suspect
from harness.core import Sentence, Span
from harness.errors import ConfigError
from harness.spreadsheets import escape


def writer(path: Path) -> Callable[[Sequence[Suspect]], str]:
    """What makes the content of ``path``, by how it ends.

    Raises:
        ConfigError: where it ends otherwise.
    """
    made = {".jsonl": to_jsonl, ".csv": to_csv}.get(path.suffix.lower())
    if made is None:
        msg = f"{path}: suspects are written as .jsonl or .csv; let its name end so"
        raise ConfigError(msg)
    return made


def to_jsonl(found: Sequence[Suspect]) -> str:
    """The suspects for an annotation tool, a line each: offsets in code points of ``text``."""
    return "".join(
        json.dumps(_entry(rank, one), ensure_ascii=False) + "\n"
        for rank, one in enumerate(found, 1)
    )


def _entry(rank: int, one: Suspect) -> dict[str, object]:
    sentence = _sentence(one)
    return {
        "rank": rank,
        "task": one.task,
        "id": sentence.id,
        "text": sentence.text,
        "label": [[*sentence.characters(span), span.label] for span in one.prediction.gold_spans()],
        "gold": [_offsets(sentence, span) for span in one.gold],
        "suggested": [_offsets(sentence, span) for span in one.suggested],
        "support": one.support,
        "consistency": one.consistency,
        "votes": dict(one.votes),
    }


def _sentence(one: Suspect) -> Sentence:
    prediction = one.prediction
    return Sentence(prediction.id, prediction.units, prediction.joiner)


def _offsets(sentence: Sentence, span: Span) -> dict[str, object]:
    start, end = sentence.characters(span)
    return {"start": start, "end": end, "label": span.label, "text": sentence.text[start:end]}


def to_csv(found: Sequence[Suspect]) -> str:
    """The suspects for a spreadsheet; text that it would read as a formula is quoted by ``'``."""
    stream = StringIO()
    rows = csv.writer(stream, quoting=csv.QUOTE_ALL)
    rows.writerow(["rank", "task", "id", "gold", "suggested", "support", "votes", "text"])
    for rank, one in enumerate(found, 1):
        sentence = _sentence(one)
        votes = " ".join(f"{name}:{share:.2f}" for name, share in one.votes.items())
        cells = [_describe(sentence, one.gold), _describe(sentence, one.suggested)]
        texts = [one.task, sentence.id, *cells, f"{one.support:.4f}", votes, sentence.text]
        rows.writerow([rank, *map(escape, texts)])
    return stream.getvalue()


def _describe(sentence: Sentence, spans: Sequence[Span]) -> str:
    return "; ".join(
        f"{sentence.mention(span)} {span.label} {':'.join(map(str, sentence.characters(span)))}"
        for span in spans
    )
