"""Tables that would claim more than their answers support: by one seed, luck, or two entities."""

import json
import re

import pytest
from made_runs import LABELS, examples, metrics, prediction
from stored_runs import change, name_documents, write_row, write_run

from harness.analysis.answers import by_data, load_all
from harness.core import Example
from harness.leaderboard.build import build
from harness.leaderboard.render import FORMATS
from harness.report import page
from harness.results import reader


def board(folder):
    return build(reader.read([folder]), published=False)


def cells_of(block):
    keys = [column.key for column in block.columns]
    return {row.name.split()[0]: dict(zip(keys, row.cells, strict=True)) for row in block.rows}


@pytest.mark.parametrize("form", FORMATS)
def test_five_rows_with_one_seed_each_crown_nobody(tmp_path, form):
    for number, rate in enumerate((0.0, 0.2, 0.4, 0.6, 0.8)):
        write_run(tmp_path, f"row{number}", planned_seeds=(13,), rate=rate, sentences=120)
    text = FORMATS[form](board(tmp_path))
    for bold in ("**", r"\textbf", '"bold": true', ' best"'):
        assert bold not in text
    assert "Group 1" not in text
    if form != "csv":
        assert "one seed" in text
    for column in ("rank", "group", "sig.", "best %", "within 1 F1"):
        assert f"| {column} " not in text
        assert f'"key": "{column}"' not in text


def test_the_luckiest_of_many_single_seeds_does_not_lead_those_who_ran_three(tmp_path):
    write_row(tmp_path, "honest", rate=0.2)
    write_row(tmp_path, "other", rate=0.3)
    for seed in range(5):
        write_run(tmp_path, f"lucky{seed}", seed, planned_seeds=(seed,), rate=0.0)
    ranked, *others = board(tmp_path).blocks
    assert set(cells_of(ranked)) == {"honest", "other"}
    assert cells_of(ranked)["honest"]["rank"].text == "1"
    assert all(block.kind == "apart" for block in others)
    assert not any(cell.bold for block in others for row in block.rows for cell in row.cells)


def test_one_seed_more_in_the_record_than_in_the_folder_is_no_second_seed(tmp_path):
    made = write_run(tmp_path, "lucky", 13, planned_seeds=(13,), rate=0.0)
    change(made / "run.json", "planned_seeds", to=[13, 42, 87])
    write_row(tmp_path, "honest", rate=0.3)
    ranked, apart = board(tmp_path).blocks
    assert set(cells_of(ranked)) == {"honest"}
    assert set(cells_of(apart)) == {"lucky"}


def test_a_collapsed_seed_is_not_hidden_in_a_mean(tmp_path):
    write_row(tmp_path, "steady", rate=0.1, sentences=80)
    for seed, rate in ((13, 0.02), (42, 0.97), (87, 0.02)):
        write_run(tmp_path, "shaky", seed, rate=rate, sentences=80)
    [block] = board(tmp_path).blocks
    shaky = cells_of(block)["shaky"]
    assert "seed 42 fell out" in shaky["system"].text
    low, high = shaky["interval"].value
    assert low < 0.3 < 0.9 < high  # what this row may be, with such trainings in it
    assert any(line.startswith("shaky") and "seed 42 with" in line for line in block.captions)
    assert cells_of(block)["steady"]["near"].text == "no"  # the other may be better by far


def test_a_collapsed_rival_does_not_make_the_others_separable_or_not(tmp_path):
    for name, rate in (("one", 0.1), ("two", 0.5), ("three", 0.52)):
        write_row(tmp_path / "alone", name, rate=rate, sentences=80)
        write_row(tmp_path / "beside", name, rate=rate, sentences=80)
    for seed, rate in ((13, 0.1), (42, 0.97), (87, 0.1)):
        write_run(tmp_path / "beside", "shaky", seed, rate=rate, sentences=80)

    def p_values(folder):
        contrasts = board(folder).blocks[0].contrasts
        return {
            frozenset((one.first, one.second)): one.permutation_p
            for one in contrasts
            if "shaky" not in f"{one.first} {one.second}"
        }

    assert p_values(tmp_path / "alone") == p_values(tmp_path / "beside")


@pytest.mark.parametrize(("sentences", "width"), [(3, 0.3), (20, 0.05)])
def test_few_entities_make_nobody_bold_however_large_the_difference(tmp_path, sentences, width):
    for name, rate in (("one", 0.0), ("two", 0.9)):
        write_row(tmp_path, name, rate=rate, sentences=sentences)
    [block] = board(tmp_path).blocks
    rare = [column for column in block.columns if column.support is not None]
    assert rare
    assert all(column.support < 30 for column in rare)
    for column in rare:
        assert not any(row[column.key].bold for row in cells_of(block).values())
        low, high = cells_of(block)["one"][column.key].interval
        assert high - low > width


def test_a_hundred_percent_of_few_entities_is_not_certain(tmp_path):
    for name in ("one", "two"):
        write_row(tmp_path, name, rate=0.0, sentences=6)
    [block] = board(tmp_path).blocks
    low, high = cells_of(block)["one"]["interval"].value
    assert (cells_of(block)["one"]["f1"].text, high) == ("100.00", 1.0)
    assert low < 0.95


