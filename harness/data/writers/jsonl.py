"""JSON Lines, as this harness reads them: an object a sentence, offsets in code points."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.data.writers.annotated import Annotated, is_text


def write(path: Path, items: Sequence[Annotated]) -> None:
    """Write ``items`` into the file ``path``."""
    lines = (json.dumps(_object(one), ensure_ascii=False) + "\n" for one in items)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def _object(one: Annotated) -> dict[str, Any]:
    sentence = one.sentence
    text = {"text": sentence.text} if is_text(sentence) else {"tokens": list(sentence.units)}
    document = {} if one.document is None else {"document": one.document}
    return {"id": sentence.id, **text, "spans": list(one.entities()), **document}
