"""A score of one type stands with its number of entities and its interval, in JSON and in HTML."""

import csv
import io
import json
import re

import pytest
from stored_runs import write_row

from harness.leaderboard.build import build
from harness.leaderboard.render import FORMATS
from harness.results import reader


@pytest.fixture
def table(tmp_path):
    for backend, rate in (("best", 0.02), ("worst", 0.7)):
        write_row(tmp_path, backend, rate=rate, sentences=36)
    return build(reader.read([tmp_path]), columns=["f1", "types"], published=False)


def test_in_json(table):
    [block] = json.loads(FORMATS["json"](table))["blocks"]
    support = {column["key"]: column["support"] for column in block["columns"]}
    assert support["f1:PER"] == 38
    assert support["f1"] is None
    for row in block["rows"]:
        for key in ("f1:PER", "f1:ORG", "f1:LOC", "f1:T"):
            cell = row["cells"][key]
            low, high = cell["interval"]
            assert low <= cell["value"] <= high
            assert cell["n"] == support[key]
        assert "n" not in row["cells"]["f1"]


def test_in_html(table):
    text = FORMATS["html"](table)
    assert "PER <small>n 38</small>" in text
    cells = re.findall(r">(\d+\.\d\d) <small>(\d+\.\d\d) to (\d+\.\d\d)</small></td>", text)
    assert len(cells) == 8
    assert all(float(low) <= float(f1) <= float(high) for f1, low, high in cells)


def test_in_csv(table):
    first = next(csv.DictReader(io.StringIO(FORMATS["csv"](table))))
    assert float(first["f1:PER low"]) <= float(first["f1:PER"]) <= float(first["f1:PER high"])
