"""What a row is, what is ranked with what, and what stands in each cell."""

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import made_runs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import LABELS, metrics, prediction
from stored_runs import (
    SETTINGS,
    change,
    f1_of,
    mean_and_deviation,
    write_row,
    write_run,
)

from harness import numbers
from harness.core import Example, Sentence, Span
from harness.errors import ConfigError
from harness.leaderboard.build import SCREEN, build
from harness.leaderboard.render import FORMATS
from harness.leaderboard.table import Block, Cell, Leaderboard, Row
from harness.results import evaluate, reader, stored


def built(folder, **asked) -> Leaderboard:
    return build(reader.read([folder]), **({"published": False} | asked))


def cells(block: Block, row: Row) -> dict[str, Cell]:
    return dict(zip([column.key for column in block.columns], row.cells, strict=True))


def row_of(block: Block, name: str) -> dict[str, Cell]:
    return cells(block, next(row for row in block.rows if row.name.startswith(name)))


def blocks(table: Leaderboard, kind: str) -> list[Block]:
    return [block for block in table.blocks if block.kind == kind]


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


def test_rows_are_ranked_best_first(tmp_path):
    for backend, rate in (("worst", 0.6), ("best", 0.02), ("middle", 0.25)):
        write_row(tmp_path, backend, rate=rate)
    [block] = built(tmp_path).blocks
    assert [row.name.split()[0] for row in block.rows] == ["best", "middle", "worst"]
    assert [cells(block, row)["rank"].text for row in block.rows] == ["1", "2", "3"]


def test_what_prints_alike_shares_its_rank_and_the_next_one_is_skipped(tmp_path):
    for backend in ("one", "two"):
        write_row(tmp_path, backend, rate=0.0)
    write_row(tmp_path, "three", rate=0.5)
    [block] = built(tmp_path).blocks
    assert [cells(block, row)["rank"].text for row in block.rows] == ["1", "1", "3"]


def test_all_tied_best_are_bold_in_every_column(tmp_path):
    for backend in ("one", "two"):
        write_row(tmp_path, backend, rate=0.0)
    write_row(tmp_path, "three", rate=0.5)
    [block] = built(tmp_path).blocks
    for key in ("f1", "precision", "recall", "f1:PER", "predict_rate"):
        assert [row_of(block, name)[key].bold for name in ("one", "two")] == [True, True]
    assert not row_of(block, "three")["f1"].bold
    assert not row_of(block, "three")["parameters"].bold  # no number of parameters is the best


def test_fewer_seconds_are_better(tmp_path):
    for backend, seconds in (("slow", 90.0), ("fast", 9.0)):
        for seed in (13, 42, 87):
            made = write_run(tmp_path, backend, seed)
            change(made / "run.json", "cost", "seconds", "train", to=seconds)
    [block] = built(tmp_path).blocks
    assert [row_of(block, name)["train_seconds"].bold for name in ("slow", "fast")] == [False, True]


def test_all_that_is_not_separable_from_the_best_is_bold(tmp_path):
    for backend, rate in (("best", 0.10), ("near", 0.11), ("far", 0.7)):
        write_row(tmp_path, backend, rate=rate, sentences=60)
    [block] = built(tmp_path).blocks
    first, second, third = (cells(block, row) for row in block.rows)
    assert [one["group"].text for one in (first, second, third)] == ["1", "1", "2"]
    assert [one["f1"].bold for one in (first, second, third)] == [True, True, False]
    assert [one["letters"].text for one in (first, second, third)] == ["a", "a", "b"]
    low, high = first["interval"].value
    assert low < first["f1"].value < high


def test_every_pair_is_compared_once(tmp_path):
    for backend, rate in (("a", 0.1), ("b", 0.2), ("c", 0.7)):
        write_row(tmp_path, backend, rate=rate)
    [block] = built(tmp_path).blocks
    pairs = {frozenset((one.first, one.second)) for one in block.contrasts}
    assert len(pairs) == len(block.contrasts) == 3
    assert all(one.permutation_holm >= one.permutation_p for one in block.contrasts)


