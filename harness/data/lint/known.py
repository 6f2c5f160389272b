"""Known data sets of which several variants are in use, told by their numbers.

Only numbers that were counted on the files, or that a source states, stand here. A score on one
variant says nothing about another.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.data.lint.finding import Finding
from harness.data.splits import SPLITS
from harness.data.task import Draft


@dataclass(frozen=True, slots=True)
class Variant:
    """A data set by the sentences of its splits.

    ``entities`` are those of the last split, under one policy or another; empty if not known.

    A split that is not in ``sentences`` may be of any size.
    """

    name: str
    sentences: dict[str, int]
    remark: str
    entities: tuple[int, ...] = ()


KNOWN = (
    Variant("MSRA, 4,365 test sentences", {"test": 4365},
            "the release with 46,364 training sentences; another has 3,442 test sentences"),
    Variant("MSRA, 3,442 test sentences", {"test": 3442},
            "the release split into 42,000, 3,000 and 3,442; another has 4,365 test sentences"),
    Variant("Weibo, second release", {"train": 1350, "dev": 270, "test": 270},
            "418 entities in test under the policy conlleval, 414 under strict; an earlier release "
            "is in use, too", (418, 414)),
    Variant("CLUENER with its dev as test", {"test": 1343},
            "the labels of its test are not published, so published scores are on dev; here each "
            "occurrence counts (3,072), other programs count each name once in a sentence (2,982)",
            (3072,)),
    Variant("Resume", {"train": 3821, "dev": 463, "test": 477},
            "the split of Zhang and Yang (2018)", (1630,)),
    Variant("People's Daily 1998", {"train": 20864, "dev": 2318, "test": 4636},
            "some call these files MSRA, and they share no sentence with its test of 3,442",
            (7707,)),
    Variant("WNUT-17", {"train": 3394, "dev": 1009, "test": 1287},
            "the entities of test are disjoint from those of train, by design", (1079,)),
)  # fmt: skip


def variants(draft: Draft) -> Iterator[Finding]:
    """The known variant that the numbers of a task are those of."""
    sizes = {name: len(items) for name, items in draft.items.items()}
    for one in KNOWN:
        if all(sizes.get(name) == number for name, number in one.sentences.items()):
            last = max(one.sentences, key=SPLITS.index)
            found = sum(len(item.example.spans) for item in draft.items[last])
            if not one.entities or found in one.entities:
                yield Finding(
                    str(draft.path), None, f"by its numbers this is {one.name}: {one.remark}"
                )
            else:
                message = (
                    f"as many sentences as {one.name}, but {found:,} entities in {last}, "
                    f"where that has {one.entities[0]:,}"
                )
                yield Finding(str(draft.path), None, message)
