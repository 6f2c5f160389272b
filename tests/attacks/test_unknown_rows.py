"""Rows that say nothing, or trained nothing, however many: they push no trained row out."""

import pytest
from built_tables import built
from stored_runs import SETTINGS, seal_all, write_row

SEEDS = (13, 42)
SILENT = {name: SETTINGS[name] for name in ("joiner", "labels", "repair")}
# What `import-predictions` writes where nothing is stated.
IMPORTED = {
    "settings": SILENT, "origin": {"distribution": "external"}, "weights": "not stated",
    "precision": "not recorded", "training_digests": (), "trained": 0, "parameters": 0,
}  # fmt: skip
STATED = IMPORTED | {
    "settings": SETTINGS | {"training": "train", "stated": ["training"]},
    "precision": "fp32",
}
ZERO_SHOT = {"trained": 0, "weights": "gpt2", "training_digests": ()}
LEXICON = {"weights": "none", "training_digests": (), "precision": "fp64"}


def row(folder, name, **more):
    write_row(folder, name, SEEDS, planned_seeds=SEEDS, sentences=12, **more)
    seal_all(folder)


def blocks(folder):
    return built(folder).blocks


def names(block):
    return {row.name.split()[0] for row in block.rows}


def has_ranks_or_bold(block):
    ranked = any(column.key == "rank" for column in block.columns)
    return ranked or any(cell.bold for row in block.rows for cell in row.cells)


@pytest.mark.parametrize("kind", [IMPORTED, STATED, ZERO_SHOT], ids=["silent", "stated", "zero"])
def test_five_rows_that_were_not_trained_here_do_not_push_out_the_one_that_was(tmp_path, kind):
    row(tmp_path, "trained", rate=0.6)
    for number in range(5):
        row(tmp_path, f"other{number}", rate=0.01, **(kind | {"harness": "0.0.9"}))
    ranked, *apart = blocks(tmp_path)
    assert names(ranked) == {"trained"}
    assert ranked.kind == "ranked"
    assert not any(has_ranks_or_bold(block) for block in apart)


@pytest.mark.parametrize("kind", [IMPORTED, ZERO_SHOT], ids=["silent", "zero"])
def test_the_certificate_holds_the_strangers_against_the_trained_row(tmp_path, kind):
    row(tmp_path, "trained")
    for number in range(5):
        row(tmp_path, f"other{number}", **kind)
    differing = {
        name.split()[0]
        for line in blocks(tmp_path)[0].certificate
        if line.name != "trials of tuning"  # told of each row, held against none
        for name, _ in line.differing
    }
    assert differing == {f"other{number}" for number in range(5)}


def test_two_rows_that_say_nothing_do_not_agree(tmp_path):
    for name in ("one", "two"):
        row(tmp_path, name, **IMPORTED)
    table = blocks(tmp_path)
    assert [names(block) for block in table] == [{"one"}, {"two"}]
    assert not any(has_ranks_or_bold(block) for block in table)


def test_one_row_that_says_nothing_has_no_rank_even_alone(tmp_path):
    row(tmp_path, "silent", **IMPORTED)
    [block] = blocks(tmp_path)
    assert block.kind == "apart"
    assert not has_ranks_or_bold(block)
    [why] = [caption for caption in block.captions if caption.startswith("Not ranked")]
    assert "selection rule" in why
    assert any(not line.ok and line.value == "not recorded" for line in block.certificate)


@pytest.mark.parametrize("missing", ["selection", "repair", "limit"])
def test_one_fact_that_two_trained_rows_lack_is_enough_to_part_them(tmp_path, missing):
    settings = {name: value for name, value in SETTINGS.items() if name != missing}
    for name in ("one", "two"):
        row(tmp_path, name, settings=settings)
    assert [block.kind for block in blocks(tmp_path)] == ["apart", "apart"]


def test_zero_shot_rows_are_ranked_among_themselves_where_nothing_was_trained(tmp_path):
    for name in ("one", "two"):
        row(tmp_path, name, **ZERO_SHOT)
    [block] = blocks(tmp_path)
    assert (block.kind, names(block)) == ("ranked", {"one", "two"})


def test_rows_that_lost_a_seed_do_not_push_out_a_whole_one(tmp_path):
    row(tmp_path, "whole")
    for name in ("half", "torn"):
        write_row(tmp_path, name, SEEDS, planned_seeds=(*SEEDS, 87), sentences=12)
    assert names(blocks(tmp_path)[0]) == {"whole"}


def test_a_lexicon_stands_with_the_trained_rows_and_not_with_the_many(tmp_path):
    row(tmp_path, "trained")
    row(tmp_path, "lexicon", **LEXICON)
    for number in range(3):
        row(tmp_path, f"other{number}", **ZERO_SHOT)
    assert names(blocks(tmp_path)[0]) == {"trained", "lexicon"}


def test_a_lexicon_joins_the_rows_that_the_table_is_about_whatever_stands_first(tmp_path):
    row(tmp_path, "lexicon", **LEXICON)
    row(tmp_path, "alone", precision="bf16")
    for number in range(2):
        row(tmp_path, f"many{number}")
    main, *others = blocks(tmp_path)
    assert names(main) == {"many0", "many1", "lexicon"}
    assert [names(block) for block in others] == [{"alone"}]


def test_an_import_that_says_it_has_no_weights_does_not_say_its_precision_by_that(tmp_path):
    without = {"weights": "none", "precision": "not recorded", "training_digests": ()}
    row(tmp_path, "trained")
    row(tmp_path, "claims", **(STATED | without))
    ranked, apart = blocks(tmp_path)
    assert (names(ranked), names(apart)) == ({"trained"}, {"claims"})
    assert any("precision" in caption for caption in apart.captions)
    lines = {line.name: line for line in ranked.certificate}
    assert not lines["precision"].ok
    assert not lines["bytes consumed per epoch"].ok


@pytest.mark.parametrize(("weights", "listed"), [
    ("none", "training, weights"), ("hub/model", "training, weights"), ("not stated", "training"),
])  # fmt: skip
def test_weights_of_an_import_are_listed_as_stated_where_they_are(tmp_path, weights, listed):
    row(tmp_path, "claims", **(STATED | {"weights": weights}))
    [line] = [one for one in blocks(tmp_path)[0].certificate if one.name == "stated, not recorded"]
    assert (line.value, line.ok) == (listed, False)
