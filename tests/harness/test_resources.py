"""Presets, prompts and weights, those that packages bring among them; no package is imported."""

import sys
from pathlib import Path

import pytest

from harness import resources
from harness.errors import ConfigError
from harness.generation import prompt
from harness.runs import config, weights
from harness.runs.named_files import prompts

PRESET = "options:\n  shortest: 3\n"


def offering(site, name, files):
    """A distribution on ``site`` whose package, which cannot be imported, has ``files``."""
    about = site / f"ner_{name}-0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ner-{name}\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text(f"[harness.resources]\n{name} = ner_{name}\n")
    for path, text in {"__init__.py": "1 / 0\n", **files}.items():
        place = site / f"ner_{name}" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_preset_that_a_package_brings_is_one_of_the_backend(site):
    offering(site, "lab", {"presets/dictionary.lab.yaml": PRESET})
    assert config.presets("dictionary") == ("base", "lab", "small", "tiny")
    from backends.dictionary import Dictionary

    assert config.options("dictionary", Dictionary, "lab", ()).values == {"shortest": 3}
    assert "ner_lab" not in sys.modules


def test_a_prompt_that_a_package_brings_is_found_by_name_and_hashed(site):
    text = "[format]\ntags\n[instruction]\n{tags}\n[question]\n{text}\n"
    offering(site, "lab", {"prompts/lab.v1.txt": text})
    assert prompt.load("lab.v1").name == "lab.v1"
    assert list(prompts({"prompt": "lab.v1", "schedule": "linear"})) == ["prompt"]
    with pytest.raises(ConfigError, match=r"no prompt 'lab\.v2' .*known are .*lab\.v1"):
        prompt.load("lab.v2")


def test_a_file_of_two_distributions_is_in_neither_until_one_is_gone(site):
    offering(site, "one", {"presets/dictionary.lab.yaml": PRESET})
    offering(site, "two", {"presets/dictionary.lab.yaml": PRESET})
    with pytest.raises(ConfigError, match=r"preset 'dictionary\.lab' is in ner-one and ner-two: "):
        resources.find("presets", "dictionary.lab")
    assert resources.find("presets", "dictionary.tiny")


def test_nobody_can_put_a_file_in_the_place_of_a_shipped_one(site):
    offering(site, "one", {"presets/dictionary.tiny.yaml": PRESET})
    with pytest.raises(ConfigError, match="is in ner-harness and ner-one: uninstall one"):
        resources.find("presets", "dictionary.tiny")


def test_a_package_that_is_not_there_brings_nothing(site):
    about = site / "ner_gone-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ner-gone\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text("[harness.resources]\ngone = ner_gone\n")
    assert resources.find("presets", "dictionary.tiny")


def test_weights_that_a_package_brings_are_found_by_their_name(site):
    offering(site, "lab", {"weights/lab-zh/config.json": "{}"})
    assert resources.weights("lab-zh") == site / "ner_lab" / "weights" / "lab-zh"
    assert resources.weights("lab") is None
    assert resources.weights("../weights/lab-zh") is None
    assert resources.weights("owner/lab-zh") is None


def test_a_folder_here_goes_before_one_of_a_package(site, tmp_path, monkeypatch):
    offering(site, "lab", {"weights/lab-zh/config.json": "{}"})
    (tmp_path / "here" / "lab-zh").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert resources.weights("lab-zh") == Path("lab-zh")


def test_weights_of_one_name_in_two_packages_are_refused(site):
    for name in ("lab", "rival"):
        offering(site, name, {"weights/zh/config.json": "{}"})
    with pytest.raises(ConfigError, match="weights 'zh' is in ner-lab and ner-rival"):
        resources.weights("zh")


def test_weights_of_a_package_are_told_by_their_content(site):
    offering(site, "lab", {"weights/lab-zh/config.json": "{}"})
    before = weights.identity("lab-zh")
    assert before.startswith("sha256:")
    (site / "ner_lab" / "weights" / "lab-zh" / "config.json").write_text("[]")
    assert weights.identity("lab-zh") != before
