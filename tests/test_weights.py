"""The weights in the tree are what their card says, and are found once they are installed."""

import json
import re
from pathlib import Path

import pytest
from program import TREE, harness
from safetensors import safe_open

DISTRIBUTION = TREE / "weights" / "zh"
WEIGHTS = DISTRIBUTION / "ner_weights_zh" / "weights"
FAMILIES = {
    "bert-zh-mini": "bert-crf",
    "electra-zh-mini": "electra",
    "t5-zh-mini": "t5",
    "gpt-zh-mini": "gpt",
}
CARD = (DISTRIBUTION / "README.md").read_text(encoding="utf-8")
RECORDS = {
    name: json.loads((WEIGHTS / name / "pretraining.json").read_text(encoding="utf-8"))
    for name in FAMILIES
}
SHIPPABLE = re.compile(r"public domain|CC0|CC BY|MIT|Apache|Open Government Data License")


@pytest.fixture
def site(tmp_path):
    """A folder for the path in which the distribution is installed, its package a link."""
    about = tmp_path / "site" / "ner_weights_zh-0.2.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ner-weights-zh\nVersion: 0.2\n")
    (about / "entry_points.txt").write_text("[harness.resources]\nzh = ner_weights_zh\n")
    (about.parent / "ner_weights_zh").symlink_to(DISTRIBUTION / "ner_weights_zh")
    return about.parent


every_family = pytest.mark.parametrize("name", FAMILIES)


def test_every_folder_of_weights_is_tested():
    assert sorted(FAMILIES) == sorted(folder.name for folder in WEIGHTS.iterdir())


@every_family
def test_all_text_is_of_licences_under_which_weights_may_be_shipped(name):
    assert RECORDS[name]["text"]["only_shippable"] is True
    for source in RECORDS[name]["text"]["sources"]:
        assert source["shippable"] is True
        assert SHIPPABLE.search(source["licence"]), source["name"]


def test_all_families_have_read_the_same_characters_in_the_same_order():
    read = {(record["text"]["sha256"], record["text"]["seed"]) for record in RECORDS.values()}
    assert len(read) == 1
    assert {record["text"]["characters"] for record in RECORDS.values()} == {60_000_000}


def test_all_families_have_as_many_parameters_within_10_per_cent():
    sizes = [record["parameters"] for record in RECORDS.values()]
    assert max(sizes) <= 1.1 * min(sizes)


@every_family
def test_the_card_names_every_source_and_figure_of_the_record(name):
    record = RECORDS[name]
    for source in record["text"]["sources"]:
        assert f"| {source['name']} | {source['characters']:,} | {source['read']:,} |" in CARD
    [row] = [line for line in CARD.splitlines() if line.startswith(f"| {name} |")]
    loss = max(record["curve"][-1]["losses"].values())  # of what is hidden; the other is easy
    for figure in (record["parameters"], int(record["seconds"])):
        assert f"{figure:,}" in row
    assert f"{loss:.3f}" in row
    assert record["learning"]["optimiser"] in row.lower()
    assert f"{record['text']['characters']:,} characters" in CARD
    assert all(task in CARD for task in record["text"]["compared"] | record["text"]["not_compared"])


@every_family
def test_the_weights_have_the_parameters_of_the_card_and_nothing_of_the_text(name):
    with safe_open(WEIGHTS / name / "model.safetensors", "pt") as weights:
        sizes = [weights.get_tensor(name).numel() for name in weights.keys()]  # noqa: SIM118
    assert sum(sizes) == RECORDS[name]["parameters"]
    assert not (WEIGHTS / name / "removed.jsonl").exists()  # lines of test sets


@pytest.mark.parametrize(("name", "family"), FAMILIES.items())
def test_a_run_finds_them_by_name_and_records_their_content(name, family, site, tmp_path):
    out, _ = harness(
        "run", "--backend", family, "--preset", "pretrained", "--seed", 1, "--limit", 40,
        "--set", "epochs=1", folder=tmp_path, paths=[site],
    )  # fmt: skip
    assert name in out
    [record] = Path(tmp_path / "results").rglob("run.json")
    run = json.loads(record.read_text(encoding="utf-8"))
    assert run["weights"] == name
    assert run["weights_digest"]["model"].startswith("sha256:")
    assert str(TREE) not in record.read_text(encoding="utf-8")
