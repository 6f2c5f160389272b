"""Write again what the documents show of the program.

    python docs/refresh.py            # help, options, checks, columns, presets, formats, keys of
                                      # task files, the purposes in README's map
    python docs/refresh.py oracle     # also each block whose command has this word in it

Such a block begins with ``<!-- $ COMMAND -->`` and ends with ``<!-- end -->``; between the two
stands what the command prints. The tests compare all of it (``tests/test_docs.py``).
"""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, get_type_hints

ROOT = Path(__file__).parents[1]
FORMATS = ROOT / "docs" / "data-formats.md"
README, PAGE, HELP = (
    ROOT / "README.md",
    ROOT / "docs" / "pitfalls.md",
    ROOT / "docs" / "commands.md",
)
OPTIONS, CHECKS = ROOT / "docs" / "options.md", ROOT / "docs" / "checks.md"
COLUMNS, BACKENDS = ROOT / "docs" / "columns.md", ROOT / "docs" / "backends.md"
BLOCK = re.compile(r"<!-- \$ (?P<command>[^\n]+) -->\n(?P<content>.*?)<!-- end -->", re.DOTALL)
ROOM = re.compile(r"^(?P<indent> *)(?P<name>\w+)/(?P<space> +)(?P<purpose>\S.*)$")
DATA = ROOT / "docs" / "data.md"
TABLE = re.compile(r"<!-- (?P<name>[a-z]+) -->\n(?P<content>.*?)<!-- end -->", re.DOTALL)
WIDTH = "80"


def blocks(text: str) -> dict[str, str]:
    """What stands in ``text`` under each command."""
    return {found["command"]: found["content"] for found in BLOCK.finditer(text)}


def refreshed(text: str, word: str) -> str:
    """``text`` with the output of each command that holds ``word``."""

    def again(found: re.Match[str]) -> str:
        command = found["command"]
        return (
            f"<!-- $ {command} -->\n{output(command)}<!-- end -->" if word in command else found[0]
        )

    return BLOCK.sub(again, text)


def output(command: str) -> str:
    """What a shell prints for ``command`` in the root of the tree."""
    done = subprocess.run(
        command, shell=True, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE
    )
    return done.stdout


def map_of_rooms(text: str) -> list[str]:
    """The lines of the map in README."""
    return re.search(r"```\n(README\.md .*?)```", text, re.DOTALL)[1].splitlines()


def rooms(lines: list[str]) -> dict[Path, str]:
    """The folders that the lines of a map name, each with its purpose."""
    found, top = {}, Path()
    for line in lines:
        room = ROOM.match(line)
        if room:
            top = top if room["indent"] else Path(room["name"])
            found[top / room["name"] if room["indent"] else top] = room["purpose"]
    return found


def purpose(folder: Path) -> str | None:
    """The first line of the docstring of the package in ``folder``; None for another folder."""
    code = ROOT / folder / "__init__.py"
    if not code.is_file():
        return None
    return ast.get_docstring(ast.parse(code.read_text(encoding="utf-8"))).split("\n")[0].rstrip(".")


def with_purposes(text: str) -> str:
    """README with the purpose of each package as its docstring has it."""
    for folder, words in rooms(map_of_rooms(text)).items():
        now = purpose(folder)
        if now and now != words:
            text = re.sub(rf"(?m)^( *{folder.name}/ +){re.escape(words)}$", rf"\g<1>{now}", text)
    return text


def with_formats(text: str) -> str:
    """The page of data formats with their table as the program has it."""
    from harness.data.formats import table

    mark = r"(<!-- formats -->\n).*?(<!-- end of formats -->)"
    return re.sub(mark, lambda found: found[1] + table() + found[2], text, flags=re.DOTALL)


def help_page() -> str:
    """The help of the program and of each of its commands, as one page."""
    from harness.cli import app

    names = [info.name or info.callback.__name__ for info in app.registered_commands]
    parts = [_help(), *(f"## {name}\n\n{_help(name)}" for name in names)]
    return "# Commands\n\nWhat `--help` prints (`python docs/refresh.py`).\n\n" + "\n".join(parts)


def _help(*command: str) -> str:
    from typer.testing import CliRunner

    from harness.cli import app

    arguments, environment = [*command, "--help"], {"COLUMNS": WIDTH, "TERM": "dumb"}
    done = CliRunner().invoke(app, arguments, env=environment, prog_name="python -m harness")
    return f"```text\n{done.output.strip()}\n```\n"


def data_page(text: str) -> str:
    """``text`` with its tables of the keys of a task file and of all checks, as the program has."""
    return with_tables(text, {"keys": _keys, "checks": _checks})


