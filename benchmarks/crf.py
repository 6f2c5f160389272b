"""The CRF against pytorch-crf: loss with gradient, and decoding of a file.

Rule: both sides run in this process on one thread, by turns, on the same numbers, and a ratio is
taken within each turn. Seconds are processor seconds, since the machine may have other work.
The last line is JSON. Run it with ``python -m benchmarks.crf``.
"""

import copy
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torchcrf import CRF

LABELS = (9, 41)
BATCH, UNITS = 64, 128
SENTENCES = 3442
LOSS_TURNS, DECODE_TURNS = 41, 9


@dataclass(frozen=True, slots=True)
class Comparison:
    """Milliseconds of both sides in each turn."""

    name: str
    theirs: Sequence[float]
    ours: Sequence[float]

    @property
    def ratios(self) -> Sequence[float]:
        """How many times faster, turn by turn."""
        return [theirs / ours for theirs, ours in zip(self.theirs, self.ours, strict=True)]

    def row(self) -> str:
        """One line of the table: minimum and median of each side, the ratio and its quartiles."""
        low, middle, high = np.percentile(self.ratios, (25, 50, 75))
        times = " ".join(f"{min(t):9.2f} {np.median(t):9.2f}" for t in (self.theirs, self.ours))
        return f"{self.name:34} {times}   {middle:6.1f}x  [{low:.1f}, {high:.1f}]"


def compare(
    name: str, theirs: Callable[[], object], ours: Callable[[], object], turns: int
) -> Comparison:
    """Both sides by turns, after one turn to warm up."""
    pairs = [(milliseconds(theirs), milliseconds(ours)) for _ in range(turns + 1)][1:]
    return Comparison(name, *zip(*pairs, strict=True))


def milliseconds(work: Callable[[], object]) -> float:
    """Processor milliseconds of one call."""
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start)


def trained(labels: int) -> CRF:
    """A CRF with transitions as far apart as training makes them: a standard deviation of 2."""
    crf = CRF(labels, batch_first=True)
    torch.nn.init.normal_(crf.transitions, std=2)
    return crf


def losses(labels: int, *, forbidden: bool) -> Comparison:
    """Loss with gradient of one batch; ``forbidden`` rules out one transition in four."""
    crf = trained(labels)
    if forbidden:
        ruled_out = torch.rand(labels, labels) < 0.25  # (labels, labels)
        crf.transitions.data.masked_fill_(ruled_out & ~torch.eye(labels, dtype=torch.bool), -1e4)
    emissions = (3 * torch.randn(BATCH, UNITS, labels)).requires_grad_()  # (batch, units, labels)
    tags = torch.randint(labels, (BATCH, 1)).expand(-1, UNITS).contiguous()  # (batch, units)
    mask = torch.ones(BATCH, UNITS, dtype=torch.bool)
    name = f"loss + gradient, {labels} tags" + (", forbidden steps" if forbidden else "")
    if not forbidden:
        report_errors(crf, emissions, tags, mask)

    def theirs() -> None:
        (-crf(emissions, tags, mask)).backward()

    def ours() -> None:
        crf.loss(crf, emissions, tags, mask).backward()

    return compare(name, theirs, ours, LOSS_TURNS)


def report_errors(crf: CRF, emissions: Tensor, tags: Tensor, mask: Tensor) -> None:
    """Print how far both gradients are from pytorch-crf's in float64."""
    wide = copy.deepcopy(crf).double()
    exact = gradients(lambda x: -wide(x, tags, mask), wide, emissions.double())
    theirs = gradients(lambda x: -crf(x, tags, mask), crf, emissions)
    ours = gradients(lambda x: crf.loss(crf, x, tags, mask), crf, emissions)
    errors = [
        max(float((a - b).abs().max()) for a, b in zip(found, exact, strict=True))
        for found in (theirs, ours)
    ]
    print(f"gradient error, {crf.num_tags} tags: pytorch-crf {errors[0]:.1e}, here {errors[1]:.1e}")


def gradients(loss: Callable[[Tensor], Tensor], crf: CRF, emissions: Tensor) -> list[Tensor]:
    """The gradients of emissions and parameters, in float64."""
    emissions = emissions.detach().requires_grad_()
    found = torch.autograd.grad(loss(emissions), (emissions, *crf.parameters()))
    return [gradient.double() for gradient in found]


def decoding(labels: int) -> Comparison:
    """The paths of a file: pytorch-crf takes padded batches of 64 in file order, made beforehand.

    Raises:
        RuntimeError: where a path differs.
    """
    crf = trained(labels)
    noise = np.random.default_rng(labels)
    # Lengths as in MSRA's test set: mean 50, a long tail.
    lengths = np.clip(noise.lognormal(np.log(37.5), 0.75, SENTENCES), 1, 500).astype(int)
    rows = [3 * noise.standard_normal((n, labels), np.float32) for n in lengths]
    batches = [padded(rows[start : start + BATCH]) for start in range(0, SENTENCES, BATCH)]
    with torch.no_grad():
        theirs = [path for batch in batches for path in crf.decode(*batch)]
    ours = [path.tolist() for path in crf.decode_sentences(crf, rows)]
    if ours != theirs:
        raise RuntimeError("the paths differ from pytorch-crf's")
    print(f"{SENTENCES} paths of {lengths.mean():.1f} units, {labels} tags: identical")
    return compare(
        f"decode a file, {labels} tags",
        lambda: [crf.decode(*batch) for batch in batches],
        lambda: crf.decode_sentences(crf, rows),
        DECODE_TURNS,
    )


def padded(rows: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """A batch (batch, units, labels) and its mask (batch, units)."""
    emissions = pad_sequence([torch.from_numpy(row) for row in rows], batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])
    return emissions, torch.arange(emissions.shape[1]) < lengths[:, None]


def main() -> None:
    """Print the table, and the ratios as one JSON line."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    found = {f"crf_loss_{labels}": losses(labels, forbidden=False) for labels in LABELS}
    found |= {f"crf_decode_{labels}": decoding(labels) for labels in LABELS}
    beside = [losses(labels, forbidden=True) for labels in LABELS]
    print(f"\n{'processor ms':34} {'pytorch-crf':>13} {'median':>5} {'here':>9} {'median':>9}")
    for comparison in (*found.values(), *beside):
        print(comparison.row())
    ratios = {name: round(float(np.median(c.ratios)), 2) for name, c in found.items()}
    print(json.dumps(ratios))


if __name__ == "__main__":
    main()
