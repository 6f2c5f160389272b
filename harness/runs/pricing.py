"""What a run takes, of money or of memory, where a backend can say so before it starts."""

from collections.abc import Iterable, Mapping

from harness.data.share import with_share
from harness.data.task import load
from harness.protocol import Estimates
from harness.runs.contract import asked
from harness.runs.handout import handout
from harness.runs.plan import GridCell
from harness.runs.run import make


def estimates(cells: Iterable[GridCell]) -> dict[str, Mapping[str, int | float]]:
    """What each of ``cells`` may take, by its name, of those whose backend can say."""
    able = [cell for cell in cells if callable(getattr(cell.plugin.load(), "estimate", None))]
    found = {cell.name: _estimate(cell) for cell in able}
    return {name: one for name, one in found.items() if one is not None}


def _estimate(cell: GridCell) -> Mapping[str, int | float] | None:
    settings = cell.settings
    task = load(cell.task, cell.data, settings.limit)
    task = with_share(task, settings.train_share, settings.train_draw)
    given = handout(task, settings.windows)
    made = make(cell, given.tags, lambda _: None, given.score_dev, None, given.descriptions)
    if not isinstance(made, Estimates):
        return None
    with asked(cell.plugin.name, "estimate"):
        return made.estimate(given.train, given.views)