def with_tables(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """``text`` with each of ``tables`` between the marks of its name."""
    return TABLE.sub(lambda m: f"<!-- {m['name']} -->\n{tables[m['name']]()}<!-- end -->", text)


def _keys() -> str:
    from harness.data.taskfile import Carve, Files, Hub, TaskFile

    models = {"": TaskFile, "splits.NAME.": Files, "carve.NAME.": Carve, "hub.": Hub}
    rows = [
        f"| `{prefix}{field.alias or name}` | {_default(field)} | {field.description} |"
        for prefix, model in models.items()
        for name, field in model.model_fields.items()
    ]
    return "\n".join(("| key | default | what |", "| --- | --- | --- |", *rows)) + "\n"


def _default(field: Any) -> str:
    if field.is_required():
        return "needed"
    return f"`{field.default}`" if field.default else "none"


def _checks() -> str:
    from harness.data.lint.registry import CHECKS

    rows = [f"| `{c.name}` | {c.severity} | {c.finds} | {c.remedy} |" for c in CHECKS.values()]
    head = ("| check | | what it finds | what to do |", "| --- | --- | --- | --- |")
    return "\n".join((*head, *(row.replace("{", "\\{") for row in rows))) + "\n"


def options_page() -> str:
    """The options of each backend that comes with the harness, and the settings of every run."""
    from harness import registry
    from harness.commands.listing import spelled
    from harness.protocol import Pretrains
    from harness.runs.config import Settings
    from harness.runs.options import declared

    hints = get_type_hints(Settings, include_extras=True)
    settings = [
        (name, spelled(hints[name]), field.default, field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    parts = [
        "# Options\n\nWhat `--set` changes: settings of every run, and options of a backend, as "
        "`python -m harness list NAME` prints them (`python docs/refresh.py`).\n",
        f"## settings of every run\n\n{_table(settings)}\n"
        "`window_limit` is at least 4 times `window_margin`.\n",
    ]
    for plugin in registry.installed():
        if plugin.is_own:
            backend = plugin.load()
            parts.append(f"## {plugin.name}\n\n{_table(map(_option, declared(backend).values()))}")
            if issubclass(backend, Pretrains):
                rows = map(_option, declared(backend.pretrain).values())
                parts.append(f"### {plugin.name}, in `pretrain`\n\n{_table(rows)}")
    return "\n".join(parts)


def _option(option: Any) -> tuple[str, str, Any, str]:
    from harness.commands.listing import spelled

    return option.name, spelled(option.annotation), option.default, option.description


def _table(rows: Iterable[tuple[str, str, Any, str]]) -> str:
    lines = ["| option | type | default | what it is |", "| --- | --- | --- | --- |"]
    for name, kind, default, what in rows:
        shown = default if isinstance(default, str) else json.dumps(default)
        cells = (f"`{name}`", f"`{kind}`", f"`{shown}`" if shown else "", what)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def checks_page() -> str:
    """Every promise that ``check`` tries, with what to do where it is broken."""
    from harness.conformance.session import CHECKS as ALL

    rows = [f"| `{one.key}` | {_cell(one.text)} | {_cell(one.remedy)} |" for one in ALL]
    return (
        "# Checks of a backend\n\nWhat `python -m harness check --backend NAME` tries, one promise "
        "at a time (`python docs/refresh.py`).\n\n| check | what is promised | if it is broken |\n"
        "| --- | --- | --- |\n" + "\n".join(rows) + "\n"
    )


def columns_page() -> str:
    """Every column of a table, by its title and by the key that ``--column`` takes."""
    from harness.leaderboard.columns import BY_KEY, FULL, SCREEN, TEXTS
    from harness.leaderboard.table import Column

    of_many = {
        "types": Column("types", "LABEL", "F1 on an entity type, %; a column for each"),
        "sets": Column("sets", "F1 SET", "F1 on one of several test sets, %; a column for each"),
    }
    family = {"family": Column("family", "family", "family of the backend")}
    known = {**TEXTS, **family, **{key: one.column for key, one in BY_KEY.items()}, **of_many}
    first = [*(key for key in FULL if key not in of_many), *of_many]
    first += [key for key in known if key not in first]
    rows = [
        f"| {_cell(known[key].title)} | `{key}` | {_shown_by(key, SCREEN, FULL)} | "
        f"{_cell(known[key].note)} |"
        for key in first
    ]
    return (
        "# Columns\n\nWhat `leaderboard --column` takes, by title or by key (`python "
        "docs/refresh.py`). `run` prints those marked `run`, `leaderboard` those too that are "
        "marked `leaderboard`, each where a row has something to say. Others are for "
        "`--column`. A plugin may [offer more](plugins.md#what-else-a-distribution-may-offer)."
        "\n\n| title | key | printed by | what it is |\n| --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n\n`joules` needs the extra `energy` and an NVIDIA GPU: its counter, or sampled power "
        "where it has none. It is n/a if another process computed on the same GPU. `GPU MiB` is "
        "memory of tensors, `GPU reserved MiB` what torch holds for them. `unit acc.` is high "
        "for any model, since most units are in no entity.\n"
    )


def _shown_by(key: str, screen: Iterable[str], full: Iterable[str]) -> str:
    return "`run`" if key in screen else "`leaderboard`" if key in full else ""


def backends_page(text: str) -> str:
    """``text`` with its table of the presets of each backend, as ``configs`` has them."""
    return with_tables(text, {"presets": _presets})


def _presets() -> str:
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "configs" / "backends").glob("*.yaml")):
        backend, preset, _ = path.name.split(".")
        found.setdefault(backend, []).append(f"`{preset}`")
    rows = [f"| `{backend}` | {', '.join(names)} |" for backend, names in found.items()]
    return "\n".join(("| backend | its presets |", "| --- | --- |", *rows)) + "\n"


def _cell(text: str) -> str:
    """``text`` in a cell of a table; what stands in backticks is shown as it is."""
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [part.replace("*", "\\*").replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


def main() -> None:
    """Write the generated pages and tables, the purposes, and the blocks asked for."""
    pages = {HELP: help_page, OPTIONS: options_page, CHECKS: checks_page, COLUMNS: columns_page}
    for path, page in pages.items():
        path.write_text(page(), encoding="utf-8")
    BACKENDS.write_text(backends_page(BACKENDS.read_text(encoding="utf-8")), encoding="utf-8")
    FORMATS.write_text(with_formats(FORMATS.read_text(encoding="utf-8")), encoding="utf-8")
    DATA.write_text(data_page(DATA.read_text(encoding="utf-8")), encoding="utf-8")
    README.write_text(with_purposes(README.read_text(encoding="utf-8")), encoding="utf-8")
    for word in sys.argv[1:]:
        for path in (README, PAGE):
            path.write_text(refreshed(path.read_text(encoding="utf-8"), word), encoding="utf-8")


if __name__ == "__main__":
    main()
