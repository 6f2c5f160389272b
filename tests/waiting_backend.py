"""A study on a cluster, of a backend that trains until it may end and tells of each beginning."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import ray_nodes
from plugin_site import made_site

from harness import api

SEEDS = (1, 2, 3)
PATIENCE = 400  # seconds; a busy machine is no fault
SOURCE = """
import time
from pathlib import Path
from harness.core import Tags
from harness.protocol import FitReport, Progress

class Backend:
    family = "lexicon"
    def __init__(self, context, *, label: str = "PER") -> None:
        self.context, self.label = context, label
        self.place = Path(PLACE)
    def fit(self, train, dev):
        self.tell("begun")
        try:
            while not (self.place / "go").exists():
                self.context.report(Progress("train", 0, 1))
                time.sleep(0.05)
        except BaseException:
            self.tell("left")
            raise
        self.tell("ended")
        return FitReport(weights="none", parameters=0, trained=0)
    def tell(self, what):
        with (self.place / "told").open("a") as stream:
            stream.write(f"{what} {self.context.seed}\\n")
    def predict(self, sentences):
        head = self.context.seed % 3
        return [Tags(("O",) * head + (f"B-{self.label}",) + ("O",) * (len(s) - head - 1))
                for s in sentences]
    def save(self, folder): ...
    def load(self, folder): ...
"""


def installed(place, monkeypatch):
    """Have every process below find the backend ``waits``, which looks and tells at ``place``."""
    site = str(made_site(place, {"waits": SOURCE.replace("PLACE", repr(str(place)))}))
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([site, os.environ["PYTHONPATH"]]))
    return place


@contextmanager
def study(address, task, output):
    """The command as a user gives it, killed at the end if it still runs."""
    command = [sys.executable, "-m", "harness", "run", "-q", "--task", str(task), "--backend",
               "waits", "--seed", *map(str, SEEDS), "-o", str(output),
               "--executor", "ray"]  # fmt: skip
    pipe = subprocess.PIPE
    environment = ray_nodes.environment(RAY_ADDRESS=address)
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def counts(what, place):
    """How often the training of each seed told that."""
    path = place / "told"
    told = Counter(path.read_text().splitlines()) if path.exists() else Counter()
    return {seed: told[f"{what} {seed}"] for seed in SEEDS}


def wait_for(what, times, process, place):
    """Wait until trainings told it so many times, as long as ``process`` lives."""
    until = time.monotonic() + PATIENCE
    while sum(counts(what, place).values()) < times:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)


def rows(results):
    """The table, as JSON."""
    return json.loads(api.render(api.build_leaderboard(results, columns=["rank", "f1"]), "json"))
