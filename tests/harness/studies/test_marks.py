"""What a study says of points that are no clean comparison, as a leaderboard of its runs would."""

import re
from dataclasses import replace

from stored_runs import change, write_run

from harness.comparability.systems import systems
from harness.results import reader, verify
from harness.results.run_record import TrainingCourse
from harness.studies import page, panels, text
from harness.studies.design import Study
from harness.studies.panels import Panel

STUDY = Study.model_validate({
    "question": "How many layers?", "tasks": ["demo"], "backends": ["bert-crf"],
    "axes": {"layers": {"values": [2, 4]}},
})  # fmt: skip
CALLED = {2: "two", 4: "four"}


def write_points(folder, rates=(0.1, 0.1, 0.1), **more):
    """Runs with two layers and with four, at one rate of errors for each seed."""
    for layers, name in CALLED.items():
        for seed, rate in zip((13, 42, 87), rates, strict=True):
            write_run(folder, "bert-crf", seed, variant=name, options={"layers": layers},
                      digest=f"{name} {seed}", rate=rate, sentences=60, **more)  # fmt: skip
    return folder


def panel_of(folder):
    """The panel of the stored runs, whose points are called by their variants."""
    made, _ = systems(verify.check(reader.read([folder])).runs)
    found = sorted(made, key=lambda system: system.first.run.options["layers"])
    called = [replace(one, name=one.first.run.variant) for one in found]
    points = {one.name: one.name for one in called}
    return Panel("demo", tuple(called), points, panels._place(called))


def shown(folder):
    """The study in both formats, as words alone."""
    panel = panel_of(folder)
    html = page.page("mine", STUDY, [panel], [])
    return text.markdown(STUDY, [panel], "mine"), " ".join(re.sub("<[^>]+>", " ", html).split())


def every(folder):
    return sorted(folder.rglob("run.json"))


def share(part, whole, found, of=40):
    """What ``part`` has of ``whole``, as a run records it."""
    return {"part": part, "whole": whole, "sentences": of, "exact": found, "near": 0,
            "surfaces": 9, "shared_surfaces": 5}  # fmt: skip


def with_overlap(folder, *, test=0, dev=0, runs=""):
    """The stored runs that are called so, with sentences of test and of dev that are in train."""
    shares = [share("test", "train", test), share("test", "dev", 0), share("dev", "train", dev)]
    for path in every(folder):
        if runs in path.read_text(encoding="utf-8"):
            change(path, "data", "overlap", to=shares)
    return folder


def test_points_that_are_like_all_others_have_no_marks(tmp_path):
    for said in shown(write_points(tmp_path)):
        assert "[" not in said
        assert "At every point" not in said
        assert "same answers" not in said
        assert "fell out" not in said


def test_points_that_read_a_part_of_the_data_say_so(tmp_path):
    write_points(tmp_path)
    for path in every(tmp_path):
        change(path, "data", "limit", to=60)
        change(path, "settings", "limit", to=60)
    for said in shown(tmp_path):
        assert "two [limit 60]" in said
        assert "four [limit 60]" in said


def test_a_test_set_that_is_in_train_is_a_mark_on_each_point_and_a_sentence(tmp_path):
    """Though it is the same at all points: their scores are of memory, the highest too."""
    with_overlap(write_points(tmp_path), test=40)
    for said in shown(tmp_path):
        assert "two [40 of 40 test sentences are in train]" in said
        assert "At every point of layers, 40 of 40 test sentences are in train." in said


def test_a_development_set_that_is_in_train_is_a_sentence(tmp_path):
    with_overlap(write_points(tmp_path), dev=40)
    for said in shown(tmp_path):
        assert "At every point of layers, 40 of 40 dev sentences are in train." in said


def test_overlap_of_one_point_names_it(tmp_path):
    with_overlap(write_points(tmp_path), dev=40, runs="four")
    for said in shown(tmp_path):
        assert " four: 40 of 40 dev sentences are in train." in said.replace("\n", " ")
        assert "every point" not in said


def test_overlap_that_is_little_is_not_said(tmp_path):
    with_overlap(write_points(tmp_path), test=3, dev=3)
    for said in shown(tmp_path):
        assert "in train" not in said


def test_overlap_that_nobody_counted_is_said(tmp_path):
    write_points(tmp_path)
    for path in every(tmp_path):
        change(path, "data", "overlap", to=None)
    for said in shown(tmp_path):
        assert "At every point of layers, what test, dev and train share is not recorded." in said


def test_points_that_gave_the_same_answers_are_named(tmp_path):
    """Where the training of either draws anything, they are one model, or the axis does nothing."""
    for layers, name in CALLED.items():
        for seed in (13, 42, 87):
            digest = f"{name} {seed}"
            run = write_run(tmp_path, seed=seed, options={"layers": layers}, digest=digest)
            change(run / "run.json", "variant", to=name)
    for said in shown(tmp_path):
        assert (
            "Some runs gave the same answers to every sentence: four: seed 13 answered as two, "
            "seed 13; four: seed 42 answered as two, seed 42; four: seed 87 answered as two, "
            "seed 87."
        ) in said


def test_a_seed_that_fell_out_is_named_with_what_the_others_have(tmp_path):
    write_points(tmp_path, rates=(0.1, 0.95, 0.1))
    for said in shown(tmp_path):
        assert "two [seed 42 fell out]" in said
        assert re.search(r"two: seed 42 with [\d.]+ fell out of its row\. ", said)
        assert "since such trainings occur; of the others F1 is " in said


def test_what_a_sentence_says_of_training_is_no_mark_beside_it(tmp_path):
    rising = TrainingCourse(epochs=5, updates=9, units=9, dev_f1=(0.1, 0.2, 0.3, 0.4, 0.5))
    write_points(tmp_path, training=rising)
    for said in shown(tmp_path):
        assert "At every point of layers, end of training: still rose by 10.00 per epoch." in said
        assert "[" not in said


def test_what_no_point_recorded_is_said(tmp_path):
    write_points(tmp_path)
    for path in every(tmp_path):
        change(path, "code", to=None)
    for said in shown(tmp_path):
        assert "At every point of layers, code of the harness: not recorded." in said
