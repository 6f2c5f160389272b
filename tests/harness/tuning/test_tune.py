"""``tune`` from a search space to a preset that ``run`` takes, on dev alone."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import nested_task
import pytest
import tiny_task
import yaml
from program import OFFLINE, TREE, called, harness

from harness.data.task import load, load_without_test
from harness.errors import ConfigError
from harness.registry import find
from harness.resources import folder as resources
from harness.runs import processes
from harness.runs.config import Override, Settings, option_names, options
from harness.tuning import search, space
from harness.tuning import tune as tuning
from harness.tuning.tune import Wish, plan


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A search whose task has lost its test set, and a run of what it found, the set put back."""
    folder = tmp_path_factory.mktemp("tune")
    tiny_task.make(folder)
    for name in ("test.txt", "test_TAG.txt"):
        (folder / "data" / name).rename(folder / name)
    out, messages = harness(
        "tune", "--task", "tiny.yaml", "--backend", "dictionary", "--trials", 4, folder=folder
    )
    for name in ("test.txt", "test_TAG.txt"):
        (folder / name).rename(folder / "data" / name)
    return folder, out, messages


def test_it_reads_no_test_set_and_writes_a_preset_for_each_backend(done):
    folder, out, messages = done
    assert out.split() == ["tuning/tiny/dictionary.tuned.yaml"]
    assert "dictionary on tiny: trial 4 of 4: dev F1 " in messages
    preset = yaml.safe_load((folder / out.strip()).read_text(encoding="utf-8"))
    assert preset["tuned"]["trials"] == 4
    assert 1 <= preset["options"]["shortest"] <= 4
    assert "seed" not in preset["options"]


def test_a_finished_search_is_not_repeated(done):
    folder, out, _ = done
    again, messages = harness(
        "tune", "--task", "tiny.yaml", "--backend", "dictionary", "--trials", 4, folder=folder
    )
    assert again == out
    assert "trial" not in messages


def test_a_search_that_was_killed_goes_on_with_the_trials_that_it_would_have_made(done, tmp_path):
    tiny_task.make(tmp_path)
    asked = ("tune", "--task", "tiny.yaml", "--backend", "dictionary", "--trials", "4")
    path = os.pathsep.join(map(str, (OFFLINE, TREE, os.environ.get("PYTHONPATH", ""))))
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *asked], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    with process:
        assert any("trial 2 of 4" in line for line in process.stderr)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "tuning/tiny/dictionary.tuned.yaml").exists()
    out, messages = harness(*asked, folder=tmp_path)
    assert "trial 1 of 4" not in messages
    assert "trial 2 of 4" not in messages
    folder, _, told = done
    assert (tmp_path / out.strip()).read_text() == (folder / out.strip()).read_text()
    last = [line for line in told.splitlines() if "trial 4 of 4" in line]
    assert [line for line in messages.splitlines() if "trial 4 of 4" in line] == last


def test_a_search_that_was_killed_as_it_wrote_goes_on(done, tmp_path):
    """What Optuna's own lock leaves then is a link, which nobody would ever take away."""
    tiny_task.make(tmp_path)
    journal = tmp_path / "tuning/tiny/dictionary.journal"
    journal.parent.mkdir(parents=True)
    journal.with_name(f"{journal.name}.lock").symlink_to("tuning/tiny/dictionary.journal")
    asked = ("tune", "--task", "tiny.yaml", "--backend", "dictionary", "--trials", "1")
    _, messages = harness(*asked, folder=tmp_path, timeout=240)
    assert "trial 1 of 1" in messages


def test_a_run_of_the_preset_counts_the_trials_in_its_certificate(done):
    folder, _, _ = done
    preset = ("--preset", "tuning/tiny/tuned")
    harness("run", "--task", "tiny.yaml", "--backend", "dictionary", *preset, "-q", folder=folder)
    records = [json.loads(path.read_text()) for path in folder.rglob("run.json")]
    assert {record["preset"] for record in records} == {"tuned"}
    assert {record["trials"] for record in records} == {5}  # 4 of the search, and this one
    full, _ = harness("leaderboard", "results", folder=folder)
    assert "trials of tuning (recorded): 5" in full


def test_a_preset_that_is_not_there_is_one_message(tmp_path):
    tiny_task.make(tmp_path)
    arguments = ("run", "--task", "tiny.yaml", "--backend", "dictionary", "--preset", "a/tuned")
    _, messages = called(*arguments, folder=tmp_path, code=2)
    assert "there is no a/dictionary.tuned.yaml" in messages


TUNABLE = ("dictionary", "crf", "bert-crf", "bert-softmax", "electra", "span", "t5", "gpt")


@pytest.mark.parametrize("name", TUNABLE)
def test_shipped_spaces_are_of_options_that_there_are(name):
    backend = find(name).load()
    wanted = space.read(name)
    wanted.require_options(name, tuple(option_names(backend)))
    for option, value in wanted.corners():
        options(name, backend, "small", [Override("", option, value)])


@pytest.mark.parametrize("name", TUNABLE)
def test_a_search_from_each_shipped_preset_begins_with_its_options(name, tmp_path):
    """Some lie outside of the shipped space: what is large, or chosen between its choices."""
    backend, wanted = find(name).load(), space.read(name)
    presets = [
        path.name.split(".")[1] for path in (resources("configs") / "backends").glob(f"{name}.*")
    ]
    assert {"tiny", "small", "base"} <= set(presets)
    for preset in presets:
        values = options(name, backend, preset, []).values
        begin = {option: values[option] for option in wanted.parameters}
        tried = []
        found = search.opened(tmp_path / f"{preset}.journal", wanted, begin, {})
        found.run(1, lambda tuned, _, tried=tried: tried.append(tuned) or 0.5, [].append)
        assert tried == [begin] == [found.options_of(found.best)], preset


