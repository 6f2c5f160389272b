"""How many ways a backend was tried on the same data, counted in the folder of results.

A trial is a set of options with the content of what they name (weights, a prompt, another file) and
the settings that change answers. Seeds are no trials, nor is an import that is called like a
backend. Runs that failed or never ended were tried too: each leaves its options in its folder as it
begins.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from harness.data.windows import PUNCTUATION
from harness.results.run_record import Run
from harness.results.store import slug

RECORDS = ("run.json", "claim.json")
# Settings that can be chosen by the score they give, and what they were before they were recorded.
CHOSEN = {
    "window_limit": None, "window_margin": None, "window_cut": PUNCTUATION, "precision": None,
    "train_draw": 0,
}  # fmt: skip
Parts: TypeAlias = tuple[str, str, str]  # a name, and two contents; an empty content is unknown


@dataclass(frozen=True, slots=True)
class DataRead:
    """What a run was given to read: a task, cut after ``limit``, and a ``share`` of its train.

    ``task`` is spelled as its folder is.
    """

    fingerprint: str
    task: str = ""
    limit: int | None = None
    share: float = 1.0

    @classmethod
    def of(cls, run: Run) -> "DataRead":
        """What ``run`` read."""
        data, (share, _) = run.data, run.part_of_train
        return cls(data.fingerprint, slug(data.task), data.limit, share)

    def is_tried_by(self, other: "DataRead") -> bool:
        """Whether a score on ``other`` could choose what is shown of these data.

        A run with another limit read the same sentences but for those that were cut, so its score
        says nearly what the whole one says; with the same limit, data that differ are other data.
        Another share of train answers another question, how much data is needed, and nobody shows
        the best share: a study of shares is no tuning. Another draw of the same share may be shown
        because it is the luckier one, so draws are trials (``CHOSEN``).
        """
        cut = self.task == other.task and self.limit != other.limit
        return (self.fingerprint == other.fingerprint or cut) and self.share == other.share


@dataclass(frozen=True, slots=True)
class Trial:
    """One way in which ``backend`` was tried on ``data``.

    ``content`` tells what the options name, ``settings`` those of ``CHOSEN``; each is empty where
    it was not recorded.
    """

    backend: str
    data: DataRead
    options: str
    content: str = ""
    settings: str = ""

    @classmethod
    def of(cls, run: Run) -> "Trial":
        """The trial that ``run`` is one of."""
        named = _content({"settings": run.settings, "weights_digest": run.weights_digest})
        options, chosen = _text(run.options), _chosen(run.settings)
        return cls(run.backend, DataRead.of(run), options, named, chosen)


def beside(folder: Path, known: Collection[Path] = ()) -> Iterator[Trial]:
    """The trials of the runs in ``folder``, the results of one task, but for the ``known``."""
    paths = folder.iterdir() if folder.is_dir() else ()
    told = (_told(path) for path in paths if path not in known and path.is_dir())
    return (trial for trial in told if trial)


def number(tried: Iterable[Trial], backend: str, data: DataRead) -> int:
    """How many of ``tried`` are of ``backend`` on ``data``."""
    return _different((one.options, one.content, one.settings) for one in _of(tried, backend, data))


def trials(
    folder: Path, backend: str, data: DataRead, begun: Mapping[str, Any] | None = None
) -> int:
    """The ways in which ``backend`` was tried on ``data``.

    ``folder`` holds the run folders of one task; ``begun`` are options that stand nowhere yet.
    """
    more = () if begun is None else (Trial(backend, data, _text(begun)),)
    return number((*beside(folder), *more), backend, data)


def prompts_tried(folder: Path, backend: str, data: DataRead) -> int:
    """The prompts with which ``backend`` was run on ``data``, by content."""
    return _different(map(_prompt, _of(beside(folder), backend, data)))


def _of(tried: Iterable[Trial], backend: str, data: DataRead) -> Iterator[Trial]:
    return (one for one in tried if one.backend == backend and data.is_tried_by(one.data))


def _different(tried: Iterable[Parts]) -> int:
    """How many differ; one of which a content is unknown is any that is alike in what is known."""
    by_name: dict[str, set[Parts]] = {}
    for one in tried:
        by_name.setdefault(one[0], set()).add(one)
    return sum(
        not any(_may_be(one, other) for other in found if other != one)
        for found in by_name.values()
        for one in found
    )


def _may_be(one: Parts, other: Parts) -> bool:
    """Whether ``one`` tells nothing that ``other`` does not tell, too."""
    return all(part in ("", told) for part, told in zip(one, other, strict=True))


def _prompt(trial: Trial) -> Parts:
    """The option that names the prompt, and the content of it."""
    named = json.loads(trial.content) if trial.content else {}
    name = json.loads(trial.options).get("prompt")
    return str(name), str(named.get("prompts", {}).get("prompt", "")), ""


def _text(options: Any) -> str:
    return json.dumps(options, sort_keys=True, default=str)


def _content(record: Mapping[str, Any]) -> str:
    """What a record says of the content of weights, prompts and other files."""
    named = _settings(record)
    told = {name: named.get(name) for name in ("prompts", "files")}
    told["weights"] = record.get("weights_digest")
    found = {name: part for name, part in told.items() if isinstance(part, dict)}
    return _text({name: part for name, part in found.items() if part}) if found else ""


def _settings(record: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = record.get("settings")
    return settings if isinstance(settings, dict) else {}


def _chosen(settings: Mapping[str, Any]) -> str:
    """The settings of ``CHOSEN``; nothing where they were not recorded, as in older claims."""
    if "window_limit" not in settings:
        return ""
    told = {name: settings.get(name, before) for name, before in CHOSEN.items()}
    whole = settings.get("train_share", 1.0) == 1.0
    return _text(told | {"train_draw": 0} if whole else told)  # all of train is one draw


def _told(folder: Path) -> Trial | None:
    """The trial of a run, as far as its files tell it; None of what was run elsewhere."""
    for record in _records(folder):
        if _is_import(record):
            return None
        data = record.get("data")
        place = data if isinstance(data, dict) else record  # a claim has no data yet
        if isinstance(record.get("options"), dict) and "fingerprint" in place:
            backend, options = str(record.get("backend")), _text(record["options"])
            read, chosen = _read(place, _settings(record)), _chosen(_settings(record))
            return Trial(backend, read, options, _content(record), chosen)
    return None


def _read(place: Mapping[str, Any], settings: Mapping[str, Any]) -> DataRead:
    """The data of a record; a limit that it does not tell is taken for none."""
    limit, share = place.get("limit", settings.get("limit")), settings.get("train_share", 1.0)
    return DataRead(str(place["fingerprint"]), slug(str(place.get("task", ""))), limit, share)


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