def caption(block: Block, beginning: str) -> str:
    [line] = [line for line in block.captions if line.startswith(beginning)]
    return line


def test_the_caption_tells_the_smallest_difference_with_its_power_and_correction(tmp_path):
    for backend, rate in (("a", 0.1), ("b", 0.2), ("c", 0.3)):
        write_row(tmp_path, backend, rate=rate, sentences=60)
    line = caption(built(tmp_path).blocks[0], "Smallest true difference of F1")
    assert "found 4 times in 5" in line
    assert "power 80 %, tests corrected for 3 pairs" in line
    systems, models = map(float, re.findall(r"\d+\.\d\d", line))
    assert 2 < models < systems


def test_two_seeds_do_not_say_what_difference_would_be_found(tmp_path):
    for backend, rate in (("a", 0.1), ("b", 0.2)):
        write_row(tmp_path, backend, (13, 42), rate=rate, planned_seeds=(13, 42))
    line = caption(built(tmp_path).blocks[0], "Smallest true difference of F1")
    assert "two seeds cannot say" in line


def test_the_caption_tells_what_the_seeds_may_have_missed(tmp_path):
    write_row(tmp_path, "a")
    line = caption(built(tmp_path).blocks[0], "95 % intervals")
    assert "3 seeds may miss a failure that 63 % of trainings have" in line  # 1 - 0.05 ** (1 / 3)


def test_a_row_says_how_surely_it_is_the_best_and_how_far_behind_it_may_be(tmp_path):
    for backend, rate in (("best", 0.10), ("near", 0.11), ("far", 0.7)):
        write_row(tmp_path, backend, rate=rate, sentences=300)
    [block] = built(tmp_path).blocks
    best, near, far = (cells(block, row) for row in block.rows)
    shares = [one["best"].value for one in (best, near, far)]
    assert sum(shares) == pytest.approx(1)
    assert shares[0] > shares[1] > 0
    assert far["best"].text == "<1"
    assert best["behind"].value < near["behind"].value < far["behind"].value
    assert far["behind"].value > best["f1"].value - far["f1"].value
    assert far["near"].text == "no"
    near_ones = [one["near"].text for one in (best, near, far)].count("yes")
    assert caption(block, f"At 95 % for all rows at once, {near_ones} of 3 rows are within 1 F1")


def test_rows_are_called_within_one_f1_where_their_bound_is(tmp_path):
    for backend in ("one", "two"):  # answers alike, as a cheap copy of a model would give
        write_row(tmp_path, backend, rate=0.0)
    write_row(tmp_path, "three", rate=0.5)
    [block] = built(tmp_path).blocks
    assert [cells(block, row)["near"].text for row in block.rows] == ["yes", "yes", "no"]
    assert caption(block, "At 95 % for all rows at once, 2 of 3 rows are within 1 F1 of the best.")


def test_a_type_with_few_entities_has_no_bold_and_its_interval_says_why(tmp_path):
    for backend, rate in (("best", 0.02), ("worst", 0.7)):
        write_row(tmp_path, backend, rate=rate, sentences=36)
    [block] = built(tmp_path).blocks
    few = [column for column in block.columns if column.support is not None and column.support < 30]
    many = [column for column in block.columns if (column.support or 0) >= 30]
    assert few
    assert many
    row = row_of(block, "best")
    assert not any(row[column.key].bold for column in few)
    assert all(row[column.key].bold for column in many)
    for column in few + many:
        low, high = row[column.key].interval
        assert low <= row[column.key].value <= high
        assert high - low > 0.04


def test_a_type_on_which_no_row_is_separable_has_no_bold(tmp_path):
    for backend, rate in (("one", 0.30), ("two", 0.31)):
        write_row(tmp_path, backend, rate=rate, sentences=60)
    [block] = built(tmp_path).blocks
    kept = [place for place, column in enumerate(block.columns) if column.support]
    assert kept
    assert not any(row.cells[place].bold for row in block.rows for place in kept)


