"""What is ranked and bold, how surely, and what the captions claim of it."""

import re

import pytest
from built_tables import built, cells, row_of
from stored_runs import change, f1_of, mean_and_deviation, write_row, write_run

from harness.leaderboard.table import Block


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
        write_row(tmp_path, backend, rate=0.0, sentences=300)
    write_row(tmp_path, "three", rate=0.5, sentences=300)
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
