"""What a run would cost of which no finished run tells: rough figures that ship, by its backend."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from harness import yamlfile
from harness.data.splits import SPLITS
from harness.data.task import load
from harness.resources import folder
from harness.runs.plan import GridCell


class ShippedCost(BaseModel):
    """The cost of one backend, as ``configs/costs.yaml`` explains."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: Annotated[float, Field(gt=0)]
    rate: Annotated[float, Field(gt=0)]
    mebibytes: Annotated[int, Field(gt=0)]
    megaflops: Annotated[float, Field(gt=0)] | None = None

    @property
    def bytes(self) -> int:
        """The peak of a run."""
        return self.mebibytes * 2**20

    @property
    def flops_per_unit(self) -> float | None:
        """Those of the matrix products of prediction."""
        return None if self.megaflops is None else 1e6 * self.megaflops


@dataclass(slots=True)
class ShippedCosts:
    """The costs that ship, and the sizes of the tasks that were asked about."""

    by_backend: Mapping[str, ShippedCost]
    _units: dict[tuple[str, Path | None, int | None], dict[str, int]] = field(default_factory=dict)

    def seconds(self, cell: GridCell) -> float:
        """What ``cell`` would take by the cost of its backend, which there is."""
        cost, options = self.by_backend[cell.plugin.name], cell.options.values
        train, dev, test = (self._sizes(cell)[name] for name in SPLITS)
        read = train * cell.settings.train_share * float(options.get("epochs") or 1)
        read = min(read, most_units(options, cost.flops_per_unit))
        passes = read / (train * cell.settings.train_share) if train else 0.0
        learning = read / 1e6 * cost.seconds + passes * dev / cost.rate
        return min(learning, float(options.get("max_seconds") or math.inf)) + test / cost.rate

    def _sizes(self, cell: GridCell) -> dict[str, int]:
        key = (cell.task, cell.data, cell.settings.limit)
        if key not in self._units:
            splits = load(*key).splits.items()
            self._units[key] = {name: sum(map(len, split.sentences)) for name, split in splits}
        return self._units[key]


def most_units(options: Mapping[str, Any], flops_per_unit: float | None) -> float:
    """The units that the bounds of a training allow; it takes three times what prediction does."""
    units = float(options.get("max_units") or math.inf)
    each = 3 * (flops_per_unit or 0.0)
    operations = float(options.get("max_flops") or math.inf)
    return min(units, operations / each if each else math.inf)


def shipped_costs() -> ShippedCosts:
    """The costs of ``configs/costs.yaml``."""
    content, _ = yamlfile.load(folder("configs") / "costs.yaml")
    return ShippedCosts(TypeAdapter(dict[str, ShippedCost]).validate_python(content))
