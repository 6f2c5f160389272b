"""A test of several sets: one score that ranks, over all of them, and each set's own beside it.

A test of one file is what it was before there could be several, to the byte.
"""

import hashlib
import json

import pytest
import tiny_task
from built_tables import built, cells
from program import called, harness
from reading import CORPUS, KEYS, task_file, write_parallel
from stored_runs import change

from harness.core import Span
from harness.data.overlap import contained, overlaps
from harness.data.task import load, load_without_test
from harness.errors import ConfigError, DataError
from harness.results import reader, verify

NEWS = tiny_task.TEST
WEB = [tiny_task.SENTENCES[1], ("赵六去了天津。", "B_PER I_PER O O B_LOC I_LOC O")]
SETS = "test: {news: news.txt, web: web.txt}"


def with_sets(folder, **sets):
    """The tiny task with these test sets, by their names."""
    path = tiny_task.make(folder)
    for name, sentences in sets.items():
        tiny_task.write_split(folder / "data", name, sentences)
    told = ", ".join(f"{name}: {name}.txt" for name in sets)
    text = path.read_text("utf-8").replace("test: test.txt", f"test: {{{told}}}")
    path.write_text(text, encoding="utf-8")
    return path


def several(folder):
    """The tiny task, of which one of two test sets is half in train."""
    return with_sets(folder, news=NEWS, web=WEB)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the task and two finished runs of the dictionary."""
    folder = tmp_path_factory.mktemp("sets")
    several(folder)
    harness("run", "--task", "tiny.yaml", "--backend", "dictionary", "--seed", 13, 42,
            "--allow-overlap", folder=folder)  # fmt: skip
    return folder


@pytest.fixture
def run(place):
    return reader.read([place / "results"]).runs[0]


# --- what is read ---------------------------------------------------------------------------------


def test_sets_are_one_test_in_the_order_of_the_file_and_sentences_know_theirs(tmp_path):
    task = load(several(tmp_path))
    assert list(task.splits) == ["train", "dev", "test"]
    test = task.splits["test"]
    assert test.sets == ("news", "news", "news", "web", "web")
    assert [one.id for one in test.sentences][2:4] == ["test-news-00003", "test-web-00001"]
    assert {name: len(split) for name, split in test.parts.items()} == {"news": 3, "web": 2}
    assert task.spelling["test/web"] == "BIO, B_X"


def test_a_limit_keeps_the_first_sentences_of_each_set(tmp_path):
    assert load(several(tmp_path), limit=1).splits["test"].sets == ("news", "web")


def test_a_task_without_its_test_opens_no_set(tmp_path):
    path = several(tmp_path)
    (tmp_path / "data" / "web.txt").unlink()
    assert list(load_without_test(path).splits) == ["train", "dev"]
    with pytest.raises(DataError, match=r"web\.txt"):
        load(path)


def test_documents_of_two_sets_are_never_one(tmp_path):
    path = several(tmp_path)
    for name, sentences in (("news", NEWS), ("web", WEB)):
        ids = "".join("1\n" for _ in sentences)
        (tmp_path / "data" / f"{name}_documents.txt").write_text(ids, encoding="utf-8")
    described = ", ".join(f"{name}: {{units: {name}.txt, documents: {name}_documents.txt}}"
                          for name in ("news", "web"))  # fmt: skip
    path.write_text(path.read_text("utf-8").replace(SETS, f"test: {{{described}}}"), "utf-8")
    assert load(path).splits["test"].documents == ("news/1",) * 3 + ("web/1",) * 2


def test_the_fingerprint_sees_where_a_set_ends_and_what_it_is_called(tmp_path):
    path = several(tmp_path)
    found = load(path).fingerprint
    tiny_task.write_split(tmp_path / "data", "news", [*NEWS, *WEB[:1]])
    tiny_task.write_split(tmp_path / "data", "web", WEB[1:])
    assert load(path).fingerprint != found
    several(tmp_path)
    path.write_text(path.read_text("utf-8").replace("web: web", "blog: web"), "utf-8")
    assert load(path).fingerprint != found


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({"news": "test.txt"}, "one test set needs no name; write `test: FILE`, not 'news'"),
        ({"news": "test.txt", "a/b": "dev.txt"}, "the name 'a/b' must be 1 to 100 characters"),
        ({"news": "test.txt", "web": {"unit": "dev.txt"}}, "unknown key"),
        ({"units": "test.txt", "web": "dev.txt"}, "unknown key"),
    ],
)
def test_sets_that_are_none_are_refused(tmp_path, test, message):
    splits = {"train": "train.txt", "dev": "dev.txt", "test": test}
    with pytest.raises(ConfigError, match=message):
        load(task_file(tmp_path, splits=splits))


def test_nothing_is_carved_out_of_several_sets(tmp_path):
    splits = {"train": "train.txt", "test": {"a": "test.txt", "b": "dev.txt"}}
    carve = {"dev": {"from": "test", "share": 0.5}}
    with pytest.raises(ConfigError, match=r"carve\.dev"):
        load(task_file(tmp_path, splits=splits, carve=carve))


# --- leakage --------------------------------------------------------------------------------------


def test_overlap_is_counted_for_all_and_for_each_set(tmp_path):
    task = load(several(tmp_path))
    found = {(one.part, one.whole): one.exact for one in overlaps(task.examples, task.test_sets)}
    assert found[("test", "train")] == 1
    assert (found[("test/news", "train")], found[("test/web", "train")]) == (0, 1)
    assert ("test/web", "dev") in found


def test_a_set_that_is_mostly_in_train_is_refused_though_all_of_test_is_not(tmp_path):
    path = several(tmp_path)
    tiny_task.write_split(tmp_path / "data", "web", tiny_task.SENTENCES[:2])
    task = load(path)
    assert [one.part for one in contained(overlaps(task.examples, task.test_sets))] == ["test/web"]
    _, err = harness("run", "--task", path, "--backend", "dictionary", "--dry-run",
                     folder=tmp_path, code=3)  # fmt: skip
    assert "2 of 2 test/web sentences are in train" in err
    out, _ = called("check-data", path, folder=tmp_path, code=3)
    assert "2 of 2 sentences (100.00%) of test/web are in train" in out


def test_the_check_of_data_has_a_line_for_each_set(tmp_path):
    out, _ = called("check-data", several(tmp_path), folder=tmp_path)
    assert "test/news" in out
    assert "test/web" in out


# --- what is stored and shown ---------------------------------------------------------------------


def test_answers_say_their_set_and_metrics_count_each(run):
    answers = run.answers().predictions
    assert [one.test_set for one in answers] == ["news"] * 3 + ["web"] * 2
    sets = run.metrics.sets
    assert {name: one.sentences for name, one in sets.items()} == {"news": 3, "web": 2}
    for label, counts in run.metrics.types["conlleval"].items():
        parts = [one.types.get(label, (0, 0, 0)) for one in sets.values()]
        assert tuple(map(sum, zip(*parts, strict=True))) == counts
    assert run.run.data.sentences["test/web"] == 2


def test_the_table_ranks_by_all_sets_and_shows_each(place):
    [block] = built(place / "results").blocks
    row = cells(block, block.rows[0])
    keys = list(row)
    assert keys[keys.index("f1") + 1 :][:2] == ["set:news", "set:web"]
    assert [row[key].text for key in ("f1", "set:news", "set:web")] == ["85.71", "100.00", "66.67"]
    assert not row["set:news"].bold
    told = next(line for line in block.captions if line.startswith("Test is 2 sets"))
    assert "news 3 sentences, 4 entities; web 2 sentences, 4 entities" in told
    assert "over the sentences of all of them together" in told


def table_of(folder, **sets):
    """The one block of two runs of the dictionary on these test sets."""
    with_sets(folder, **sets)
    called("run", "--task", "tiny.yaml", "--backend", "dictionary", "--seed", 13, 42,
           "--allow-overlap", folder=folder)  # fmt: skip
    [block] = built(folder / "results").blocks
    return block


def test_a_set_is_never_taken_for_the_column_of_what_train_does_not_have(tmp_path):
    """Nor for any other: a name that is one's title, in whatever case, is told apart from it."""
    sets = {"seen": NEWS, "unseen": WEB, "Nested": NEWS[:1]}
    block = table_of(tmp_path, **sets)
    titles = {column.key: column.title for column in block.columns}
    assert titles["unseen_f1"] == "F1 unseen"
    assert [titles[f"set:{name}"] for name in sets] == ["F1 seen", "F1 on unseen", "F1 on Nested"]
    folded = [title.casefold() for title in titles.values()]
    assert len({*folded}) == len(folded)
    told = next(line for line in block.captions if line.startswith("Test is 3 sets"))
    assert told.endswith(
        "F1 on unseen is of the set unseen alone. F1 on Nested is of the set Nested alone."
    )


