"""What a row is, what is ranked with what, and which blocks and columns a table has."""

import json

import pytest
from built_tables import blocks, built, cells, row_of
from stored_runs import (
    SETTINGS,
    change,
    f1_of,
    mean_and_deviation,
    write_row,
    write_run,
)

from harness import numbers
from harness.errors import ConfigError
from harness.leaderboard.build import SCREEN
from harness.leaderboard.render import FORMATS
from harness.leaderboard.table import Leaderboard


def test_a_row_is_the_mean_over_its_seeds_with_the_sample_deviation(tmp_path):
    write_row(tmp_path, "electra")
    [block] = built(tmp_path).blocks
    mean, deviation = mean_and_deviation(f1_of(tmp_path, "electra"))
    cell = row_of(block, "electra")["f1"]
    assert cell.value == pytest.approx(mean, abs=1e-15)
    assert cell.spread == pytest.approx(deviation, abs=1e-15)
    assert cell.shown == f"{numbers.percent(mean)} ± {numbers.percent(deviation)}"
    assert row_of(block, "electra")["seeds"].text == "3"


def test_one_seed_has_no_deviation_and_claims_nothing_about_training(tmp_path):
    for backend, rate in (("electra", 0.0), ("bert-crf", 0.5)):
        write_run(tmp_path, backend, 13, planned_seeds=(13,), rate=rate)
    [block] = built(tmp_path).blocks
    assert block.kind == "apart"
    assert row_of(block, "electra")["f1"].spread is None
    keys = {column.key for column in block.columns}
    assert keys.isdisjoint({"rank", "group", "letters", "best", "behind", "near"})
    assert "interval" in keys  # of the trained model, which is known
    assert not any(cell.bold for row in block.rows for cell in row.cells)
    assert not any(one.separable for one in block.contrasts)
    assert any("one seed" in line and "--seed 13 42 87" in line for line in block.captions)
    assert "for the models as trained" in " ".join(block.captions)


def test_a_row_with_one_seed_is_not_ranked_with_those_of_three(tmp_path):
    write_row(tmp_path, "electra", rate=0.3)
    write_row(tmp_path, "bert-crf", rate=0.4)
    write_run(tmp_path, "lucky", planned_seeds=(13,), rate=0.0)
    ranked, apart = built(tmp_path).blocks
    assert [row.name.split()[0] for row in ranked.rows] == ["electra", "bert-crf"]
    assert [row.name.split()[0] for row in apart.rows] == ["lucky"]
    assert not any(cell.bold for cell in apart.rows[0].cells)
    assert "seeds: 1, above 3" in apart.captions[0]
    assert "--seed 13 42 87" in apart.captions[1]


def test_with_several_seeds_the_caption_does_not_speak_of_one(tmp_path):
    write_row(tmp_path, "electra")
    assert not any("one seed" in caption for caption in built(tmp_path).blocks[0].captions)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "bert-crf tiny (scratch)"),
        ({"variant": "legal=True, layers=2"}, "bert-crf tiny (scratch) legal=True, layers=2"),
        ({"preset": "base", "weights": "bert-base-chinese"}, "bert-crf base (bert-base-chinese)"),
        ({"weights": "hfl/electra"}, "bert-crf tiny (hfl/electra)"),
        ({"weights": "/home/me/models/minilm/"}, "bert-crf tiny (minilm)"),
        ({"weights": "none"}, "bert-crf"),
        ({"variant": "a\tb\x00"}, r"bert-crf tiny (scratch) a\u0009b\u0000"),
    ],
)
def test_a_row_is_named_by_backend_preset_weights_and_variant(tmp_path, fields, name):
    write_run(tmp_path, **fields)
    assert built(tmp_path).blocks[0].rows[0].name == name


def test_options_that_differ_make_two_rows_of_one_name_that_can_be_told_apart(tmp_path):
    write_run(tmp_path, seed=13, planned_seeds=(13,), options={"epochs": 3})
    write_run(tmp_path, seed=42, planned_seeds=(42,), options={"epochs": 9})
    assert {row.name for block in built(tmp_path).blocks for row in block.rows} == {
        "bert-crf tiny (scratch)",
        "bert-crf tiny (scratch) #2",
    }


def test_a_second_run_of_a_seed_is_listed_and_does_not_count_twice(tmp_path):
    write_row(tmp_path / "a", "electra")
    write_run(tmp_path / "b", "electra", 13, hardware={"processor": "another"})
    table = built(tmp_path)
    assert row_of(table.blocks[0], "electra")["seeds"].text == "3"
    assert any("seed 13 of this row is already in" in notice for notice in table.notices)


