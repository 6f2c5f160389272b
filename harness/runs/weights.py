"""Which weights a run begins from, told by content: the bytes of a folder, or a hub's commit.

A name alone tells nothing: what lies under it changes. Weights are looked for where backends look:
a folder, one that an installed package brings, then the cache of the hub, then the hub.
"""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness import hub, resources
from harness.errors import WeightsError
from harness.protocol import UsesWeights
from harness.results.pretraining import COMPLETE, Pretraining

NOT_FOUND = "not found"
_SHOWN = 19  # the kind of an identity and its first digits


def named(backend: Any, options: Mapping[str, Any]) -> dict[str, str]:
    """The weights that ``options`` begin from, by the option that names them.

    Of a backend that does not say which option it is, each one that names a folder.
    """
    if isinstance(backend, UsesWeights):
        name = backend.weights_of(options)
        return {} if name is None else {"model": name}
    texts = {key: value for key, value in options.items() if isinstance(value, str) and value}
    return {key: value for key, value in texts.items() if Path(value).is_dir()}


def identities(weights: Mapping[str, str]) -> dict[str, str]:
    """What tells each of ``weights`` apart, by the option that names them."""
    return {option: identity(name) for option, name in weights.items()}


def identity(name: str) -> str:
    """``sha256:...`` of the files of a folder, or ``commit:...`` of a model of the hub."""
    if folder := resources.weights(name):
        return f"sha256:{_content(folder)}"
    here = hub.cached(name)
    found = here.name if here else _commit_on_hub(name)
    return f"commit:{found}" if found else NOT_FOUND


def held_out(names: Iterable[str], fingerprint: str) -> bool | None:
    """Whether all of ``names`` were pretrained without dev and test of the data ``fingerprint``.

    None where no record of a pretraining lies beside any of them.
    """
    found = [record for name in names if (record := _record(name))]
    return all(fingerprint in record.text.compared.values() for record in found) if found else None


def _record(name: str) -> Pretraining | None:
    folder = resources.weights(name)
    if folder is not None:
        with suppress(OSError, ValidationError):
            return Pretraining.model_validate_json((folder / COMPLETE).read_bytes())
    return None


def require_found(runs: Iterable[tuple[str, Mapping[str, str], Mapping[str, str]]]) -> None:
    """Refuse weights that are certainly nowhere: once, and before anything is started.

    A hub that does not answer now may do so when the run asks again.

    Args:
        runs: the backend of each, its weights by option, and their identities.

    Raises:
        WeightsError: naming each of them, and the backends that would begin from it.
    """
    lacking: dict[tuple[str, str], list[str]] = {}
    for backend, weights, found in runs:
        for option, name in weights.items():
            if found[option] == NOT_FOUND and not hub.may_have(name):
                lacking.setdefault((option, name), []).append(backend)
    if lacking:
        raise WeightsError("\n".join(_nowhere(*key, users) for key, users in lacking.items()))


def _nowhere(option: str, name: str, backends: Iterable[str]) -> str:
    users = ", ".join(dict.fromkeys(backends))
    return (
        f"no weights {name!r} ({option} of {users}): there is no such folder, here or in an "
        f"installed package, and no model of that name in the cache of the hub, {hub.cache()}, "
        f"and the hub cannot be asked here; nothing was started. Set {option}=FOLDER (config.json, "
        "model.safetensors and the tokenizer's files), or train without pretrained weights "
        "(init=scratch)"
    )


def require_planned(run: str, weights: Mapping[str, str], planned: Mapping[str, str]) -> None:
    """Refuse ``weights`` that are no longer those that the run called ``run`` was planned on.

    Raises:
        WeightsError: naming both.
    """
    for option, found in identities(weights).items():
        if found != planned.get(option):
            msg = (
                f"the weights of {run} ({option}) changed while the command ran: they are "
                f"{found[:_SHOWN]}, planned on {planned.get(option, 'none')[:_SHOWN]}; run it again"
            )
            raise WeightsError(msg)


def _commit_on_hub(name: str) -> str | None:
    """The commit that the hub has of a model; None where it cannot be asked."""
    with suppress(WeightsError):
        return hub.commit(name)
    return None


def _content(top: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in top.rglob("*") if path.is_file()):
        total.update(path.relative_to(top).as_posix().encode() + b"\0")
        with path.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()
