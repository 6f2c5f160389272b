"""Seeds that are chosen, copied, lost or contradict each other: each is seen in the table."""

import hashlib
import json
import shutil

import pytest
from program import called, harness
from stored_runs import change, write_row, write_run

from harness.archive import copying
from harness.archive.merging import merge
from harness.comparability.other_seeds import with_other_seeds
from harness.leaderboard.build import build
from harness.results import reader


def table(folder):
    return build(reader.read([folder]), published=False)


def lines(folder):
    return {check.name: check for check in table(folder).blocks[0].certificate}


def run_of(folder, seed):
    (found,) = folder.glob(f"*/*_s{seed}")
    return found


def test_one_models_answers_under_two_seeds_are_named(tmp_path):
    write_row(tmp_path, "bert-crf", sentences=12)
    for name in ("predictions.jsonl", "metrics.json"):
        shutil.copyfile(run_of(tmp_path, 13) / name, run_of(tmp_path, 42) / name)
    check = lines(tmp_path)["answers"]
    assert (check.ok, check.evidence) == (False, "proven")
    assert "seed 42 answered as bert-crf tiny (scratch), seed 13" in str(check.differing)


def test_one_digest_under_two_seeds_is_a_copy_and_neither_is_used(tmp_path):
    write_row(tmp_path, "bert-crf", sentences=12)
    shutil.rmtree(run_of(tmp_path, 42))
    copied = shutil.copytree(run_of(tmp_path, 13), run_of(tmp_path, 13).with_name("copy_s42"))
    change(copied / "run.json", "seed", to=42)
    made = table(tmp_path)
    assert sum("its digest is also that of seed" in notice for notice in made.notices) == 2
    (row,) = made.blocks[0].rows
    assert row.notes == ("1 of 3 seeds; 2 unsound",)
    assert not lines(tmp_path)["one result for each seed"].ok


def test_seeds_planned_alone_and_shown_together_are_named(tmp_path):
    for seed in (13, 42, 87):  # the three best of ten commands, say
        write_run(tmp_path, "bert-crf", seed, sentences=12)
        change(run_of(tmp_path, seed) / "run.json", "planned_seeds", to=[seed])
    check = lines(tmp_path)["seeds planned"]
    assert not check.ok
    assert dict(check.differing) == {"bert-crf tiny (scratch)": "13 / 42 / 87"}
    assert check.words == "DIFFERS: seeds planned (recorded): 13 / 42 / 87 (from run to run)"


def test_a_row_that_was_planned_otherwise_is_named_and_those_that_were_alike_are_not(tmp_path):
    for backend in ("bert-crf", "electra"):
        for seed in (13, 42):
            write_run(tmp_path, backend, seed, planned_seeds=(seed,), sentences=12)
    write_row(tmp_path, "dictionary", (13, 42), planned_seeds=(13, 42), sentences=12)
    said = lines(tmp_path)["seeds planned"].words
    assert said.endswith("planned (recorded): 13 / 42 (but dictionary tiny (scratch): 13, 42)")


def test_seeds_left_out_of_a_command_are_missing_in_its_row(tmp_path):
    write_row(tmp_path, "bert-crf", (13, 42, 87), planned_seeds=tuple(range(13, 90)), sentences=12)
    assert "3 of 77 seeds" in table(tmp_path).blocks[0].rows[0].notes[0]


def test_two_results_of_one_seed_of_a_row_are_an_error_and_not_the_order_of_paths(tmp_path):
    write_row(tmp_path, "bert-crf", sentences=12)
    other = write_run(tmp_path / "other", "bert-crf", 42, sentences=12, rate=0.5)
    change(other / "run.json", "digest", to="f" * 64)
    change(other / "run.json", "settings", "threads", to=2)
    made = table(tmp_path)
    assert sum("DIFFERENT result" in notice for notice in made.notices) == 2
    (row,) = made.blocks[0].rows
    assert row.notes == ("2 of 3 seeds; 1 unsound",)
    check = lines(tmp_path)["one result for each seed"]
    assert not check.ok
    assert "DIFFERENT" in str(check.differing)


