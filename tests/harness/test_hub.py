"""A hub is asked for what it has; one that is silent, wrong or forbidden is a few words."""

import errno
import http.server
import json
import threading
import time

import pytest
from huggingface_hub import constants

from harness import hub
from harness.errors import ResourceError, WeightsError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
KNOWN = {"id": "someone/bert", "sha": COMMIT, "siblings": [{"rfilename": "model.safetensors"}]}


class Answers(http.server.BaseHTTPRequestHandler):
    """A hub that has one model."""

    def do_GET(self):
        known = self.path.split("?")[0] == "/api/models/someone/bert"
        self.send_response(200 if known else 404)
        if not known:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.end_headers()
        self.wfile.write(json.dumps(KNOWN if known else {}).encode())

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """A hub of one model on this machine, which may be asked; its cache is empty."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    yield server
    server.shutdown()
    server.server_close()


def test_it_says_what_it_has(asked):
    assert hub.may_have("someone/bert")
    assert hub.commit("someone/bert") == COMMIT
    assert hub.files("someone/bert") == {"model.safetensors"}


def test_a_model_that_it_does_not_have_is_a_few_words(asked):
    with pytest.raises(WeightsError, match=r"^the hub cannot give it \(RepositoryNotFoundError\)$"):
        hub.commit("someone/else")


def test_one_that_does_not_answer_is_a_few_words_and_soon(asked):
    asked.shutdown()
    asked.server_close()
    begun = time.monotonic()
    for ask in (hub.commit, hub.files, lambda model: hub.fetched(model, ["*.json"])):
        with pytest.raises(WeightsError, match=r"^the hub cannot give it \(\w+\)$"):
            ask("someone/bert")
    assert time.monotonic() - begun < 4 * hub.PATIENCE


def test_a_full_disk_is_not_told_as_the_hubs_fault(asked, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.snapshot_download", full)
    with pytest.raises(ResourceError, match=f"the cache takes no more, {tmp_path} "):
        hub.fetched("someone/bert", ["*.json"])


def test_one_that_may_not_be_asked_is_not(asked, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not hub.may_have("someone/bert")
    for ask in (hub.commit, hub.files):
        with pytest.raises(WeightsError, match="HF_HUB_OFFLINE=1 forbids to ask the hub"):
            ask("someone/bert")


def test_a_folder_is_no_name_that_a_hub_has(asked):
    assert not hub.may_have("/a/folder")


def test_what_is_in_the_cache_is_found_without_asking(asked, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert hub.cached("someone/bert") is None
    place = tmp_path / "models--someone--bert"
    (place / "snapshots" / COMMIT).mkdir(parents=True)
    (place / "snapshots" / COMMIT / "config.json").write_text("{}", encoding="utf-8")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    assert hub.cached("someone/bert").name == COMMIT
