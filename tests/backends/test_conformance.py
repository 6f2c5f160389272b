"""What comes with the harness keeps the promises that a plugin is asked to keep."""

import pytest

from harness import registry
from harness.conformance.examination import lay_out_gold
from harness.conformance.lessons import FIRST
from harness.conformance.session import CHECKS, run
from harness.conformance.subject import DATA, Subject
from harness.runs.config import Override
from harness.runs.tryout import Wanted

# Small enough for a few trainings of some updates each; nothing else differs from the preset.
QUICK = {"layers": 1, "width": 32, "attention_heads": 2, "epochs": 2}
WITHOUT = {"crf": {}, "dictionary": {}}


# What asks a server is examined beside one: ``test_served_model.py``.
OWN = [plugin.name for plugin in registry.installed() if plugin.is_own and not plugin.left_out()]


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_a_built_in_backend_keeps_every_promise(name, tmp_path, monkeypatch):
    """The checks of both processes, one after the other in this one, which is quicker."""
    lay_out_gold(tmp_path / DATA, FIRST)
    monkeypatch.setenv("NER_HARNESS_DATA", str(tmp_path / DATA))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # as TMPDIR says in the command
    changes = tuple(Override("", key, value) for key, value in WITHOUT.get(name, QUICK).items())
    subject = Subject(registry.find(name), Wanted("tiny", changes), tmp_path)
    found = {one.key: one for one in run(CHECKS, subject, {})}
    assert {key: one.found for key, one in found.items() if one.status == "broken"} == {}
    assert {one.status for one in found.values()} <= {"ok", "n/a"}