def test_a_seed_that_fell_out_is_named_counted_and_told_apart(tmp_path):
    write_row(tmp_path, "steady", rate=0.1, sentences=60)
    for seed, rate in ((13, 0.1), (42, 0.95), (87, 0.1)):
        write_run(tmp_path, "shaky", seed, rate=rate, sentences=60)
    [block] = built(tmp_path).blocks
    row = next(row for row in block.rows if row.name.startswith("shaky"))
    assert row.notes == ("seed 42 fell out",)
    shaky = cells(block, row)
    assert shaky["system"].text.endswith("[seed 42 fell out]")
    assert shaky["f1"].value == pytest.approx(mean_and_deviation(f1_of(tmp_path, "shaky"))[0])
    low, high = shaky["interval"].value
    assert low < shaky["f1"].value < high
    line = caption(block, "shaky tiny (scratch): seed 42 with ")
    of_others = [float(x) / 100 for x in re.findall(r"\d+\.\d\d", line)][1:]
    assert of_others[1] < of_others[0] < of_others[2]
    assert of_others[0] > shaky["f1"].value + 0.1
    assert row_of(block, "steady")["group"].text == shaky["group"].text  # and is not beaten for it


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


def test_failed_and_unfinished_seeds_stay_in_the_row(tmp_path):
    write_run(tmp_path, "electra", 13, planned_seeds=(13, 42, 87, 99))
    write_run(tmp_path, "electra", 42, planned_seeds=(13, 42, 87, 99))
    failed = tmp_path / "demo" / "gone"
    failed.mkdir()
    record = {"error": "NaN", "exit_code": 1, "seed": 87, "task": "demo", "backend": "electra",
              "preset": "tiny", "variant": ""}  # fmt: skip
    (failed / "failed.json").write_text(json.dumps(record), encoding="utf-8")
    table = built(tmp_path)
    [row] = table.blocks[0].rows
    assert row.notes == ("2 of 4 seeds; 1 failed; 1 unfinished",)
    assert cells(table.blocks[0], row)["system"].text.endswith(f"[{row.notes[0]}]")
    assert cells(table.blocks[0], row)["seeds"].text == "2 of 4"
    assert table.notices == ("Not used: gone (failed): NaN.",)


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


def test_scores_of_the_policies_differ_as_the_counts_do(tmp_path):
    made = write_run(tmp_path, rate=0.5, sentences=60)
    types = json.loads((made / "metrics.json").read_text(encoding="utf-8"))["types"]
    [block] = built(tmp_path).blocks
    for key, policy in (("f1", "conlleval"), ("strict_f1", "strict"), ("discard_f1", "discard")):
        tp, fp, fn = (sum(counts[i] for counts in types[policy].values()) for i in range(3))
        assert row_of(block, "bert-crf")[key].value == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert types["conlleval"] != types["strict"]


def test_macro_and_weighted_f1_agree_with_their_definitions(tmp_path):
    made = write_run(tmp_path, rate=0.5, sentences=60)
    counts = json.loads((made / "metrics.json").read_text(encoding="utf-8"))["types"]["conlleval"]
    f1 = {label: 2 * tp / (2 * tp + fp + fn) for label, (tp, fp, fn) in counts.items()}
    support = {label: tp + fn for label, (tp, _, fn) in counts.items()}
    row = row_of(built(tmp_path).blocks[0], "bert-crf")
    weighted = sum(f1[label] * support[label] for label in f1) / sum(support.values())
    assert row["macro_f1"].value == pytest.approx(sum(f1.values()) / 4)
    assert row["weighted_f1"].value == pytest.approx(weighted)


def test_the_table_has_the_scorers_macro_f1_where_a_type_was_found_that_the_gold_lacks(tmp_path):
    text = Sentence("s", tuple("甲乙丙丁"))
    gold = Example(text, (Span(0, 1, "PER"), Span(1, 2, "ORG")))
    answer = prediction(gold, ("B-PER", "O", "B-T", "B-T"))
    made_runs.store(tmp_path / "run", made_runs.answers([answer], "a"))
    row = row_of(built(tmp_path).blocks[0], "a")
    assert (row["macro_f1"].text, row["weighted_f1"].text, row["f1"].text) == (
        "50.00", "50.00", "40.00",
    )  # fmt: skip


