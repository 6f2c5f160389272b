"""How many ways a backend was tried on the same data, counted in the folder of results.

A trial is a set of options; seeds are no trials. Runs that failed or never ended were tried too:
each leaves its options in its folder as it begins.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

RECORDS = ("run.json", "claim.json")


def trials(
    folder: Path, backend: str, fingerprint: str, beside: Mapping[str, Any] | None = None
) -> int:
    """The sets of options with which ``backend`` was run on the data of ``fingerprint``.

    ``folder`` holds the run folders of one task; ``beside`` are options that stand nowhere yet.
    """
    told = (_told(path) for path in folder.iterdir() if path.is_dir())
    found = {options for *of, options in told if of == [backend, fingerprint]}
    return len(found if beside is None else found | {_text(beside)})


def _text(options: Any) -> str:
    return json.dumps(options, sort_keys=True)


def prompts_tried(folder: Path, backend: str, fingerprint: str) -> int:
    """The prompts with which ``backend`` was run on the data of ``fingerprint``."""
    told = (_told(path) for path in folder.iterdir() if path.is_dir())
    mine = [json.loads(options) for *of, options in told if of == [backend, fingerprint]]
    return len({str(options.get("prompt")) for options in mine})


def _told(folder: Path) -> tuple[str, str, str]:
    """The backend, the data and the options of a run, as far as its files tell them."""
    for record in _records(folder):
        data = record.get("data")
        place = data if isinstance(data, dict) else record  # a claim has no data yet
        if "options" in record and "fingerprint" in place:
            backend, options = str(record.get("backend")), _text(record["options"])
            return backend, str(place["fingerprint"]), options
    return "", "", ""


def _records(folder: Path) -> Iterator[Mapping[str, Any]]:
    for name in RECORDS:
        try:
            content = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            yield content
