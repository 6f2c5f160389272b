"""Work grows as runs and backends do: counted in calls and in files opened, not in seconds."""

import cProfile
from collections.abc import Callable
from pathlib import Path

import pytest
from stored_runs import write_row

from harness import api, registry
from harness.results import verify

SEEDS = (13, 42)
SYSTEMS = ("bert-crf", "crf", "gpt")


def _store(folder: Path, tasks: int) -> Path:
    """As many tasks, each with the same systems and seeds: six runs a task."""
    for number in range(tasks):
        for place, system in enumerate(SYSTEMS):
            write_row(folder, system, SEEDS, task=f"task{number}", rate=0.1 + place / 10,
                      sentences=12)  # fmt: skip
    return folder


def _table(folder: Path) -> None:
    api.render(api.build_leaderboard(api.read([folder])), "markdown")


def _verified(folder: Path) -> None:
    assert verify.report([folder]).problems == ()


def _work(command: Callable[..., object], *given: Path) -> tuple[int, int]:
    """Function calls, and how many of them opened a file."""
    profile = cProfile.Profile()
    profile.runcall(command, *given)
    calls = {entry.code: entry.callcount for entry in profile.getstats()}
    opened = sum(count for code, count in calls.items() if "_io.open" in str(code))
    return sum(calls.values()), opened


@pytest.mark.parametrize("command", [_table, _verified])
def test_twice_the_runs_are_twice_the_work(command: Callable[[Path], None], tmp_path: Path) -> None:
    folders = {tasks: _store(tmp_path / str(tasks), tasks) for tasks in (2, 4, 8)}
    command(folders[2])  # what is imported or kept for the process
    work = {tasks: _work(command, folder) for tasks, folder in folders.items()}

    for few, twice, four in zip(*(work[tasks] for tasks in (2, 4, 8)), strict=True):
        assert four - twice <= 1.1 * 2 * (twice - few)


def test_a_table_reads_each_file_of_a_run_a_fixed_number_of_times(tmp_path: Path) -> None:
    folder = _store(tmp_path, 4)
    _table(folder)
    calls, opened = _work(_table, folder)

    assert opened <= 6 * 4 * len(SYSTEMS) * len(SEEDS)
    assert calls > 0


def _install(folder: Path, first: int, end: int) -> None:
    """Distributions that each offer one backend, installed in ``folder``."""
    for number in range(first, end):
        about = folder / f"many_{number}-1.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: many-{number}\nVersion: 1\n")
        entry = f"[{registry.GROUP}]\nmany{number} = many_{number}:Backend\n"
        (about / "entry_points.txt").write_text(entry)


def test_a_hundred_backends_are_listed_with_the_work_of_a_hundred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    for before, backends in ((0, 25), (25, 50), (50, 100)):
        folder = tmp_path / str(backends)
        _install(folder, before, backends)
        monkeypatch.syspath_prepend(folder)
        registry.installed()
        calls.append(_work(registry.installed)[0])
    assert sum(plugin.name.startswith("many") for plugin in registry.installed()) == 100

    few, twice, four = calls
    assert four - twice <= 1.1 * 2 * (twice - few)