def test_a_tuned_preset_holds_options_that_lie_outside_of_the_space_where_they_are_the_best(
    tmp_path,
):
    tiny_task.make(tmp_path)
    (tmp_path / "space.yaml").write_text("shortest: {low: 3, high: 4}\n", encoding="utf-8")
    asked = ("tune", "--task", "tiny.yaml", "--backend", "dictionary", "--trials", 3)
    out, messages = harness(*asked, "--preset", "tiny", "--space", "space.yaml", folder=tmp_path)
    first = next(line for line in messages.splitlines() if "trial 1 of 3" in line)
    assert first.endswith("shortest=2")
    assert yaml.safe_load((tmp_path / out.strip()).read_text())["options"]["shortest"] == 2


def test_a_seed_in_the_space_is_refused_before_anything_is_trained(tmp_path):
    tiny_task.make(tmp_path)
    path = tmp_path / "space.yaml"
    path.write_text("seed: {low: 1, high: 9}\n", encoding="utf-8")
    wish = Wish(str(tmp_path / "tiny.yaml"), 2, "tiny", (), Settings(), 0, tmp_path / "tuning")
    with pytest.raises(ConfigError, match="seed is never tuned"):
        plan(["dictionary"], wish, path)
    assert not (tmp_path / "tuning").exists()


def test_a_value_that_an_option_cannot_have_is_refused_first(tmp_path):
    tiny_task.make(tmp_path)
    path = tmp_path / "space.yaml"
    path.write_text("shortest: {low: -3, high: 9}\n", encoding="utf-8")
    wish = Wish(str(tmp_path / "tiny.yaml"), 2, "tiny", (), Settings(), 0, tmp_path / "tuning")
    with pytest.raises(ConfigError, match=r"space\.yaml dictionary: shortest: "):
        plan(["dictionary"], wish, path)


def test_a_trial_has_the_first_gpu_that_the_command_may_use(monkeypatch):
    started = []

    class Server:
        def Pipe(self, duplex):  # noqa: N802
            return multiprocessing.Pipe(duplex)

        def Process(self, **given):  # noqa: N802
            started.append(given["args"][1])
            return SimpleNamespace(start=lambda: None)

    monkeypatch.setattr(processes, "forkserver", Server)
    monkeypatch.setattr(tuning, "accelerators", lambda: ("a GPU", "another"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    pipe, _ = tuning._started(SimpleNamespace(name="a trial"))
    pipe.close()
    assert started == ["3"]


def test_a_task_without_its_test_set_is_the_task_otherwise(tmp_path):
    path = tiny_task.make(tmp_path)
    whole, part = load(path), load_without_test(path)
    assert set(part.splits) == {"train", "dev"}
    assert all(part.splits[name] == whole.splits[name] for name in part.splits)
    assert part.fingerprint != whole.fingerprint


def test_a_backend_that_cannot_answer_nested_gold_is_refused_before_anything_is_trained(tmp_path):
    wish = Wish(str(nested_task.make(tmp_path)), 2, "tiny", (), Settings(), 0, tmp_path / "tuning")
    with pytest.raises(ConfigError, match="dictionary cannot answer it: one tag a unit"):
        plan(["dictionary"], wish)
    assert not (tmp_path / "tuning").exists()


def test_all_backends_are_checked_before_the_first_one_is_searched(tmp_path):
    tiny_task.make(tmp_path)
    (tmp_path / "space.yaml").write_text("shortest: {low: 1, high: 2}\n", encoding="utf-8")
    _, messages = called(
        "tune", "--task", "tiny.yaml", "--backend", "dictionary", "bert-crf", "--space",
        "space.yaml", "--preset", "tiny", folder=tmp_path, code=2,
    )  # fmt: skip
    assert "shortest is not an option of bert-crf" in messages
    assert not (tmp_path / "tuning").exists()


def test_a_search_on_a_share_of_train_learns_from_no_more(tmp_path):
    task = str(tiny_task.make(tmp_path))
    f1 = []
    for share in (0.1, 1.0):
        wish = Wish(task, 1, "tiny", (), Settings(train_share=share, train_draw=1), 0,
                    tmp_path / str(share))  # fmt: skip
        [search] = plan(["dictionary"], wish)
        preset = search.run(lambda _: None)
        f1.append(yaml.safe_load(preset.read_text(encoding="utf-8"))["tuned"]["dev_f1"])
    assert f1[0] < f1[1] == 1.0


def test_a_task_whose_dev_is_carved_out_of_its_test_set_is_not_read_without_it(tmp_path):
    path = tiny_task.make(tmp_path)
    tiny_task.write_split(tmp_path / "data", "test", [*tiny_task.TEST, *tiny_task.SENTENCES])
    described = yaml.safe_load(path.read_text("utf-8"))
    del described["splits"]["dev"]
    described["carve"] = {"dev": {"from": "test", "share": 0.5}}
    path.write_text(yaml.safe_dump(described), "utf-8")
    assert load(path).splits["dev"]
    with pytest.raises(ConfigError, match=r"carve\.dev: test stays closed here"):
        load_without_test(path)
