"""Text with half of a character, a lone surrogate, which JSON has and UTF-8 has not, is kept."""

import json

import pytest
import tiny_task
from odd_server import said, serving
from plugin_site import made_site
from program import called, harness

from harness.errors import DataError
from harness.generation import fuzz
from harness.generation.repair import repair
from harness.results import stored
from harness.results.record import Prediction

HALF = "\ud83d"  # of an emoji
PLUGIN = """
from harness.core import Text
from harness.protocol import FitReport

class Backend:
    family = "third"
    def __init__(self, context) -> None: ...
    def fit(self, train, dev):
        return FitReport("none", 0, 0)
    def predict(self, sentences):
        return [Text("张 B_PER \\ud83d O", "char-tag") for _ in sentences]
    def save(self, folder): ...
    def load(self, folder): ...
"""


def only_answers(folder):
    (path,) = folder.glob("results/tiny/*/predictions.jsonl")
    return stored.answers(path).predictions


@pytest.mark.slow
def test_a_plugin_that_writes_half_a_character_has_a_score_and_every_command_reads_it(tmp_path):
    task = tiny_task.make(tmp_path)
    site = made_site(tmp_path, {"half": PLUGIN})
    harness("run", "--task", task, "--backend", "half", "--seed", 1, folder=tmp_path, paths=[site])
    assert all(HALF in answer.raw for answer in only_answers(tmp_path))
    for command in ("verify", "score", "analyse", "leaderboard"):
        called(command, "results", folder=tmp_path)
    called("report", "results", "--output", tmp_path / "page.html", folder=tmp_path)


@pytest.mark.slow
def test_a_reply_with_half_a_character_is_an_answer_and_not_the_end_of_the_run(tmp_path):
    task = tiny_task.make(tmp_path)
    with serving(lambda handler, asked: handler.send(said('{"entities": []} ' + HALF))) as server:
        options = (f"url={server.url}", "model=m", "structure=none", "probe=none")
        harness("run", "--task", task, "--backend", "served", "--seed", 1,
                "--set", *options, folder=tmp_path)  # fmt: skip
    assert {answer.raw for answer in only_answers(tmp_path)} == {'{"entities": []} ' + HALF}


def test_what_fuzzing_makes_is_stored_and_read_as_it_is(tmp_path):
    """Two halves that follow each other are the character that they make, as in any JSON."""
    made = [answer(fuzz.case_of(5, number)) for number in range(3000)]
    assert sum("\ud800" in one.raw for one in made) > 20
    path = tmp_path / "predictions.jsonl"
    path.write_bytes(stored.content_of(made))
    expected = tuple(one.model_copy(update={"raw": joined(one.raw)}) for one in made)
    assert stored.answers(path).predictions == expected


def joined(text):
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def answer(case):
    """What a run stores of a case."""
    decoded = repair(case.text, case.sentence, case.tags)
    fields = {key: getattr(decoded, key) for key in ("tags", "raw", "raw_tags", "repairs")}
    units = case.sentence.units
    return Prediction(id=case.sentence.id, units=units, gold=(), fates=decoded.fates, **fields)


@pytest.mark.parametrize("text", ['孙 \ue000\u2028\x7f\x00\t"\\/', "\\ud83d", "😀", "e\u0301"])
def test_a_line_of_whole_characters_is_what_pydantic_writes(text):
    """So files, and the hashes of files, of finished runs stay what they were."""
    one = Prediction(
        id="s", units=("x",), gold=((0, 1, "T"),), tags=("B-T",), raw=text, confidence=(1e-5,),
        gold_bits=1.5e-7,
    )  # fmt: skip
    assert stored.content_of([one]) == one.model_dump_json().encode() + b"\n"


def test_a_line_with_half_a_character_is_json_that_others_read():
    one = Prediction(id="s", units=("x",), gold=(), tags=("O",), raw=HALF, confidence=())
    line = stored.content_of([one])
    assert rb'"raw":"\ud83d"' in line
    assert json.loads(line)["raw"] == HALF


def test_a_damaged_line_with_half_a_character_is_named(tmp_path):
    one = Prediction(id="s", units=("x",), gold=(), tags=("O",), raw=HALF)
    path = tmp_path / "predictions.jsonl"
    for damage in (lambda line: line[:-9], lambda line: line.replace(b'["O"]', b'["O","O"]')):
        path.write_bytes(damage(stored.content_of([one])))
        with pytest.raises(DataError, match=r"predictions.jsonl, line 1: "):
            stored.answers(path)
