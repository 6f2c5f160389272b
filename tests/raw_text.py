"""Raw text with a pattern that a small model learns in seconds, and what pretrains on it."""

import math
import random

import torch
from making import make

from backends.decoder import Gpt
from backends.encoder import BertCrf, Electra
from backends.seq2seq import T5
from harness.pretraining.stream import Stream, alphabet, ordered
from harness.protocol import UNFINISHED, Context
from harness.results.checkpoints import CheckpointFolder, NoFacts

FAMILIES = {"bert-crf": BertCrf, "electra": Electra, "t5": T5, "gpt": Gpt}
SHAPE = {"layers": 1, "width": 32, "attention_heads": 2, "dropout": 0.0}
NAMES, PLACES, DEEDS = "赵钱孙李周吴郑王", "京沪广深津渝蓉杭", "去住在看写读吃买"


def patterned(sentences=400, seed=7):
    """Sentences in which a name says which place follows, and a deed stands between them."""
    draw = random.Random(seed)
    lines = []
    for _ in range(sentences):
        number = draw.randrange(8)
        lines.append(f"{NAMES[number]}先生{draw.choice(DEEDS)}{PLACES[number]}城。\n")
    return "".join(lines)


def stream(windows=64, length=32, seed=13):
    """Windows of the patterned text."""
    text = patterned()
    known = alphabet({c: text.count(c) for c in set(text)}, 6000, 5)
    return Stream([text], ordered([text], [windows], length, seed), length, known)


def sparse(windows=64, length=32):
    """Windows of 8 characters, of 64 that a model knows; their order says nothing."""
    known = "".join(chr(0x4E00 + i) for i in range(64))
    text = "".join(random.Random(7).choices(known[:8], k=4000))
    return Stream([text], ordered([text], [windows], length, 13), length, known)


def context(folder, precision="fp32", seed=13, lines=None):
    """What the harness would tell; ``lines`` are filled with what is told for good."""
    told = [] if lines is None else lines

    def report(progress):
        if progress.line:
            told.append(progress.note)

    folder.mkdir(parents=True, exist_ok=True)
    return Context(
        ("O",), seed, "cpu", precision, 1, folder, lambda outputs: None, report, checkpoints(folder)
    )


def checkpoints(folder):
    """Those of a pretraining in ``folder``."""
    return CheckpointFolder(folder / UNFINISHED, math.inf, NoFacts())


def kept(folder):
    """The state of the newest checkpoint in ``folder``."""
    with checkpoints(folder).read() as stream:
        return torch.load(stream, weights_only=True)


def learner(family, folder, precision="fp32", seed=13, lines=None, **options):
    """A small backend of a family, about to be pretrained."""
    return make(FAMILIES[family], context(folder, precision, seed, lines), **SHAPE | options)


def weights(folder):
    """The tensors of the model in a folder."""
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def equal(one, other):
    """Whether two folders hold the same model, bit for bit."""
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )
