"""One update of a CRF tagger under a launcher: two_processes.py FOLDER BATCH_UNITS PROCESSES."""

import sys
from pathlib import Path

import torch
from accelerate import PartialState
from torch.optim.optimizer import register_optimizer_step_pre_hook

from backends.encoder import BertCrf
from backends.tagging.architecture import EncoderShape
from backends.training.recipe import Recipe
from harness.core import Example, Sentence, Span
from harness.protocol import Context

folder, units = Path(sys.argv[1]), int(sys.argv[2])
context = Context(("O", "B-A", "I-A"), 13, "cpu", "fp32", 1, folder, None, lambda progress: None)
backend = BertCrf(
    context,
    shape=EncoderShape(layers=1, width=32, attention_heads=2, dropout=0.0),
    recipe=Recipe(epochs=1, learning_rate=5e-4, warmup=0.0, clip=0.0, batch_units=units),
)
text = "先生东说在于西北"
examples = [
    Example(Sentence(f"s{i}", tuple(text[i:] + text[:i])), (Span(1, 3, "A"),)) for i in range(8)
]
gradients = []


def look(optimiser: torch.optim.Optimizer, args: tuple, kwargs: dict) -> None:
    """Keep the gradients of the only step; AdamW would hide one that is too large by a factor."""
    gradients.extend(p.grad.clone() for group in optimiser.param_groups for p in group["params"])


register_optimizer_step_pre_hook(look)
backend.fit(examples, [])
assert PartialState().num_processes == int(sys.argv[3])
if PartialState().is_main_process:
    kept = {k: v for k, v in backend.model.state_dict().items() if not k.endswith("key.bias")}
    kept |= {f"gradient {i}": gradient for i, gradient in enumerate(gradients)}
    torch.save(kept, folder / "weights.pt")
