"""From runs to one table. Rows are ranked only with rows that the certificate allows beside them.

Each task has one ranked block; rows that differ in what separates stand in blocks of their own,
with the reason and without a rank; published results come last and are never ranked.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.comparability.certificate import certify, unknown
from harness.comparability.check import Check
from harness.comparability.gold import require_same_gold
from harness.comparability.groups import groups, has_one_seed, is_rankable, reasons
from harness.comparability.naming import as_read, distinct
from harness.comparability.row_checks import row_checks, run_checks
from harness.comparability.systems import System, seeds_planned, systems
from harness.data.overlap import in_train
from harness.errors import ConfigError
from harness.leaderboard import (
    columns,
    cross_task,
    published,
    ranking,
    significance,
    type_scores,
    words,
)
from harness.leaderboard.measures import labels_of, of_set, sets_of
from harness.leaderboard.ranking import Ranking
from harness.leaderboard.table import Block, Cell, Column, Leaderboard, Row
from harness.numbers import NOT_KNOWN, printed
from harness.results import verify
from harness.results.reader import Rejected, Results
from harness.results.store import slug

HEADLINE = columns.BY_KEY["f1"]
SCREEN = columns.SCREEN
# Kinds of rejected runs that are lost seeds of a row.
LOST = ("failed", "unfinished", "corrupt", "newer", "unsound", "contradictory")
_BOLD = "the best, all that are tied with it and all that are not separable from it, in bold"
_UNKNOWN = Cell(NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the blocks of a table share: the columns asked for, and the rows to mark."""

    keys: tuple[str, ...]
    highlight: tuple[str, ...]
    drop_empty: bool


@dataclass(frozen=True, slots=True)
class _TaskBlocks:
    """The blocks of one task, and its ranked systems, if any, with their headline cells."""

    name: str
    blocks: tuple[Block, ...]
    main: tuple[tuple[System, Cell], ...]


@dataclass(frozen=True, slots=True)
class _Certificate:
    """The lines of a certificate, and those that speak of rows, by their names."""

    lines: tuple[Check, ...]
    of_rows: tuple[Check, ...]


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
    checked = verify.check(results)
    require_same_gold(checked.runs)
    made, repeated = systems(checked.runs, checked.rejected)
    _require_rows(highlight, made)
    layout = _Layout(_chosen(columns), tuple(highlight), columns is None)
    rejected = (*checked.rejected, *repeated)
    tasks = [_task(name, made, rejected, layout) for name in _tasks(made, rejected)]
    blocks: list[Block] = []
    for task in tasks:
        blocks += [*task.blocks, *(_references(task.name) if published else [])]
    ranked = {task.name: task.main for task in tasks if task.main}
    if len(ranked) > 1:
        contrasts = {task.name: task.blocks[0].contrasts for task in tasks if task.main}
        blocks.append(cross_task.block(ranked, contrasts, layout.highlight))
    return Leaderboard(tuple(blocks), tuple(one.notice for one in rejected))


def _tasks(made: Sequence[System], rejected: Sequence[Rejected]) -> tuple[str, ...]:
    """The tasks in their order, and after them those of which no run can be used."""
    names = dict.fromkeys(system.first.run.data.task for system in made)
    known = {slug(name) for name in names}
    lost = (one.row[0] for one in rejected if one.row and one.kind in LOST)
    return (*names, *dict.fromkeys(name for name in lost if slug(name) not in known))


def _chosen(names: Sequence[str] | None) -> tuple[str, ...]:
    return columns.choose(names)


def _require_rows(highlight: Sequence[str], made: Sequence[System]) -> None:
    names = {name for system in made for name in (system.name, system.first.run.backend)}
    for wanted in highlight:
        if wanted not in names:
            msg = f"cannot mark {wanted!r}: no such row. Rows: {', '.join(sorted(names)) or 'none'}"
            raise ConfigError(msg)


