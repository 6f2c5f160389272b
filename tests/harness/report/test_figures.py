import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import made_runs
import pytest

pytest.importorskip("matplotlib", reason="the extra [plots] is not installed")
pytest.importorskip("wordcloud", reason="the extra [plots] is not installed")

from harness import fonts
from harness.analysis.answers import load_all
from harness.analysis.lengths import share_longer
from harness.analysis.system_answers import answers_by_system
from harness.errors import ConfigError
from harness.report import figures
from harness.report.figures import canvas, clouds, data, draw, pictures, scores

needs_chinese = pytest.mark.skipif(
    fonts.chinese() is None, reason=f"no Chinese font here: {fonts.HINT}"
)


@pytest.fixture(scope="module")
def runs():
    systems = [made_runs.System("bert-crf", 0.2), made_runs.System("gpt", 0.4)]
    return made_runs.study(systems, 30, (1, 2))


def checked(picture):
    from PIL import Image

    assert picture.caption
    assert ET.fromstring(picture.svg).tag.endswith("svg")
    width, height = Image.open(BytesIO(picture.png)).size
    assert width > 300
    assert height > 150
    assert picture.content in (picture.svg, picture.png)
    return picture


@pytest.mark.slow
@needs_chinese
def test_every_figure_is_drawn_in_both_formats(runs):
    names = [checked(picture).name for picture in pictures(answers_by_system(runs))]
    assert names == [
        "labels", "lengths", "transitions", "curves", "seeds", "classes", "buckets", "confusion",
        "clouds",
    ]  # fmt: skip


def test_equal_results_give_equal_bytes(runs):
    first, second = data.labels(runs[0]), data.labels(runs[0])
    assert (first.svg, first.png) == (second.svg, second.png)


def test_the_caption_of_lengths_and_the_share_that_a_limit_cuts(runs):
    counts = {1: 6, 10: 3, 200: 1}
    assert share_longer(counts, 128) == 0.1
    assert share_longer(counts, 9) == 0.4
    assert "longest" in data.lengths(runs[0]).caption


def test_each_seed_is_a_point(runs):
    drawn = []
    made = canvas.picture

    def spy(name, caption, size, draw_on):
        def keep(figure):
            draw_on(figure)
            drawn.append(figure)

        return made(name, caption, size, keep)

    scores.picture, kept = spy, scores.picture
    try:
        scores.seeds(answers_by_system(runs))
    finally:
        scores.picture = kept
    points = [len(each.get_offsets()) for each in drawn[0].axes[0].collections]
    assert points == [2, 2]


def test_rows_without_an_error_have_no_legend_of_errors_and_no_warning():
    perfect = made_runs.study([made_runs.System("bert-crf", 0.0)], 6, (1,))
    assert checked(scores.classes(answers_by_system(perfect)))


@needs_chinese
def test_chinese_is_drawn_with_a_font_that_has_it():
    labels = ("人名", "机构")
    examples = made_runs.examples(10)
    given = [made_runs.prediction(each, ("O",) * len(each.sentence)) for each in examples]
    run = made_runs.answers(given, labels=labels)
    assert checked(data.labels(run)).svg


def test_without_a_chinese_font_no_boxes_are_drawn_but_a_hint(monkeypatch):
    monkeypatch.setattr(fonts, "_installed", lambda: None)
    monkeypatch.delenv(fonts.VARIABLE, raising=False)
    (run,) = made_runs.study([made_runs.System("a")], 5, (1,))
    cloud = clouds.clouds(run)
    assert not cloud.content
    assert "apt-get install fonts-wqy-microhei" in cloud.caption
    [example] = made_runs.examples(1)
    answer = made_runs.prediction(replace(example, spans=()), ("O",) * len(example.sentence))
    labelled = made_runs.answers([answer], labels=("人名",))
    told = data.labels(labelled)
    assert not told.content
    assert "人名" in told.caption
    with pytest.raises(fonts.FontMissingError, match="人"):
        fonts.require(["人名"])
    fonts.require(["names, résumé, 12 %\n"])


def test_missing_names_exactly_what_the_fonts_lack():
    assert fonts.missing("abc人", [fonts.latin()]) == {"人"}
    assert fonts.missing("abc\u200b\n", [fonts.latin()]) == set()


@needs_chinese
def test_the_font_found_has_the_characters_of_the_tests():
    text = "".join("".join(each.sentence.units) for each in made_runs.examples(200))
    assert fonts.missing(text, fonts.available()) <= {"𠮷"}


def test_a_named_font_that_is_absent_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv(fonts.VARIABLE, str(tmp_path / "absent.ttf"))
    with pytest.raises(ConfigError, match=r"absent\.ttf.*not a file"):
        fonts.chinese()
    monkeypatch.setenv(fonts.VARIABLE, str(fonts.latin()))
    assert fonts.chinese() == Path(fonts.latin())


def test_words_that_cannot_be_drawn_are_left_out_of_a_cloud():
    assert clouds.drawable({"abc": 2, "人": 3, "a" * 40: 1}, fonts.latin()) == {"abc": 2}


@pytest.mark.slow
@needs_chinese
def test_figures_are_written_as_files_and_a_run_that_trains_nothing_has_no_curves(tmp_path):
    (run,) = made_runs.study([made_runs.System("a")], 10, (1,))
    made_runs.store(tmp_path / "runs" / "a", replace(run, history=()))
    written, lacking = draw(load_all([tmp_path / "runs"]), tmp_path / "figures")
    assert not lacking
    assert {path.suffix for path in written} == {".svg", ".png"}
    assert all(path.name.startswith("made-") and path.stat().st_size for path in written)
    assert not any("curves" in path.name for path in written)


def test_of_many_rows_the_best_are_drawn(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(figures, "pictures", lambda held: drawn.append(held) or iter(()))
    rates = {"a": 0.9, "b": 0.1, "c": 0.2}
    runs = made_runs.study([made_runs.System(*one) for one in rates.items()], 20, (1,))
    draw(runs, tmp_path, rows=2)
    assert [row.name for row in drawn[0]] == ["b", "c"]
