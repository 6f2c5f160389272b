"""A bounded training under a launcher: bounded_processes.py FOLDER OPTION VALUE.

Each process writes what it saw; the clock of the second one runs three times as fast.
"""

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import torch
from accelerate import PartialState
from unit_objective import DATA, UnitTagger, context

from backends.training import loop
from backends.training.recipe import Recipe

folder, bound = Path(sys.argv[1]), {sys.argv[2]: float(sys.argv[3])}
rank = int(os.environ["RANK"])
loop.time = SimpleNamespace(perf_counter=lambda: (1 + 2 * rank) * time.perf_counter())
objective = UnitTagger()
found = loop.train(
    objective, DATA, DATA[:3], Recipe(epochs=400, batch_units=40, warmup=0.0, **bound),
    context(folder),
)  # fmt: skip
assert PartialState().num_processes == 2
seen = {
    "updates": [epoch.updates for epoch in found.epochs],
    "rates": [epoch.learning_rates for epoch in found.epochs],
    "weights": [parameter.tolist() for parameter in objective.model.parameters()],
}
torch.save(seen, folder / f"{rank}.pt")
