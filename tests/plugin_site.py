"""Third-party distributions, of ``tests/plugin`` and made ones, as an installer leaves them."""

import subprocess
import sys
from pathlib import Path

PLUGIN = Path(__file__).parent / "plugin"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
ALONE = ("--no-deps", "--no-index", "--no-build-isolation")


def installed(folder, *distributions):
    """``folder``, to be put on the path, with what pip made of the sources of ``distributions``."""
    subprocess.run([*PIP, *ALONE, "--target", folder, *distributions], check=True)
    return folder


def made_plugin(folder):
    """A folder below ``folder`` to be put on the path, with the package and what names it."""
    site = folder / "site"
    about = site / "ner_gazetteer-0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ner-gazetteer\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text(
        "[harness.backends]\ngazetteer = ner_gazetteer:Gazetteer\n"
    )
    (site / "ner_gazetteer").symlink_to(PLUGIN / "ner_gazetteer")
    return site


def made_site(folder, sources, *, group="harness.backends", target="Backend"):
    """A folder to be put on the path with a distribution ``ner-NAME`` for each of ``sources``.

    A source is a module with a class ``Backend``, or what ``target`` says that ``group`` offers.
    """
    site = folder / "site"
    for name, source in sources.items():
        about = site / f"ner_{name}-0.1.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ner-{name}\nVersion: 0.1\n")
        entry = f"[{group}]\n{name} = made_{name}:{target}\n"
        (about / "entry_points.txt").write_text(entry)
        (site / f"made_{name}.py").write_text(source, encoding="utf-8")
    return site
