"""Third-party backends written on the spot: an adversary is a plugin, a data set or a file."""

import pytest
import tiny_task


@pytest.fixture
def task(tmp_path):
    return tiny_task.make(tmp_path)


@pytest.fixture
def offer(tmp_path):
    """Installs a backend called ``name`` from ``source``, which defines the class ``Backend``."""

    def install(name: str, source: str):
        site = tmp_path / "site"
        folder = site / f"{name}-0.1.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
        (folder / "entry_points.txt").write_text(f"[harness.backends]\n{name} = {name}:Backend\n")
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(source, encoding="utf-8")
        return site

    return install
