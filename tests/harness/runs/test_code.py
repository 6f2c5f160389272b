"""Which code ran: any changed file that a run goes through changes a hash, no other file does."""

import json
import sys

import grimp
import pytest

from harness import registry
from harness.registry import Plugin
from harness.runs import code, hardware
from harness.runs.code import NOT_RUN, code_of


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A package with a module, a data file and a compiled file, on the path."""
    (tmp_path / "coded" / "__pycache__").mkdir(parents=True)
    (tmp_path / "coded" / "__init__.py").write_text("class Backend: ...\n")
    (tmp_path / "coded" / "words.txt").write_text("a\n")
    (tmp_path / "coded" / "__pycache__" / "x.pyc").write_bytes(b"1")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("coded", None)


CODED = Plugin("coded", "coded:Backend", "unknown", "unknown")


@pytest.mark.parametrize("name", ["__init__.py", "words.txt", "new.py"])
def test_any_file_of_a_plugin_is_its_code(site, name):
    before = code_of(CODED)
    path = site / "coded" / name
    path.write_text((path.read_text() if path.exists() else "") + "# one line more\n")
    after = code_of(CODED)
    assert after.backend != before.backend
    assert after.harness == before.harness


def test_what_python_and_editors_leave_and_the_name_of_the_folder_are_not(
    site, tmp_path, monkeypatch
):
    before = code_of(CODED)
    (site / "coded" / "__pycache__" / "x.pyc").write_bytes(b"2")
    (site / "coded" / "__pycache__" / "x.cpython-311.pyc.139829").write_bytes(b"half of it")
    (site / "coded" / ".words.txt.swp").write_bytes(b"2")
    assert code_of(CODED) == before
    (site / "coded").rename(tmp_path / "away")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "away").rename(tmp_path / "elsewhere" / "coded")
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    assert code_of(CODED) == before


def test_a_plugin_of_one_module_has_code_too(tmp_path, monkeypatch):
    (tmp_path / "single.py").write_text("class Backend: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    plugin = Plugin("single", "single:Backend", "unknown", "unknown")
    before = code_of(plugin)
    (tmp_path / "single.py").write_text("class Backend: x = 1\n")
    assert code_of(plugin) != before


def test_other_packages_of_a_distribution_are_its_code_where_it_lists_them(tmp_path, monkeypatch):
    info = tmp_path / "two-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: two\nVersion: 1\n")
    (info / "RECORD").write_text("one.py,,\nother.py,,\ntwo-1.dist-info/METADATA,,\n")
    (tmp_path / "one.py").write_text("class Backend: ...\n")
    (tmp_path / "other.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    plugin = Plugin("one", "one:Backend", "two", "1")
    before = code_of(plugin)
    (tmp_path / "other.py").write_text("x = 2\n")
    assert code_of(plugin) != before


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """A plugin that is installed to be edited, with a module beside its package."""
    source, info = tmp_path / "source", tmp_path / "site" / "edited-1.dist-info"
    (source / "edited").mkdir(parents=True)
    (source / "edited" / "__init__.py").write_text("class Backend: ...\n")
    (source / "helper.py").write_text("x = 1\n")
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: edited\nVersion: 1\n")
    (info / "RECORD").write_text("edited.pth,,\nedited-1.dist-info/METADATA,,\n")
    told = {"url": source.as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(told))
    for folder in (info.parent, source):
        monkeypatch.syspath_prepend(folder)
    return source


EDITED = Plugin("edited", "edited:Backend", "edited", "1")


def test_a_module_beside_the_package_of_an_editable_install_is_its_code(edited):
    before = code_of(EDITED)
    (edited / "helper.py").write_text("x = 2\n")
    assert code_of(EDITED).backend != before.backend


def test_tests_environments_and_hidden_folders_beside_it_are_not(edited):
    before = code_of(EDITED)
    for name in ("tests", ".hidden", "environment"):
        (edited / name).mkdir()
        (edited / name / "module.py").write_text("x = 1\n")
        (edited / name / "pyvenv.cfg").write_text("")
    assert code_of(EDITED) == before


def test_an_editable_install_of_one_package_has_the_code_of_that_package(edited, monkeypatch):
    (edited / "helper.py").unlink()
    before = code_of(EDITED)
    monkeypatch.setattr(code, "_source_folder", lambda name: None)
    assert code_of(EDITED) == before


@pytest.mark.parametrize("told", ["", "[1]", "{", '{"dir_info": {"editable": true}}'])
def test_an_installer_that_wrote_down_something_else_names_no_source_folder(edited, told):
    (path,) = edited.parent.glob("site/*/direct_url.json")
    path.write_text(told)
    before = code_of(EDITED)
    (edited / "helper.py").write_text("x = 2\n")
    assert code_of(EDITED) == before


def test_built_in_backends_are_of_one_code_and_a_plugin_of_another(site):
    ours = {code_of(plugin) for plugin in registry.installed() if plugin.module[:8] == "backends"}
    assert len(ours) == 1
    assert ours.pop().backend != code_of(CODED).backend


def test_no_module_that_a_run_imports_is_in_a_room_that_is_left_out():
    reached = grimp.build_graph("harness").find_upstream_modules("harness.runs.run")
    rooms = {name.split(".")[1] for name in reached if "." in name}
    assert {"runs", "results", "data", "generation", "scoring"} <= rooms
    assert rooms.isdisjoint(NOT_RUN)


def test_rooms_that_are_left_out_exist_and_all_others_are_hashed():
    files = [name for name, _ in code._files("harness", "*.py")]
    rooms = {name.split("/")[1] for name in files}
    assert NOT_RUN - {"configs", "prompts"} <= rooms
    hashed = {name for name in files if code._is_run(name)}
    assert {"harness/core.py", "harness/runs/run.py", "harness/data/task.py"} <= hashed


def test_the_libraries_that_compute_are_recorded_and_those_that_a_plugin_needs(
    tmp_path, monkeypatch
):
    info = tmp_path / "needy-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: needy\nVersion: 1\nRequires-Dist: typer>=0.1\n"
        'Requires-Dist: nothing-here; extra == "more"\nRequires-Dist: not-installed-at-all\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert {"python", "torch", "transformers", "numpy"} <= hardware.versions().keys()
    more = hardware.versions("needy").keys() - hardware.versions().keys()
    assert more == {"typer"}