def test_of_a_set_without_gold_no_row_has_a_score_whatever_it_finds_there(tmp_path):
    nothing = [(text, "O " * (len(text) - 1) + "O") for text, _ in WEB[:1]]
    block = table_of(tmp_path, news=NEWS, blank=nothing)
    (result, _) = reader.read([tmp_path / "results"]).runs
    assert sum(fp for _, fp, _ in result.metrics.sets["blank"].types.values()) > 0
    row = cells(block, block.rows[0])
    assert (row["set:blank"].text, row["set:news"].text) == ("n/a", "100.00")


def test_a_score_of_a_set_that_its_answers_do_not_give_is_found(place, tmp_path):
    (folder, *_) = (one.folder for one in reader.read([place / "results"]).runs)
    copied = tmp_path / folder.name
    copied.mkdir()
    for path in folder.iterdir():
        if path.is_file():
            (copied / path.name).write_bytes(path.read_bytes())
    change(copied / "metrics.json", "sets", "web", "sentences", to=3)
    assert any("sets: metrics.json says" in one for one in verify.report([tmp_path]).problems)
    change(copied / "metrics.json", "sets", "web", "sentences", to=2)
    change(copied / "metrics.json", "files", to=None)
    change(copied / "run.json", "data", "sentences", "test/web", to=3)
    found = verify.report([tmp_path]).problems
    assert any("sentences of test sets: run.json says" in one for one in found)


