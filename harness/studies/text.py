"""A study as Markdown: its question, a table for each panel, and what may be said of it."""

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from harness.comparability.systems import System
from harness.leaderboard import columns, words
from harness.numbers import NOT_KNOWN, mebibytes, percent, rounded, whole
from harness.statistics.significance import ALPHA
from harness.studies import growth, learned, long_sentences
from harness.studies.answer import sentences
from harness.studies.beyond import beyond, doubts
from harness.studies.design import Study
from harness.studies.estimate import Estimate
from harness.studies.panels import HEADLINE, Panel
from harness.studies.planned import PlannedRow

LONGER = "% longer"  # of the test sentences, than a point allows
_COSTS = ("train_seconds", "predict_rate", "memory", "parameters")


def markdown(study: Study, panels: Sequence[Panel], name: str) -> str:
    """The whole answer of ``study``, called ``name``."""
    parts = [f"## {name}: {study.question}"]
    for panel in panels:
        parts += [f"### {panel.title}", table(study, panel), *answer(study, panel)]
    return "\n\n".join([*parts, *over_all(panels)]) + "\n"


def over_all(panels: Sequence[Panel]) -> Iterator[str]:
    """What claims in several tables at once are worth: each is tested by itself."""
    tested = sum(len(panel.whole) > 1 and panel.claims is not None for panel in panels)
    if tested > 1:
        share = whole(100 * min(1.0, ALPHA * tested))  # however they hang together (Bonferroni)
        yield (
            f"Each of the {tested} tables is tested by itself, at 5 %: where nothing differs in "
            f"any, up to {share} % of such studies still claim something in one."
        )


def answer(study: Study, panel: Panel) -> tuple[str, ...]:
    """What may be said of a panel, and what else there is to know of its points."""
    axis = study.axes[study.subject]
    grows = growth.sentences(panel) if axis.law else ()
    long = long_sentences.sentences(study, panel)
    fell = words.fallen(panel.claims, panel.whole) if panel.claims else ()
    said = sentences(panel, axis.places)
    return (*said, *fell, *grows, *long, *doubts(study, panel), *beyond(study, panel))


def table(study: Study, panel: Panel) -> str:
    """The points of a panel as a Markdown table, in the order of the axis."""
    heads, rows = cells(study, panel)
    return tabulate(rows, heads, "pipe", disable_numparse=True, stralign="right")


def cells(study: Study, panel: Panel) -> tuple[list[str], list[list[str]]]:
    """The heads and the rows of a panel."""
    measures = [columns.measure(key) for key in _COSTS]
    kept = [measure for measure in measures if measure is not None]
    more = _more(study, panel)
    heads = [study.subject, "F1", "95 % interval", "letters", "seeds", *more]
    heads += [measure.column.title for measure in kept]
    rows = [
        [
            *_scores(panel, system),
            *(column.get(system.name, NOT_KNOWN) for column in more.values()),
            *(measure.cell(system).text for measure in kept),
        ]
        for system in panel.systems
    ]
    rows += [[point, *[NOT_KNOWN] * (len(heads) - 1)] for point in panel.lacking]
    return heads, rows


def _more(study: Study, panel: Panel) -> dict[str, dict[str, str]]:
    """The columns of some panels alone, by their heads, with a cell for each system."""
    gaps = {system.name: learned.gap(system) for system in panel.systems}
    found = {
        LONGER: long_sentences.shares(study, panel),
        learned.TITLE: {n: rounded(gap, 2) for n, gap in gaps.items() if gap is not None},
    }
    return {head: column for head, column in found.items() if column}


def _scores(panel: Panel, system: System) -> Iterator[str]:
    claims, found = panel.claims, panel.interval(system)
    yield system.name + "".join(f" [{mark}]" for mark in _marks(panel, system))
    yield HEADLINE.cell(system).shown
    yield f"{percent(found.low)} to {percent(found.high)}" if found else NOT_KNOWN
    yield (claims.letters.get(system.name) if claims else None) or NOT_KNOWN
    done, planned = len(system.results), system.planned
    yield str(done) if done == planned else f"{done} of {planned}"


def _marks(panel: Panel, system: System) -> tuple[str, ...]:
    """The watermarks of a point, but for those of which a sentence below its table says more.

    These are where its training ended and which seeds it lacks.
    """
    fell = panel.place.notes.get(system.name)
    return (*system.conditions, fell) if fell else system.conditions


def describe(found: Estimate, rows: Sequence[PlannedRow]) -> str:
    """What a study will take, and what none of its backends has, before it starts."""
    left = found.runs - found.finished
    text = f"{len(rows)} rows, {found.runs} runs: {found.finished} finished, {whole(left)} to do"
    if left and found.unknown < left:
        text += f", {_lasting(found.seconds)} one after another"
        if found.peak_bytes is not None:
            text += f", {mebibytes(found.peak_bytes)} MiB at most"
        text += f" ({_grounds(found, left)})"
    if found.unknown:
        text += f"; of {found.unknown} nothing is known, since none like them is finished"
    return text + _without(rows)


def _lasting(seconds: float) -> str:
    """Seconds in words, no more exact than an estimate is."""
    if seconds < 60:
        return "less than a minute"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} minute{'s' if minutes > 1 else ''}"
    return f"{rounded(seconds / 3600, 1)} hours"


def _grounds(found: Estimate, left: int) -> str:
    """What an estimate stands on."""
    alike = "as finished runs of the same backend on the same task took"
    rough = "roughly, by figures that ship (configs/costs.yaml), of one core and other data"
    if not found.rough:
        return alike
    if found.rough + found.unknown == left:
        return rough
    return f"{alike}; {found.rough} runs {rough}"


def _without(rows: Sequence[PlannedRow]) -> str:
    """The options of a study that are left out, a line for each set of backends; mostly none."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for option in row.left_out:
            found.setdefault(row.backend, set()).update([option])
    lines = {name: ", ".join(sorted(options)) for name, options in found.items()}
    return "".join(f"\nleft out, since {n} has no such option: {o}" for n, o in lines.items())
