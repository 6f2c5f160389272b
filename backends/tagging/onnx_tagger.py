"""A tagger whose scores onnxruntime computes; its head decodes them as it decodes any others."""

from pathlib import Path
from typing import Any

import torch

from backends.tagging.heads import Head
from backends.tagging.onnx_export import GRAPH, read_decoding, require_installed
from backends.tagging.tagger import Batch, Tagger


def is_in(folder: Path) -> bool:
    """Whether ``folder`` holds a graph."""
    return (folder / GRAPH).is_file()


class OnnxTagger(Tagger):
    """Scores of first pieces from a graph that ``onnx_export`` wrote; for prediction only.

    Args:
        folder: that holds the graph and what reads its scores.
        head: a new one; it gets the chain that was exported.
        threads: of the processor; 0 leaves it to the library.
    """

    def __init__(self, folder: Path, head: Head, threads: int) -> None:
        torch.nn.Module.__init__(self)  # the parts of a tagger are in the graph
        require_installed()
        self.head = head
        read_decoding(folder, head)
        # Where it computes, as of any module: asked of its parameters.
        self.place = torch.nn.Parameter(torch.empty(0), requires_grad=False)
        self.session = _session(folder / GRAPH, threads)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Scores in fp32 (units, tags)."""
        real = batch.attention
        real = torch.ones_like(batch.ids, dtype=torch.bool) if real is None else real
        given = {"ids": batch.ids.numpy(), "real": real.numpy()}
        (scores,) = self.session.run(None, given)  # (batch, pieces, tags)
        return torch.from_numpy(scores).flatten(0, 1).index_select(0, batch.firsts)


def _session(graph: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(
            graph.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its classes of errors have no common one
        msg = f"{GRAPH} cannot be read: {str(error).splitlines()[0]}"
        raise ValueError(msg) from error
