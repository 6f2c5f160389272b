"""``list``: what is installed, and of a backend each option with type, default and what it is."""

from typing import Annotated, Literal

import pytest
from pydantic import Field
from typer.testing import CliRunner

from harness.cli import app
from harness.commands.listing import spelled


def listed(*names):
    done = CliRunner().invoke(app, ["list", *names])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_without_a_name_it_lists_backends_and_tasks():
    lines = listed()
    assert lines[0] == "backends"
    assert any(line.split()[0] == "bert-crf" for line in lines)
    assert "  demo" in lines[lines.index("tasks") :]


def test_a_backend_is_listed_with_each_of_its_options():
    lines = listed("bert-crf")
    assert lines[0].startswith("bert-crf")
    rows = {line.split("  ")[0]: line for line in lines[2:]}
    epochs = ["epochs", "int >= 1", "10", "passes over the training data at most"]
    assert [part.strip() for part in rows["epochs"].split("  ") if part.strip()] == epochs
    assert "float >= 0, < 1" in rows["word_dropout"]
    assert "str | null" in rows["model"]
    assert "max_length" in rows


def test_the_defaults_are_those_of_the_family():
    def rate(name):
        return next(line for line in listed(name) if line.startswith("learning_rate")).split()[4]

    assert (rate("bert-crf"), rate("t5")) == ("0.0005", "0.001")


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "int"),
        (str | None, "str | null"),
        (Literal["linear", "cosine"], "linear | cosine"),
        (Annotated[float, Field(ge=0, lt=1, description="x")], "float >= 0, < 1"),
        (Annotated[int | None, Field(gt=2)], "int > 2 | null"),
        (Annotated[bool, "anything"], "bool"),
        (list[int], "list[int]"),
    ],
)
def test_types_are_spelled_with_their_range(annotation, text):
    assert spelled(annotation) == text
