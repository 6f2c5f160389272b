"""What a study draws beside F1: its trainings, the transitions that were learned, lengths."""

import json
from dataclasses import asdict, replace
from itertools import pairwise, product

import pytest
from made_runs import examples, history
from matplotlib.figure import Figure
from stored_runs import change, write_run

from harness.comparability.systems import systems
from harness.data.train_facts import FACTS, train_facts
from harness.leaderboard.ranking import Ranking
from harness.report.figures.canvas import Picture
from harness.results import reader, verify
from harness.studies import (
    growth,
    learned,
    long_sentences,
    page,
    panels,
    pictures,
    text,
    training_pictures,
)
from harness.studies.design import Axis, Study
from harness.studies.panels import Panel

TAGS = ("O", "B-PER", "I-PER")


@pytest.fixture
def panel(tmp_path):
    """Two points of two seeds each, with what training left beside them."""
    for name in ("24", "64"):
        for seed in (1, 2):
            folder = write_run(tmp_path, "bert-crf", seed, variant=name, digest=f"{name} {seed}",
                               planned_seeds=(1, 2), sentences=30, transition_tags=TAGS,
                               transitions=((0.1, -2, 3),) * 3)  # fmt: skip
            epochs = "".join(json.dumps(asdict(epoch)) + "\n" for epoch in history(seed))
            (folder / "history.jsonl").write_text(epochs, encoding="utf-8")
            (folder / FACTS).write_text(train_facts(examples(90, 7)).to_json(), encoding="utf-8")
    made, _ = systems(verify.check(reader.read([tmp_path])).runs)
    names = {system.name: system.first.run.variant for system in made}
    return Panel("demo", made, names, Ranking())


def study(option, scale="linear"):
    return Study.model_validate({
        "question": "How long?", "tasks": ["demo"], "backends": ["bert-crf"],
        "axes": {option: {"values": [24, 64], "scale": scale}},
    })  # fmt: skip


def test_the_trainings_of_a_panel_and_what_its_crfs_learned_are_drawn(panel):
    curves, transitions = training_pictures.pictures(panel, 3)
    assert (curves.name, transitions.name) == ("curves-3", "transitions-3")
    assert curves.svg
    assert transitions.svg
    assert curves.caption.startswith("demo: Training of every run")


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_scale_has_its_points_for_ticks_and_no_others(scale, panel):
    figure = Figure()
    pictures.draw_f1(figure, study("window_limit", scale), [panel])
    [drawn] = figure.axes
    assert drawn.get_xscale() == scale
    assert list(drawn.get_xticks()) == [24, 64]


SIZES = (100, 200, 400, 800, 1000)
CURVE = {
    "scale": "log", "law": "power",
    "points": {f"{size // 10} %": {"at": size / 10} for size in SIZES},
}  # fmt: skip


def curve(folder, lacking):
    """A learning curve over shares of train; ``lacking`` are the sizes with one seed of two."""
    for size, seed in product(SIZES, (1, 2)):
        if size not in lacking or seed == 1:
            name = f"{size // 10} %"
            run = write_run(folder, "bert-crf", seed, variant=name, digest=f"{name} {seed}",
                            planned_seeds=(1, 2), sentences=30, rate=0.1 + 10 / size)  # fmt: skip
            change(run / "run.json", "data", "sentences", "train", to=size)
    made, _ = systems(verify.check(reader.read([folder])).runs)
    names = {system.name: system.first.run.variant for system in made}
    return Panel("demo", made, names, panels._place(made))


@pytest.mark.parametrize("lacking", [(), (1000,), (100,)], ids=["none", "largest", "smallest"])
def test_a_law_is_drawn_where_its_points_lie_whichever_lacks_a_seed(lacking, tmp_path):
    """It goes through the points that have all seeds, and is drawn over all that are shown."""
    panel = curve(tmp_path, lacking)
    figure = Figure()
    asked = study("share").model_copy(update={"axes": {"share": Axis.model_validate(CURVE)}})
    pictures.draw_f1(figure, asked, [panel])
    [law] = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 41]
    found = growth.of(panel)
    assert found.sizes == tuple(size for size in SIZES if size not in lacking)
    expected = [100 * found.f1(10 * share).point for share in law.get_xdata()]
    assert list(law.get_ydata()) == pytest.approx(expected)
    assert law.get_xdata()[[0, -1]] == pytest.approx([10, 100])


def named(points):
    return Study.model_validate({
        "question": "Which?", "tasks": ["demo"], "backends": ["bert-crf"],
        "axes": {"with": {"points": {point: {} for point in points}}},
    })  # fmt: skip


def labels(points, panel):
    """The names under the points, drawn at the size of the picture."""
    first, second = points[:2]
    held = replace(panel, points=dict(zip(panel.points, (first, second), strict=True)))
    figure = Figure(figsize=(8, 4.4), layout="constrained")
    pictures.draw_f1(figure, named(points), [held])
    figure.draw_without_rendering()
    return figure.axes[0].get_xticklabels()


