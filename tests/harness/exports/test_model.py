"""An exported model answers as its run does, in the hands of the program that it was exported for.

Real tiny models, real transformers, real onnxruntime.
"""

import contextlib
import json
import shutil

import pytest
import yaml
from finished_runs import EVERYTHING, PLAIN, SIZES, finished, pretrained, task
from open_to_others import assert_one_mode
from program import called

from harness import api
from harness.data.readers.jsonl import JsonlSource
from harness.data.readers.jsonl import read as read_jsonl
from harness.errors import BackendError, ConfigError
from harness.exports import agreement, card, model
from harness.protocol import Exported
from harness.results import reader, verify

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module")
def task_file(place):
    return task(place / "data")


@pytest.fixture(scope="module")
def texts(place, task_file):
    found = read_jsonl(JsonlSource(place / "data" / "test.jsonl"))
    return ["".join(record.units) for record in found.records]


@pytest.fixture(scope="module")
def crf(place, task_file):
    """A run with all that a plain model has no place for."""
    return finished(task_file, "bert-crf", place / "results", **EVERYTHING)


@pytest.fixture(scope="module", params=["bert-softmax", "electra", "electra from scratch"])
def plain(request, place, task_file):
    """A run whose model is plain, and the folder that it was exported to."""
    backend, _, scratch = request.param.partition(" from ")
    if scratch:
        run = finished(task_file, backend, place / "results", **PLAIN)
    else:
        weights = pretrained(place / f"{backend}-weights", backend.removesuffix("-softmax"))
        options = SIZES | {"model": str(weights)}
        run = finished(task_file, backend, place / "results", preset="base", **options)
    delivered = api.export_model(run, place / f"{request.param} exported")
    return run, delivered


def spans(tagged):
    return [(e.start, e.end, e.label) for e in tagged.entities]


def test_the_pipeline_of_transformers_finds_the_spans_of_predict(plain, texts):
    from transformers import pipeline

    run, delivered = plain
    tag = pipeline("token-classification", model=str(delivered.folder),
                   aggregation_strategy="simple", trust_remote_code=False)  # fmt: skip
    ours = [spans(one) for one in api.predict(run, texts)]
    theirs = [[(e["start"], e["end"], e["entity_group"]) for e in tag(text)] for text in texts]
    assert sum(map(len, ours)) > 20
    assert theirs == ours
    assert delivered.proof.agreement.different == 0


def test_it_is_plain_there_is_no_code_in_the_folder(plain):
    _, delivered = plain
    assert not [path for path in delivered.folder.rglob("*") if path.suffix in (".py", ".bin")]
    assert "auto_map" not in json.loads((delivered.folder / "config.json").read_text())


def test_whoever_may_read_a_folder_may_read_the_model_in_it(plain):
    run, delivered = plain
    assert_one_mode(run)
    assert_one_mode(delivered.folder)


def test_each_character_is_a_token_whatever_it_reads_like(plain):
    from transformers import AutoTokenizer

    _, delivered = plain
    tokenizer = AutoTokenizer.from_pretrained(delivered.folder)
    for text in ("先生[CLS]东", "Ab  b\u200b7", "\u3000[PAD]é"):
        found = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
        assert found["offset_mapping"] == [(i, i + 1) for i in range(len(text))]
        assert not set(found["input_ids"]) & {
            tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id
        }  # fmt: skip


def test_what_a_plain_model_cannot_hold_is_refused_and_the_way_out_named(crf, place):
    with pytest.raises(ConfigError) as caught:
        api.export_model(crf, place / "never")
    for part in ("a CRF", "ngrams", "convolutions", "bioes", "constrain_transitions", "--to onnx"):
        assert part in str(caught.value)
    assert not (place / "never").exists()
    assert not list(place.glob(".never*"))


def test_a_character_that_is_several_pieces_is_named_as_one_that_cannot_be_told(place):
    from backends.tagging import character_tokenizer
    from backends.tagging.encoding import PretrainedTable

    weights = pretrained(place / "taken-apart")
    vocabulary = character_tokenizer.vocabulary_of(PretrainedTable.load(weights))
    assert "김" in vocabulary.split
    assert "A" in vocabulary.ids
    table = PretrainedTable.load(weights)
    assert [len(table.pieces(character)) for character in "김A先"] == [3, 1, 1]


@pytest.fixture
def same_graph(onnx, monkeypatch):
    """The graph of this model is written by a copy of the one that was exported before."""
    from backends.tagging import onnx_export

    def copied(folder, *_):
        shutil.copy(onnx.folder / "model.onnx", folder)

    monkeypatch.setattr(onnx_export, "write", copied)


@pytest.fixture(scope="module")
def onnx(crf, place):
    pytest.importorskip("onnxruntime")
    return api.export_model(crf, place / "onnx", to="onnx", row=place / "rows")


def test_onnx_has_every_tag_of_the_whole_test_set(crf, onnx):
    stored = reader.one(crf).answers().predictions
    row = reader.one(onnx.row).answers().predictions
    assert [one.tags for one in row] == [one.tags for one in stored]
    assert sum(tag != "O" for one in stored for tag in one.tags) > 50
    sure = [c for one in stored for c in one.confidence]
    assert [c for one in row for c in one.confidence] == pytest.approx(sure, abs=1e-4)