def test_the_same_result_twice_is_no_contradiction(tmp_path):
    write_row(tmp_path, "bert-crf", sentences=12)
    other = shutil.copytree(run_of(tmp_path, 42), tmp_path / "again")
    change(other / "run.json", "digest", to="f" * 64)
    made = table(tmp_path)
    assert made.blocks[0].rows[0].notes == ()
    assert "already in" in made.notices[0]


def failed(folder, seed, task="demo", backend="electra", **known):
    made = folder / task / f"{backend}_s{seed}"
    made.mkdir(parents=True)
    record = {"digest": f"{seed}" * 8, "task": task, "backend": backend, "preset": "tiny",
              "variant": "", "seed": seed, "planned_seeds": [13, 42], "error": "loss is nan",
              "exit_code": 1} | known  # fmt: skip
    for name in ("claim.json", "failed.json"):
        (made / name).write_text(json.dumps(record), encoding="utf-8")
    return made


def test_a_row_whose_seeds_all_failed_is_still_there_after_merge(tmp_path):
    write_row(tmp_path / "a", "bert-crf", sentences=12)
    failed(tmp_path / "a", 13)
    failed(tmp_path / "a", 42)
    done = merge([tmp_path / "a"], tmp_path / "all")
    assert (len(done.copied), len(done.lost)) == (3, 2)
    names = [row.name for block in table(tmp_path / "all").blocks for row in block.rows]
    assert names == ["bert-crf tiny (scratch)", "electra tiny"]


FAILING = """
from harness.core import Tags
from harness.protocol import FitReport

class Backend:
    family = "adversary"

    def __init__(self, context): pass
    def fit(self, train, dev): raise ValueError("loss is nan")
    def predict(self, sentences): return []
    def save(self, folder): pass
    def load(self, folder): pass
"""


@pytest.mark.slow
def test_seeds_that_fail_in_a_real_run_stand_in_its_table_and_after_merge(task, offer, tmp_path):
    site = offer("failing", FAILING)
    run = ("run", "--backend", "failing", "dictionary", "--task", task, "--seed", 1, 2)
    out, _ = harness(*run, folder=tmp_path, paths=[site], code=7)
    assert "failing" in out
    called("merge", "results", "-o", "all", folder=tmp_path)
    for folder in ("results", "all"):
        out, _ = called("leaderboard", folder, folder=tmp_path)
        assert "0 of 2 seeds; 2 failed" in out


def test_a_seed_that_failed_here_and_finished_there_has_finished(tmp_path):
    write_row(tmp_path / "b", "bert-crf", sentences=12)
    whole = run_of(tmp_path / "b", 13)
    left = failed(tmp_path / "a", 13, backend="bert-crf")
    left.rename(left.with_name(whole.name))
    merge([tmp_path / "a"], tmp_path / "all")
    merge([tmp_path / "b", tmp_path / "a"], tmp_path / "all")
    assert len(reader.read([tmp_path / "all"]).runs) == 3
    assert reader.read([tmp_path / "all"]).rejected == ()


@pytest.mark.parametrize("after", range(4))
def test_a_merge_that_is_cut_off_leaves_no_run_that_is_half_there(tmp_path, monkeypatch, after):
    write_row(tmp_path / "a", "bert-crf", (13,), planned_seeds=(13,), sentences=12)
    copied = []

    def copy(source, target, **more):
        if len(copied) == after:
            raise KeyboardInterrupt
        copied.append(source)
        return shutil.copy2(source, target)

    tree = shutil.copytree
    monkeypatch.setattr(
        copying.shutil,
        "copytree",
        lambda *places, **more: tree(*places, copy_function=copy, **more),
    )
    files = len(list(run_of(tmp_path / "a", 13).iterdir()))
    if after < files:
        with pytest.raises(KeyboardInterrupt):
            merge([tmp_path / "a"], tmp_path / "all")
        found = reader.read([tmp_path / "all"])
        assert (found.runs, found.rejected) == ((), ())
    monkeypatch.undo()
    merge([tmp_path / "a"], tmp_path / "all")
    assert len(reader.read([tmp_path / "all"]).runs) == 1
    assert not list((tmp_path / "all").rglob(".*.tmp"))


