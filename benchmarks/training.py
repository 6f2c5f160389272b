"""Training and prediction beside transformers' Trainer, its pipeline and flair.

    python -m benchmarks.training --data FOLDER [--flair FOLDER] [--sentences 600] [--rounds 3]

Same random weights (4 layers, width 256), same sentences (Weibo, or the demo where there is no
data), one thread, sides in turns; a rate counts everything from a folder and a list of sentences
to a trained model, or to tags. Updates see as many characters on all sides: ours are batches of
neighbours in length that hold what 8 random sentences hold.

- Trainer:       as its run_ner example, at its defaults: batch 8, padded to the longest, fp32
- best Trainer:  grouped by length, in fp32 or in bf16: whichever is quicker on this processor
- pad 300:       every sentence padded to 300, as many scripts do
- flair:         ``SequenceTagger`` with CRF, ``fine_tune`` at batch 8, in processes of its own: it
                 wants transformers 4, so FOLDER is a virtual environment, made where none is
- predict:       ``Trainer.predict`` with arg-max, and the pipeline; tags must be ours, all of them

The last line is JSON, for machines.
"""

import argparse
import json
import os
import subprocess
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

import numpy as np
import torch

from backends.encoder import BertCrf, BertSoftmax
from backends.training.batching import area, batches
from benchmarks._made import bert_folder, context, plain, quiet, task_of
from benchmarks._sides import Side, Turns, characters, machine, timed
from benchmarks._trainer import Theirs
from harness.core import Example
from harness.runs.options import Given, construct
from harness.tags import encode

BATCH, PAD = 8, 300
GROUPED = ("Trainer, grouped by length, fp32", "Trainer, grouped by length, bf16")
OURS = ("ours, fp32", "ours, bf16")
FLAIR = ("flair==0.15.1", "transformers==4.57.6")
PAD_SHARE = 0.2
SPECIAL = 2  # [CLS] and [SEP]


