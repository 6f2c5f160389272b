"""The wheel, installed elsewhere: its two packages, its data folders, its entry points."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.slow
def test_the_top_level_is_the_two_packages_and_the_data_is_inside(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"harness", "backends"}
    assert "harness/configs/tasks/demo.yaml" in names
    assert "harness/configs/backends/bert-crf.tiny.yaml" in names
    assert any(name.startswith("harness/prompts/") for name in names)
    assert "harness/conformance/templates/module.py.txt" in names
    assert any(name.startswith("harness/leaderboard/") and name.endswith(".j2") for name in names)


@pytest.mark.slow
def test_it_runs_from_elsewhere_without_the_checkout(wheel, tmp_path):
    """Our libraries are borrowed from this environment; the packages come from the wheel alone."""
    environment = tmp_path / "venv"
    venv.create(environment, system_site_packages=False, with_pip=False)
    site = next(environment.glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (site / "borrowed.pth").write_text("\n".join(libraries))
    code = (
        "import harness, backends, pathlib; from harness.resources import folder; "
        "print(pathlib.Path(harness.__file__).parent); print(folder('configs'))"
    )
    python = environment / "bin" / "python"
    done = subprocess.run(
        [python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    package, configs = done.stdout.split()
    assert Path(package) == site / "harness"
    assert Path(configs) == site / "harness" / "configs"
    command = [python, "-m", "harness", "run", "--backend", "dictionary", "--limit", "20"]
    assert "dictionary" in run(command, tmp_path)
