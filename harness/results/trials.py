"""How many ways a backend was tried on the same data, counted in the folder of results.

A trial is a set of options with the content of what they name: weights, a prompt, another file.
Seeds are no trials, nor is an import that is called like a backend. Runs that failed or never ended
were tried too: each leaves its options in its folder as it begins.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.results.run_record import Run

RECORDS = ("run.json", "claim.json")


@dataclass(frozen=True, slots=True)
class Trial:
    """One way in which ``backend`` was tried on the data of ``fingerprint``.

    ``content`` tells what the options name; it is empty where that was not recorded.
    """

    backend: str
    fingerprint: str
    options: str
    content: str = ""

    @classmethod
    def of(cls, run: Run) -> "Trial":
        """The trial that ``run`` is one of."""
        named = _content({"settings": run.settings, "weights_digest": run.weights_digest})
        return cls(run.backend, run.data.fingerprint, _text(run.options), named)


def beside(folder: Path, known: Collection[Path] = ()) -> Iterator[Trial]:
    """The trials of the runs in ``folder``, the results of one task, but for the ``known``."""
    paths = folder.iterdir() if folder.is_dir() else ()
    told = (_told(path) for path in paths if path not in known and path.is_dir())
    return (trial for trial in told if trial)


def number(tried: Iterable[Trial], backend: str, fingerprint: str) -> int:
    """How many of ``tried`` are of ``backend`` on the data of ``fingerprint``."""
    return _different((one.options, one.content) for one in _of(tried, backend, fingerprint))


def trials(
    folder: Path, backend: str, fingerprint: str, begun: Mapping[str, Any] | None = None
) -> int:
    """The ways in which ``backend`` was tried on the data of ``fingerprint``.

    ``folder`` holds the run folders of one task; ``begun`` are options that stand nowhere yet.
    """
    more = () if begun is None else (Trial(backend, fingerprint, _text(begun)),)
    return number((*beside(folder), *more), backend, fingerprint)


def prompts_tried(folder: Path, backend: str, fingerprint: str) -> int:
    """The prompts with which ``backend`` was run on the data of ``fingerprint``, by content."""
    return _different(map(_prompt, _of(beside(folder), backend, fingerprint)))


def _of(tried: Iterable[Trial], backend: str, fingerprint: str) -> Iterator[Trial]:
    return (one for one in tried if (one.backend, one.fingerprint) == (backend, fingerprint))


def _different(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs of a name and its content differ; one without content is any of its name."""
    found = set(pairs)
    told = {name for name, content in found if content}
    return sum(bool(content) or name not in told for name, content in found)


def _prompt(trial: Trial) -> tuple[str, str]:
    """The option that names the prompt, and the content of it."""
    named = json.loads(trial.content) if trial.content else {}
    name = json.loads(trial.options).get("prompt")
    return str(name), str(named.get("prompts", {}).get("prompt", ""))


def _text(options: Any) -> str:
    return json.dumps(options, sort_keys=True, default=str)


def _content(record: Mapping[str, Any]) -> str:
    """What a record says of the content of weights, prompts and other files."""
    settings = record.get("settings")
    named = settings if isinstance(settings, dict) else {}
    told = {name: named.get(name) for name in ("prompts", "files")}
    told["weights"] = record.get("weights_digest")
    found = {name: part for name, part in told.items() if isinstance(part, dict)}
    return _text({name: part for name, part in found.items() if part}) if found else ""


def _told(folder: Path) -> Trial | None:
    """The trial of a run, as far as its files tell it; None of what was run elsewhere."""
    for record in _records(folder):
        if _is_import(record):
            return None
        data = record.get("data")
        place = data if isinstance(data, dict) else record  # a claim has no data yet
        if isinstance(record.get("options"), dict) and "fingerprint" in place:
            backend, options = str(record.get("backend")), _text(record["options"])
            return Trial(backend, str(place["fingerprint"]), options, _content(record))
    return None


def _is_import(record: Mapping[str, Any]) -> bool:
    origin = record.get("origin")
    return isinstance(origin, dict) and origin.get("distribution") == "external"


def _records(folder: Path) -> Iterator[Mapping[str, Any]]:
    for name in RECORDS:
        try:
            content = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            yield content