def _task(
    name: str, made: Sequence[System], rejected: Sequence[Rejected], layout: _Layout
) -> _TaskBlocks:
    """The blocks of one task: the ranked one with the certificate of all, then the others."""
    everyone = [system for system in made if system.first.run.data.task == name]
    mine = [one for one in rejected if one.row and slug(one.row[0]) == slug(name)]
    lost = _lost(name, everyone, mine)
    if not everyone:
        return _TaskBlocks(name, lost, ())
    main, *others = (ranking.order(group, HEADLINE) for group in groups(everyone))
    certificate = _certificate(main, [system for group in others for system in group], mine)
    place = _place(main)
    heads, rows = _rows(main, layout, place)
    captions = (*_captions(main, place), *_explained(heads, rows, main))
    first = Block("ranked" if place.ranks else "apart", name, printed(name), heads,
                  _marked(rows, certificate), captions, certificate.lines,
                  place.contrasts)  # fmt: skip
    title = f"{printed(name)}: not ranked with the rows above"
    blocks = [first]
    for group in others:
        heads, rows = _rows(group, layout, Ranking())
        why = tuple(f"Not ranked, since it differs in {one}." for one in reasons(group[0], main[0]))
        why += (words.ONE_SEED,) if has_one_seed(group[0]) else ()
        why += _explained(heads, rows, group)
        blocks.append(Block("apart", name, title, heads, _marked(rows, certificate), why))
    cells = zip(main, ranking.headline(main, HEADLINE, place), strict=True)
    return _TaskBlocks(name, (*blocks, *lost), tuple(cells) if place.ranks else ())


def _place(group: Sequence[System]) -> Ranking:
    """What the rows of the table are to each other; nothing where too little is known."""
    if is_rankable(group):
        return significance.rank_with_tests(group, ranking.ranks(group, HEADLINE))
    lines = ", ".join(unknown(group[0].readings))
    return Ranking(captions=(f"Not ranked, since it is not recorded what its {lines} were.",))


def _certificate(
    main: Sequence[System], others: Sequence[System], rejected: Sequence[Rejected]
) -> _Certificate:
    ranked, apart = ([system.all_readings for system in part] for part in (main, others))
    compared, whole = certify(ranked, apart), row_checks((*main, *others))
    return _Certificate((*compared, *run_checks(rejected), *whole), (*compared, *whole))


def _rows(
    group: Sequence[System], layout: _Layout, place: Ranking
) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """The columns of a block and its rows; a block that ranks nothing has no bold."""
    made: list[tuple[Column, tuple[Cell, ...]]] = []
    for key in layout.keys:
        made += _columns(key, group, place)
    made = [one for one in made if _is_kept(*one, layout)]
    rows = tuple(
        Row(system.name, tuple(cells[index] for _, cells in made), _marks(system, place),
            highlighted=_is_marked(system, layout.highlight))
        for index, system in enumerate(group)
    )  # fmt: skip
    return tuple(head for head, _ in made), rows


def _columns(
    key: str, group: Sequence[System], place: Ranking
) -> list[tuple[Column, tuple[Cell, ...]]]:
    """What ``key`` stands for: one column, or one for each entity type or test set."""
    if key == "types":
        return _typed(group, place)
    if key == "sets":
        measures = [of_set(name) for name in sets_of(group)]
        return [(one.column, tuple(map(one.cell, group))) for one in measures]
    return [_column(key, group, place)]


def _is_kept(head: Column, cells: Sequence[Cell], layout: _Layout) -> bool:
    """Whether a column has something to say: a block without ranks has no column of them.

    F1 says that it is not known.
    """
    if head.key == HEADLINE.key:
        return True
    optional = head.key in columns.WHERE_KNOWN or (layout.drop_empty and head.key in columns.BY_KEY)
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


