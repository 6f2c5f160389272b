"""The hub of models and its cache: asked once, with a short wait, and never where it may not be.

A machine without a hub learns so at once instead of after minutes of retries.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import FULL_DISK, ResourceError, WeightsError

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

PATIENCE = 5.0  # seconds to wait for the hub's first answer


def cached(model: str) -> Path | None:
    """The folder of ``model`` in the cache; its name is the commit."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def cache() -> str:
    """Where the cache is, and what names another."""
    from huggingface_hub import constants

    return f"{constants.HF_HUB_CACHE} (HF_HOME or HF_HUB_CACHE name another)"


def may_have(model: str) -> bool:
    """Whether the hub may be asked here, and for a model of that name."""
    from huggingface_hub import constants
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(model)
    except HFValidationError:
        return False
    return not constants.is_offline_mode()


def commit(model: str) -> str | None:
    """The newest commit of ``model``.

    Raises:
        WeightsError: where the hub may not be asked, or does not give it; in a few words.
    """
    return _info(model).sha


def files(model: str) -> frozenset[str]:
    """The names of the files of ``model``; raises as ``commit`` does."""
    return frozenset(file.rfilename for file in _info(model).siblings or [])


def fetched(model: str, patterns: Sequence[str]) -> Path:
    """The folder of the files of ``model`` like ``patterns``, fetched.

    Raises:
        WeightsError: as ``commit``.
        ResourceError: where the disk of the cache is full.
    """
    from huggingface_hub import snapshot_download

    with _asked():
        return Path(snapshot_download(model, allow_patterns=[*patterns]))


def _info(model: str) -> "ModelInfo":
    from huggingface_hub import HfApi

    with _asked():
        return HfApi().model_info(model, timeout=PATIENCE)


@contextmanager
def _asked() -> Iterator[None]:
    from huggingface_hub import constants
    from huggingface_hub.errors import HFValidationError, HTTPError

    if constants.is_offline_mode():
        msg = "HF_HUB_OFFLINE=1 forbids to ask the hub"
        raise WeightsError(msg)
    try:
        yield
    except (HTTPError, HFValidationError, OSError) as error:
        if isinstance(error, OSError) and error.errno in FULL_DISK:
            msg = f"the cache takes no more, {cache()}: {error.strerror}; make room there"
            raise ResourceError(msg) from error
        msg = f"the hub cannot give it ({type(error).__name__})"
        raise WeightsError(msg) from error
