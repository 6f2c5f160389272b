"""``predict`` says how sure it is of each entity, and leaves out what is too unsure."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tiny_task
from program import harness

from harness import api
from harness.errors import ConfigError
from harness.results import confidence, reader
from harness.runs.predict import Tagged, as_json, restore

pytestmark = pytest.mark.slow
TEXT = "张三在北京。"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Finished runs of a linear CRF and of the dictionary, which gives no confidence."""
    folder = tmp_path_factory.mktemp("runs")
    task = tiny_task.make(folder)
    harness("run", "--backend", "crf", "dictionary", "--task", task, "--seed", 1,
            "--output", "results", folder=folder)  # fmt: skip
    found = reader.read([folder / "results"]).runs
    return {one.run.backend: one.folder for one in found}


@pytest.fixture(scope="module")
def tagged(folders) -> list[Tagged]:
    return api.predict(folders["crf"], [TEXT, ""])


def test_each_entity_has_a_probability_as_the_run_scales_it(folders, tagged):
    run = reader.one(folders["crf"]).run
    assert run.calibration.temperature != 1
    assert (run.calibration.entities, run.calibration.right) == (2, 1)
    (raw,) = restore(reader.one(folders["crf"])).predict([tagged[0].sentence])
    expected = confidence.scaling(run).of(np.array(raw.confidence))
    found = [entity.confidence for entity in tagged[0].entities]
    assert found == pytest.approx(expected.tolist(), abs=1e-6)
    assert found != pytest.approx(list(raw.confidence), abs=1e-3)


def test_json_has_it_for_each_entity(tagged):
    line = json.loads(as_json(tagged[0]))
    assert [e["confidence"] for e in line["entities"]] == [e.confidence for e in tagged[0].entities]
    assert json.loads(as_json(tagged[1])) == {"text": "", "entities": []}


def test_what_is_too_unsure_is_left_out_and_counted(tagged):
    every = replace(tagged[0], confidence=(0.4, 0.9))
    kept = every.surer(0.5)
    assert [entity.text for entity in kept.entities] == ["北京"]
    assert kept.tags == ("O", "O", "O", "B-LOC", "I-LOC", "O")
    assert (kept.confidence, kept.dropped) == ((0.9,), 1)
    assert every.surer(0.9).dropped == 1
    assert every.surer(0.0) == every


def test_on_the_command_line_it_is_said_how_many_were_left_out(folders, tmp_path):
    (tmp_path / "raw.txt").write_text(f"{TEXT}\n", encoding="utf-8")
    asked = ("predict", folders["crf"], "raw.txt", "--min-confidence")
    out, err = harness(*asked, 0.5, folder=tmp_path)
    assert out == "B_PER I_PER O B_LOC I_LOC O\n"
    assert "0 of 2 entities left out" in err
    out, err = harness(*asked, 1, folder=tmp_path)
    assert out == "O O O O O O\n"
    assert "2 of 2 entities left out" in err


def test_a_model_that_gives_no_confidence_says_so_and_prints_none(folders):
    (line,) = api.predict(folders["dictionary"], [TEXT])
    assert {entity.confidence for entity in line.entities} == {None}
    assert "confidence" not in as_json(line)
    with pytest.raises(ConfigError, match="dictionary says of no entity how sure it is"):
        api.predict(folders["dictionary"], [TEXT], min_confidence=0.5)


def test_a_least_confidence_that_is_no_probability_is_refused(folders):
    with pytest.raises(ConfigError, match="from 0 to 1, not 2"):
        api.predict(folders["crf"], [TEXT], min_confidence=2)
