"""``pretrain`` from text to record, with a backend that counts pairs of characters."""

import json

import pytest
import tiny_task
from program import called

from harness import registry
from harness.errors import ConfigError
from harness.pretraining import corpus as corpus_of_tasks
from harness.registry import Plugin
from harness.results.pretraining import COMPLETE, Pretraining

LINES = [f"第{i}条 本法所称第{i * 7}项，是指{chr(0x4E00 + i)}的规定。" for i in range(400)]
NEWS = [f"{i}日，记者在{chr(0x5E00 + i)}城看到新的桥。" for i in range(100)]
TEST_SENTENCE = "今天没有新闻。"  # of the tiny task, and shorter than a run
LICENCES = "file\tlicence\tweights trained on it may be shipped\n"


@pytest.fixture(autouse=True)
def backends(monkeypatch):
    offered = (
        Plugin("bigrams", "bigrams:Bigrams", "ner-bigrams", "1"),
        Plugin("deaf", "bigrams:Deaf", "ner-deaf", "1"),
    )
    monkeypatch.setattr(registry, "installed", lambda group=registry.GROUP: offered)


@pytest.fixture
def corpus(tmp_path):
    """A folder of two sources of unequal size and licence, and a task with a sentence of one."""
    tiny_task.make(tmp_path)
    folder = tmp_path / "text"
    folder.mkdir()
    (folder / "laws.txt").write_text("\n".join(LINES), encoding="utf-8")
    (folder / "news.txt").write_text("\n".join([*NEWS, TEST_SENTENCE]), encoding="utf-8")
    told = "laws.txt\tpublic domain\tyes\nnews.txt\tCC BY-SA 4.0\tno\n"
    (folder / "MANIFEST.tsv").write_text(LICENCES + told, encoding="utf-8")
    return tmp_path


USUAL = ("--backend", "bigrams", "--preset", "tiny", "--task", "tiny.yaml", "-o", "weights",
         "--characters", "2000", "--window", "32")  # fmt: skip


def pretrain(folder, *more, text="text", code=0):
    return called("pretrain", text, *USUAL, *more, folder=folder, code=code)


def record(folder, name="weights"):
    return Pretraining.model_validate_json((folder / name / COMPLETE).read_bytes())


def test_it_reads_the_budget_and_records_what_was_read(corpus):
    out, _ = pretrain(corpus)
    found = record(corpus)
    assert found.text.characters == 62 * 32
    assert sum(source.read for source in found.text.sources) == found.text.characters
    assert found.objective == "the next character"
    assert [source.licence for source in found.text.sources] == ["public domain", "CC BY-SA 4.0"]
    assert "1,984 characters in 1 s" in out
    assert len(found.sittings) == 1
    assert len(found.sittings[0].code) == 64


def test_a_small_source_is_not_drowned(corpus):
    pretrain(corpus)
    laws, news = record(corpus).text.sources
    assert laws.characters > 5 * news.characters
    assert laws.read < 3 * news.read


