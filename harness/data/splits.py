"""The names of the three parts of a task, and of the sets of a test that is made of several."""

TRAIN, DEV, TEST = "train", "dev", "test"
SPLITS = (TRAIN, DEV, TEST)
_SET = f"{TEST}/"


def test_set(name: str) -> str:
    """What the test set ``name`` is called beside the splits: ``test/news``."""
    return _SET + name


def set_of(part: str) -> str | None:
    """The name of the test set that ``part`` is; None for a split."""
    return part.removeprefix(_SET) if part.startswith(_SET) else None


def split_of(part: str) -> str:
    """The split that ``part`` is, or belongs to."""
    return TEST if part.startswith(_SET) else part
