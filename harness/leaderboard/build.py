"""From runs to one table. Rows are ranked only with rows that the certificate allows beside them.

Each task has one ranked block; rows that differ in what separates stand in blocks of their own,
with the reason and without a rank; published results come last and are never ranked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.comparability import certificate
from harness.comparability.check import Check
from harness.comparability.systems import System, systems
from harness.errors import ConfigError
from harness.leaderboard import columns, cross_task, published, ranking, significance
from harness.leaderboard.measures import labels_of, of_type
from harness.leaderboard.ranking import Ranking
from harness.leaderboard.table import Block, Cell, Column, Leaderboard, Row
from harness.numbers import NOT_KNOWN, printed
from harness.results.reader import Rejected, Results
from harness.results.store import slug

HEADLINE = columns.BY_KEY["f1"]
SCREEN = columns.SCREEN
_UNKNOWN = Cell(NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the blocks of a table share: the columns asked for, and the rows to mark."""

    keys: tuple[str, ...]
    highlight: tuple[str, ...]
    drop_empty: bool


@dataclass(frozen=True, slots=True)
class _TaskBlocks:
    """The blocks of one task, and its ranked systems with their headline cells."""

    name: str
    blocks: tuple[Block, ...]
    main: tuple[tuple[System, Cell], ...]


def build(
    results: Results,
    *,
    highlight: Sequence[str] = (),
    columns: Sequence[str] | None = None,
    published: bool = True,
) -> Leaderboard:
    """The table of ``results``.

    ``columns`` are keys of ``harness.leaderboard.columns``; without, all that hold something.
    ``highlight`` names the backends or rows to mark.

    Raises:
        ConfigError: for a column that does not exist, or a name to highlight that marks no row.
        DataError: when the gold of two runs differs; naming them.
    """
    certificate.require_same_gold(results.runs)
    made, repeated = systems(results.runs, results.rejected)
    _require_rows(highlight, made)
    layout = _Layout(_chosen(columns), tuple(highlight), columns is None)
    tasks = [_task(task, made, layout) for task in dict.fromkeys(_task_of(one) for one in made)]
    blocks: list[Block] = []
    for task in tasks:
        blocks += [*task.blocks, *_lost(task.name, made, results.rejected)]
        blocks += _references(task.name) if published else []
    if len(tasks) > 1:
        blocks.append(cross_task.block({task.name: task.main for task in tasks}, layout.highlight))
    return Leaderboard(tuple(blocks), _notices((*results.rejected, *repeated)))


def _chosen(names: Sequence[str] | None) -> tuple[str, ...]:
    return columns.choose(names)


def _require_rows(highlight: Sequence[str], made: Sequence[System]) -> None:
    names = {name for system in made for name in (system.name, system.first.run.backend)}
    for wanted in highlight:
        if wanted not in names:
            msg = f"cannot mark {wanted!r}: no such row. Rows: {', '.join(sorted(names)) or 'none'}"
            raise ConfigError(msg)


def _groups(made: Sequence[System]) -> tuple[tuple[System, ...], ...]:
    """The systems that may be ranked together, the largest group first.

    Of groups as large, the one with fewer watermarks leads.
    """
    common = certificate.most_common(system.readings for system in made)
    found: dict[tuple[object, ...], list[System]] = {}
    for system in made:
        # The seeds of a row that survived are not the row: it waits until all have finished.
        key = (*certificate.separating(system.readings, common), system.complete)
        found.setdefault(key, []).append(system)
    groups = [ranking.order(group, HEADLINE) for group in found.values()]
    return tuple(sorted(groups, key=_precedence))


def _precedence(group: Sequence[System]) -> tuple[int, int, str]:
    return -len(group), sum(len(system.notes) for system in group), group[0].name


def _task_of(system: System) -> str:
    return system.first.run.data.task


def _task(name: str, made: Sequence[System], layout: _Layout) -> _TaskBlocks:
    """The blocks of one task: the ranked one with the certificate of all, then the others."""
    everyone = [system for system in made if _task_of(system) == name]
    main, *others = _groups(everyone)
    checks = _certificate((*main, *(system for group in others for system in group)))
    place = significance.rank_with_tests(main, ranking.ranks(main, HEADLINE))
    heads, rows = _rows(main, everyone, layout, place)
    ranked = Block("ranked", name, printed(name), heads, _marked(rows, checks),
                   _captions(main, place), checks, place.contrasts)  # fmt: skip
    title = f"{printed(name)}: not ranked with the rows above"
    blocks = [ranked]
    for group in others:
        heads, rows = _rows(group, everyone, layout, Ranking())
        reasons = _reasons(group[0], main[0])
        blocks.append(Block("apart", name, title, heads, _marked(rows, checks), reasons))
    cells = ranking.headline(main, HEADLINE, place)
    return _TaskBlocks(name, tuple(blocks), tuple(zip(main, cells, strict=True)))


def _certificate(made: Sequence[System]) -> tuple[Check, ...]:
    rows = [(system.name, [member.readings for member in system.members]) for system in made]
    seeds = [(system.name, len(system.members), system.planned) for system in made]
    return (*certificate.certify(rows), certificate.seeds_finished(seeds))


def _reasons(system: System, other: System) -> tuple[str, ...]:
    """Why ``system`` is not ranked with ``other``."""
    mine, theirs = system.readings, other.readings
    reasons = [
        f"{field.name}: {mine[field.name]}, above {theirs[field.name]}"
        for field in certificate.FIELDS
        if field.separates and "" != mine[field.name] != theirs[field.name] != ""
    ]
    if system.complete != other.complete:
        reasons.append("seeds finished: " + ("all" if system.complete else "not all"))
    return tuple(f"Not ranked, since it differs in {reason}." for reason in reasons)


