"""Former names of options: read with a warning in ``--set``, and in results stored under them."""

import tiny_task
from making import make
from program import harness
from stored_runs import SETTINGS, write_run

from backends.encoder import BertCrf
from harness.archive import reproduction
from harness.core import Example, Sentence, Span
from harness.protocol import Context, DevScore
from harness.results import reader
from harness.runs.predict import restore
from harness.tags import tag_set

BEFORE = {
    "init": "scratch", "model": None, "layers": 1, "width": 16, "attention_heads": 2,
    "dropout": 0.1, "forget": 0.2, "epochs": 1, "batch_units": 1024, "accumulate": 1,
    "learning_rate": 0.001, "head_lr": None, "weight_decay": 0.01, "schedule": "linear",
    "warmup": 0.1, "clip": 1.0, "patience": 0, "class_weights": 0.0, "legal": True, "cut": 3,
    "max_characters": 900,
}  # fmt: skip
TODAY = {
    "word_dropout": 0.2, "constrain_transitions": True, "max_length": 3, "max_units": 900,
}  # fmt: skip


def stored_before(tmp_path):
    """A run folder as version 0.1.0 wrote it, its model included."""
    task = tiny_task.make(tmp_path)
    settings = SETTINGS | {"task_file": str(task), "labels": ["PER", "LOC"]}
    folder = write_run(
        tmp_path / "results", options=BEFORE, variant="legal=True", settings=settings
    )
    tags = tag_set(["PER", "LOC"])
    context = Context(
        tags, 13, "cpu", "fp32", 1, folder, lambda _: DevScore(None, 0.0), lambda _: None
    )
    example = Example(Sentence("s", tuple("张三在上海")), (Span(0, 2, "PER"), Span(3, 5, "LOC")))
    sizes = {"layers": 1, "width": 16, "attention_heads": 2, "epochs": 1}
    made = make(BertCrf, context, **sizes, **TODAY)
    made.fit([example] * 4, [])
    (folder / "model").mkdir()
    made.save(folder / "model")
    return folder


def test_a_run_stored_under_former_names_predicts(tmp_path, caplog):
    folder = stored_before(tmp_path)
    restored = restore(reader.one(folder))
    assert restored.shape.word_dropout == 0.2
    assert restored.tagging.constrain_transitions
    assert restored.recipe.max_units == 900
    (answer,) = restored.predict([Sentence("s", tuple("张三在上海"))])
    assert (len(answer.tags), answer.unread) == (3, 2)
    old = [message.split("option ")[1].split()[0] for message in caplog.messages]
    assert old == ["'forget'", "'legal'", "'cut'", "'max_characters'"]
    assert all(str(folder / "run.json") in message for message in caplog.messages)


def test_a_run_stored_under_former_names_is_planned_again_under_todays(tmp_path):
    folder = stored_before(tmp_path)
    cell = reproduction.cell(reproduction.stored(folder), tmp_path / "again", None)
    former = {"forget", "legal", "cut", "max_characters"}
    today = {name: value for name, value in BEFORE.items() if name not in former} | TODAY
    assert today.items() <= cell.options.values.items(), "options of after have their defaults"
    assert not former & set(cell.options.values)
    assert cell.options.variant == "legal=True", "the name of the row stays"


def test_a_former_name_in_set_is_warned_of_on_stderr_and_planned_under_todays(tmp_path):
    out, err = harness(
        "run", "--backend", "bert-crf", "--seed", "13", "--set", "forget=0.1", "--dry-run",
        folder=tmp_path,
    )  # fmt: skip
    assert "word_dropout: 0.1" in out
    assert "forget" not in out
    assert err.splitlines() == [
        "warning: --set bert-crf: option 'forget' is called 'word_dropout' now; "
        "its former name is read for one more release"
    ]