def test_a_score_with_nothing_to_find_is_not_known(tmp_path):
    write_run(tmp_path, sentences=2, rate=0.0)
    assert row_of(built(tmp_path).blocks[0], "bert-crf")["f1:LOC"].text == "n/a"


def test_a_mean_over_the_measured_seeds_alone_is_not_given(tmp_path):
    write_row(tmp_path, "bert-crf", (13, 42, 87))
    path = reader.read([tmp_path]).runs[0].folder / "run.json"
    for phase in ("train_peak_bytes", "predict_peak_bytes"):
        change(path, "cost", phase, to=None)
    [block] = built(tmp_path, columns=["memory", "train_seconds"]).blocks
    assert row_of(block, "bert-crf")["memory"].text == "n/a"
    assert row_of(block, "bert-crf")["train_seconds"].text != "n/a"


MEBIBYTES = 2**20


def with_shared(folder, **shared):
    """The stored rows, each with bytes that it shared with other processes."""
    for one in reader.read([folder]).runs:
        if one.run.backend in shared:
            value = shared[one.run.backend]
            change(one.folder / "run.json", "cost", "shared_bytes", to=value * MEBIBYTES)
    return folder


def test_memory_that_a_row_shares_is_marked_and_never_the_best(tmp_path):
    write_row(tmp_path, "forked", (13, 42))
    write_row(tmp_path, "alone", (13, 42))
    for one in reader.read([tmp_path]).runs:
        if one.run.backend == "forked":
            change(one.folder / "run.json", "cost", "train_peak_bytes", to=300 * MEBIBYTES)
            change(one.folder / "run.json", "cost", "predict_peak_bytes", to=200 * MEBIBYTES)
    assert row_of(built(tmp_path).blocks[0], "forked")["memory"].bold
    [block] = built(with_shared(tmp_path, forked=190, alone=9)).blocks
    forked, alone = (row_of(block, name) for name in ("forked", "alone"))
    assert (forked["memory"].shown, forked["memory"].bold) == ("300*", False)
    assert (alone["memory"].shown, alone["memory"].bold) == ("900", True)
    assert (forked["shared_memory"].text, alone["shared_memory"].text) == ("190", "9")
    said = "* Memory of a run that shared up to 190 MiB"
    assert any(line.startswith(said) for line in block.captions)


def test_a_table_of_rows_that_all_share_has_no_best_memory(tmp_path):
    write_row(tmp_path, "one", (13, 42))
    write_row(tmp_path, "two", (13, 42))
    [block] = built(with_shared(tmp_path, one=170, two=180)).blocks
    assert not any(row_of(block, name)["memory"].bold for name in ("one", "two"))
    assert any("shared up to 180 MiB" in line for line in block.captions)


def test_of_memory_that_is_not_shown_nothing_is_said(tmp_path):
    write_row(tmp_path, "one", (13, 42))
    [block] = built(with_shared(tmp_path, one=170), columns=["f1"]).blocks
    assert not any("shared" in line for line in block.captions)


@pytest.mark.parametrize(
    ("name", "marked"),
    [("markdown", "900\\*"), ("latex", "900{*}"), ("csv", '"memory mark"'),
     ("json", '"mark": "*"'), ("html", "900*")],
)  # fmt: skip
def test_every_format_shows_the_mark(tmp_path, name, marked):
    write_row(tmp_path, "one", (13, 42))
    assert marked not in FORMATS[name](built(tmp_path))
    assert marked in FORMATS[name](built(with_shared(tmp_path, one=170)))


