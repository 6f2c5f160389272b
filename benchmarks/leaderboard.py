"""The demo leaderboard of five backends and three seeds beside a serial script, in wall seconds.

    python -m benchmarks.leaderboard [--quick] [--seeds 3]

- ours:    ``python -m harness run --backend ... --seed 1 --seed 2 --seed 3``: runs side by side,
           development scored after each epoch, the test set answered, analysed and tabled
- serial:  a process per run of Trainer (batch 8) and ``generate`` at their defaults
           (`_serial.py`), the same sizes, sentences, epochs and rates, all cores, run after run

Both sides get OMP_WAIT_POLICY=PASSIVE: without it torch's threads spin on a machine that has other
work, and the serial side would look far slower than it is. ``--quick`` takes 100 sentences of each
split and 3 epochs. The last line is JSON.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks._sides import machine
from harness.data.task import load
from harness.tags import encode
from harness.yamlfile import load as read_yaml

BACKENDS = ("bert-crf", "bert-softmax", "electra", "t5", "gpt")
PRESETS = Path(__file__).parents[1] / "configs" / "backends"
QUICK_SENTENCES, QUICK_EPOCHS = 100, 3
# The script has transformers' plain models, so ours are plain here too.
PLAIN = (
    "bert-crf.convolutions=0", "bert-softmax.convolutions=0", "electra.convolutions=0",
    "t5.aligned=false", "gpt.convolutions=0", "gpt.aligned=false", "gpt.format=echo",
    "gpt.prompt=echo.zh.v1",
)  # fmt: skip
ENVIRONMENT = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}


def main() -> None:
    """Print both times and the line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    seeds = range(1, arguments.seeds + 1)
    limit = QUICK_SENTENCES if arguments.quick else None
    epochs = QUICK_EPOCHS if arguments.quick else None
    print(machine().replace(", one thread", ""))
    ours = _ours(seeds, limit, epochs)
    print(f"ours    {ours:8.1f} s for {len(seeds) * len(BACKENDS)} runs", flush=True)
    serial = _serial(seeds, limit, epochs)
    print(f"serial  {sum(serial.values()):8.1f} s: {serial}; load {os.getloadavg()[0]:.1f}")
    print(json.dumps({"leaderboard_vs_serial": round(sum(serial.values()) / ours, 2)}))


def _ours(seeds: range, limit: int | None, epochs: int | None) -> float:
    """Wall seconds from the command to the table."""
    command = [sys.executable, "-m", "harness", "run", "-q"]
    for name in BACKENDS:
        command += ["--backend", name]
    for seed in seeds:
        command += ["--seed", str(seed)]
    command += ["--limit", str(limit)] if limit else []
    command += ["--set", *PLAIN, *([f"epochs={epochs}"] if epochs else [])]
    with tempfile.TemporaryDirectory() as output:
        begin = perf_counter()
        subprocess.run([*command, "--output", output], check=True, env=ENVIRONMENT)
        return perf_counter() - begin


def _serial(seeds: range, limit: int | None, epochs: int | None) -> dict[str, float]:
    """Wall seconds of each backend, over the seeds."""
    seconds = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _write_sentences(folder, limit)
        for name in BACKENDS:
            options = folder / f"{name}.json"
            options.write_text(json.dumps(_options(name, epochs)))
            script = str(Path(__file__).with_name("_serial.py"))
            begin = perf_counter()
            for seed in seeds:
                command = [sys.executable, "-P", script, place, name, str(seed), str(options)]
                subprocess.run(command, check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
            seconds[name] = round(perf_counter() - begin, 1)
    return seconds


def _write_sentences(folder: Path, limit: int | None) -> None:
    for name, split in load("demo", None, limit).splits.items():
        rows = [(e.sentence.units, encode(e.spans, len(e.sentence))) for e in split.examples]
        (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")


def _options(name: str, epochs: int | None) -> dict[str, Any]:
    """The sizes of the preset that ours runs with."""
    preset = read_yaml(PRESETS / f"{name}.tiny.yaml")[0]["options"]
    return {
        "epochs": epochs or preset["epochs"], "layers": preset["layers"],
        "width": preset["width"], "heads": preset["attention_heads"],
        "learning_rate": preset["learning_rate"],
    }  # fmt: skip


if __name__ == "__main__":
    main()