def _rows(
    group: Sequence[System], everyone: Sequence[System], layout: _Layout, place: Ranking
) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """The columns of a block and its rows; a block that ranks nothing has no bold."""
    made: list[tuple[Column, tuple[Cell, ...]]] = []
    for key in layout.keys:
        made += _typed(group, everyone, place) if key == "types" else [_column(key, group, place)]
    made = [one for one in made if _is_kept(*one, layout)]
    rows = tuple(
        Row(system.name, tuple(cells[index] for _, cells in made), system.notes,
            highlighted=_is_marked(system, layout.highlight))
        for index, system in enumerate(group)
    )  # fmt: skip
    return tuple(head for head, _ in made), rows


def _is_kept(head: Column, cells: Sequence[Cell], layout: _Layout) -> bool:
    """Whether a column has something to say: a block without ranks has no column of them."""
    optional = head.key in columns.TEXTS or (layout.drop_empty and head.key in columns.BY_KEY)
    return not optional or any(cell.text != NOT_KNOWN for cell in cells)


def _is_marked(system: System, highlight: Sequence[str]) -> bool:
    return system.name in highlight or system.first.run.backend in highlight


def _column(key: str, group: Sequence[System], place: Ranking) -> tuple[Column, tuple[Cell, ...]]:
    measure = columns.measure(key)
    if measure is None:
        return columns.TEXTS[key], tuple(_text(key, system, place) for system in group)
    if measure is HEADLINE and place.ranks:
        return measure.column, ranking.headline(group, measure, place)
    cells = tuple(measure.cell(system) for system in group)
    return measure.column, ranking.embolden(cells, measure) if place.ranks else cells


def _typed(
    group: Sequence[System], everyone: Sequence[System], place: Ranking
) -> list[tuple[Column, tuple[Cell, ...]]]:
    made = []
    for measure in map(of_type, labels_of(everyone)):
        cells = tuple(measure.cell(system) for system in group)
        made.append((measure.column, ranking.embolden(cells, measure) if place.ranks else cells))
    return made


def _text(key: str, system: System, place: Ranking) -> Cell:
    if key == "system":
        marks = "".join(f" [{note}]" for note in system.notes)
        return Cell(system.name + marks, system.name)
    if key == "family":
        family = printed(system.first.run.family)
        return Cell(family, family)
    if key == "seeds":
        done, planned = len(system.members), system.planned
        return Cell(str(done) if done == planned else f"{done} of {planned}", done)
    return place.cell(key, system)


def _marked(rows: Sequence[Row], checks: Sequence[Check]) -> tuple[Row, ...]:
    """The rows, each with the lines of the certificate in which it differs."""
    lines: dict[str, list[str]] = {}
    for check in checks:
        for name, _ in check.differing:
            lines.setdefault(name, []).append(check.name)
    return tuple(replace(row, differs=tuple(lines.get(row.name, ()))) for row in rows)


def _captions(group: Sequence[System], place: Ranking) -> tuple[str, ...]:
    first = group[0].first
    entities = sum(first.run.data.support.values())
    lines = [
        "F1 is entity-level micro F1 in %, mean ± standard deviation over seeds; "
        "the best, all that are tied with it and all that are not separable from it, in bold.",
        f"Scored on {first.run.data.split}: {first.metrics.sentences:,} sentences, "
        f"{entities:,} entities.",
    ]
    return (*lines, *place.captions)


def _references(task: str) -> list[Block]:
    found = published.references(task)
    heads = (
        Column("system", "published model", numeric=False),
        Column("f1", "F1", "as printed in the source, %"),
        *(Column(key, key, numeric=key == "year") for key in ("year", "remark", "source")),
    )
    rows = tuple(
        Row(printed(one.model), (
            Cell(printed(one.model), one.model), Cell(one.printed, one.f1),
            Cell(str(one.year), one.year) if one.year else _UNKNOWN,
            Cell(printed(one.remark), one.remark), Cell(printed(one.source), one.source),
        ))
        for one in found
    )  # fmt: skip
    captions = ("As their sources state them: settings differ, none was run here, none is ranked.",)
    title = f"{printed(task)}: published results"
    return [Block("published", task, title, heads, rows, captions)] if found else []


def _lost(task: str, made: Sequence[System], rejected: Sequence[Rejected]) -> list[Block]:
    """Rows of which no seed finished: they were planned, so they are in the table."""
    known = {system.first.run.row[1:] for system in made if _task_of(system) == task}
    lost: dict[tuple[str, ...], list[Rejected]] = {}
    for one in rejected:
        if one.row and one.kind in ("failed", "unfinished") and slug(one.row[0]) == slug(task):
            lost.setdefault(one.row[1:], []).append(one)
    rows = tuple(_lost_row(row, seeds) for row, seeds in lost.items() if row not in known)
    heads = (columns.TEXTS["system"], HEADLINE.column)
    title = f"{printed(task)}: no seed finished"
    return [Block("apart", task, title, heads, rows)] if rows else []


def _lost_row(row: Sequence[str], seeds: Sequence[Rejected]) -> Row:
    name = printed(" ".join(part for part in row if part))
    note = f"0 of {len(seeds)} seeds; {sum(one.kind == 'failed' for one in seeds)} failed"
    return Row(name, (Cell(f"{name} [{note}]", name), _UNKNOWN), (note,))


def _notices(rejected: Sequence[Rejected]) -> tuple[str, ...]:
    """One line per folder that was found but not used; folders relative if they can be."""
    return tuple(
        printed(f"Not used: {_relative(one.folder)} ({one.kind}): {one.reason}.")
        for one in rejected
    )


def _relative(folder: Path) -> str:
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else folder.name
