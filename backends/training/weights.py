"""Where pretrained weights are: a folder, a package, the cache, the hub; or one clear message.

No code of a model is run and no pickle is trusted: safetensors, or tensors-only loading of an older
file.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import hub, resources
from harness.errors import WeightsError
from harness.protocol import UNFINISHED

SAFE = ("model.safetensors", "model.safetensors.index.json")
OLDER = ("pytorch_model.bin", "pytorch_model.bin.index.json")
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
SMALL = ["*.json", "*.txt", "*.model"]


def find(model: str) -> Path:
    """The folder that holds the weights of ``model``: itself one, in a package, or of a hub.

    Raises:
        WeightsError: that says what was tried and what can be done.
    """
    tried: list[str] = []
    for folder in _candidates(model, tried):
        if _complete(folder):
            return folder
        if (folder / UNFINISHED).exists():
            msg = f"{folder} is of an unfinished pretraining: give its command again to go on"
            raise WeightsError(msg)
        tried.append(f"{folder} lacks config.json or {' or '.join(SAFE[:1] + OLDER[:1])}")
    msg = (
        f"no weights for model {model!r}: " + "; ".join(tried) + ". Ways out: set model=FOLDER "
        "(config.json, model.safetensors and the tokenizer's files); copy a cache of another "
        "machine and set HF_HOME to it; or train without pretrained weights by init=scratch"
    )
    raise WeightsError(msg)


def here(model: str) -> Path | None:
    """The folder of ``model``, which may be in the cache; None where it is neither."""
    return resources.weights(model) or hub.cached(model)


def digest(folder: Path) -> str:
    """The SHA-256 of the files of weights in ``folder``, names and contents."""
    total = hashlib.sha256()
    for path in sorted(path for pattern in WEIGHTS for path in folder.glob(pattern)):
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{path.name} {content}\n".encode())
    return total.hexdigest()


def name(model: str) -> str:
    """What to call the weights in a record: a hub id, or a folder's last name, never its path.

    A folder that is called ``model``, as many are, is told apart by the one it lies in.
    """
    folder = Path(model).expanduser()
    if not folder.is_dir():
        return model
    last = folder.resolve()
    return f"{last.parent.name}/model" if last.name == "model" else last.name


@contextmanager
def readable(folder: Path) -> Iterator[None]:
    """Turn what goes wrong in reading the model in ``folder`` into one message."""
    from pickle import UnpicklingError

    from safetensors import SafetensorError

    try:
        yield
    except UnpicklingError as error:
        msg = (
            f"the model in {folder.name} cannot be read: it is a pickle that is damaged, or asks "
            "for code to be run; nothing of it was. Use weights in safetensors"
        )
        raise WeightsError(msg) from error
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        msg = f"the model in {folder.name} cannot be read: {error}"
        raise WeightsError(msg) from error


def _complete(folder: Path) -> bool:
    return (folder / "config.json").is_file() and any(
        (folder / file).is_file() for file in SAFE + OLDER
    )


def _candidates(model: str, tried: list[str]) -> Iterator[Path]:
    if folder := resources.weights(model):
        yield folder
        return
    tried.append("there is no such folder, and no package brings one")
    if model.count("/") > 1 or model.startswith((".", "~", "/")):
        tried.append("it is not a hub id either")
        return
    yield from _cached(model, tried)
    yield from _fetched(model, tried)


def _cached(model: str, tried: list[str]) -> Iterator[Path]:
    if (folder := hub.cached(model)) is not None:
        yield folder
    else:
        tried.append(f"it is not in the cache, {hub.cache()}")


def _fetched(model: str, tried: list[str]) -> Iterator[Path]:
    """The weights from the hub."""
    try:
        weights = "*.safetensors" if hub.files(model) & set(SAFE) else "pytorch_model*.bin"
        yield hub.fetched(model, [*SMALL, weights])
    except WeightsError as error:
        tried.append(str(error))