def test_test_sentences_are_removed_counted_and_listed(corpus):
    pretrain(corpus)
    found = record(corpus).text
    assert found.removed == {"tiny/test": 1}
    assert [source.removed_lines for source in found.sources] == [0, 1]
    assert found.compared.keys() == {"tiny"}
    (removed,) = (corpus / "weights" / "removed.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(removed)["shared"] == TEST_SENTENCE
    pairs = json.loads((corpus / "weights" / "pairs.json").read_text())
    assert "新闻" not in pairs
    assert "新的" in pairs


def test_without_a_task_the_shipped_ones_whose_data_are_here_are_compared(corpus):
    arguments = [a for a in USUAL if a not in ("--task", "tiny.yaml")]
    _, err = called("pretrain", "text", *arguments, folder=corpus)
    [told] = [line for line in err.splitlines() if line.endswith(corpus_of_tasks.HUB)]
    assert "not compared: conll2002_es, conll2002_nl, conll2003, " in told
    text = record(corpus).text
    assert "demo" in text.compared
    assert "on a hub" in text.not_compared["msra"]


def test_a_licence_filter_reads_only_what_it_names(corpus):
    pretrain(corpus, "--licence", "public-domain,cc0")
    assert [source.name for source in record(corpus).text.sources] == ["laws"]
    _, err = pretrain(corpus, "--licence", "mit", "-o", "other", code=3)
    assert "stated are cc-by-sa, public-domain" in err


def test_what_weights_may_not_be_shipped_of_can_be_left_out(corpus):
    pretrain(corpus, "--shippable")
    assert [source.name for source in record(corpus).text.sources] == ["laws"]


def test_a_dry_run_prints_the_sources_and_makes_nothing(corpus):
    out, _ = pretrain(corpus, "--dry-run")
    assert "CC BY-SA 4.0" in out
    assert "tiny/test: 1" in out
    assert not (corpus / "weights").exists()


def test_it_goes_on_after_an_interruption_and_counts_the_sittings(corpus):
    with pytest.raises(RuntimeError, match="interrupted"):
        pretrain(corpus, "--set", "sitting=40")
    assert not (corpus / "weights" / COMPLETE).exists()
    pretrain(corpus, "--set", "sitting=40")
    assert len(record(corpus).sittings) == 2
    pretrain(corpus, "-o", "whole")
    pairs = [json.loads((corpus / n / "pairs.json").read_text()) for n in ("weights", "whole")]
    assert pairs[0] == pairs[1]


def test_a_folder_of_other_pretraining_is_not_touched(corpus):
    pretrain(corpus)
    before = (corpus / "weights" / COMPLETE).read_bytes()
    _, err = pretrain(corpus, "--seed", "14", "--set", "smoothing=0.5", code=2)
    assert "weights holds a pretraining with other seed (13), smoothing (1.0), text (files" in err
    assert (corpus / "weights" / COMPLETE).read_bytes() == before


def test_finished_weights_are_not_trained_again(corpus):
    pretrain(corpus)
    before = (corpus / "weights" / "pairs.json").stat().st_mtime_ns
    out, _ = pretrain(corpus)
    assert "1,984 characters" in out
    assert (corpus / "weights" / "pairs.json").stat().st_mtime_ns == before


def test_a_backend_that_reads_less_than_all_gets_no_record(corpus):
    _, err = pretrain(corpus, "--set", "skip=1", code=5)
    assert "read 1952 characters of 1984" in err
    assert not (corpus / "weights" / COMPLETE).exists()


def test_options_of_pretraining_and_of_the_model_are_told_apart(corpus):
    pretrain(corpus, "--set", "smoothing=2.0", "skip=0")
    found = record(corpus)
    assert found.options == {"smoothing": 2.0, "epochs": 3}
    assert found.learning == {"sitting": 0, "skip": 0}


def test_text_without_a_line_is_told_as_such(corpus):
    (corpus / "blank.txt").write_text(" \n\n", encoding="utf-8")
    _, err = pretrain(corpus, text="blank.txt", code=3)
    assert "blank.txt: no line of text" in err


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        (("--set", "smooting=2"), 2, "did you mean 'smoothing'"),
        (("--set", "sitting=many"), 2, "sitting"),
        (
            ("--set", "epochs=5"),
            2,
            "bigrams does not read it, set it in the run that follows; pretraining reads smoothing",
        ),
        (("--backend", "deaf"), 5, "learns nothing from raw text; these do: bigrams"),
        (("--weight", "laws"), 2, "expected SOURCE=FACTOR"),
        (("--weight", "law=2"), 2, "did you mean 'laws'"),
        (("--characters", "9000000"), 2, "% of it, raise --passes, or give more text"),
        (("--characters", "20"), 2, "less than one window"),
        (("--window", "513"), 2, "bigrams has 512 positions; give --window 512 or less"),
        (("--passes", "inf"), 2, "--passes inf: "),
        (("--passes", "nan"), 2, "--passes nan: "),
        (("--weight", "laws=nan"), 2, "--weight laws=nan: "),
        (("--weight", "laws=1e308"), 2, "--weight laws=1e+308: "),
        (("--alphabet", "1"), 2, "--alphabet 1: a model that knows 1 character has nothing to"),
        (("--licence", "free"), 2, "--licence free: not known"),
        (("--task", "nowhere"), 2, "no task 'nowhere'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_message_with_its_exit_code(corpus, wrong, code, message):
    _, err = pretrain(corpus, *wrong, code=code)
    assert message in err
    assert not (corpus / "weights" / COMPLETE).exists()


def test_text_in_which_no_character_comes_often_is_refused(corpus):
    rare = "".join(map(chr, range(0x4E00, 0x6E00)))
    for name in ("laws", "news"):
        (corpus / "text" / f"{name}.txt").write_text(rare, encoding="utf-8")
    _, err = pretrain(corpus, code=2)
    assert "a model that knows 0 characters has nothing to tell apart" in err


def test_a_refused_command_leaves_the_folder_to_the_right_one(corpus):
    _, err = pretrain(corpus, "--set", "smoothing=0.0", code=2)
    assert "smoothing=0" in err
    pretrain(corpus)
    assert record(corpus).options == {"smoothing": 1.0, "epochs": 3}


def test_a_refusal_takes_nothing_back_that_was_learned_before(corpus):
    with pytest.raises(RuntimeError, match="interrupted"):
        pretrain(corpus, "--set", "smoothing=0.5", "sitting=40")
    _, err = pretrain(corpus, "--set", "smoothing=0.0", code=2)
    assert "with other sitting (40), smoothing (0.5); nothing was overwritten" in err


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"sittings": []}'])
def test_a_claim_that_says_nothing_is_not_taken_for_another(damage, corpus):
    (corpus / "weights").mkdir()
    (corpus / "weights" / "claim.json").write_text(damage, encoding="utf-8")
    pretrain(corpus)
    assert len(record(corpus).sittings) == 1


def test_weights_are_not_taken_for_a_run(corpus):
    pretrain(corpus)
    (corpus / "lines.txt").write_text("x\n", encoding="utf-8")
    _, err = called("predict", "weights", "lines.txt", folder=corpus, code=2)
    assert "weights of `pretrain`, which no task was learned with: run --set model=FOLDER" in err


def test_a_preset_that_does_not_exist_is_named(corpus):
    _, err = pretrain(corpus, "--preset", "huge", code=2)
    assert "no preset 'huge'" in err


def test_weights_change_the_shares(corpus):
    pretrain(corpus, "--weight", "laws=0")
    assert next(source.read for source in record(corpus).text.sources) == 0


def test_a_stream_of_another_seed_is_another_text(corpus):
    pretrain(corpus)
    pretrain(corpus, "--seed", "14", "-o", "other")
    assert record(corpus).text.sha256 != record(corpus, "other").text.sha256


def test_one_line_of_the_code_changed_is_another_code(tmp_path, monkeypatch):
    from harness.runs import code

    (tmp_path / "packed").mkdir()
    file = tmp_path / "packed" / "__init__.py"
    file.write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = code.digest(["packed"])
    assert before == code.digest(["packed", "packed"])
    file.write_text("x = 2\n")
    assert code.digest(["packed"]) != before


def test_the_request_itself_refuses_what_no_window_fits():
    from harness.pretraining.plan import TextRequest

    with pytest.raises(ConfigError, match="less than one window"):
        TextRequest((), 100)
