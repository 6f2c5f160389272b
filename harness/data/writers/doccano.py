"""doccano's JSONL of sequence labelling: ``{"text": …, "label": [[start, end, label], …]}``."""

import json
from collections.abc import Sequence
from pathlib import Path

from harness.data.writers.annotated import Annotated, require_text


def write(path: Path, items: Sequence[Annotated]) -> None:
    """Write ``items`` into the file ``path``.

    Raises:
        DataError: for units that bare text does not tell.
    """
    require_text(items, "doccano")
    lines = (json.dumps(_object(one), ensure_ascii=False) + "\n" for one in items)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def _object(one: Annotated) -> dict[str, object]:
    label = [[found["start"], found["end"], found["label"]] for found in one.entities()]
    return {"text": one.sentence.text, "label": label, "name": one.sentence.id}
