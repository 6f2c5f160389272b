"""Base-sized families on one device: characters per second, memory, joules; and where time goes.

    python -m benchmarks.gpu speed|profile [--dry] [--families NAME ...] [--out FOLDER]

Weights are random (12 layers of width 768), text is People's Daily, or the demo where there is no
data. Rates are wall: of training from the second epoch on, of prediction after a warm-up. Tables
are printed and written to FOLDER; rows appear as they are measured, so a cut loses only the rest,
and the same call goes on with it. Remove STAGE.measured.json to measure all of it anew.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from backends.decoder import Gpt
from backends.encoder import BertCrf, BertSoftmax, Electra
from backends.seq2seq import T5
from backends.span import SpanPointer
from backends.tagging.heads import Head
from backends.tagging.tagger import Tagger
from benchmarks._made import bert_folder, context, plain, quiet, task_of
from benchmarks._profiler import profiled
from benchmarks._sides import characters
from benchmarks._unpadded import Unpadded
from benchmarks._usage import Report, Usage, hardware, measured, text
from harness.core import Example, Sentence, Span
from harness.data.windows import WindowPolicy
from harness.runs.options import Given, construct
from harness.tags import tag_set

FAMILIES = {
    "bert-crf": BertCrf,
    "bert-softmax": BertSoftmax,
    "span": SpanPointer,
    "electra": Electra,
    "t5": T5,
    "gpt": Gpt,
}
ENCODERS = ("bert-crf", "bert-softmax", "span", "electra")
LENGTH = 256
LABELS = ("PER", "LOC", "ORG", "T")  # of People's Daily and of the demo


@dataclass(frozen=True, slots=True)
class Size:
    """How large models and text are."""

    layers: int
    width: int
    heads: int
    units: int
    sentences: dict[bool, int]  # encoders, and generators

    def options(self, **more: Any) -> dict[str, Any]:
        """The options of a backend from scratch."""
        return {
            "layers": self.layers, "width": self.width, "attention_heads": self.heads,
            "batch_units": self.units, "epochs": 2, "learning_rate": 1e-5,
        } | more  # fmt: skip


BASE = Size(12, 768, 12, 16_384, {True: 6000, False: 1200})
DRY = Size(1, 32, 2, 512, {True: 32, False: 12})


def main() -> None:
    """Run a stage."""
    arguments = given()
    quiet()
    arguments.out.mkdir(parents=True, exist_ok=True)
    name = f"{arguments.stage}{'-dry' if arguments.dry else ''}.txt"
    report = Report(arguments.out / name, f"{hardware()}, torch {torch.__version__}")
    size = DRY if arguments.dry else BASE
    stage = {"speed": speed, "profile": profile}[arguments.stage]
    stage(arguments.families, size, report)


def given() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stage", choices=("speed", "profile"))
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--out", type=Path, default=Path("results/gpu"))
    return parser.parse_args()


def windows_of(size: Size, *, encoder: bool) -> tuple[list[Example], list[Sentence]]:
    """Examples to train on and sentences to answer."""
    task, policy = task_of("people_daily_1998", None), WindowPolicy()
    take = size.sentences[encoder]
    train = [w for e in task.splits["train"].examples[:take] for w in policy.examples(e)]
    test = task.splits["test"].examples[: take // 3]
    return train, [w.view for e in test for w in policy.cut(e.sentence)]


def made(name: str, precision: str, logs: Path, **options: Any) -> Any:
    """A backend; its device is the GPU where there is one."""
    tags = tag_set(LABELS)
    chosen = Given(options, "this benchmark")
    return construct(FAMILIES[name], context(tags, precision, logs, "auto"), chosen)


# --- speed

HEAD = (
    f"{'family':<14}{'precision':<10}{'train chars/s':>15}{'alloc/reserved':>22}"
    f"{'J/1000':>9}{'predict chars/s':>16}{'alloc/reserved':>22}{'J/1000':>9}{'free':>15}"
)


def speed(names: Sequence[str], size: Size, report: Report) -> None:
    """The table of rates, the CRF's share, the Trainer beside ours."""
    result: dict[str, float] = {}
    report.once("head", lambda: report.line(HEAD))
    for name in names:
        for precision in ("bf16", "fp32"):
            one = partial(row, name, precision, size, report)
            result[f"{name}_{precision}"] = round(report.once(f"{name}_{precision}", one))
    if {"bert-crf", "bert-softmax"} <= set(names):
        result["crf_vs_softmax_256"] = report.once("crf", lambda: crf_share(size, report))
    if "bert-softmax" in names:
        result |= ways_beside(size, report)
        result |= trainer_beside(size, report)
    report.line(json.dumps(result))