def shown(folder):
    """The function that the code of a card defines, run as it stands there."""
    card = (folder / "README.md").read_text(encoding="utf-8")
    code = card.split("```python\n")[1].split("```")[0]
    names = {}
    with contextlib.chdir(folder.parent):
        exec(code.replace('print(tags("TEXT"))', ""), names)
    return names["tags"]


def test_the_code_of_the_card_alone_finds_every_tag_of_a_crf_with_rules(crf, onnx, texts):
    tags = shown(onnx.folder)
    for text, expected in zip(texts, api.predict(crf, texts), strict=True):
        assert tuple(tags(text)) == expected.tags


def test_and_of_a_softmax_on_pretrained_weights(place, task_file, texts):
    pytest.importorskip("onnxruntime")
    weights = pretrained(place / "for-onnx", "electra")
    run = finished(task_file, "electra", place / "results", preset="base", **SIZES,
                   model=str(weights))  # fmt: skip
    made = api.export_model(run, place / "softmax", to="onnx")
    tags = shown(made.folder)
    for text, expected in zip(texts, api.predict(run, texts), strict=True):
        assert tuple(tags(text)) == expected.tags


def test_the_code_of_the_card_runs_whatever_the_folder_is_called(crf, same_graph, place, texts):
    made = api.export_model(crf, place / "my\"d 'of\\ 𠮷", to="onnx")
    assert shown(made.folder)(texts[0]) == list(api.predict(crf, texts[:1])[0].tags)


def test_names_are_text_on_the_card_whatever_they_hold(place):
    label = "x<script>alert(1)</script>_*$"
    path = task(place / "odd-names")
    for file in path.parent.iterdir():
        content = file.read_text(encoding="utf-8")
        file.write_text(content.replace("PER", label).replace("told\n", "t_o_ld\n"), "utf-8")
    sound = verify.require_sound(reader.one(finished(path, "dictionary", place / "results")))
    made = card.Card(sound, "onnx", Exported(None, ""), "", "<b>_my_", sound.metrics)
    shown = card.text(made).split("---\n", 2)[2]  # the metadata are no Markdown
    assert "<script>" not in shown
    assert r"It finds x&lt;script&gt;alert(1)&lt;/script&gt;\_\*\$, LOC." in shown
    assert "\n# &lt;b&gt;\\_my\\_\n" in shown
    assert "task t\\_o\\_ld" in shown
    assert "t_o_ld" not in shown


def test_a_row_of_its_own_is_sound_timed_and_says_what_it_is(crf, onnx, place):
    sound = verify.require_sound(reader.one(onnx.row))
    run, before = sound.run, reader.one(crf).run
    assert run.variant.endswith("onnx")
    assert run.settings["exported"] == "onnx"
    assert run.digest != before.digest
    assert "onnxruntime" in run.versions
    assert run.cost.predict_rate > 0
    assert run.cost.seconds["predict"] != before.cost.seconds["predict"]
    assert run.cost.seconds["train"] == before.cost.seconds["train"]
    assert run.cost.predict_peak_bytes is None
    out, _ = called("leaderboard", crf, onnx.row, folder=place)
    assert " onnx |" in out
    assert "n/a" in out or "not" in out


def test_the_model_of_the_row_predicts(crf, onnx, texts):
    ours, theirs = api.predict(crf, texts), api.predict(onnx.row, texts)
    assert [one.tags for one in theirs] == [one.tags for one in ours]


def test_a_row_that_was_exported_is_not_trained_again_nor_exported_again(onnx, place):
    _, err = called("reproduce", onnx.row, folder=place, code=2)
    assert "a model that was exported (onnx)" in err
    with pytest.raises(ConfigError, match="export the run that it is from"):
        api.export_model(onnx.row, place / "again", to="onnx")


def test_8_bits_are_a_row_of_their_own_where_they_are_worth_as_much(crf, onnx, same_graph, place):
    made = api.export_model(crf, place / "int8", to="int8", row=place / "rows")
    run = reader.one(made.row).run
    assert run.precision == "int8"
    assert made.proof.worth.holds
    assert "90 % interval" in made.proof.words
    record = json.loads((made.folder / "every_eval_ever.json").read_text(encoding="utf-8"))
    counts = reader.one(made.row).metrics.micro()
    assert record["evaluation_results"][0]["score_details"]["score"] == counts.f1
    sizes = [(one.folder / "model.onnx").stat().st_size for one in (onnx, made)]
    assert sizes[1] < sizes[0]
    import onnx as library

    kinds = {node.op_type for node in library.load(made.folder / "model.onnx").graph.node}
    assert "MatMulInteger" in kinds


def test_8_bits_are_refused_where_f1_may_be_further_off_than_half_a_point(
    crf, same_graph, place, monkeypatch
):
    """The margin is lowered to what this test set cannot show of any model that differs."""
    monkeypatch.setattr(agreement, "MARGIN", -1e-9)
    with pytest.raises(BackendError, match="not shown to be within"):
        api.export_model(crf, place / "worse", to="int8", row=place / "rows-of-none")
    assert not (place / "worse").exists()
    assert not (place / "rows-of-none").exists()