def test_what_free_generation_did_has_its_columns(tmp_path):
    made = write_run(tmp_path, sentences=4, rate=0.0)
    written = [*map(json.loads, (made / "predictions.jsonl").read_text().splitlines())]
    units = sum(len(one["units"]) for one in written)
    gold = sum(len(one["gold"]) for one in written)
    lost = written[2]  # malformed, then repaired but for its last entity
    lost["raw_tags"] = ["O"] * len(lost["units"])
    lost["repairs"] = {"close": 3}
    start, end, _ = lost["gold"][-1]
    lost["tags"][start:end] = ["O"] * (end - start)
    write_free(made, written)
    change(made / "run.json", "cost", "seconds", "generate", to=3.0)
    row = row_of(built(tmp_path).blocks[0], "bert-crf")
    entities = len(lost["gold"])
    assert row["raw_f1"].value == pytest.approx(f1(gold - entities, 0, entities))
    assert row["repaired_f1"].value == pytest.approx(f1(gold - 1, 0, 1))
    assert row["repairs"].value == pytest.approx(1000 * 3 / units)
    assert row["malformed"].text == "25.00"
    quarters = metrics(stored.answers(made / "free.jsonl").predictions).quarters
    shares = [wrong / every for wrong, every in quarters]
    assert row["drift"].value == pytest.approx(shares[-1] - shares[0]) != 0
    assert row["free_rate"].value == pytest.approx(units / 3.0)


def f1(tp: int, fp: int, fn: int) -> float:
    return 2 * tp / (2 * tp + fp + fn)


def write_free(folder, answers) -> None:
    """Free answers beside a run, with what its metrics say of them counted by the scorer."""
    lines = "".join(json.dumps(one) + "\n" for one in answers).encode()
    (folder / "free.jsonl").write_bytes(lines)
    file = stored.answers(folder / "free.jsonl")
    gold = evaluate.EvaluationSetup(LABELS, "conlleval", "test")
    free = evaluate.count_again(gold, file, file).metrics.free
    change(folder / "metrics.json", "free", to=free.model_dump(mode="json"))


def test_speed_and_operations_are_of_characters_whatever_a_unit_is(tmp_path):
    made = write_run(tmp_path, sentences=8, planned_seeds=(13,),
                     settings=SETTINGS | {"joiner": " "})  # fmt: skip
    path = made / "predictions.jsonl"
    predictions = [*map(json.loads, path.read_text(encoding="utf-8").splitlines())]
    for one in predictions:
        one["units"], one["joiner"] = ["word"] * len(one["units"]), " "
    content = "".join(json.dumps(one) + "\n" for one in predictions).encode()
    path.write_bytes(content)
    change(made / "metrics.json", "predictions_sha256", to=stored.digest_of(content))
    change(made / "run.json", "cost", "flops_per_unit", to=6e6)
    characters = sum(5 * len(one["units"]) - 1 for one in predictions)
    units = sum(len(one["units"]) for one in predictions)
    row = row_of(built(tmp_path, columns=["predict_rate", "flops"]).blocks[0], "bert-crf")
    assert row["predict_rate"].value == pytest.approx(characters / 2.0)
    assert row["flops"].value == pytest.approx(6 * units / characters)


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


@given(st.fractions(0, 1, max_denominator=9999))
def test_percent_is_rounded_half_up_on_the_decimal_form(fraction):
    value = float(fraction)
    exact = Fraction(Decimal(repr(value))) * 10_000
    assert numbers.percent(value) == f"{Decimal(int(exact + Fraction(1, 2))) / 100:.2f}"


@pytest.mark.parametrize(("value", "text"), [(0.87125, "87.13"), (0.000049, "0.00"),
                                             (0.99995, "100.00"), (1.0, "100.00")])  # fmt: skip
def test_halves_go_up(value, text):
    assert numbers.percent(value) == text
    assert Decimal(text) == (Decimal(repr(value)) * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (412, "412"), (33_600, "33.6k"),
                                             (102_267_648, "102.3M"), (2.8e9, "2.8B")])  # fmt: skip
def test_parameters_read_in_three_figures(value, text):
    assert numbers.magnitude(value) == text
