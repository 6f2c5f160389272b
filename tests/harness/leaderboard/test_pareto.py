"""The front holds what nothing beats; the picture is drawn without empty boxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored_runs import change, write_row

from harness import fonts
from harness.errors import ConfigError
from harness.leaderboard import pareto
from harness.leaderboard.build import build
from harness.leaderboard.pareto import Point, front
from harness.results import reader

SYSTEMS = st.lists(
    st.builds(Point, st.just("x"), st.sampled_from([0.1, 0.5, 0.9]), st.sampled_from([1.0, 2.0])),
    max_size=8,
)


@given(SYSTEMS, st.sampled_from([1, -1]))
def test_a_system_is_on_the_front_exactly_when_none_is_better(systems, sign):
    kept = front(systems, sign)
    for one in systems:
        beaten = any(
            other.f1 >= one.f1
            and sign * other.cost >= sign * one.cost
            and (other.f1 > one.f1 or sign * other.cost > sign * one.cost)
            for other in systems
        )
        assert (one in kept) == (not beaten)


def test_less_memory_and_more_speed_are_better():
    small, large = Point("small", 0.8, 1.0), Point("large", 0.8, 2.0)
    assert front([small, large], 1) == (large,)
    assert front([small, large], -1) == (small,)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_picture_shows_every_ranked_row(tmp_path, suffix):
    for task in ("weibo", "demo"):
        for backend in ("bert-crf", r"$\frac{_张三", "a&<b>\U0010ffff"):
            write_row(tmp_path / "runs", backend, task=task)
    path = tmp_path / f"pareto.{suffix}"
    table = build(reader.read([tmp_path / "runs"]))
    pareto.draw(table, path)
    assert path.stat().st_size > 10_000
    first = path.read_bytes()
    pareto.draw(table, path)
    assert path.read_bytes() == first


def test_what_was_not_measured_is_not_drawn(tmp_path):
    write_row(tmp_path, "bert-crf")
    for run in reader.read([tmp_path]).runs:
        for phase in ("train_peak_bytes", "predict_peak_bytes"):
            change(run.folder / "run.json", "cost", phase, to=None)
    table = build(
        reader.read([tmp_path]), columns=["f1", "memory", "predict_rate"], published=False
    )
    assert pareto.points(table.blocks[0], "memory") == ()
    assert len(pareto.points(table.blocks[0], "predict_rate")) == 1
    pareto.draw(table, tmp_path / "pareto.png")


def test_memory_that_is_shared_is_on_no_front(tmp_path):
    write_row(tmp_path, "alone")
    write_row(tmp_path, "forked")
    for run in reader.read([tmp_path]).runs:
        if run.run.backend == "forked":
            change(run.folder / "run.json", "cost", "shared_bytes", to=400 * 2**20)
    [block] = build(reader.read([tmp_path]), published=False).blocks
    found = {one.name.split()[0]: one for one in pareto.points(block, "memory")}
    assert {name: one.compared for name, one in found.items()} == {"alone": True, "forked": False}
    assert front(tuple(found.values()), -1) == (found["alone"],)
    assert all(one.compared for one in pareto.points(block, "predict_rate"))
    pareto.draw(build(reader.read([tmp_path])), tmp_path / "pareto.svg")
    assert "hollow: shared memory" in (tmp_path / "pareto.svg").read_text(encoding="utf-8")


def test_a_row_without_any_cost_is_not_in_the_legend(tmp_path):
    write_row(tmp_path, "bert-crf")
    write_row(tmp_path, "imported")
    for run in reader.read([tmp_path]).runs:
        if run.run.backend == "imported":
            for part in ("train_peak_bytes", "predict_peak_bytes"):
                change(run.folder / "run.json", "cost", part, to=None)
            change(run.folder / "run.json", "cost", "predict_units", to=0)
    pareto.draw(build(reader.read([tmp_path])), tmp_path / "pareto.svg")
    text = (tmp_path / "pareto.svg").read_text(encoding="utf-8")
    assert "<!-- bert-crf" in text
    assert "<!-- imported" not in text


def test_a_table_without_the_columns_is_refused(tmp_path):
    write_row(tmp_path, "bert-crf")
    table = build(reader.read([tmp_path]), columns=["f1"])
    with pytest.raises(ConfigError, match="needs the columns f1 and predict_rate"):
        pareto.draw(table, tmp_path / "pareto.png")


def test_an_unknown_kind_of_picture_is_refused(tmp_path):
    write_row(tmp_path, "bert-crf")
    with pytest.raises(ConfigError, match="pictures can be"):
        pareto.draw(build(reader.read([tmp_path])), tmp_path / "pareto.doc")


def test_characters_that_no_font_has_are_written_as_code_points():
    assert pareto.legible("a\U0010ffff") == "aU+10FFFF"


def test_a_font_that_the_environment_names_is_looked_for_as_for_figures(monkeypatch, tmp_path):
    monkeypatch.setenv(fonts.VARIABLE, str(tmp_path / "none.ttf"))
    write_row(tmp_path, "bert-crf")
    with pytest.raises(ConfigError, match="which is not a file"):
        pareto.draw(build(reader.read([tmp_path])), tmp_path / "pareto.png")
