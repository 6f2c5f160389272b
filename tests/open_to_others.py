"""Whether a colleague may read what was written, as the umask of the writer allows."""

import stat


def assert_one_mode(folder):
    """All files below ``folder`` have the mode of a file that is made there now."""
    probe = folder / "probe"
    probe.touch()
    expected = stat.S_IMODE(probe.stat().st_mode)
    probe.unlink()
    modes = {
        path: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()
    }
    assert modes
    assert set(modes.values()) == {expected}, modes
