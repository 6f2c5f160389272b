"""What each family asks of an accelerator, counted without one: operations and waits.

    python -m benchmarks.operations

An operation is a launch or a few, and a wait keeps the host from sending more. Both are counted on
the device that ``_distant.py`` makes of the CPU, for 12 layers as BERT-base, T5-base and GPT-2 have
them (narrow ones: the width changes no count) and sentences of 256 characters. The last line is
JSON.
"""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

from backends.decoder import Gpt
from backends.encoder import BertCrf, BertSoftmax, Electra
from backends.seq2seq import T5
from benchmarks._distant import NAME, Session
from benchmarks._made import context, quiet
from harness.core import Example, Sentence, Span
from harness.runs.options import Given, construct
from harness.tags import tag_set

FAMILIES: dict[str, tuple[Any, dict[str, Any]]] = {
    "bert-softmax": (BertSoftmax, {}),
    "bert-crf": (BertCrf, {}),
    "electra": (Electra, {}),
    "t5": (T5, {}),
    "gpt": (Gpt, {}),
    "gpt, LoRA": (Gpt, {"lora": 8}),
}
SHAPE = {"layers": 12, "width": 24, "attention_heads": 2, "batch_units": 1, "epochs": 1}
LENGTH = 256


def main() -> None:
    """Print the table and the line of JSON."""
    quiet()
    columns = ("a training step", "a character of an answer", "written freely")
    print(f"{'family':<14}" + "".join(f"{name:>26}" for name in columns))
    with Session() as session:
        print(json.dumps({name: _row(name, session) for name in FAMILIES}))


def _row(name: str, session: Session) -> dict[str, float]:
    """Operations by what they are for; printed with the waits beside them."""
    with tempfile.TemporaryDirectory() as logs:
        family, own = FAMILIES[name]
        told = context(tag_set(("PER",)), "fp32", Path(logs), NAME)

        def trained(steps: int) -> Any:
            backend = construct(family, told, Given(SHAPE | own, "this benchmark"))
            backend.fit([_example(LENGTH)] * steps, [])
            return backend

        step = _difference(session, lambda: trained(1), lambda: trained(5), 4)
        backend = trained(1)
        short, long = [_example(LENGTH // 2).sentence], [_example(LENGTH).sentence]
        asked = [lambda s=s: backend.predict(s) for s in (short, long)]
        unit = _difference(session, *asked, LENGTH // 2)
        found = {"step": step, "unit": unit}
        if hasattr(backend, "generate"):
            written = [lambda s=s: backend.generate(s) for s in (short, long)]
            found["free unit"] = _difference(session, *written, LENGTH // 2)
    cells = [f"{operations:,.0f} ({waits:.1f} waits)" for operations, waits in found.values()]
    print(f"{name:<14}" + "".join(f"{cell:>26}" for cell in cells))
    return {what: round(operations, 1) for what, (operations, _) in found.items()}


def _difference(
    session: Session, less: Callable[[], Any], more: Callable[[], Any], times: int
) -> tuple[float, float]:
    """Operations and waits of what ``more`` does oftener than ``less``, so many times."""
    counts = []
    for work in (less, more):
        session.operations.clear()
        session.waits.clear()
        work()
        counts.append((session.operations.total(), session.waits.total()))
    (fewer, a), (many, b) = counts
    return (many - fewer) / times, (b - a) / times


def _example(length: int) -> Example:
    units = tuple(("的一是在不了有和人这" * length)[:length])
    return Example(Sentence(str(length), units), (Span(0, 3, "PER"),))


if __name__ == "__main__":
    main()
