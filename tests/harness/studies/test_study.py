"""A study from its file to its answer: its runs are ordinary ones, and it says what they allow."""

import errno
import shutil
from pathlib import Path

import pytest
from browser import WIDER
from program import called
from stored_runs import change, name_documents, seal

from harness.results import reader
from harness.studies import page, pictures, planned, text
from harness.studies.design import Study
from harness.studies.panels import panels

QUESTION = """\
question: How long must a name be to be looked up?
tasks: [demo]
backends: [dictionary]
preset: tiny
seeds: [1, 2, 3]
axes:
  shortest: {values: [VALUES]}
"""


def ask(folder, *more, values="1, 2, 9", code=0):
    (folder / "mine.yaml").write_text(QUESTION.replace("VALUES", values), encoding="utf-8")
    return study_of("mine.yaml", *more, folder=folder, code=code)


def study_of(name, *more, folder, code=0):
    """The study of a file in ``folder``, whose results stay there: here, which is quicker."""
    return called("study", name, "-q", "-o", folder / "results", *more, folder=folder, code=code)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A study that was run, with its page and its pictures."""
    folder = tmp_path_factory.mktemp("study")
    out, messages = ask(folder, "--page", "page.html", "--plots", "plots")
    return folder, out, messages


def made_panels(folder, values, seeds=(1, 2, 3)):
    """The study and its panels, from what is stored in ``folder`` alone."""
    study = Study.model_validate({
        "question": "How long?", "tasks": ["demo"], "backends": ["dictionary"], "preset": "tiny",
        "seeds": seeds, "axes": {"shortest": {"values": values}},
    })  # fmt: skip
    planned_rows = planned.plan(study, folder / "results")
    return study, panels(study, planned_rows, reader.read([folder / "results"]))


def rows(out):
    cells = [[cell.strip() for cell in line.split("|")] for line in out.splitlines() if "|" in line]
    return {row[1]: row[2:] for row in cells[2:]}


def test_the_points_stand_in_the_order_of_the_axis(asked):
    _, out, messages = asked
    assert out.startswith("## mine.yaml: How long must a name be to be looked up?")
    assert "### demo · dictionary" in out
    assert list(rows(out)) == ["1", "2", "9"]
    assert "3 rows, 9 runs: 0 finished, 9 to do" in messages


def test_it_says_what_is_behind_and_by_how_much(asked):
    _, out, _ = asked
    f1 = {name: float(row[0].split(" ")[0]) for name, row in rows(out).items()}
    assert f1["9"] < min(f1["1"], f1["2"]) - 10
    assert f"9 is {max(f1.values()) - f1['9']:.2f} F1 behind it" in out
    assert "9 has the highest" not in out


def test_of_what_is_tied_it_names_the_lowest_and_no_seconds(asked):
    folder, out, _ = asked
    tied, _ = ask(folder, values="9, 2, 1")
    assert "The lowest point that cannot be told from the highest F1 is 1." in out
    assert "The lowest point that cannot be told from the highest F1 is 1." in tied
    assert "second" not in out


def test_what_else_differs_is_said(asked, tmp_path):
    folder, out, _ = asked
    assert "Beyond" not in out
    shutil.copytree(folder / "results", tmp_path / "results")
    for run in (tmp_path / "results" / "demo").glob("*shortest-9*"):
        change(run / "run.json", "hardware", "cores", to="4711")
        seal(run)
    told, _ = ask(tmp_path)
    line = next(line for line in told.splitlines() if line.startswith("Beyond"))
    assert line.startswith("Beyond shortest, the points differ in hardware: ")
    assert "(but 9: " in line


def test_what_follows_from_the_axis_is_no_other_difference(tmp_path):
    text = QUESTION.replace("shortest: {values: [VALUES]}", "window_limit: {values: [128, 254]}")
    (tmp_path / "windows.yaml").write_text(text, encoding="utf-8")
    out, _ = study_of("windows.yaml", folder=tmp_path)
    assert list(rows(out)) == ["128", "254"]
    assert "Beyond" not in out


def test_points_of_one_name_are_told_apart(tmp_path):
    points = "{one: {backend: dictionary, options: {shortest: 1}}, all: {preset: tiny}}"
    text = QUESTION.replace("shortest: {values: [VALUES]}", f"way: {{points: {points}}}")
    text = text.replace("[dictionary]", "[dictionary, crf]").replace("[1, 2, 3]", "[1]")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    out, _ = study_of("mine.yaml", folder=tmp_path)
    assert list(rows(out)) == ["one", "all", "all #2"]


def test_its_runs_are_ordinary_runs_which_it_does_not_repeat(asked):
    folder, out, _ = asked
    table, _ = called("leaderboard", "results", "--column", "system", "f1", folder=folder)
    assert "shortest=9" in table
    again, messages = ask(folder)
    assert again == out
    assert "9 finished, 0 to do" in messages


def test_it_grows_by_a_point(asked):
    folder, out, _ = asked
    told, _ = ask(folder, "--dry-run", values="1, 2, 3, 9")
    assert "4 rows, 12 runs: 9 finished, 3 to do" in told
    assert "less than a minute one after another" in told
    grown, _ = ask(folder, values="1, 2, 3, 9")
    assert rows(grown)["9"] == rows(out)["9"][:2] + rows(grown)["9"][2:]
    assert "3" in rows(grown)


def test_the_page_holds_the_answer_and_fetches_nothing(asked):
    folder, _, _ = asked
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "F1 behind it" in page
    assert "data:image/" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert (folder / "plots" / "f1.svg").read_bytes().startswith(b"<?xml")


def test_one_seed_tells_nothing(asked, tmp_path):
    for run in (asked[0] / "results" / "demo").glob("*_s1_*"):
        copy = tmp_path / "results" / "demo" / run.name
        shutil.copytree(run, copy)
        change(copy / "run.json", "planned_seeds", to=[1])
        seal(copy)
    out = text.markdown(*made_panels(tmp_path, (1, 2, 9), seeds=(1,)), "mine")
    assert "Cannot be told with these seeds: one seed says nothing" in out
    assert "highest" not in out


def test_seeds_are_not_chosen_after_the_fact(asked):
    out, _ = ask(asked[0], "--seed", 1, 2)
    assert "Cannot be told: none of its points has all its results." in out
    assert "9 is not compared: it has 2 of 3 seeds" in out
    assert "highest" not in out


def test_points_that_answer_alike_are_not_told_apart(asked):
    folder, _, _ = asked
    out, _ = ask(folder, values="9, 10")
    assert "Cannot be told with these seeds: no two of the 2 points are separable" in out
    assert "highest" not in out


def test_where_no_difference_can_be_found_none_is_said_to_be_found(asked, tmp_path):
    shutil.copytree(asked[0] / "results", tmp_path / "results")
    name_documents(tmp_path / "results", 4)
    for metrics in tmp_path.rglob("metrics.json"):
        seal(metrics.parent)
    out = text.markdown(*made_panels(tmp_path, (1, 2, 9)), "mine")
    assert "Cannot be told. No difference can be found, however large: 4 documents" in out
    assert "would be found" not in out


def test_a_point_that_lost_a_seed_is_shown_and_not_compared(asked, tmp_path):
    """The seeds that survived are not the row: the lost one may be the one that did not learn."""
    shutil.copytree(asked[0] / "results", tmp_path / "results")
    shutil.rmtree(next((tmp_path / "results" / "demo").glob("*shortest-1_s3_*")))
    out = text.markdown(*made_panels(tmp_path, (1, 2, 9)), "mine")
    assert rows(out)["1"][1:4] == ["n/a", "n/a", "2 of 3"]
    assert "1 is not compared: it has 2 of 3 seeds" in out
    assert "2 has the highest F1" in out  # the others are compared


def test_a_point_without_results_is_named(asked, tmp_path):
    shutil.copytree(asked[0] / "results", tmp_path / "results")
    for run in (tmp_path / "results" / "demo").glob("*shortest-9_*"):
        shutil.rmtree(run)
    out = text.markdown(*made_panels(tmp_path, (1, 2, 9)), "mine")
    assert set(rows(out)["9"][:-1]) == {"n/a"}
    assert "9 has no result." in out
    assert "highest" not in out


def test_points_of_one_configuration_are_one_row_and_said(asked):
    """Two rows of the same runs would be two experiments that agree."""
    points = (
        "{as it is: {}, by hand: {options: {shortest: 2}}, focal: {options: {focal: 1.0}}, "
        "'9': {options: {shortest: 9}}}"
    )
    study = QUESTION.replace("shortest: {values: [VALUES]}", f"with: {{points: {points}}}")
    (asked[0] / "same.yaml").write_text(study, encoding="utf-8")
    out, _ = study_of("same.yaml", folder=asked[0])
    assert list(rows(out)) == ["as it is", "9"]
    for point in ("by hand", "focal"):
        line = f"{point} is here the same configuration as as it is, and stands in its row."
        assert line in out


def test_several_tables_are_said_to_be_tested_apart(asked):
    study = QUESTION.replace("VALUES", "2, 9") + "  window_limit: {values: [128, 254]}\n"
    (asked[0] / "two.yaml").write_text(study, encoding="utf-8")
    out, _ = study_of("two.yaml", folder=asked[0])
    assert "Each of the 2 tables is tested by itself, at 5 %" in out
    assert "up to 10 % of such studies" in out
    assert "is tested by itself" not in asked[1]


def test_a_study_that_does_not_exist_is_one_message(tmp_path):
    _, messages = called("study", "layerz", folder=tmp_path, code=2)
    assert "did you mean 'layers'" in messages


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_is_shown_whole_and_asks_for_nothing(asked, browser, width):
    page = asked[0] / "page.html"
    seen = browser.visit(page.as_uri(), WIDER + """
      out.empty = [...doc.images].filter((each) => !each.naturalWidth).length;
      out.pictures = doc.images.length;
    """, width)  # fmt: skip
    assert (seen.value["wide"], seen.value["empty"]) == (False, 0)
    assert seen.value["pictures"] > 0
    assert seen.console == []
    assert {one for one in seen.requests if not one.startswith("data:")} == {page.as_uri()}


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_trained(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(QUESTION.replace("VALUES", "1, 9"), encoding="utf-8")
    for wrong, message in [
        (("--page", "."), "--page . is a folder: name a file in it"),
        (("--page", "file/page.html"), "cannot make the folder file: "),
        (("--plots", "file"), "cannot make the folder file: "),
    ]:
        _, messages = called("study", "mine.yaml", *wrong, folder=tmp_path, code=2)
        assert message in messages
    assert not (tmp_path / "results").exists()


def test_a_disk_without_room_for_the_folder_of_the_page_is_told_as_such(tmp_path, monkeypatch):
    def full(folder, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "mine.yaml").write_text(QUESTION.replace("VALUES", "1, 9"), encoding="utf-8")
    monkeypatch.setattr(Path, "mkdir", full)
    called("study", "mine.yaml", "--page", "new/page.html", folder=tmp_path, code=6)


def test_without_the_library_of_plots_the_page_says_what_to_install(asked, monkeypatch):
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    study, found = made_panels(asked[0], (1, 2, 9))
    (drawn,) = pictures.pictures(study, found)
    assert "ner-harness[plots]" in page.page("mine", study, found, [drawn])
