"""Inputs of every kind at random: ``python tests/long/fuzz.py [CASES] [SEED]``.

Prints each fault (what is read or refused with a message is none) with the state that makes it
again, how many cases of each kind were read and refused, and one line of JSON.
"""

import faulthandler
import functools
import json
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzzing import KINDS, Fuzz, tried  # noqa: E402 - found by the line above

from harness import registry  # noqa: E402

MEMORY = Path("/dev/shm")  # files are written there and read again, nothing else
TOLD = 20  # faults that are printed whole
EVERY = 50_000  # cases, after which it says how far it is


def main(cases: int, seed: int) -> None:
    """Try ``cases`` of them."""
    outcomes: Counter[tuple[str, str]] = Counter()
    started, faults = time.monotonic(), 0
    faulthandler.enable()  # a library may crash on what is damaged
    registry.installed = functools.cache(registry.installed)  # nothing is installed meanwhile
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        fuzz = Fuzz.in_folder(Path(place), seed)
        for number in range(1, cases + 1):
            (kind,) = fuzz.rng.choices(list(KINDS), weights=KINDS.values())
            try:
                tried(fuzz, kind, outcomes)
            except Exception:  # noqa: BLE001 - that is what is looked for
                outcomes[kind.__name__, "FAULT"] += 1
                faults += 1
                if faults <= TOLD:
                    print(f"fault in {kind.__name__}, case {number} of seed {seed}:")
                    print(traceback.format_exc(), flush=True)
            if number % EVERY == 0 or number == cases:
                tell(outcomes, number, time.monotonic() - started, seed)


def tell(outcomes: Counter[tuple[str, str]], number: int, seconds: float, seed: int) -> None:
    """One line of JSON about all cases so far."""
    kinds = {f"{kind} {what}": count for (kind, what), count in sorted(outcomes.items())}
    faults = sum(count for (_, what), count in outcomes.items() if what == "FAULT")
    about = {"cases": number, "faults": faults, "seed": seed, "per_second": round(number / seconds)}
    print(json.dumps(about | kinds), flush=True)


if __name__ == "__main__":
    given = [int(word.replace("_", "")) for word in sys.argv[1:]]
    main(*(given + [1_000_000, 1][len(given) :]))
