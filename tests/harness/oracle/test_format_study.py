"""Formats side by side: one training each, all else equal, on a real T5."""

from pathlib import Path

import pytest
import tiny_task

from harness.errors import ConfigError
from harness.oracle import format_study
from harness.runs import run
from harness.runs.config import Override, settings_from
from harness.runs.plan import Request

TINY = ("layers=1", "width=32", "attention_heads=2", "epochs=1")


def request(folder: Path, *backends: str) -> Request:
    overrides = tuple(map(Override.parse, TINY))
    task = str(tiny_task.make(folder))
    return Request((task,), backends, (13,), ("tiny",), overrides, settings_from(overrides), folder)


@pytest.mark.slow
def test_each_format_is_a_training_of_its_own_and_says_what_it_costs(tmp_path):
    studies = format_study.studies(request(tmp_path, "t5", "gpt"), ["tags", "inline"])
    for cell in (cell for study in studies for cell in study.cells):
        run.execute(cell, lambda _: None)
    found = [dict(zip(format_study.HEAD, row, strict=True)) for row in format_study.rows(studies)]
    assert [(row["backend"], row["format"]) for row in found] == [
        ("t5", "tags"), ("t5", "inline"), ("gpt", "tags"), ("gpt", "inline"),
    ]  # fmt: skip
    assert {row["ceiling F1"] for row in found} == {"100.00"}
    assert [row["decoding"] for row in found[:2]] == ["constrained", "free"]
    # 21 units, 4 of them entities of two units: one tag a unit; one more mark at either end.
    assert [row["pieces/unit"] for row in found[:2]] == ["1.00", "1.36"]
    assert all(row["free chars/s"] != "n/a" and row["malformed"] != "n/a" for row in found)


def test_a_format_that_has_not_run_has_no_row(tmp_path):
    assert not list(format_study.rows(format_study.studies(request(tmp_path, "t5"), ["tags"])))


def test_a_backend_that_writes_no_text_has_no_formats(tmp_path):
    with pytest.raises(ConfigError, match="no option 'format'"):
        format_study.studies(request(tmp_path, "dictionary"), ["tags"])
