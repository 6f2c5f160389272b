"""Every file with every damage under every command: ``python tests/long/damage.py``.

Prints each combination that ends in a traceback, and a line of JSON after each file: what was
tried up to there.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from damaging import COMMANDS, DAMAGE, FILES, damaged, tried  # noqa: E402 - found by the lines above


def main() -> None:
    """Try all of them."""
    outcomes: Counter[str] = Counter()
    for file in FILES:
        for damage in DAMAGE:
            for command in COMMANDS:
                outcomes[outcome(file, damage, command)] += 1
        said = {"up to": file, "combinations": outcomes.total(), **outcomes}
        print(json.dumps(said), flush=True)


def outcome(file: str, damage: str, command: str) -> str:
    """``told``, or the kind of what it ended in."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        try:
            tried(folder, damaged(folder, file, damage), command)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - that is what is looked for
            print(f"{file}, {damage}, {command}: {type(error).__name__}: {error}")
            return type(error).__name__
        return "told"


if __name__ == "__main__":
    main()
