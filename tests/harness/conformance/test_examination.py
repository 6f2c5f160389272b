"""The command ``check``, as the author of a plugin meets it: processes, deadlines, exit codes."""

import json
import signal

import pytest
from keeping import KEEPING, changed
from plugin_site import made_plugin, made_site
from program import harness

from harness import registry
from harness.conformance import examination
from harness.conformance.examination import Examination
from harness.conformance.session import CHECKS
from harness.runs.tryout import Wanted

ELSEWHERE = {
    "new-process": "mark = self.context.folder.parent / 'pid'; pid = str(os.getpid())\n"
                   "        mark.exists() or mark.write_text(pid)\n"
                   "        self.entries = found if mark.read_text() == pid else {}",
    "left-behind": "if os.fork() == 0: time.sleep(600); os._exit(0)",
    "input-kept": "object.__setattr__(train[0].sentence, 'id', 'x')",
}  # fmt: skip


def checked(folder, source, *arguments, code=5):
    """The verdicts of the command on the backend of a source, by key, and its messages."""
    site = made_site(folder, {"kept": source})
    command = ("check", "--backend", "kept", "--json", *arguments)
    out, messages = harness(*command, folder=folder, code=code, paths=[site])
    found = json.loads(out)
    assert [one["key"] for one in found] == [check.key for check in CHECKS]
    return {one["key"]: one for one in found}, messages


def broken(found):
    return {key for key, one in found.items() if one["status"] == "broken"}


@pytest.mark.slow
def test_the_plugin_of_contributing_keeps_every_promise(tmp_path):
    site = made_plugin(tmp_path)
    out, _ = harness("check", "--backend", "gazetteer", folder=tmp_path, paths=[site])
    head, *rows, _, total = out.strip().split("\n")
    assert head.split() == ["check", "result", "what", "is", "promised"]
    assert [row.split()[0] for row in rows] == [check.key for check in CHECKS]
    assert total.startswith(f"{len(CHECKS)} checks: ")
    assert "broken" not in total


@pytest.mark.slow
@pytest.mark.parametrize("key", ELSEWHERE)
def test_what_shows_in_another_process_is_found_there_and_nothing_else(tmp_path, key):
    found, messages = checked(tmp_path, changed("# fit ends", ELSEWHERE[key]))
    assert broken(found) == {key}
    assert f"  {key}: {found[key]['found']}\n    {found[key]['remedy']}" in messages
    assert "backend 'kept' breaks 1 of its promises" in messages


ENDS = {
    "os.abort()": "it crashed the process (SIGABRT)",
    "os._exit(3)": "it ended the process (exit code 3)",
    "time.sleep(600)": "it was not done within 5 seconds",
}


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS)
def test_a_check_that_ends_or_holds_its_process_costs_no_other_its_verdict(tmp_path, end):
    source = changed("def save(self, folder):", f"def save(self, folder):\n        {end}")
    found, _ = checked(tmp_path, source, "--time-limit", 5 / 60)
    assert broken(found) == {"save"}
    assert found["save"]["found"] == ENDS[end]
    assert found["missing-model"]["status"] == found["reload"]["status"] == "not run"
    assert found["surprisal"]["status"] == found["new-process"]["status"] == "ok"


@pytest.mark.slow
def test_a_check_that_is_interrupted_leaves_no_process(monkeypatch):
    started, start = [], examination._started

    def interrupt(verdict):
        raise KeyboardInterrupt

    monkeypatch.setattr(
        examination, "_started", lambda asked: started.append(start(asked)) or started[0]
    )
    asked = Wanted("tiny", ())
    with pytest.raises(KeyboardInterrupt):
        Examination(registry.find("dictionary"), asked, listen=interrupt).run()
    started[0].stdout.close()
    assert started[0].wait(10) == -signal.SIGKILL


@pytest.mark.slow
def test_a_package_that_cannot_be_imported_is_one_broken_promise(tmp_path):
    found, messages = checked(tmp_path, "import sys; sys.exit(0)\n" + KEEPING)
    assert broken(found) == {"import"}
    assert {one["status"] for key, one in found.items() if key != "import"} == {"not run"}
    assert "backend 'kept' of ner-kept 0.1 fails to import" in messages


@pytest.mark.slow
def test_a_mistake_in_what_was_asked_for_is_the_users_and_no_broken_promise(tmp_path):
    site = made_site(tmp_path, {"kept": KEEPING})
    for given, said in (("widht=2", "did you mean 'width'?"), ("width=wide", "found 'wide'")):
        command = ("check", "--backend", "kept", "--set", given)
        _, messages = harness(*command, folder=tmp_path, code=2, paths=[site])
        assert said in messages
    _, messages = harness("check", "--backend", "kep", folder=tmp_path, code=2, paths=[site])
    assert "did you mean 'kept'?" in messages
