"""A task of a few sentences on disk, for tests that run the whole program.

The names of dev and test are all in train, none of their sentences is.
"""

from pathlib import Path

SENTENCES = [
    ("李四在广州工作。", "B_PER I_PER O B_LOC I_LOC O O O"),
    ("张三去了北京。", "B_PER I_PER O O B_LOC I_LOC O"),
    ("昨天没有消息。", "O O O O O O O"),
    ("王五住在上海城。", "B_PER I_PER O O B_LOC I_LOC O O"),
]
DEV = [
    ("王五去了上海。", "B_PER I_PER O O B_LOC I_LOC O"),
    ("明天没有新闻。", "O O O O O O O"),
]
TEST = [
    ("张三在上海工作。", "B_PER I_PER O B_LOC I_LOC O O O"),
    ("李四去了北京。", "B_PER I_PER O O B_LOC I_LOC O"),
    ("今天没有新闻。", "O O O O O O O"),
]


def write_split(folder: Path, name: str, sentences) -> None:
    """Write parallel files of one split."""
    folder.mkdir(parents=True, exist_ok=True)
    units = "".join(" ".join(text) + "\n" for text, _ in sentences)
    (folder / f"{name}.txt").write_text(units, encoding="utf-8")
    tags = "".join(tags + "\n" for _, tags in sentences)
    (folder / f"{name}_TAG.txt").write_text(tags, encoding="utf-8")


def make(folder: Path, *, repeat: int = 2, labels: str = "[PER, LOC]") -> Path:
    """A task file with its data beside it."""
    for name, sentences in (
        ("train", SENTENCES * repeat),
        ("dev", DEV),
        ("test", TEST),
    ):
        write_split(folder / "data", name, sentences)
    path = folder / "tiny.yaml"
    path.write_text(
        f"name: tiny\nlanguage: zh\nformat: parallel\njoiner: ''\nlabels: {labels}\nroot: data\n"
        "splits:\n  train: train.txt\n  dev: dev.txt\n  test: test.txt\n",
        encoding="utf-8",
    )
    return path
