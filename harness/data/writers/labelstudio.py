"""Label Studio's JSON of tasks: gold as annotations, what a model found as predictions.

The names ``label`` and ``text`` are those of its template for named entities. A task is a line.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.data.writers.annotated import Annotated, require_text

FROM, TO = "label", "text"


def write(path: Path, items: Sequence[Annotated]) -> None:
    """Write ``items`` into the file ``path``.

    Raises:
        DataError: for units that bare text does not tell.
    """
    require_text(items, "Label Studio")
    lines = [json.dumps(_task(one), ensure_ascii=False) for one in items]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8", newline="\n")


def _task(one: Annotated) -> dict[str, Any]:
    sentence = one.sentence
    document = {} if one.document is None else {"document": one.document}
    data = {"text": sentence.text, "id": sentence.id, **document}
    regions = [_region(number, found) for number, found in enumerate(one.entities(), 1)]
    if not one.found:
        return {"data": data, "annotations": [{"result": regions}]}
    # That of the task is what tasks are sorted by in the tool: its least sure entity.
    score = {} if one.confidence is None else {"score": min(one.confidence, default=1.0)}
    return {"data": data, "predictions": [{"result": regions, **score}]}


def _region(number: int, found: dict[str, Any]) -> dict[str, Any]:
    sure = {"score": found["confidence"]} if "confidence" in found else {}
    value = {"start": found["start"], "end": found["end"], "text": found["text"],
             "labels": [found["label"]]}  # fmt: skip
    return {"id": str(number), "from_name": FROM, "to_name": TO, "type": "labels",
            "value": value, **sure}  # fmt: skip
