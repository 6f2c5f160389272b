"""A real server with a real model: ``transformers serve``, and a GPT-2 made on the spot."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

PATIENCE = 120  # seconds; a process that imports torch beside others takes some


def made_model(folder):
    """A GPT-2 over bytes, with a chat template, that has learned nothing."""
    import torch
    from tiny_generators import tokenizer
    from transformers import GPT2Config, GPT2LMHeadModel

    words = tokenizer(folder, byte_level=True, chat=True)
    torch.manual_seed(1)
    sizes = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 4096}
    control = dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id"), 0)
    GPT2LMHeadModel(GPT2Config(vocab_size=len(words), **sizes, **control)).save_pretrained(folder)
    return folder


@contextmanager
def model_server(model):
    """The server of the model in the folder ``model``; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = model.with_name("server.log")
    program = "from transformers.cli.transformers import main; main()"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [sys.executable, "-c", program, "serve", str(model), "--device", "cpu",
             "--host", "127.0.0.1", "--port", str(port)],
            stdout=stream, stderr=stream, env=os.environ | {"HF_HUB_OFFLINE": "1"},
        )  # fmt: skip
    try:
        _wait(server, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(30)


def _wait(server, address, log):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(log.read_text(errors="replace"))