def test_verify_rescore_and_oracle_hold(place, tmp_path):
    out, _ = called("verify", place / "results", folder=tmp_path)
    assert "2 results read, 0 problems" in out
    called("rescore", place / "results", "--policy", "strict", "-o", "again", folder=tmp_path)
    again = reader.read([tmp_path / "again"]).runs[0].metrics
    assert list(again.sets) == ["news", "web"]
    assert "100.00" in called("oracle", "--task", place / "tiny.yaml", "--backend", "dictionary",
                              folder=tmp_path)[0]  # fmt: skip


def test_gold_that_leaves_and_comes_back_is_the_same_task(place, tmp_path):
    called("export-data", place / "tiny.yaml", "--to", "conll", "-o", "made", folder=tmp_path)
    names = {path.name for path in (tmp_path / "made").iterdir()}
    assert {"test-news.txt", "test-web.txt"} < names
    made = load(tmp_path / "made" / "tiny.yaml")
    assert made.fingerprint == load(place / "tiny.yaml").fingerprint


def test_data_are_mended_set_by_set(tmp_path):
    path = several(tmp_path)
    units = tmp_path / "data" / "web.txt"
    units.write_text(units.read_text("utf-8").replace("\n", "\r\n"), encoding="utf-8", newline="")
    called("check-data", path, "--fix", "mended", folder=tmp_path)
    assert load(tmp_path / "mended" / "tiny.yaml").fingerprint == load(path).fingerprint


def test_answers_of_another_system_are_for_all_sets_in_their_order(place, tmp_path):
    rows = [tags.replace("_", "-").split() for _, tags in (*NEWS, *WEB)]
    texts = [text for text, _ in (*NEWS, *WEB)]
    blocks = [
        "".join(f"{unit} {tag}\n" for unit, tag in zip(text, row, strict=True))
        for text, row in zip(texts, rows, strict=True)
    ]
    (tmp_path / "theirs.conll").write_text("\n".join(blocks), encoding="utf-8")
    called("import-predictions", "theirs.conll", "--task", place / "tiny.yaml", "--name", "theirs",
           "-o", "results", folder=tmp_path)  # fmt: skip
    sets = reader.read([tmp_path / "results"]).runs[0].metrics.sets
    assert {name: one.sentences for name, one in sets.items()} == {"news": 3, "web": 2}


# --- a test of one file ---------------------------------------------------------------------------


def test_a_task_of_one_file_has_the_fingerprint_that_it_had(tmp_path):
    assert load("demo").fingerprint == (
        "77c2e8e49fa2d83a184a5c7a545dcbccafb669aa1259cf30237b1540cd185cd4"
    )
    write_parallel(tmp_path, CORPUS)
    header = {"joiner": "", "labels": KEYS["labels"], "policy": "conlleval"}
    lines = [header]
    for name in sorted(CORPUS):
        lines += [{"split": name}, *([list(text), _triples(spans)] for text, spans in CORPUS[name])]
    content = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    assert load(task_file(tmp_path)).fingerprint == hashlib.sha256(content.encode()).hexdigest()


def _triples(spans):
    return [[one.start, one.end, one.label] for one in spans if isinstance(one, Span)]


def test_a_run_on_one_file_stores_what_it_stored_before_there_were_sets(tmp_path):
    harness("run", "--backend", "dictionary", "--seed", 13, folder=tmp_path)
    [result] = reader.read([tmp_path / "results"]).runs
    assert result.metrics.predictions_sha256 == (
        "8fb136323b6fc426cf0b4129c9823144d930d34d8f8ab6f6c62e838909c2e863"
    )
    stored = json.loads((result.folder / "metrics.json").read_text(encoding="utf-8"))
    assert "sets" not in stored
    assert set(result.run.data.sentences) == {"train", "dev", "test"}
    assert len(result.run.data.overlap) == 3
