"""The weights in the tree are what their card says, and are found once they are installed."""

import json
import re
from pathlib import Path

import pytest
from program import TREE, harness
from safetensors import safe_open

DISTRIBUTION = TREE / "weights" / "zh"
FOLDER = DISTRIBUTION / "ner_weights_zh" / "weights" / "bert-zh-mini"
CARD = (DISTRIBUTION / "README.md").read_text(encoding="utf-8")
RECORD = json.loads((FOLDER / "pretraining.json").read_text(encoding="utf-8"))
SHIPPABLE = re.compile(r"public domain|CC0|CC BY|MIT|Apache|Open Government Data License")


@pytest.fixture
def site(tmp_path):
    """A folder for the path in which the distribution is installed, its package a link."""
    about = tmp_path / "site" / "ner_weights_zh-0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ner-weights-zh\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text("[harness.resources]\nzh = ner_weights_zh\n")
    (about.parent / "ner_weights_zh").symlink_to(DISTRIBUTION / "ner_weights_zh")
    return about.parent


def test_all_text_is_of_licences_under_which_weights_may_be_shipped():
    assert RECORD["text"]["only_shippable"] is True
    for source in RECORD["text"]["sources"]:
        assert source["shippable"] is True
        assert SHIPPABLE.search(source["licence"]), source["name"]


def test_the_card_names_every_source_and_figure_of_the_record():
    for source in RECORD["text"]["sources"]:
        assert f"| {source['name']} | {source['characters']:,} | {source['read']:,} |" in CARD
    for figure in ("parameters", "seconds"):
        assert f"{int(RECORD[figure]):,}" in CARD
    assert f"{RECORD['text']['characters']:,} characters" in CARD
    assert all(task in CARD for task in RECORD["text"]["compared"])


def test_the_weights_have_the_parameters_of_the_card_and_nothing_of_the_text():
    with safe_open(FOLDER / "model.safetensors", "pt") as weights:
        sizes = [weights.get_tensor(name).numel() for name in weights.keys()]  # noqa: SIM118
    assert sum(sizes) == RECORD["parameters"]
    assert not (FOLDER / "removed.jsonl").exists()  # lines of test sets


def test_a_run_finds_them_by_name_and_records_their_content(site, tmp_path):
    out, _ = harness(
        "run", "--backend", "bert-crf", "--preset", "pretrained", "--seed", 1, "--limit", 40,
        "--set", "epochs=1", folder=tmp_path, paths=[site],
    )  # fmt: skip
    assert "bert-zh-mini" in out
    [record] = Path(tmp_path / "results").rglob("run.json")
    run = json.loads(record.read_text(encoding="utf-8"))
    assert run["weights"] == "bert-zh-mini"
    assert run["weights_digest"]["model"].startswith("sha256:")
    assert str(TREE) not in record.read_text(encoding="utf-8")
