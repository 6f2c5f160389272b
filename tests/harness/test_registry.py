"""Backends by name: listing imports nothing, collisions and broken packages are named."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from harness import registry
from harness.errors import BackendError, ConfigError
from harness.registry import Plugin


def offered(monkeypatch, *plugins):
    monkeypatch.setattr(registry, "installed", lambda group=registry.GROUP: tuple(plugins))


def test_built_in_backends_come_by_entry_points():
    names = {plugin.name for plugin in registry.installed()}
    assert {"bert-crf", "bert-softmax", "electra", "span", "t5", "gpt", "dictionary"} <= names


def test_listing_imports_no_backend_and_no_model_library():
    code = (
        "import sys; from harness.registry import installed; installed(); "
        "print([m for m in ('torch', 'transformers', 'backends', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("backend", ["bert-crf", "electra", "span"])
def test_what_a_run_imports_late_is_shared_by_runs_and_no_part_of_planning(backend):
    code = (
        "import sys; from importlib import import_module; from harness import registry\n"
        f"registry.find({backend!r}).load(); print('transformers.modeling_utils' in sys.modules)\n"
        f"for name in registry.modules_of([{backend!r}]): import_module(name)\n"
        "print('transformers.modeling_utils' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_an_unknown_name_names_the_nearest(monkeypatch):
    offered(monkeypatch, Plugin("bert-crf", "a:B", "one", "1"))
    with pytest.raises(ConfigError, match=r"did you mean 'bert-crf'\?"):
        registry.find("bert-cfr")


def test_two_packages_with_one_name_are_both_named(monkeypatch):
    twins = [Plugin("t5", "a:B", owner, "1") for owner in ("one", "two")]
    offered(monkeypatch, *twins)
    with pytest.raises(ConfigError, match="one:t5 or two:t5"):
        registry.find("t5")
    assert registry.find("two:t5") is twins[1]


@pytest.mark.parametrize("value", ["no_such_module:X", "harness.core:NoSuchClass"])
def test_a_package_that_fails_to_import_is_named_with_the_remedy(value):
    with pytest.raises(BackendError, match=r"broken 2\.0 fails to import.*pip uninstall broken"):
        Plugin("x", value, "broken", "2.0").load()


@pytest.mark.parametrize("module", ["no_such_package.inner", "json.no_such_module", "no_such"])
def test_a_module_that_is_not_there_is_needed_wherever_it_would_lie(monkeypatch, module):
    monkeypatch.setattr(Plugin, "_class", lambda plugin: SimpleNamespace(needs={module: "pip x"}))
    plugin = Plugin("x", "a:B", "one", "1")
    assert plugin.lacks() == "pip x"
    with pytest.raises(BackendError, match="needs what is not installed: pip x"):
        plugin.load()


@pytest.mark.parametrize("what", ["raise SystemExit(0)", "raise ValueError('odd')", "1 / 0"])
def test_a_package_that_ends_or_breaks_as_it_is_imported_is_named(tmp_path, monkeypatch, what):
    (tmp_path / "breaks.py").write_text(what)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BackendError, match=r"fails to import \(breaks:X\): .*pip uninstall broken"):
        Plugin("x", "breaks:X", "broken", "2.0").load()


def test_nothing_installed_says_how_to_install(monkeypatch):
    offered(monkeypatch)
    with pytest.raises(ConfigError, match="pip install"):
        registry.find("t5")


def test_an_entry_point_without_a_distribution_is_listed_as_unknown():
    entry = EntryPoint("x", "a:B", registry.GROUP)
    assert registry._plugin(entry).distribution == "unknown"
