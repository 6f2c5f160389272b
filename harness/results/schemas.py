"""The JSON Schema of the result files, exported from the records that write and read them.

``harness/results/schema/`` holds what ``exported`` gives, so that a reader in another language
needs none of this code; a test keeps the two equal.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import TypeAdapter

from harness.protocol import Epoch
from harness.results import store
from harness.results.pretraining import Pretraining
from harness.results.record import SCHEMA, MetricsFile, Prediction
from harness.results.run_record import Run

FOLDER = Path(__file__).parent / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
# The record of a whole file, or of each line of a JSON Lines file.
RECORDS: Mapping[str, type] = MappingProxyType(
    {
        "run.json": Run,
        "metrics.json": MetricsFile,
        "predictions.jsonl": Prediction,
        "history.jsonl": Epoch,
        "pretraining.json": Pretraining,
    }
)


def name_of(file: str) -> str:
    """The name of the schema of a result file, with the version of the results."""
    return f"{Path(file).stem}.v{SCHEMA}.schema.json"


def exported() -> dict[str, str]:
    """The text of each schema, by its name."""
    return {name_of(file): _text(file, record) for file, record in RECORDS.items()}


def write(folder: Path) -> tuple[Path, ...]:
    """Write the schemas into ``folder``; gives their paths.

    Raises:
        ConfigError: where nothing can be written.
    """
    store.make_folder(folder)
    for name, text in exported().items():
        store.write(folder / name, text)
    return tuple(folder / name for name in exported())


def _text(file: str, record: type) -> str:
    each = "each line of " if file.endswith("l") else ""
    about = f"{each}{file} of ner-harness, results of version {SCHEMA}"
    head = {"$schema": DIALECT, "$comment": about}
    schema = TypeAdapter(record).json_schema()
    return json.dumps(head | schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
