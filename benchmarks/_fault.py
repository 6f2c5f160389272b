"""A fault to plant."""

from typing import NamedTuple


class Fault(NamedTuple):
    """``old`` becomes ``new`` in ``file``; ``tests`` are what pytest is given."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