def killed(folder, seed, planned, backend="bert-crf", task="demo", **known):
    """What is left of a run that was killed: what its command wrote down as it began."""
    made = folder / task / f"{backend}_s{seed}_killed"
    made.mkdir(parents=True)
    about = {"digest": f"{seed}" * 8, "task": task, "backend": backend, "preset": "tiny",
             "variant": "", "seed": seed, "planned_seeds": planned, **known}  # fmt: skip
    (made / "claim.json").write_text(json.dumps(about), encoding="utf-8")
    return made


def test_seeds_of_a_second_command_that_were_killed_are_missing_in_the_row(tmp_path):
    write_row(tmp_path, "bert-crf", (1, 2, 3), planned_seeds=(1, 2, 3), sentences=12)
    for seed in (4, 5, 6):
        killed(tmp_path, seed, [4, 5, 6])
    assert table(tmp_path).blocks[0].rows[0].notes == ("3 of 6 seeds; 3 missing",)
    assert not lines(tmp_path)["seeds finished"].ok


def test_seeds_that_a_killed_command_had_not_begun_are_missing_too(tmp_path):
    write_row(tmp_path, "bert-crf", (1, 2, 3), planned_seeds=(1, 2, 3), sentences=12)
    killed(tmp_path, 4, [4, 5, 6, 7])
    assert table(tmp_path).blocks[0].rows[0].notes == ("3 of 7 seeds; 4 missing",)


def test_a_killed_seed_that_finished_under_another_digest_is_not_missing(tmp_path):
    write_row(tmp_path, "bert-crf", (1, 2, 3), planned_seeds=(1, 2, 3), sentences=12)
    killed(tmp_path, 2, [1, 2, 3])
    assert lines(tmp_path)["seeds finished"].ok


def test_killed_seeds_of_another_task_or_row_are_not_of_this_one(tmp_path):
    write_row(tmp_path, "bert-crf", (1, 2, 3), planned_seeds=(1, 2, 3), sentences=12)
    killed(tmp_path, 4, [4], backend="electra")
    killed(tmp_path, 4, [4], task="other")
    assert lines(tmp_path)["seeds finished"].ok


def on(task):
    """The fingerprint of the data of ``task``, as stored runs have it."""
    return {"fingerprint": hashlib.sha256(task.encode()).hexdigest()}


def lost_on_other_data(folder):
    part = on("the first 100 sentences")
    failed(folder / "lost", 77, backend="bert-crf", planned_seeds=[77], **part)
    killed(folder / "lost", 78, [78, 79], **part)


def test_seeds_lost_on_other_data_are_of_no_row_that_read_these(tmp_path):
    write_row(tmp_path, "bert-crf", (1, 2, 3), planned_seeds=(1, 2, 3), sentences=12)
    lost_on_other_data(tmp_path)
    ranked, apart = table(tmp_path).blocks
    assert (ranked.kind, [row.notes for row in ranked.rows]) == ("ranked", [()])
    assert lines(tmp_path)["seeds finished"].ok
    (row,) = apart.rows  # what was planned is in the table, wherever it was lost
    assert row.notes == ("0 of 3 seeds; 1 failed; 1 unfinished; 1 missing",)
    assert row.name != ranked.rows[0].name


def test_seeds_lost_on_the_same_data_cost_a_row_its_rank(tmp_path):
    write_row(tmp_path, "bert-crf", (1, 2, 3), planned_seeds=(1, 2, 3), sentences=12)
    failed(tmp_path / "lost", 77, backend="bert-crf", planned_seeds=[77], **on("demo"))
    (row,) = table(tmp_path).blocks[0].rows
    assert row.notes == ("3 of 4 seeds; 1 failed",)


