"""``--seed 13 42``: which options take all values that follow, and which leave them to others."""

import pytest

from harness.cli import program
from harness.commands.several import spread


def read(line):
    """The options and arguments that a command line gives, by the program itself."""
    name, *arguments = spread(program(), line.split())
    return program().commands[name].make_context(name, arguments).params


@pytest.mark.parametrize("values", ["13 42 87", "13 --seed 42 87", "13 --seed 42 --seed 87"])
def test_values_may_follow_one_another_or_be_named_each(values):
    assert read(f"run --seed {values} --backend crf")["seed"] == [13, 42, 87]


def test_an_argument_after_an_option_of_one_value_is_no_second_value_of_it():
    """Though the same option takes several values in another command."""
    given = read("pretrain --backend gpt novels laws -o weights")
    assert given["backend"] == "gpt"
    assert [str(one) for one in given["text"]] == ["novels", "laws"]
    assert read("run --backend gpt crf")["backend"] == ["gpt", "crf"]


def test_a_negative_number_is_a_value_and_no_option():
    assert [*spread(program(), ["run", "--seed", "-1", "2"])][1:] == ["--seed", "-1", "--seed", "2"]


def test_of_a_command_that_does_not_exist_nothing_is_changed():
    assert [*spread(program(), ["rnu", "--seed", "1", "2"])] == ["rnu", "--seed", "1", "2"]
    assert [*spread(program(), [])] == []