def row(name: str, precision: str, size: Size, report: Report) -> float:
    """One line of the table; gives the rate of training."""
    train, test = windows_of(size, encoder=name in ENCODERS)
    with tempfile.TemporaryDirectory() as logs:
        backend = made(name, precision, Path(logs), **size.options())
        torch.cuda.empty_cache()  # what is held is then what is needed
        with measured() as training:
            fitted = backend.fit(train, [])
        rate = fitted.epochs[-1].units / fitted.epochs[-1].seconds
        torch.cuda.empty_cache()
        backend.predict(test[:16])
        with measured() as answering:
            backend.predict(test)
        free = _free(backend, test)
    units = sum(map(len, test))
    report.line(
        f"{name:<14}{fitted.precision:<10}{rate:>15,.0f}  {training!s:>20}"
        f"{text(_per_1000(training, 2 * characters(train)), '.2f'):>9}"
        f"{units / answering.seconds:>16,.0f}  {answering!s:>20}"
        f"{text(_per_1000(answering, units), '.2f'):>9}{free:>15}"
        f"   {fitted.parameters / 1e6:.0f} M parameters"
    )
    return rate


def _per_1000(usage: Usage, units: int) -> float | None:
    return None if usage.joules is None else 1000 * usage.joules / units


def _free(backend: Any, test: Sequence[Sentence]) -> str:
    """The rate of writing freely with ``generate``, on a fifth of the text."""
    if not hasattr(backend, "generate"):
        return "-"
    with measured() as usage:
        backend.generate(test[::5])
    return f"{sum(map(len, test[::5])) / usage.seconds:,.0f}"


