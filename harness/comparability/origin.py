"""The lines of a certificate about what rows come from: data that the splits share, and code."""

from collections import Counter
from collections.abc import Sequence

from harness.comparability.check import Check
from harness.comparability.fields import MISSING, is_external
from harness.comparability.systems import System
from harness.data.overlap import Overlap, contained
from harness.data.splits import TEST


def overlap_of_splits(made: Sequence[System]) -> Check:
    """What test shares with train and dev; red if that is most of it, or nobody looked."""
    told = {system.name: system.first.run.data.overlap for system in made}
    words = {name: _told(found) for name, found in told.items()}
    common = next((text for text in words.values() if text != MISSING), MISSING)
    differing = tuple((name, text) for name, text in words.items() if text != common)
    sound = not any(contained(found or ()) for found in told.values())
    return Check("overlap of test with train and dev", common,
                 sound and not differing and common != MISSING, differing)  # fmt: skip


def _told(found: Sequence[Overlap] | None) -> str:
    return MISSING if found is None else "; ".join(one.words for one in found if one.part == TEST)


def one_code_each(made: Sequence[System]) -> Check:
    """Whether all backends of one distribution, a plugin's too, ran from the same code."""
    codes: dict[str, Counter[str]] = {}
    mine: dict[str, set[tuple[str, str]]] = {}
    for system in made:
        for result in filter(lambda one: not is_external(one), system.results):
            origin = result.run.origin.get("distribution", "")
            code = result.run.code.backend if result.run.code else MISSING
            codes.setdefault(origin, Counter())[code] += 1
            mine.setdefault(system.name, set()).add((origin, code))
    common = {origin: counts.most_common(1)[0][0] for origin, counts in codes.items()}
    differing = tuple(
        (name, f"{origin} {code[:12]}")
        for name, pairs in mine.items()
        for origin, code in sorted(pairs)
        if code != common[origin] or code == MISSING
    )
    listed = ", ".join(f"{origin} {code[:12]}" for origin, code in sorted(common.items()))
    return Check("one code for each distribution", listed or "n/a", not differing, differing)