def main() -> None:
    """Print the tables and the line of JSON."""
    arguments = _arguments()
    quiet()
    torch.set_num_threads(1)
    print(machine())
    task = task_of(arguments.task, arguments.data)
    train = plain(task.splits["train"].examples)[: arguments.sentences]
    test = plain(task.splits["test"].examples)[: arguments.sentences]
    print(f"{task.name}: {len(train)} sentences, {characters(train)} characters to train on")
    with tempfile.TemporaryDirectory() as place:
        folder = bert_folder(Path(place), train + test)
        result = _train(folder, task.tags, train, arguments)
        result |= _predict(folder, task.tags, train, test, arguments.rounds)
    _waste(arguments.data)
    print(json.dumps(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--task", default="weibo")
    parser.add_argument("--sentences", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--flair", type=Path, help="virtual environment for flair, made if missing")
    return parser.parse_args()


# --- training


def _train(
    folder: Path, tags: Sequence[str], train: Sequence[Example], arguments: argparse.Namespace
) -> dict[str, float]:
    theirs = Theirs(folder, tags)
    grouped = partial(theirs.train, train_sampling_strategy="group_by_length")
    budget = round(BATCH * (characters(train) / len(train) + SPECIAL))
    ours = partial(_ours, folder, tags, budget)
    sides: dict[str, Side] = {
        "Trainer, fp32": timed(theirs.train),
        GROUPED[0]: timed(grouped),
        GROUPED[1]: timed(partial(grouped, bf16=True)),
        f"Trainer, padded to {PAD}": timed(partial(theirs.train, pad=PAD)),
        "ours, fp32": timed(partial(ours, BertSoftmax, "fp32")),
        "ours, bf16": timed(partial(ours, BertSoftmax, "bf16")),
        "ours with CRF, fp32": timed(partial(ours, BertCrf, "fp32")),
        "ours with CRF, bf16": timed(partial(ours, BertCrf, "bf16")),
    }
    if arguments.flair:
        sides["flair with CRF"] = partial(_flair, _flair_python(arguments.flair), folder)
    turns = Turns(sides, train, {f"Trainer, padded to {PAD}": PAD_SHARE})
    turns.run(arguments.rounds)
    print(f"training, batches of {budget} positions\n{turns.table()}")
    best, ours_best = turns.quickest(GROUPED), turns.quickest(OURS)
    print(f"  the best Trainer is '{best}', the best of ours '{ours_best}'")
    return _ratios(turns, {
        "train_vs_trainer_fp32": ("ours, fp32", "Trainer, fp32"),
        "train_vs_trainer_bf16": ("ours, bf16", "Trainer, fp32"),
        "train_vs_best_trainer": (ours_best, best),
        "train_vs_pad300": ("ours, bf16", f"Trainer, padded to {PAD}"),
        "train_vs_pad300_fp32": ("ours, fp32", f"Trainer, padded to {PAD}"),
        "train_vs_flair_crf": ("ours with CRF, bf16", "flair with CRF"),
        "train_vs_flair_crf_fp32": ("ours with CRF, fp32", "flair with CRF"),
    })  # fmt: skip


def _ours(
    folder: Path, tags: Sequence[str], budget: int, family: Any, precision: str,
    examples: Sequence[Example],
) -> Any:  # fmt: skip
    """A backend, trained for one epoch."""
    options = {"epochs": 1, "batch_units": budget, "learning_rate": 5e-5}
    options |= {"init": "pretrained", "model": str(folder)}
    with tempfile.TemporaryDirectory() as logs:
        told = context(tags, precision, Path(logs))
        backend = construct(family, told, Given(options, "this benchmark"))
        backend.fit(examples, [])
    return backend


def _flair_python(folder: Path) -> Path:
    """The python of a virtual environment with flair and the torch of this process."""
    python = folder.resolve() / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        torch_here = f"torch=={torch.__version__.partition('+')[0]}"
        subprocess.run([python, "-m", "pip", "install", "-q", *FLAIR, torch_here], check=True)
    return python


def _flair(python: Path, folder: Path, examples: Sequence[Example]) -> float:
    """The rate of flair in a process of its own."""
    rows = [[e.sentence.units, encode(e.spans, len(e.sentence))] for e in examples]
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "sentences.json"
        file.write_text(json.dumps(rows), encoding="utf-8")
        script = Path(__file__).with_name("_flair.py")
        # -P: without the neighbours of the script, one of which is called as a standard module.
        command = [str(python), "-P", str(script), str(folder), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place)
    if done.returncode:
        msg = f"flair failed:\n{done.stderr[-2000:]}"
        raise SystemExit(msg)
    return characters(examples) / json.loads(done.stdout.splitlines()[-1])["seconds"]


def _ratios(turns: Turns, wanted: dict[str, tuple[str, str]]) -> dict[str, float]:
    """Print each ratio with its spread; give the medians."""
    result = {}
    for name, (ours, theirs) in wanted.items():
        if theirs in turns.rates:
            ratio = turns.ratio(ours, theirs)
            print(f"  {name:<28}{ratio}")
            result[name] = ratio.middle
    return result


# --- prediction


def _predict(
    folder: Path, tags: Sequence[str], train: Sequence[Example], test: Sequence[Example],
    rounds: int,
) -> dict[str, float]:  # fmt: skip
    backend = _ours(folder, tags, 1024, BertSoftmax, "fp32", train)
    theirs = Theirs(folder, tags)
    trainer = theirs.trainer(folder)
    trainer.model.bert.load_state_dict(backend.model.encoder.state_dict())
    trainer.model.classifier.load_state_dict(backend.model.classifier.state_dict())
    trainer.model.eval()
    contestants = {
        "Trainer.predict": partial(theirs.predict, trainer),
        "pipeline": partial(theirs.ask, trainer.model, trainer.processing_class),
        "ours, fp32": partial(_tags, backend),
    }
    _assert_equal({name: work(test) for name, work in contestants.items()})
    contestants["ours, bf16"] = partial(_tags_bf16, backend)
    turns = Turns({name: timed(work) for name, work in contestants.items()}, test)
    turns.run(rounds)
    print(f"prediction, {len(test)} sentences, identical tags in fp32\n{turns.table()}")
    return _ratios(turns, {
        "predict_vs_trainer": ("ours, fp32", "Trainer.predict"),
        "predict_vs_pipeline": ("ours, fp32", "pipeline"),
        "predict_bf16_vs_trainer": ("ours, bf16", "Trainer.predict"),
    })  # fmt: skip


def _tags(backend: Any, examples: Sequence[Example]) -> list[tuple[str, ...]]:
    return [answer.tags for answer in backend.predict([e.sentence for e in examples])]


def _tags_bf16(backend: Any, examples: Sequence[Example]) -> list[tuple[str, ...]]:
    fp32 = backend.context
    backend.context = replace(fp32, precision="bf16-all")
    found = _tags(backend, examples)
    backend.context = fp32
    return found


def _assert_equal(answers: dict[str, list[tuple[str, ...]]]) -> None:
    """Stop where two sides tag one sentence in two ways."""
    for name, found in answers.items():
        differ = sum(a != b for a, b in zip(found, answers["ours, fp32"], strict=True))
        if differ:
            msg = f"{name} and ours differ in the tags of {differ} sentences"
            raise SystemExit(msg)


# --- waste


def _waste(data: Path | None) -> None:
    """Print characters over computed positions, by task and budget, with [CLS] and [SEP]."""
    print("characters over positions: from scratch at 512, 1024, 2048; with [CLS] and [SEP]")
    rng = np.random.default_rng(0)
    lengths = {
        name: [len(e.sentence) for e in task_of(name, data).splits["train"].examples]
        for name in ("weibo", "people_daily_1998")
    }
    like = np.clip(rng.lognormal(3.65, 0.7, 45_000), 2, 510).astype(int)
    for name, units in {**lengths, "MSRA-like (log-normal)": like.tolist()}.items():
        shares = [
            sum(units) / _positions([n + extra for n in units], budget)
            for extra in (0, SPECIAL)
            for budget in (512, 1024, 2048)
        ]
        print(f"  {name:<36}" + "  ".join(f"{share:.3f}" for share in shares))


def _positions(lengths: Sequence[int], budget: int) -> int:
    plan = batches(lengths, budget, np.random.default_rng(0))
    return sum(area(batch, lengths) for batch in plan)


if __name__ == "__main__":
    main()