def test_failed_and_missing_seeds_stay_in_the_row(tmp_path):
    write_run(tmp_path, "electra", 13, planned_seeds=(13, 42, 87, 99))
    write_run(tmp_path, "electra", 42, planned_seeds=(13, 42, 87, 99))
    failed = tmp_path / "demo" / "gone"
    failed.mkdir()
    record = {"error": "NaN", "exit_code": 1, "seed": 87, "task": "demo", "backend": "electra",
              "preset": "tiny", "variant": ""}  # fmt: skip
    (failed / "failed.json").write_text(json.dumps(record), encoding="utf-8")
    table = built(tmp_path)
    [row] = table.blocks[0].rows
    assert row.notes == ("2 of 4 seeds; 1 failed; 1 missing",)
    assert cells(table.blocks[0], row)["system"].text.endswith(f"[{row.notes[0]}]")
    assert cells(table.blocks[0], row)["seeds"].text == "2 of 4"
    assert table.notices == ("Not used: gone (failed): NaN.",)


def test_a_seed_that_was_not_asked_for_is_missing_and_not_called_unfinished(tmp_path):
    """As `run --seed 13` shows a row of which three seeds were planned, and have ended."""
    write_run(tmp_path, "electra", 13, planned_seeds=(13, 42, 87))
    [row] = built(tmp_path).blocks[0].rows
    assert row.notes == ("1 of 3 seeds; 2 missing",)


def test_a_row_that_lost_a_seed_is_not_ranked_with_whole_ones(tmp_path):
    write_row(tmp_path, "electra")
    write_row(tmp_path, "bert-crf", (13, 42))
    ranked, apart = built(tmp_path).blocks
    assert [row.name.split()[0] for row in ranked.rows] == ["electra"]
    assert [row.name.split()[0] for row in apart.rows] == ["bert-crf"]
    assert "seeds finished" in apart.captions[0]


def test_a_row_of_which_no_seed_finished_is_in_the_table(tmp_path):
    write_row(tmp_path, "electra")
    for seed in (13, 42):
        failed = tmp_path / f"gone{seed}"
        failed.mkdir()
        record = {"error": "NaN", "seed": seed, "task": "demo", "backend": "t5", "preset": "tiny",
                  "variant": ""}  # fmt: skip
        (failed / "failed.json").write_text(json.dumps(record), encoding="utf-8")
    lost = built(tmp_path).blocks[1]
    assert lost.rows[0].cells[0].text == "t5 tiny [0 of 2 seeds; 2 failed]"
    assert lost.rows[0].cells[1].text == "n/a"


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"settings": SETTINGS | {"document_context": True}}, "document context"),
        ({"trained": 0, "weights": "gpt2", "training_digests": ()}, "zero-shot"),
        ({"origin": {"distribution": "external"}}, "external"),
    ],
)
def test_runs_of_another_kind_are_watermarked_and_stand_apart(tmp_path, fields, mark):
    write_row(tmp_path, "electra")
    write_row(tmp_path, "bert-crf")
    write_row(tmp_path, "other", **fields)
    ranked, apart = built(tmp_path).blocks
    assert {row.name.split()[0] for row in ranked.rows} == {"electra", "bert-crf"}
    assert apart.rows[0].cells[0].text.endswith(f"[{mark}]")
    assert not any(cell.bold for cell in apart.rows[0].cells)


def test_a_cut_run_is_watermarked_and_its_other_gold_stands_apart(tmp_path):
    write_row(tmp_path, "electra", sentences=9)
    for seed in (13, 42, 87):
        made = write_run(tmp_path, "bert-crf", seed, sentences=5)
        change(made / "run.json", "data", "limit", to=5)
        change(made / "run.json", "settings", "limit", to=5)
    [ranked], [apart] = (blocks(built(tmp_path), kind) for kind in ("ranked", "apart"))
    watermarks = {row.name.split()[0]: row.notes for row in (*ranked.rows, *apart.rows)}
    assert watermarks == {"electra": (), "bert-crf": ("limit 5",)}
    assert ranked.rows[0].name.startswith("electra")


def types_of(block):
    return {column.key: column.support for column in block.columns if column.support is not None}


def test_a_type_has_the_gold_of_its_own_block_wherever_a_cut_run_lies(tmp_path):
    for backend, rate in (("electra", 0.05), ("bert-crf", 0.8)):
        write_row(tmp_path / "whole", backend, rate=rate, sentences=120)
    [alone] = built(tmp_path / "whole", columns=["types"]).blocks
    assert any(cell.bold for row in alone.rows for cell in row.cells)
    for seed in (13, 42, 87):
        cut = write_run(tmp_path / "before", "crf", seed, sentences=9)
        for part in ("data", "settings"):
            change(cut / "run.json", part, "limit", to=9)
    [ranked], [apart] = (
        blocks(built(tmp_path, columns=["types"]), kind) for kind in ("ranked", "apart")
    )
    assert (types_of(ranked), ranked.rows) == (types_of(alone), alone.rows)
    assert max(types_of(apart).values()) < min(types_of(ranked).values())


