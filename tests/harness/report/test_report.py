import json
import re
from dataclasses import replace

import made_runs
import pytest
from typer.testing import CliRunner

from harness.analysis import load
from harness.analysis.answers import load_all
from harness.analysis.system_answers import answers_by_system
from harness.cli import app
from harness.core import Example, Sentence, Span
from harness.errors import ConfigError, DataError
from harness.report import build, figures, page, room, tables
from harness.report.figures import Picture
from harness.report.sentences import encode_all
from harness.results.reader import read
from harness.results.verify import check


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """The figures have tests of their own; here they would only cost time."""
    monkeypatch.setattr(page, "pictures", lambda held: iter(()))


def data_of(html):
    (block,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    return json.loads(block)


def test_the_page_is_one_file_with_all_sentences(tmp_path):
    runs = made_runs.study([made_runs.System("a", 0.3), made_runs.System("b", 0.2)], 30, (1, 2))
    for number, run in enumerate(runs):
        made_runs.store(tmp_path / "runs" / str(number), run)
    output = build(load_all([tmp_path / "runs"]), tmp_path / "report.html")
    html = output.read_text(encoding="utf-8")
    (task,) = data_of(html)
    assert task["rows"] == ["a", "b"]
    assert task["runs"] == [[0, "1"], [0, "2"], [1, "1"], [1, "2"]]
    assert len(task["sentences"]) == 30
    assert not re.findall('(?:src|href)="(?!data:|#)', html)
    assert "http://" not in html
    assert "https://" not in html


def test_runs_on_two_tasks_make_two_parts():
    runs = [made_runs.study([made_runs.System("a")], 5, (1,), task=task) for task in "xy"]
    html = page.render(runs)
    assert [task["title"][:1] for task in data_of(html)] == ["x", "y"]
    assert html.count('class="task"') == 2


def test_hostile_text_stays_text():
    html = page.render([made_runs.hostile()])
    (task,) = data_of(html)
    assert [sentence[1] for sentence in task["sentences"]] == list(made_runs.HOSTILE)
    assert html.count("<script") == html.count("</script") == 2
    assert html.count("<style") == html.count("</style") == 1
    assert "<img src=x" not in html
    assert "<b>X" not in html
    assert "<i>a" not in html
    (block,) = re.findall(r'id="data">(.*?)</script>', html, re.S)
    assert not re.search("[<>&\u2028\u2029]", block)


def test_the_policy_allows_this_script_and_this_style_alone():
    html = page.render([made_runs.hostile()])
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert re.search(r"script-src 'sha256-[\w+/=]{44}';", policy)


def test_equal_runs_give_equal_bytes():
    runs = made_runs.study([made_runs.System("a"), made_runs.System("b")], 10, (1, 2))
    assert page.render([runs]) == page.render([runs])


def test_answers_decode_to_what_was_found():
    runs = made_runs.study([made_runs.System("a", 0.4), made_runs.System("b", 0.3)], 40, (1, 2))
    labels = runs[0].labels
    for row, (_, units, gold, flat, levels, answers) in enumerate(encode_all(runs, labels)):
        spans = [
            Span(flat[i], flat[i] + flat[i + 1], labels[flat[i + 2]])
            for i in range(0, len(flat), 3)
        ]
        assert units == "".join(runs[0].predictions[row].units)
        assert tuple(spans[:gold]) == runs[0].gold[row]
        assert len(levels) % max(1, len(spans)) == 0
        for run, answer in zip(runs, answers, strict=True):
            given = answers[-answer - 1] if isinstance(answer, int) and answer else answer
            found = spans[:gold] if given == 0 else [spans[index] for index in given[0]]
            assert sorted(found) == list(run.found[row])


def test_units_of_several_characters_stay_apart():
    example = Example(Sentence("w", ("New", "York"), " "), (Span(0, 2, "LOC"),))
    run = made_runs.answers([made_runs.prediction(example, ("O", "O"))])
    assert encode_all([run], run.labels)[0][1] == ["New", "York"]


def test_a_folder_without_a_finished_run_is_refused_with_its_reason(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    with pytest.raises(DataError, match=r"no finished run.*\n.*metrics\.json"):
        load_all([tmp_path])
    with pytest.raises(ConfigError, match="no results folder"):
        load_all([tmp_path / "absent"])


def test_a_damaged_history_names_file_and_line(tmp_path):
    (run,) = made_runs.study([made_runs.System("a")], 3, (1,))
    folder = made_runs.store(tmp_path / "run", run)
    with (folder / "history.jsonl").open("a") as stream:
        stream.write("{}\n")
    (result,) = check(read([folder])).runs
    with pytest.raises(DataError, match=r"history\.jsonl, line 9"):
        load(result)


def test_what_one_run_says_of_the_training_data_serves_all_runs_on_it(tmp_path):
    one, other = made_runs.study([made_runs.System("a"), made_runs.System("b")], 5, (1,))
    made_runs.store(tmp_path / "a", one)
    made_runs.store(tmp_path / "b", replace(other, facts=None))
    (elsewhere,) = made_runs.study([made_runs.System("c")], 6, (1,))
    made_runs.store(tmp_path / "c", replace(elsewhere, facts=None))
    assert [run.facts for run in load_all([tmp_path])] == [one.facts, one.facts, None]


def test_the_commands_write_a_page_and_figures_without_text(tmp_path, monkeypatch):
    (run,) = made_runs.study([made_runs.System("a", 0.3)], 20, (1,))
    folder = str(made_runs.store(tmp_path / "run", run).parent)
    seeds = Picture("seeds", "F1 of every seed", b"<svg/>", b"PNG")
    monkeypatch.setattr(page, "counted", lambda held: iter((seeds,)))
    monkeypatch.setattr(figures, "counted", lambda held: iter((seeds, Picture("x", "No font."))))
    output, drawn = tmp_path / "new" / "page.html", tmp_path / "figures"
    done = CliRunner().invoke(app, ["report", folder, "-o", str(output), "--without-text"])
    assert done.exit_code == 0, done.output
    assert "字" in output.read_text(encoding="utf-8")
    done = CliRunner().invoke(app, ["figures", folder, "-o", str(drawn), "--without-text"])
    assert done.exit_code == 0, done.output
    assert {path.name for path in drawn.iterdir()} == {"made-seeds.svg", "made-seeds.png"}
    assert "x: No font." in done.output


def test_what_is_stored_is_loaded_again(tmp_path):
    (run,) = made_runs.study([made_runs.System("bert-crf")], 8, (1,))
    (result,) = check(read([made_runs.store(tmp_path / "run", run)])).runs
    assert load(result) == run


@pytest.mark.slow
def test_five_thousand_sentences_and_five_backends_stay_under_three_megabytes():
    systems = [made_runs.System(name, 0.2) for name in ("a", "b", "c", "d", "e")]
    held = answers_by_system(made_runs.study(systems, 1000, (1,)))
    block = page.data_block([held], room.PAGE)
    assert 5 * len(block.encode()) < 2_200_000  # tables and figures take up to 0.7 MB more


def _page_of(number, room_of_page):
    systems = [made_runs.System(name, 0.2) for name in ("a", "b", "c")]
    held = answers_by_system(made_runs.study(systems, number, (1,)))
    block = page.data_block([held], room_of_page)
    assert len(block.encode()) <= room_of_page
    return json.loads(block)[0]


def test_a_page_without_room_for_all_sentences_shows_errors_first_and_says_so():
    whole = _page_of(400, 4_000_000)
    assert whole["all"] == len(whole["sentences"]) == 400
    some = _page_of(400, 40_000)
    size = len(json.dumps(some["sentences"], ensure_ascii=False, separators=(",", ":")).encode())
    assert size > 30_000
    assert some["all"] == 400 > len(some["sentences"])

    wrong = [one for one in whole["sentences"] if any(one[-1])]
    shown = [one for one in some["sentences"] if any(one[-1])]
    assert len(shown) in (len(wrong), len(some["sentences"]))
    assert some["sentences"] == [one for one in whole["sentences"] if one in some["sentences"]]
    assert some == _page_of(400, 40_000)


def test_a_page_is_under_five_megabytes_however_many_sentences_there_are(monkeypatch):
    """Sentences have the room that all else leaves; more of them do not make a larger page."""
    assert room.PAGE == 5_000_000
    systems = [made_runs.System(name, 0.2) for name in ("a", "b", "c", "d", "e")]
    runs = made_runs.study(systems, 300, (1, 2))
    whole = len(page.render([runs]).encode())
    monkeypatch.setattr(room, "PAGE", whole - 20_000)
    html = page.render([runs])
    assert whole - 22_000 < len(html.encode()) <= whole - 20_000
    (held,) = data_of(html)
    assert 0 < len(held["sentences"]) < held["all"] == 300


@pytest.fixture(scope="module")
def hundred():
    """Runs of a hundred systems, the best of them in the middle."""
    rates = {f"s{place:02}": 0.1 + abs(place - 50) / 100 for place in range(100)}
    return made_runs.study([made_runs.System(*one) for one in rates.items()], 12, (1,))


def test_of_a_hundred_systems_all_are_scored_and_the_best_are_compared(hundred):
    html = page.render([hundred], rows=5)
    assert len(data_of(html)[0]["rows"]) == 100
    scores, rest = html.split("Classes of errors", 1)
    assert all(f'scope="row">s{place:02}' in scores for place in range(100))
    note = "Of 100 rows, the 5 with the highest F1 are compared; --rows 100 compares all"
    assert html.count(note) == 4  # buckets, confusion, differences, figures
    compared = set(re.findall(r"<caption>(s\d\d): entities by type", rest))
    ranked = sorted(hundred, key=lambda run: -run.metrics.micro().f1)
    assert compared == {run.run.backend for run in ranked[:5]}
    pairs = rest.partition("Complementarity")[0]
    assert len(re.findall(r'scope="row">s\d\d</th><th scope="row">s\d\d', pairs)) == 10


def test_every_table_ends_somewhere_and_says_what_it_left_out(hundred, monkeypatch):
    for name in ("MOST_SCORED", "MOST_LEVELS", "MOST_VOTES"):
        monkeypatch.setattr(tables, name, 3)
    monkeypatch.setattr(tables, "MOST_CELLS", 60)
    monkeypatch.setattr(tables, "ALPHA", 1.1)  # on so few sentences nothing is sure
    html = page.render([hundred], rows=4)
    assert "Of 100 rows, the 3 with the highest F1 are shown" in html
    assert "The 3 surest of " in html
    assert re.search(r"[1-9]\d* matrices have no room here", html)
    assert html.count("<caption>") == 2
    assert re.search(r'class="votes">[^<]* and \d+ more<', html)


def test_figures_without_room_say_so(monkeypatch):
    drawn = [Picture("a", "One.", b"x" * 30, b"x" * 40), Picture("b", "Two.", b"x" * 31, b"x" * 40),
             Picture("c", "Three.", b"", b"")]  # fmt: skip
    monkeypatch.setattr(page, "pictures", lambda held: iter(drawn))
    monkeypatch.setattr(room, "PICTURES", 83)  # 40 and 44 in base 64
    html = page.render([made_runs.study([made_runs.System("a", 0.3)], 5, (1,))])
    assert html.count("data:image/") == 1
    assert "Two. Left out, since the page has no room for it; `figures` writes it" in html
    assert "Three.<" in html
