"""Data without a fault, for tests that plant one; texts are unique and not nearly alike."""

from harness.core import Span

PLACES = ("北京", "上海", "广州", "南昌")
SENTENCES = 40


def characters():
    """Sentences such as 张三去北京, by split: of each label 40 entities in each."""
    made = {"train": [], "dev": [], "test": []}
    for s, rows in enumerate(made.values()):
        for i in range(SENTENCES):
            given = chr(0x6C40 + SENTENCES * s + i)
            text = f"张{given}去{PLACES[i % len(PLACES)]}"
            rows.append(([*text], (Span(0, 2, "PER"), Span(3, 5, "LOC"))))
    return made


def words():
    """Sentences such as Ann07 visited New York, by split."""
    made = {"train": [], "dev": [], "test": []}
    for split, rows in made.items():
        for i in range(SENTENCES):
            units = [f"Ann{split}{i}", "visited", "New", "York"]
            rows.append((units, (Span(0, 1, "PER"), Span(2, 4, "LOC"))))
    return made