def test_highlight_marks_rows_by_backend_or_by_name(tmp_path):
    for backend in ("electra", "bert-crf"):
        write_run(tmp_path, backend)
    for wanted in ("electra", "electra tiny (scratch)"):
        marked = [
            row.name
            for row in built(tmp_path, highlight=[wanted]).blocks[0].rows
            if row.highlighted
        ]
        assert marked == ["electra tiny (scratch)"]


def test_a_highlight_that_marks_nothing_is_refused_with_the_rows(tmp_path):
    write_run(tmp_path, "electra")
    with pytest.raises(ConfigError, match=r"cannot mark 'elektra'.*electra tiny"):
        built(tmp_path, highlight=["elektra"])


def test_columns_come_as_asked_and_the_name_always_leads(tmp_path):
    write_row(tmp_path, "electra")
    [block] = built(tmp_path, columns=["rank", "strict_f1", "types", "joules"]).blocks
    assert [column.key for column in block.columns] == [
        "rank", "system", "strict_f1", "f1:PER", "f1:ORG", "f1:LOC", "f1:T", "joules",
    ]  # fmt: skip
    assert row_of(block, "electra")["joules"].text == "n/a"


def test_the_table_of_the_screen_fits_120_columns(tmp_path):
    for backend in ("bert-softmax", "dictionary"):
        write_row(tmp_path, backend)
    text = FORMATS["markdown"](built(tmp_path, columns=SCREEN))
    widths = {len(line) for line in text.split("\n") if line.startswith("|")}
    assert len(widths) == 1
    assert max(widths) <= 120


def test_a_column_that_does_not_exist_is_refused_with_the_nearest(tmp_path):
    write_run(tmp_path)
    with pytest.raises(ConfigError, match="did you mean 'strict_f1'"):
        built(tmp_path, columns=["strict_f"])


def test_columns_that_hold_nothing_are_left_out_unless_asked_for(tmp_path):
    write_run(tmp_path)
    assert "joules" not in {column.key for column in built(tmp_path).blocks[0].columns}


def test_two_tasks_make_two_ranked_blocks_and_a_wide_one(tmp_path):
    for task in ("weibo", "resume"):
        for backend, rate in (("best", 0.02), ("middle", 0.3), ("worst", 0.7)):
            write_row(tmp_path, backend, task=task, rate=rate)
    table = built(tmp_path, highlight=["middle"])
    assert sorted(block.task for block in blocks(table, "ranked")) == ["resume", "weibo"]
    [wide] = blocks(table, "wide")
    assert [column.title for column in wide.columns] == [
        "average rank", "95 % of rank", "backend", "resume", "weibo",
    ]  # fmt: skip
    assert [row.cells[0].text for row in wide.rows] == ["1.00", "2.00", "3.00"]
    assert [row.highlighted for row in wide.rows] == [False, True, False]
    # Demšar 2006: q = 2.343 for three systems, times sqrt(3 * 4 / (6 * 2)).
    assert "less than 2.34 (Nemenyi" in wide.captions[0]


def test_average_ranks_have_intervals_over_the_sentences_and_seeds_of_their_tasks(tmp_path):
    for task in ("weibo", "resume"):
        for backend, rate in (("best", 0.02), ("near", 0.03), ("worst", 0.7)):
            write_row(tmp_path, backend, task=task, rate=rate, sentences=60)
    [wide] = blocks(built(tmp_path), "wide")
    found = {name: row_of(wide, name) for name in ("best", "near", "worst")}
    assert found["worst"]["rank_interval"].value == (3, 3)
    assert found["best"]["rank_interval"].value == found["near"]["rank_interval"].value == (1, 2)
    assert found["best"]["rank_interval"].text == "1.00 to 2.00"
    assert any("not over other tasks" in line for line in wide.captions)


def test_a_system_that_lacks_a_task_has_no_average_rank(tmp_path):
    for task in ("weibo", "resume"):
        for backend in ("one", "two"):
            write_row(tmp_path, backend, task=task)
    write_row(tmp_path, "three", task="weibo")
    [wide] = blocks(built(tmp_path), "wide")
    assert row_of(wide, "three")["average_rank"].text == "n/a"
    assert row_of(wide, "three")["f1@resume"].text == "n/a"


def test_published_results_stand_apart_and_are_never_ranked(tmp_path):
    write_row(tmp_path, "electra", task="Weibo")
    [block] = blocks(built(tmp_path, published=True), "published")
    assert block.rows
    assert "rank" not in {column.key for column in block.columns}
    assert not any(cell.bold for row in block.rows for cell in row.cells)
    assert blocks(built(tmp_path, published=False), "published") == []


def test_no_runs_make_an_empty_table(tmp_path):
    assert built(tmp_path) == Leaderboard(())