def test_more_rows_ask_for_a_larger_difference(tmp_path):
    def stated(folder, rows):
        for number in range(rows):
            write_row(folder, f"row{number}", rate=0.3, sentences=80)
        [line] = [one for one in board(folder).blocks[0].captions if one.startswith("Smallest")]
        assert f"corrected for {rows * (rows - 1) // 2} pairs" in line
        return [float(number) for number in re.findall(r"\d+\.\d\d", line)]

    two, six = stated(tmp_path / "two", 2), stated(tmp_path / "six", 6)
    assert six[1] > 1.15 * two[1]  # of models as trained: the correction alone


def test_equal_rows_do_not_win_on_the_average_over_tasks(tmp_path):
    for task in ("weibo", "resume", "demo"):
        for name in ("one", "two"):
            write_row(tmp_path, name, task=task, rate=0.3 if name == "one" else 0.31)
    [wide] = [block for block in board(tmp_path).blocks if block.kind == "wide"]
    assert [row["rank_interval"].value for row in cells_of(wide).values()] == [(1, 2), (1, 2)]


def test_what_a_table_claims_is_in_its_json_with_the_number_behind_it(tmp_path):
    for name, rate in (("one", 0.1), ("two", 0.11), ("three", 0.6)):
        write_row(tmp_path, name, rate=rate, sentences=80)
    [block] = json.loads(FORMATS["json"](board(tmp_path)))["blocks"]
    rows = [row["cells"] for row in block["rows"]]
    assert sum(row["best"]["value"] for row in rows) == pytest.approx(1)
    assert all((row["near"]["text"] == "yes") == (row["behind"]["value"] < 0.01) for row in rows)


def far_apart(folder, documents):
    for name, rate in (("one", 0.1), ("two", 0.7)):
        write_row(folder, name, rate=rate, sentences=80)
    name_documents(folder, documents)
    [block] = board(folder).blocks
    return block


@pytest.mark.parametrize(("documents", "said"), [(1, "1 document with"), (5, "5 documents with")])
def test_of_few_documents_no_difference_is_said_to_be_found(tmp_path, documents, said):
    block = far_apart(tmp_path, documents)
    [line] = [one for one in block.captions if "can be found" in one]
    assert said in line
    assert not any(one.startswith("Smallest") for one in block.captions)
    assert not any(one.separable for one in block.contrasts)


def test_where_a_difference_is_said_to_be_found_it_is_found(tmp_path):
    block = far_apart(tmp_path, 8)
    assert any(one.startswith("Smallest") for one in block.captions)
    assert all(one.separable for one in block.contrasts)


def test_one_document_says_nothing_of_others(tmp_path):
    block = far_apart(tmp_path, 1)
    assert not {"best", "behind", "near"} & {column.key for column in block.columns}
    [contrast] = block.contrasts
    assert (contrast.low, contrast.high, contrast.bootstrap_p) == (-1, 1, 1)
    assert any("not that of documents" in line for line in block.captions)
    assert not any("rows are within" in line for line in block.captions)


def test_one_sentence_says_nothing_of_others(tmp_path):
    for name in ("one", "two"):
        write_row(tmp_path, name, rate=0.1, sentences=1)
    [block] = board(tmp_path).blocks
    assert any("not that of sentences" in line for line in block.captions)
    assert any(line.startswith("No difference can be found") for line in block.captions)


def test_of_few_entities_that_both_get_right_either_may_be_behind(tmp_path):
    for name in ("one", "two"):
        write_row(tmp_path, name, rate=0.0, sentences=12)
    [block] = board(tmp_path).blocks
    for row in cells_of(block).values():
        assert row["behind"].value > 0.05
        assert row["near"].text == "no"


def write_without_gold(folder):
    """Two rows, one of which finds what is not there."""
    empty = examples(1, 8)[0].sentence
    for name, tags in (("silent", ["O"]), ("talkative", ["B-PER"])):
        held = (prediction(Example(empty, ()), tags + ["O"] * (len(empty) - 1)),)
        for seed in (13, 42, 87):
            made = write_run(folder, name, seed, sentences=1)
            (made / "predictions.jsonl").write_text(held[0].model_dump_json() + "\n", "utf-8")
            (made / "metrics.json").write_text(metrics(held).model_dump_json(), "utf-8")
            change(made / "run.json", "data", "support", to=dict.fromkeys(LABELS, 0))


@pytest.mark.parametrize("form", FORMATS)
def test_without_gold_nobody_has_a_score_and_nobody_a_rank(tmp_path, form):
    write_without_gold(tmp_path)
    made = board(tmp_path)
    assert [cells["f1"].text for cells in cells_of(made.blocks[0]).values()] == ["n/a", "n/a"]
    assert "rank" not in {column.key for column in made.blocks[0].columns}
    assert not any(cell.bold for row in made.blocks[0].rows for cell in row.cells)
    assert "The gold holds no entity: F1 is undefined." in made.blocks[0].captions
    assert FORMATS[form](made)


def test_the_report_of_a_test_set_without_gold_has_no_recall(tmp_path):
    write_without_gold(tmp_path)
    html = page.render(by_data(load_all([tmp_path])))
    assert "Found by any row: recall n/a" in html
    assert "<b>n/a</b>" in html
    assert "NaN" not in html