def crf_share(size: Size, report: Report) -> float:
    """How many times longer a BERT-CRF step takes than a softmax step, sentences of 256."""
    spans = tuple(Span(s, s + 3, "PER") for s in range(0, LENGTH - 3, 20))
    number = 4 * max(1, size.units // LENGTH) * (1 if size is DRY else 8)
    examples = [
        Example(Sentence(str(i), tuple("的一是在不了有和人这" * 26)[:LENGTH]), spans)
        for i in range(number)
    ]
    seconds: dict[str, list[float]] = {"bert-crf": [], "bert-softmax": []}
    for _ in range(3):
        for name, taken in seconds.items():
            with tempfile.TemporaryDirectory() as logs:
                backend = made(name, "auto", Path(logs), **size.options())
                taken.append(backend.fit(examples, []).epochs[-1].seconds)
    ratios = sorted(a / b for a, b in zip(*seconds.values(), strict=True))
    steps = number * LENGTH / size.units
    step = 1000 * min(seconds["bert-softmax"]) / steps
    spread = f"{ratios[1]:.3f} ({ratios[0]:.3f} to {ratios[2]:.3f})"
    report.line(
        f"CRF step over softmax step, length {LENGTH}, {size.units} positions: {spread}; "
        f"softmax {step:.1f} ms"
    )
    return round(ratios[1], 3)


class Compiled(BertSoftmax):
    """``BertSoftmax`` whose encoder is compiled once for batches of any shape."""

    def tagger(self, encoder: Any, head: Head) -> Tagger:
        """The whole model."""
        encoder.compile(dynamic=True)
        return super().tagger(encoder, head)


def ways_beside(size: Size, report: Report) -> dict[str, float]:
    """Neighbours in length in a batch, no padding at all, a compiled encoder; without dropout."""
    ways = {"buckets": BertSoftmax, "unpadded": Unpadded, "compiled": Compiled}
    result: dict[str, float] = {}
    for name, family in ways.items():
        result |= report.once(name, partial(_way, name, family, size, report))
    return result


def _way(name: str, family: Any, size: Size, report: Report) -> dict[str, float]:
    """The rates of training and of prediction of ``family``, called ``name``."""
    train, test = windows_of(size, encoder=True)
    with tempfile.TemporaryDirectory() as logs:
        told = context(tag_set(LABELS), "bf16-all", Path(logs), "auto")
        chosen = Given(size.options(epochs=3, dropout=0.0), "this benchmark")
        backend = construct(family, told, chosen)
        first, *_, last = backend.fit(train, []).epochs
        backend.predict(test)
        with measured() as answering:
            backend.predict(test)
    rates = [last.units / last.seconds, sum(map(len, test)) / answering.seconds]
    learning, answered = map(round, rates)
    report.line(
        f"  {name:<12}training {learning:>12,} characters/s (first epoch "
        f"{first.seconds:.1f} s, last {last.seconds:.1f} s), prediction {answered:>12,}"
    )
    return {f"train_{name}": learning, f"predict_{name}": answered}


def trainer_beside(size: Size, report: Report) -> dict[str, float]:
    """Ours against the Trainer at its defaults and at its best, same weights and sentences."""
    from benchmarks._trainer import Theirs

    task = task_of("people_daily_1998", None)
    train = plain(task.splits["train"].examples)[: size.sentences[True] // 2]
    with tempfile.TemporaryDirectory() as place:
        folder = bert_folder(Path(place), train, size.layers, size.width, size.heads)
        theirs = Theirs(folder, task.tags, cpu=not torch.cuda.is_available())
        units = {"epochs": 1, "learning_rate": 1e-5, "init": "pretrained", "model": str(folder)}
        grouped = {"train_sampling_strategy": "group_by_length", "bf16": True}
        sides: dict[str, Callable[[Sequence[Example]], Any]] = {
            "Trainer, batch 8, fp32": theirs.train,
            "Trainer, batch 8, grouped, bf16": lambda rows: theirs.train(rows, **grouped),
            "Trainer, batch 128, grouped, bf16": lambda rows: theirs.train(
                rows, per_device_train_batch_size=128, **grouped
            ),
            "ours, 512 positions, bf16": lambda rows: made(
                "bert-softmax", "bf16", Path(place), batch_units=512, **units
            ).fit(rows, []),
            "ours, 8192 positions, bf16": lambda rows: made(
                "bert-softmax", "bf16", Path(place), batch_units=8192, **units
            ).fit(rows, []),
        }
        return {
            name: report.once(name, partial(_rate, name, side, train, report))
            for name, side in sides.items()
        }


def _rate(
    name: str, side: Callable[[Sequence[Example]], Any], train: Sequence[Example], report: Report
) -> float:
    side(train[:64])
    with measured() as usage:
        side(train)
    rate = characters(train) / usage.seconds
    report.line(f"  {name:<36}{rate:>12,.0f} characters/s  {usage}")
    return round(rate)


# --- profile


def profile(names: Sequence[str], size: Size, report: Report) -> None:
    """Kernels, launches and waits of a few training steps and of prediction, by family."""
    for name in names:
        report.once(name, partial(_profile, name, size, report))


def _profile(name: str, size: Size, report: Report) -> None:
    train, test = windows_of(size, encoder=name in ENCODERS)
    with tempfile.TemporaryDirectory() as logs:
        backend = made(name, "auto", Path(logs), **size.options(epochs=1))
        backend.fit(train[: len(train) // 8], [])
        few = train[: len(train) // 4]
        profiled(f"{name}: training", lambda: backend.fit(few, []), report.line)
        backend.predict(test[:16])
        profiled(f"{name}: prediction", lambda: backend.predict(test), report.line)


if __name__ == "__main__":
    main()
