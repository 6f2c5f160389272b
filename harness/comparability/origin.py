"""The lines of a certificate about what rows come from: data that splits share, code, members."""

from collections import Counter
from collections.abc import Sequence

from harness.comparability.check import Check
from harness.comparability.ensembles import members_of
from harness.comparability.fields import MISSING, Recorded, is_external
from harness.comparability.systems import System
from harness.data.overlap import Overlap, contained, selected_on_train
from harness.data.splits import SPLITS


def overlap_of_splits(made: Sequence[System]) -> Check:
    """What test shares with train and dev, and dev with train.

    Red if that is most of test or of dev, which chooses the epoch, or nobody looked.
    """
    told = {system.name: system.first.run.data.overlap for system in made}
    words = {name: _told(found) for name, found in told.items()}
    common = next((text for text in words.values() if text != MISSING), MISSING)
    differing = tuple((name, text) for name, text in words.items() if text != common)
    sound = not any(contained(one or ()) or selected_on_train(one or ()) for one in told.values())
    return Check("overlap of test, dev and train", common,
                 sound and not differing and common != MISSING, differing)  # fmt: skip


def _told(found: Sequence[Overlap] | None) -> str:
    return MISSING if found is None else "; ".join(one.words for one in found if one.part in SPLITS)


def one_code_each(made: Sequence[System]) -> Check:
    """Whether all backends of one distribution, a plugin's too, ran from the same code."""
    codes: dict[str, Counter[str]] = {}
    mine: dict[str, set[tuple[str, str]]] = {}
    for system in made:
        for result in filter(_has_code, system.results):
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


def _has_code(result: Recorded) -> bool:
    """Whether ``result`` ran code here; the lines of an ensemble read that of its members."""
    return not is_external(result) and not result.run.members


def one_content_each(made: Sequence[System]) -> tuple[Check, ...]:
    """Whether each file that an option names, such as a template, held the same for all rows.

    The first row that names one is what others are held against. No line where no row names any.
    """
    mine = {system.name: _contents(system) for system in made}
    if not any(mine.values()):
        return ()
    common = {file: content for named in reversed(mine.values()) for file, content in named.items()}
    differing = tuple(
        (name, f"{file} {content[:12]}")
        for name, named in mine.items()
        for file, content in sorted(named.items())
        if content != common[file]
    )
    listed = ", ".join(f"{file} {content[:12]}" for file, content in sorted(common.items()))
    return (Check("one content for each named file", listed, not differing, differing),)


def _contents(system: System) -> dict[str, str]:
    """The content of each file that the options of a row name, by option and name."""
    parts = members_of(system.first) or (system.first,)
    return {
        f"{option}={part.run.options.get(option.partition('.')[0])}": content
        for part in parts
        for option, content in part.run.files.items()
    }


def members_of_ensembles(made: Sequence[System]) -> tuple[Check, ...]:
    """Which answers each ensemble was made of; no line for a table without one.

    It does not hold where a member stands in the table with another file of answers.
    """
    ensembles = [system for system in made if system.first.run.members]
    if not ensembles:
        return ()
    listed = "; ".join(f"{system.name}: {_members(system)}" for system in ensembles)
    here = {one.run.digest: one for system in made for one in system.results}
    differing = tuple(
        (system.name, f"{one.folder.name} holds another file of answers than was put together")
        for system in ensembles
        for run in (result.run for result in system.results)
        for member in run.members
        if (one := here.get(member.run.digest))
        and one.metrics.predictions_sha256 != member.predictions_sha256
    )
    return (Check("members of ensembles", listed, not differing, differing),)


def _members(system: System) -> str:
    """The members of an ensemble, each with the digest of its run for each seed."""
    members = zip(*(result.run.members for result in system.results), strict=True)
    return ", ".join(
        f"{' '.join(filter(None, each[0].run.row[1:]))} "
        f"({', '.join(f'seed {one.run.seed} {one.run.digest[:12]}' for one in each)})"
        for each in members
    )