@pytest.mark.parametrize("number", [2, 3, 5])
def test_names_that_have_room_stand_upright_and_apart(number, panel):
    shown = labels([f"dropout {n}.5" for n in range(number)], panel)
    assert {label.get_rotation() for label in shown} == {0}
    edges = [label.get_window_extent() for label in shown]
    assert all(left.x1 < right.x0 for left, right in pairwise(edges))


def test_names_that_would_run_into_each_other_stand_aslant(panel):
    shown = labels([f"mention replacement 0.{n}" for n in range(9)], panel)
    assert {label.get_rotation() for label in shown} == {30}


@pytest.mark.parametrize("number", [2, 7])
def test_the_legend_stands_beside_the_points_and_not_on_them(number, panel):
    figure = Figure(figsize=(8, 4.4), layout="constrained")
    panels = [replace(panel, title=f"family {n}") for n in range(number)]
    pictures.draw_f1(figure, study("window_limit", "log"), panels)
    figure.draw_without_rendering()
    [legend], [drawn] = figure.legends, figure.axes
    assert {one.get_text() for one in legend.get_texts()} >= {one.title for one in panels}
    assert not legend.get_window_extent().overlaps(drawn.get_window_extent())


@pytest.mark.parametrize("number", [2, 9])
def test_points_of_several_tables_stand_side_by_side_over_a_name(number, panel):
    figure = Figure()
    held = replace(panel, points=dict(zip(panel.points, ("without", "with"), strict=True)))
    pictures.draw_f1(figure, named(["without", "with"]), [held] * number)
    places = [list(bars.lines[0].get_xdata()) for bars in figure.axes[0].containers]
    before, behind = zip(*places, strict=True)
    assert len(set(before)) == number
    assert sum(before) == pytest.approx(0)
    assert max(before) < 0.5 < min(behind)


def test_points_of_several_tables_stay_where_they_are_on_a_scale(panel):
    figure = Figure()
    pictures.draw_f1(figure, study("window_limit"), [panel] * 3)
    assert {tuple(bars.lines[0].get_xdata()) for bars in figure.axes[0].containers} == {(24, 64)}


def test_where_nothing_was_trained_nothing_is_drawn(panel):
    for system in panel.systems:
        for result in system.results:
            (result.folder / "history.jsonl").unlink()
    assert [one.name for one in training_pictures.pictures(panel, 1)] == ["transitions-1"]


def test_the_rule_of_three_sigmas_stands_beside_the_share_that_it_misses(panel):
    found = long_sentences.lengths(study("window_limit"), panel)
    train = [len(one.sentence) for one in examples(90, 7)]
    mean = sum(train) / 90
    deviation = (sum((length - mean) ** 2 for length in train) / 90) ** 0.5
    assert found.rule == pytest.approx(mean + 3 * deviation)
    test = [len(one.sentence) for one in examples(30, 8)]
    assert found.longer(24) == sum(length > 24 for length in test) / 30 > 0
    asked = study("window_limit")
    rule, reached = long_sentences.sentences(asked, panel)
    assert f"are {round(found.rule)} units" in rule
    f1 = {one.name: f"{100 * panel.f1(one):.2f}" for one in panel.systems}
    (wide,) = [name for name, point in panel.points.items() if point == "64"]
    best = max(panel.systems, key=panel.f1).name
    assert reached == (
        f"The rule would take {wide}, whose F1 is {f1[wide]}; the highest is {f1[best]}, at {best}."
    )
    heads, rows = text.cells(asked, panel)
    shown = dict(
        zip(panel.points.values(), (row[heads.index(text.LONGER)] for row in rows), strict=True)
    )
    assert shown == {"24": f"{100 * found.longer(24):.2f}", "64": f"{100 * found.longer(64):.2f}"}


def test_another_axis_says_nothing_of_lengths(panel):
    assert long_sentences.lengths(study("layers"), panel) is None
    assert list(long_sentences.sentences(study("layers"), panel)) == []
    assert text.LONGER not in text.cells(study("layers"), panel)[0]


def test_a_page_of_many_pictures_is_under_five_megabytes_and_says_what_it_left_out(panel):
    drawn = [Picture(f"p{n}", f"Number {n}.", b"x" * 900_000, b"x" * 10**6) for n in range(9)]
    made = page.page("mine", study("layers"), [panel], drawn)
    assert 4_800_000 < len(made.encode()) < 5_000_000
    assert made.count("data:image/") == 4
    assert made.count("no room for it; `study --plots` writes it as a file.") == 5


def test_two_points_of_one_size_are_one_of_a_law(panel):
    """Else the law would be held against a point that it was fitted to."""
    assert len(panel.systems) == 2
    assert list(growth.sizes(panel)) == [300]


def test_what_a_crf_learned_is_how_far_legal_steps_are_above_the_others(panel):
    """Rows are (O, B, I); of these only I after O is illegal: -2, 0.1, 3 minus the one 3."""
    rows = [0.1, -2, 3]
    legal = [*rows[:2], *rows, *rows]
    gap = sum(legal) / 8 - 3
    assert learned.gap(panel.systems[0]) == pytest.approx(gap)
    heads, cells = text.cells(study("head_lr"), panel)
    assert {row[heads.index(learned.TITLE)] for row in cells} == {f"{gap:.2f}"}
