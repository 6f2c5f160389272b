"""Whether a task fits into memory is decided from its files and from what is left."""

import resource
import subprocess
import sys

import pytest

from harness.data import memory
from harness.errors import ConfigError
from harness.sequences import MEMORY_VARIABLE, Spool, in_memory

MIB = 1 << 20


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """Files as the kernel has them, of a machine with 4 GiB left and no container."""
    for name in ("_MEMINFO", "_CGROUP"):
        monkeypatch.setattr(memory, name, tmp_path / name)
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path / "groups")
    monkeypatch.delenv(MEMORY_VARIABLE, raising=False)
    (tmp_path / "_MEMINFO").write_text("MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n")
    return tmp_path


def contain(kernel, group, most, used, cache=0):
    folder = kernel / "groups" / group
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon {used}\ninactive_file {cache}\n")


def test_half_of_what_the_machine_has_left(kernel):
    assert memory.bound() == 2048 * MIB


def test_a_container_bounds_it_and_so_does_the_one_around_it(kernel):
    (kernel / "_CGROUP").write_text("0::/slice/job\n")
    contain(kernel, "slice/job", "max", 100 * MIB)
    assert memory.bound() == 2048 * MIB
    contain(kernel, "slice", 1000 * MIB, 700 * MIB, cache=200 * MIB)
    assert memory.bound() == 250 * MIB
    contain(kernel, "slice/job", 300 * MIB, 100 * MIB)
    assert memory.bound() == 100 * MIB


def test_limits_of_the_process_bound_it(kernel):
    code = (
        "import resource; from harness.data import memory\n"
        f"resource.setrlimit(resource.RLIMIT_DATA, ({700 * MIB}, {700 * MIB}))\n"
        "print(memory.bound())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 100 * MIB < float(said.stdout) < 350 * MIB


def test_no_limit_is_none(kernel):
    (kernel / "_MEMINFO").unlink()
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY
    assert memory.bound() == float("inf")


def test_what_a_user_says_holds(kernel, monkeypatch):
    monkeypatch.setenv(MEMORY_VARIABLE, "600")
    assert memory.bound() == 600 * MIB
    for wrong in ("-1", "1 GiB", "0.5"):
        monkeypatch.setenv(MEMORY_VARIABLE, wrong)
        with pytest.raises(ConfigError, match="expected a whole number of MiB"):
            memory.bound()


def test_what_files_may_take_decides(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    files = [tmp_path / "one", tmp_path / "folder" / "two"]
    for file in files:
        file.write_bytes(b"x" * (MIB // 2))
    given = [tmp_path / "one", tmp_path / "folder", tmp_path / "missing"]
    monkeypatch.setenv(MEMORY_VARIABLE, str(memory.READ))
    assert memory.keep_for(given) is in_memory
    files[1].write_bytes(b"x" * (MIB // 2 + 1))
    assert memory.keep_for(given) is Spool
    assert memory.keep_for(given[:1]) is in_memory
    assert memory.keep_for([]) is in_memory
    monkeypatch.setenv(MEMORY_VARIABLE, "0")
    assert memory.keep_for([]) is memory.keep_for([tmp_path / "missing"]) is Spool
