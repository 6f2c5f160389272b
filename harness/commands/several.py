"""``--seed 13 42``: an option that may be given several times takes all values that follow it."""

from collections.abc import Iterator, Sequence

from typer.core import TyperGroup, TyperOption


def spread(program: TyperGroup, arguments: Sequence[str]) -> Iterator[str]:
    """``arguments`` of ``program`` as it reads them: ``--seed 13 --seed 42``."""
    several = options_of(program, next(iter(arguments), ""))
    option = ""
    for argument in arguments:
        if argument.startswith("-") and not _is_number(argument):
            option = argument if argument in several else ""
            if not option:
                yield argument
        elif option:
            yield from (option, argument)
        else:
            yield argument


def options_of(program: TyperGroup, name: str) -> set[str]:
    """The options that the command ``name`` takes several times; none where there is no such."""
    parameters = program.commands[name].params if name in program.commands else ()
    options = [one for one in parameters if isinstance(one, TyperOption) and one.multiple]
    return {spelling for option in options for spelling in option.opts}


def _is_number(argument: str) -> bool:
    return argument[1:2].isdigit()