def test_a_seed_whose_answers_cannot_be_believed_costs_only_the_row_of_its_data(tmp_path):
    for name, seeds in (("whole", (1, 2, 3)), ("part", (1, 2, 4))):
        write_row(tmp_path / name, "bert-crf", seeds, planned_seeds=seeds, sentences=12)
    for path in (tmp_path / "part").rglob("run.json"):
        change(path, "data", "fingerprint", to="0" * 64)
        change(path, "digest", to=f"part {path.parent.name}")
    change(run_of(tmp_path / "part", 4) / "metrics.json", "types", "conlleval", "PER", to=[9, 0, 0])
    notes = [row.notes for block in table(tmp_path).blocks for row in block.rows]
    assert sorted(notes) == [(), ("2 of 3 seeds; 1 unsound",)]


def test_the_table_of_a_command_has_nothing_that_its_rows_lost_on_other_data(tmp_path):
    write_row(tmp_path, "bert-crf", (1, 2), planned_seeds=(1, 2), sentences=12)
    own = reader.read([tmp_path])
    lost_on_other_data(tmp_path)
    assert with_other_seeds(own, reader.read([tmp_path])) == own


@pytest.mark.parametrize("damaged", ["metrics.json", "run.json"])
def test_a_poor_seed_whose_files_were_damaged_is_missing_in_its_row(tmp_path, damaged):
    write_row(tmp_path, "bert-crf", (1, 2, 3), planned_seeds=(1, 2, 3), sentences=12)
    poor = write_run(tmp_path, "bert-crf", 4, planned_seeds=(4,), sentences=12)
    shutil.copyfile(poor / "run.json", poor / "claim.json")
    (poor / damaged).write_text("{", encoding="utf-8")
    assert table(tmp_path).blocks[0].rows[0].notes == ("3 of 4 seeds; 1 missing",)


def test_a_row_of_which_one_seed_was_killed_and_none_began_has_all_that_were_planned(tmp_path):
    write_row(tmp_path, "bert-crf", sentences=12)
    killed(tmp_path, 4, [4, 5, 6], backend="electra")
    (row,) = table(tmp_path).blocks[1].rows
    assert row.notes == ("0 of 3 seeds; 1 unfinished; 2 missing",)


@pytest.mark.slow
def test_the_table_of_a_second_command_has_the_seeds_of_the_first(task, tmp_path):
    run = ("run", "--backend", "dictionary", "--task", task, "--quiet", "--seed")
    called(*run, 1, 2, 3, folder=tmp_path)
    out, _ = called(*run, 4, 5, folder=tmp_path)
    assert "DIFFERS: seeds planned (recorded): 1, 2, 3 / 4, 5" in out
    (row,) = [line for line in out.splitlines() if line.startswith("|") and "dictionary" in line]
    assert " 5 " in row


@pytest.mark.slow
def test_the_table_of_a_command_names_what_others_left_of_its_rows(task, tmp_path):
    run = ("run", "--backend", "dictionary", "--task", task, "--quiet", "--seed")
    called(*run, 1, 2, folder=tmp_path)
    killed(tmp_path / "results", 9, [9], backend="dictionary", task="tiny")
    out, _ = called(*run, 1, 2, folder=tmp_path)
    assert "2 of 3 seeds; 1 missing" in out


def test_what_else_lies_in_the_folder_is_not_of_the_row_of_a_command(tmp_path):
    write_row(tmp_path, "bert-crf", (1, 2), sentences=12)
    own = reader.read([tmp_path])
    write_run(tmp_path, "bert-crf", 3, sentences=12, precision="bf16")
    write_run(tmp_path, "electra", 3, sentences=12)
    killed(tmp_path, 3, [3], backend="electra")
    killed(tmp_path, 2, [1, 2])
    assert with_other_seeds(own, reader.read([tmp_path])) == own