def _typed(group: Sequence[System], place: Ranking) -> list[tuple[Column, tuple[Cell, ...]]]:
    support = group[0].first.run.data.support  # a row apart may have read a part of the gold
    return [
        type_scores.column(label, support.get(label, 0), group, place.types.get(label))
        for label in labels_of(group)
    ]


def _marks(system: System, place: Ranking) -> tuple[str, ...]:
    note = place.notes.get(system.name)
    return (*system.notes, note) if note else system.notes


def _text(key: str, system: System, place: Ranking) -> Cell:
    if key == "system":
        marks = "".join(f" [{note}]" for note in _marks(system, place))
        return Cell(system.name + marks, system.name)
    if key == "family":
        family = printed(system.first.run.family)
        return Cell(family, family)
    if key == "seeds":
        done, planned = len(system.results), system.planned
        return Cell(str(done) if done == planned else f"{done} of {planned}", done)
    return place.cell(key, system)


def _marked(rows: Sequence[Row], certificate: _Certificate) -> tuple[Row, ...]:
    """The rows, each with the lines of the certificate in which it differs."""
    lines: dict[str, list[str]] = {}
    for check in certificate.of_rows:
        for name, _ in check.differing:
            lines.setdefault(name, []).append(check.name)
    return tuple(replace(row, differs=tuple(lines.get(row.name, ()))) for row in rows)


def _captions(group: Sequence[System], place: Ranking) -> tuple[str, ...]:
    first = group[0].first
    entities = sum(first.run.data.support.values())
    lines = [
        "F1 is entity-level micro F1 in %, mean ± standard deviation over seeds"
        + (f"; {_BOLD}." if place.ranks else "."),
        f"Scored on {first.run.data.split}: {first.metrics.sentences:,} sentences, "
        f"{entities:,} entities.",
    ]
    lines += words.of_sets(sets_of(group))
    lines += words.of_nested(first.metrics)
    if shared := in_train(first.run.data.overlap or ()):
        lines.append(f"{shared.words[0].upper()}{shared.words[1:]}: F1 unseen is of the others.")
    return (*lines, *place.captions)


def _explained(
    heads: Sequence[Column], rows: Sequence[Row], group: Sequence[System]
) -> tuple[str, ...]:
    """What marks in the rows of ``group`` mean."""
    cells = (pair for row in rows for pair in zip(heads, row.cells, strict=True))
    return (*words.of_marks({head.key for head, cell in cells if cell.mark}, group),)


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


def _lost(task: str, made: Sequence[System], rejected: Sequence[Rejected]) -> tuple[Block, ...]:
    """Rows of which no seed can be used: they were planned, so they are in the table."""
    runs = [system.first.run for system in made]
    known = {(run.row[1:], data) for run in runs for data in ("", run.data.fingerprint)}
    lost: dict[tuple[tuple[str, ...], str], list[Rejected]] = {}
    for one in rejected:
        if one.row and one.kind in LOST and (one.row[1:], one.fingerprint) not in known:
            lost.setdefault((one.row[1:], one.fingerprint), []).append(one)
    called = [as_read(" ".join(filter(None, row))) for row, _ in lost]
    names = distinct([*(system.name for system in made), *called])[len(made) :]
    rows = tuple(map(_lost_row, names, lost.values()))
    heads = (columns.TEXTS["system"], HEADLINE.column)
    title = f"{printed(task)}: no seed can be used"
    return (Block("apart", task, title, heads, rows),) if rows else ()


def _lost_row(name: str, seeds: Sequence[Rejected]) -> Row:
    counts = Counter[str](one.kind for one in seeds)
    kinds = [f"{counts[kind]} {kind}" for kind in LOST if counts[kind]]
    planned = seeds_planned(seeds)
    if missing := planned - {one.seed for one in seeds}:
        kinds.append(f"{len(missing)} missing")
    note = "; ".join((f"0 of {len(planned)} seeds", *kinds))
    return Row(name, (Cell(f"{name} [{note}]", name), _UNKNOWN), (note,))
