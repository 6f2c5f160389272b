"""JSON: fractions in full, null for what is not known, and all that the table holds."""

import json

from hypothesis import given
from made_tables import EVIL, HOSTILE, table
from stored_runs import f1_of, mean_and_deviation, seal_all, write_row

from harness.leaderboard.build import build
from harness.leaderboard.render import FORMATS
from harness.results import reader


def test_scores_are_fractions_in_full():
    content = json.loads(FORMATS["json"](table("one")))
    cells = content["blocks"][0]["rows"][0]["cells"]
    assert cells["f1"] == {"value": 0.9156123, "text": "91.56 ± 0.93", "bold": True, "sd": 0.0093}
    assert cells["f1:a|b"]["value"] is None
    assert cells["interval"]["value"] == [0.88, 0.946]


def test_a_score_comes_back_to_the_last_bit(tmp_path):
    write_row(tmp_path, "electra")
    content = json.loads(FORMATS["json"](build(reader.read([tmp_path]))))
    cell = content["blocks"][0]["rows"][0]["cells"]["f1"]
    assert (cell["value"], cell["sd"]) == mean_and_deviation(f1_of(tmp_path, "electra"))


def test_certificate_pairs_and_notices_are_in(tmp_path):
    for backend in ("electra", "bert-crf"):
        write_row(tmp_path, backend)
    seal_all(tmp_path)
    content = json.loads(FORMATS["json"](build(reader.read([tmp_path]))))
    block = content["blocks"][0]
    assert all(check["ok"] for check in block["certificate"])
    assert {block["contrasts"][0][key] for key in ("first", "second")} == {
        "electra tiny (scratch)",
        "bert-crf tiny (scratch)",
    }
    assert json.loads(FORMATS["json"](table("one")))["notices"] == [HOSTILE]


@given(EVIL)
def test_any_name_comes_back(name):
    assert json.loads(FORMATS["json"](table(name)))["blocks"][0]["rows"][0]["name"] == name