def test_an_export_that_answers_otherwise_is_not_delivered(crf, same_graph, place, monkeypatch):
    """A graph whose scores are turned round: the test set is asked, and finds it."""
    from backends.tagging import onnx_export

    written = onnx_export.write_decoding

    def turned(folder, *args, **kwargs):
        written(folder, *args, **kwargs)
        content = json.loads((folder / "decoding.json").read_text())
        content["end"] = [value and -50 * (value + 1) for value in content["end"]]
        content["step"] = [[v and -10 * (v + 1) for v in row] for row in content["step"]]
        (folder / "decoding.json").write_text(json.dumps(content))

    monkeypatch.setattr(onnx_export, "write_decoding", turned)
    with pytest.raises(BackendError, match="has other entities in"):
        api.export_model(crf, place / "wrong", to="onnx")
    assert not (place / "wrong").exists()


def test_the_card_is_read_by_the_hub_with_every_score(plain):
    from huggingface_hub import ModelCard

    run, delivered = plain
    card = ModelCard.load(delivered.folder / "README.md")
    scores = {one.metric_type: one for one in card.data.eval_results}
    counts = reader.one(run).metrics.micro()
    assert scores["f1"].metric_value == counts.f1
    assert scores["precision"].metric_value == counts.precision
    assert scores["recall"].metric_value == counts.recall
    assert scores["f1"].dataset_revision == reader.one(run).run.data.fingerprint
    assert scores["f1"].dataset_split == "test"
    assert "Certificate: " in card.text
    assert "Checked against its run: the same entities in all" in card.text
    assert "## Limits" in card.text


def test_the_record_for_every_eval_ever_has_what_its_schema_asks_for(plain):
    run, delivered = plain
    record = json.loads((delivered.folder / "every_eval_ever.json").read_text(encoding="utf-8"))
    required = {"schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata",
                "model_info", "eval_library", "evaluation_results"}  # fmt: skip
    assert required <= record.keys()
    assert record.keys() - required == {"detailed_evaluation_results"}
    assert {"name", "id"} <= record["model_info"].keys()
    assert record["source_metadata"]["source_type"] == "evaluation_run"
    assert record["source_metadata"]["evaluator_relationship"] == "first_party"
    for one in record["evaluation_results"]:
        assert {"evaluation_name", "source_data", "metric_config", "score_details"} <= one.keys()
        assert one["metric_config"]["score_type"] == "continuous"
        assert one["metric_config"]["min_score"] <= one["score_details"]["score"]
        assert all(isinstance(text, str) for text in one["score_details"]["details"].values())
    found = {one["evaluation_name"]: one["score_details"]["score"]
             for one in record["evaluation_results"]}  # fmt: skip
    assert found["told f1"] == reader.one(run).metrics.micro().f1


def test_nothing_is_overwritten(crf, place):
    there = place / "there"
    there.mkdir()
    (there / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="nothing was overwritten"):
        api.export_model(crf, there, to="onnx")
    assert (there / "mine.txt").read_text() == "mine"


def test_a_backend_that_cannot_and_a_target_that_is_none_are_said(crf, place, task_file):
    dictionary = finished(task_file, "dictionary", place / "results")
    with pytest.raises(ConfigError, match="'dictionary' cannot be exported"):
        api.export_model(dictionary, place / "never")
    with pytest.raises(ConfigError, match="transformers, onnx, int8, not to 'tflite'"):
        api.export_model(crf, place / "never", to="tflite")


def test_words_are_refused_for_transformers(place):
    folder = place / "words"
    folder.mkdir()
    lines = [("Rome is in U.S. now", [1, 0, 0, 1, 0]), ("He saw Paris today", [0, 0, 1, 0])] * 8
    for name in ("train", "dev", "test"):
        text = "".join(
            "\n".join(f"{w} {'B-LOC' if t else 'O'}" for w, t in zip(s.split(), t, strict=True))
            + "\n\n"
            for s, t in lines
        )
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    path = folder / "words.yaml"
    path.write_text(
        "name: words\nlanguage: en\nformat: conll\njoiner: ' '\nlabels: [LOC]\n"
        "splits: {train: train.txt, dev: dev.txt, test: test.txt}\n"
    )
    run = finished(path, "bert-softmax", place / "results", **PLAIN, allow_overlap=True)
    with pytest.raises(ConfigError, match="begins a new word at each mark of punctuation"):
        api.export_model(run, place / "never")


def test_a_damaged_graph_is_one_message(onnx, place):
    from harness.errors import HarnessError
    from harness.runs.predict import restore

    broken = place / "broken"
    shutil.copytree(onnx.folder, broken)
    (broken / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(HarnessError, match="broken"):
        restore(reader.one(onnx.row), broken)


def test_metadata_is_yaml_alone(plain):
    _, delivered = plain
    head = (delivered.folder / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    assert yaml.safe_load(head)["pipeline_tag"] == "token-classification"
    assert model.README in {path.name for path in delivered.folder.iterdir()}
