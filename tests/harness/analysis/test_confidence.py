"""The confidence of a run in its analysis, in print, in the page and in its figure."""

import json
from dataclasses import replace

import made_runs
import pytest

from harness.analysis import analyse, text
from harness.analysis.confidence import MOST_POINTS, confidence_of
from harness.analysis.system_answers import answers_by_system
from harness.report import page
from harness.results.run_record import Calibration
from harness.scoring.calibration import Scaling
from harness.tags import decode


def told(run, temperature=None):
    """``run`` with confidences that fall from entity to entity, and a bit for each sentence."""
    count = 0

    def sure(number):
        nonlocal count
        count += number
        return tuple(round(1 / (1 + 0.003 * n), 6) for n in range(count - number, count))

    predictions = tuple(
        one.model_copy(update={"confidence": sure(len(decode(one.tags))), "gold_bits": 1.0})
        for one in run.predictions
    )
    fitted = temperature and Calibration(temperature=temperature, entities=5, right=4)
    record = run.run.model_copy(update={"calibration": fitted or None})
    return replace(run, run=record, predictions=predictions)


@pytest.fixture(scope="module")
def runs():
    return made_runs.study([made_runs.System("a", 0.3), made_runs.System("b", 0.2)], 60, (1, 2))


def test_a_run_without_confidence_has_none(runs):
    assert confidence_of(runs[0]) is None
    assert analyse(runs[0]).to_dict()["confidence"] is None
    assert "confidence" not in text.analysis(runs[0], analyse(runs[0]))


def test_the_analysis_has_bins_as_given_and_as_they_are_scaled(runs):
    given, warm = confidence_of(told(runs[0])), confidence_of(told(runs[0], 2.0))
    assert (given.scaling, warm.scaling) == (None, Scaling(2.0))
    assert given.raw_error == given.error == warm.raw_error != warm.error
    assert given.raw_bins == given.bins == warm.raw_bins != warm.bins
    assert sum(one.entities for one in warm.bins) == warm.entities
    assert warm.entities == sum(map(len, runs[0].found))
    assert warm.area_under_risk == given.area_under_risk  # no entity moves before another


def test_bits_are_per_character(runs):
    characters = sum(len("".join(one.units)) for one in runs[0].predictions)
    expected = len(runs[0].predictions) / characters
    assert confidence_of(told(runs[0])).bits_per_character == pytest.approx(expected)


def test_the_curve_keeps_its_ends_in_few_points(runs):
    found = confidence_of(told(runs[0]))
    assert found.entities > MOST_POINTS == len(found.risk)
    counts = runs[0].metrics.micro()
    assert found.risk[0].coverage == pytest.approx(1 / found.entities)
    assert found.risk[-1].coverage == 1
    assert found.risk[-1].risk == pytest.approx(1 - counts.precision)
    assert found.risk[-1].recall == pytest.approx(counts.recall)


def test_it_is_stored_as_json_and_printed(runs):
    run = told(runs[0], 2.0)
    values = json.loads(json.dumps(analyse(run).to_dict()["confidence"]))
    assert values["scaling"] == {"temperature": 2.0, "bias": 0.0}
    assert {"entities", "confidence", "right"} == values["bins"][0].keys()
    assert {"threshold", "coverage", "risk", "recall"} == values["risk"][0].keys()
    printed = text.analysis(run, analyse(run))
    assert f"confidence of {values['entities']} entities: ECE " in printed
    assert "at temperature 2.00, bias +0.00" in printed


def test_the_page_has_a_row_for_each_row_whose_seeds_all_have_confidences(runs, monkeypatch):
    monkeypatch.setattr(page, "pictures", lambda held: iter(()))
    assert "<h2>Confidence</h2>" not in page.render([runs])
    some = [told(run, 2.0) if run.run.backend == "a" else run for run in runs]
    html = page.render([[*some[:3], told(some[3])]])
    section = html.split("<h2>Confidence</h2>")[1].split("</section>")[0]
    assert section.count('<th scope="row">') == 1
    assert "<td>2.00, bias +0.00; 2.00, bias +0.00</td>" in section


def test_the_figure_is_drawn_where_there_is_something_to_draw(runs):
    pytest.importorskip("matplotlib", reason="the extra [plots] is not installed")
    from harness.report.figures.confidence import reliability

    assert reliability(answers_by_system(runs)) is None
    drawn = reliability(answers_by_system([told(run) for run in runs[:2]]))
    assert drawn.name == "confidence"
    assert drawn.svg.startswith(b"<?xml")
    assert drawn.png
