"""What ``--help`` prints is whole sentences, and an option is spelled the same in all commands."""

import re

import pytest
from typer.testing import CliRunner

from harness.api import SEEDS
from harness.cli import app, program
from harness.runs.config import Settings

COMMANDS = program().commands
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if option.param_type_name == "option" and option.name != "help"
]
CUT = re.compile(r"(\.\.\.|…)\s*$", re.MULTILINE)


def help_of(*command):
    done = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "80"})
    assert done.exit_code == 0
    return done.stdout


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=" ".join)
def test_no_line_of_help_is_cut_or_too_long(command):
    lines = help_of(*command).splitlines()
    shown = [line for line in lines if not line.startswith("Usage: ")]
    assert not [line for line in shown if CUT.search(line)]
    assert max(map(len, lines)) <= 80


def test_the_list_of_commands_has_the_first_sentence_of_each_whole():
    listed = help_of()
    for command in COMMANDS.values():
        first = command.help.split("\n\n")[0]
        assert first.endswith(".")
        assert first in listed


@pytest.mark.parametrize(("command", "option"), OPTIONS, ids=str)
def test_the_help_of_an_option_is_a_sentence_that_leaves_the_default_to_its_place(command, option):
    assert re.match(r"[A-Z`]|\w+, ", option.help), command
    assert option.help.endswith("."), command
    assert "default" not in option.help.lower(), command


def test_what_is_written_is_named_o_or_output_in_every_command():
    outputs = {tuple(option.opts) for _, option in OPTIONS if option.name == "output"}
    assert outputs == {("-o", "--output")}
    assert not [command for command, option in OPTIONS if "-o" in option.opts
                and option.name != "output"]  # fmt: skip


def test_an_option_that_several_commands_have_is_spelled_the_same_in_all():
    spellings = {}
    for _, option in OPTIONS:
        spellings.setdefault(option.name, set()).add((*option.opts, *option.secondary_opts))
    assert {name: found for name, found in spellings.items() if len(found) > 1} == {}


def test_an_option_that_several_commands_have_is_of_one_unit_in_all():
    units = {}
    for _, option in OPTIONS:
        if option.name not in {"output", "to"}:  # a file or a folder; a program or a format
            units.setdefault(option.opts[-1], set()).add((option.metavar or "").rstrip("."))
    assert {name: found for name, found in units.items() if len(found) > 1} == {}


def test_every_option_with_a_value_says_what_its_value_is():
    assert [one for one in OPTIONS if not one[1].is_flag and not one[1].metavar] == []


def test_options_that_take_all_values_that_follow_say_so_and_no_other():
    for command, option in OPTIONS:
        assert option.multiple == (option.metavar or "").endswith("..."), (command, option.opts)


def test_defaults_that_the_settings_hold_are_printed_as_they_are():
    settings = Settings()
    shown = {option.name: option.show_default for command, option in OPTIONS if command == "run"}
    for name in ("device", "precision", "threads"):
        assert shown[name] == str(getattr(settings, name))
    assert shown["seed"] == ", ".join(map(str, SEEDS))
