"""Where the data folders are: inside the package in a wheel, beside it in a checkout."""

from pathlib import Path
from typing import Literal


def folder(name: Literal["prompts", "configs"]) -> Path:
    """The folder called ``name``."""
    inside = Path(__file__).parent / name
    return inside if inside.is_dir() else Path(__file__).parents[1] / name
