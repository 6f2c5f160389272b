"""The entry points of this tree, wherever another one is installed."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def own_entry_points(folder):
    """A folder that, first on the path, has a distribution with the entry points of this tree."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = folder / f"ner_harness-{project['version']}.dist-info"
    about.mkdir(parents=True)
    needs = "".join(f"Requires-Dist: {each}\n" for each in project["dependencies"])
    head = f"Metadata-Version: 2.1\nName: ner-harness\nVersion: {project['version']}\n"
    (about / "METADATA").write_text(head + needs)
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
    ]
    (about / "entry_points.txt").write_text("\n".join(lines))
    return folder
