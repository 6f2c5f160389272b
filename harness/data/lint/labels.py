"""Labels that cannot be learned, cannot be scored, or are hardly two."""

from collections import Counter
from collections.abc import Iterator

from harness.data.lint.finding import Finding, examples, first, in_gold, many
from harness.data.splits import TEST, TRAIN
from harness.data.task import Draft

FEW_TO_LEARN = 20  # entities in train
FEW_TO_RANK = 30  # entities in test: as many stand behind a score that a table prints in bold


def unseen(draft: Draft) -> Iterator[Finding]:
    """Labels that another split has and train has not."""
    if not draft.items.get(TRAIN):  # nothing of it could be read
        return
    known = _counts(draft, TRAIN)
    for name, items in draft.items.items():
        counts = _counts(draft, name)
        for label in sorted(counts.keys() - known.keys()):
            message = (
                f"{label}: {many(counts[label], 'entity', 'entities')} in {name}, none in train"
            )
            yield in_gold(first(items, label), message)


def untested(draft: Draft) -> Iterator[Finding]:
    """Labels that train has and test has not."""
    if not draft.items.get(TEST):
        return
    learned, tested = _counts(draft, TRAIN), _counts(draft, TEST)
    for label in sorted(learned.keys() - tested.keys()):
        message = f"{label}: {many(learned[label], 'entity', 'entities')} in train, none in test"
        yield Finding(str(draft.path), None, message)


def unused(draft: Draft) -> Iterator[Finding]:
    """Labels that no split has, where each could be read."""
    if not all(draft.items.values()):
        return
    used = {span.label for item in examples(draft) for span in item.example.spans}
    for label in draft.file.labels:
        if label not in used:
            yield Finding(str(draft.path), None, f"the label {label!r} is in no split")


def few_to_learn(draft: Draft) -> Iterator[Finding]:
    """Labels of which train has hardly any."""
    yield from _few(draft, TRAIN, FEW_TO_LEARN)


def few_to_rank(draft: Draft) -> Iterator[Finding]:
    """Labels of which test has too few for a difference to mean anything."""
    yield from _few(draft, TEST, FEW_TO_RANK)


def _few(draft: Draft, split: str, least: int) -> Iterator[Finding]:
    counts = _counts(draft, split)
    rare = {label: n for label, n in counts.items() if n < least}
    if rare:
        label = min(rare, key=lambda one: rare[one])
        listed = ", ".join(f"{one} {rare[one]}" for one in draft.file.labels if one in rare)
        message = f"fewer than {least} entities in {split}: {listed}"
        yield in_gold(first(draft.items[split], label), message)


def alike(draft: Draft) -> Iterator[Finding]:
    """Labels of the task that differ in case or punctuation only."""
    seen: dict[str, str] = {}
    for label in draft.file.labels:
        key = "".join(c for c in label.casefold() if c.isalnum())
        other = seen.setdefault(key, label)
        if other != label:
            message = f"the labels {other!r} and {label!r} differ in case or punctuation only"
            yield Finding(str(draft.path), None, message)


def _counts(draft: Draft, split: str) -> Counter[str]:
    items = draft.items.get(split, ())
    return Counter(span.label for item in items for span in item.example.spans)
