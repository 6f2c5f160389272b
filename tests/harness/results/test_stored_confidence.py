"""Confidences in stored answers: checked when read, recounted for tables, absent in older files."""

import json

import pytest
from pydantic import ValidationError
from stored_runs import write_run

from harness.archive.rescoring import Rule
from harness.leaderboard.measures import MEASURES
from harness.results import confidence, reader, verify
from harness.results.record import Prediction
from harness.results.run_record import Calibration
from harness.scoring.calibration import calibration_error
from harness.tags import decode

MEASURE = {measure.key: measure for measure in MEASURES}
ONE = {
    "id": "s", "units": tuple("张三在京"), "gold": ((0, 2, "PER"), (3, 4, "LOC")),
    "tags": ("B-PER", "I-PER", "O", "B-ORG"),
}  # fmt: skip


def stored(folder, sure=0.9, bits=3.0, **more):
    """A run whose entities all have the confidence ``sure`` and whose gold costs ``bits``."""
    made = write_run(folder, **more)
    path = made / "predictions.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["confidence"] = [sure] * len(decode(line["tags"]))
        line["gold_bits"] = bits
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return made


def recounted(folder):
    """The recount of the one run in ``folder``, whose hash is that of changed answers."""
    (result,) = reader.read([folder]).runs
    return verify.Sound(result, verify._recount(result))


@pytest.mark.parametrize(
    ("confidence_", "words"),
    [((0.5,), "1 confidences for 2 entities"), ((0.5, 1.5), "confidence"), ((0.5, -1.0), "conf")],
)
def test_what_is_no_confidence_of_these_tags_is_refused(confidence_, words):
    assert Prediction(**ONE, confidence=(0.5, 1.0)).confidence == (0.5, 1.0)
    with pytest.raises(ValidationError, match=words):
        Prediction(**ONE, confidence=confidence_)


def test_files_without_confidence_are_read_and_have_none(tmp_path):
    made = write_run(tmp_path)
    text = (made / "predictions.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        del line["confidence"], line["gold_bits"]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (made / "predictions.jsonl").write_text(text, encoding="utf-8")
    record = json.loads((made / "run.json").read_text(encoding="utf-8"))
    del record["calibration"]
    (made / "run.json").write_text(json.dumps(record), encoding="utf-8")
    run = recounted(tmp_path)
    assert run.run.calibration is None
    assert (run.recount.calibration_error, run.recount.gold_bits) == (None, None)
    assert [MEASURE[key].read(run) for key in ("ece", "bits")] == [None, None]


def test_tables_read_the_error_at_the_temperature_of_the_run(tmp_path):
    plain, fitted = tmp_path / "plain", tmp_path / "fitted"
    stored(plain)
    stored(fitted, calibration=Calibration(temperature=2.0, entities=10, right=8))
    given, warm = recounted(plain), recounted(fitted)
    counts = given.metrics.micro()
    share = counts.tp / (counts.tp + counts.fp)
    assert MEASURE["ece"].read(given) == pytest.approx(abs(0.9 - share))
    # The logit of 0.9 is that of 9 to 1; half of it, of 3 to 1.
    assert MEASURE["ece"].read(warm) == pytest.approx(abs(0.75 - share))


def test_bits_are_per_character(tmp_path):
    stored(tmp_path)
    run = recounted(tmp_path)
    sentences, characters = run.metrics.sentences, run.recount.characters
    assert MEASURE["bits"].read(run) == pytest.approx(3.0 * sentences / characters)


def test_of_a_sentence_that_lacks_either_the_run_has_none():
    whole = Prediction(**ONE, confidence=(0.5, 0.9), gold_bits=2.0)
    lacking = Prediction(**ONE)
    assert calibration_error(confidence.judged([whole])) is not None
    assert confidence.judged([whole, lacking]) is None
    assert confidence.bits([whole, whole]) == 4.0
    assert confidence.bits([whole, lacking]) is None


def test_rescoring_keeps_the_confidence_of_what_it_keeps():
    one = Prediction(**ONE, confidence=(0.5, 0.9), gold_bits=2.0)
    kept = Rule("conlleval", ("LOC", "ORG")).apply(one)
    assert (kept.tags, kept.confidence) == (("O", "O", "O", "B-ORG"), (0.9,))
    assert kept.gold_bits is None
    every = Rule("strict").apply(one)
    assert (every.confidence, every.gold_bits) == ((0.5, 0.9), 2.0)
