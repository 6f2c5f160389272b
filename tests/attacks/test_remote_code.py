"""A folder of weights that brings code of its own: nothing of it is run, and nobody is asked."""

import ast
import json

import pytest
from program import ROOT

from backends.generating import pretrained
from backends.tagging import architecture
from backends.tagging.architecture import EncoderShape
from backends.tagging.encoding import PretrainedTable
from harness.errors import WeightsError

CODE = """
from pathlib import Path
Path({place!r}).write_text("run")
from transformers import BertConfig, BertModel, BertTokenizer
class EvilConfig(BertConfig): model_type = "evil"
class EvilModel(BertModel): ...
class EvilTokenizer(BertTokenizer): ...
"""
NAMED = {"AutoConfig": "evil.EvilConfig", "AutoModel": "evil.EvilModel"}
LOADERS = {"from_pretrained", "from_config"}
OWN = ("PeftModel",)  # of adapters, which hold no code


@pytest.fixture
def evil(tmp_path):
    """A folder whose files name classes of a module beside them."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "evil.py").write_text(CODE.format(place=str(tmp_path / "run")))
    config = {"model_type": "evil", "architectures": ["EvilModel"], "auto_map": NAMED}
    (folder / "config.json").write_text(json.dumps(config))
    names = {"tokenizer_class": "Evil", "auto_map": {"AutoTokenizer": ["evil.EvilTokenizer", None]}}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    "load",
    [
        lambda folder: architecture.pretrained(
            "bert", str(folder), EncoderShape(init="pretrained")
        ),
        PretrainedTable.load,
        pretrained.read_tokenizer,
        lambda folder: pretrained.read_model(folder, "AutoModelForCausalLM"),
    ],
    ids=["encoder", "table", "tokenizer", "generator"],
)
def test_code_beside_weights_is_not_run(evil, tmp_path, monkeypatch, load):
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    with pytest.raises((WeightsError, ValueError, OSError)):
        load(evil)
    assert not (tmp_path / "run").exists()


def test_every_place_that_loads_a_model_says_so_itself():
    """Left out, transformers asks on a terminal and waits for 15 seconds."""
    calls = [
        (path.name, call)
        for path in (ROOT / "backends").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in LOADERS
        if not ast.unparse(call.func).startswith(OWN)
    ]
    assert len(calls) >= 8
    for name, call in calls:
        given = {word.arg: word.value for word in call.keywords}
        value = given.get("trust_remote_code")
        assert isinstance(value, ast.Constant), f"{name}:{call.lineno}"
        assert value.value is False, f"{name}:{call.lineno}"
