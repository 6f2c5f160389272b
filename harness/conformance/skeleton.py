"""A distribution to begin with: one backend that keeps every promise, its tests and its README."""

import re
from keyword import iskeyword
from pathlib import Path
from string import Template

from harness import registry
from harness.errors import ConfigError
from harness.results import store

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TEMPLATES = Path(__file__).parent / "templates"
# The file that each template becomes.
_FILES = {
    "pyproject.toml.txt": "pyproject.toml",
    "README.md.txt": "README.md",
    "module.py.txt": "$package/__init__.py",
    "test.py.txt": "tests/test_$module.py",
}


def write(name: str, folder: Path) -> tuple[Path, ...]:
    """Write the distribution of a backend called ``name`` into a new ``folder``; its files.

    Raises:
        ConfigError: for a name that cannot be one or is taken, or a folder with something in it.
    """
    _require_free(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder} is there already; name another one with -o FOLDER, or remove it"
        raise ConfigError(msg)
    module = name.replace("-", "_")
    class_name = "".join(part.capitalize() for part in name.split("-"))
    words = {"name": name, "module": module, "package": f"ner_{module}", "class_name": class_name}
    return tuple(
        _written(folder / Template(path).substitute(words), template, words)
        for template, path in _FILES.items()
    )


def _require_free(name: str) -> None:
    if name == registry.ALL or iskeyword(name.capitalize()):
        msg = f"{name!r} cannot be the name of a backend: it means something else; choose another"
        raise ConfigError(msg)
    if not NAME.fullmatch(name):
        msg = f"{name!r} cannot be the name of a backend: use a-z, 0-9 and '-', such as my-model"
        raise ConfigError(msg)
    for plugin in registry.installed():
        if plugin.name == name:
            owner = f"{plugin.distribution} {plugin.version}"
            msg = f"{owner} offers a backend {name!r} already; choose another name"
            raise ConfigError(msg)


def _written(path: Path, template: str, words: dict[str, str]) -> Path:
    text = Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)
    store.make_folder(path.parent)
    store.write(path, text)
    return path
