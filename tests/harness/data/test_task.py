"""A task is read once, whole or not at all, and its fingerprint is that of its content."""

import pytest
from reading import CORPUS, KEYS, task_file, write_conll, write_jsonl, write_parallel

from harness.core import Sentence, Span
from harness.data.task import load
from harness.errors import ConfigError, DataError


@pytest.fixture
def small(tmp_path):
    write_parallel(tmp_path)
    return tmp_path


# --- what is read --------------------------------------------------------------------------------


def test_a_task_holds_its_splits_in_order(small):
    task = load(task_file(small))
    assert list(task.splits) == ["train", "dev", "test"]
    assert task.tags == ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
    assert dict(task.spelling) == {"train": "BIO, B_X", "dev": "BIO, B-X", "test": "BIO, B_X"}
    first = task.splits["train"].examples[0]
    assert first.sentence == Sentence("train-00001", tuple("李雷在京"))
    assert first.spans == CORPUS["train"][0][1]
    assert task.splits["train"].sentences[1].id == "train-00002"
    assert task.splits["dev"].documents == (None,)


def test_the_same_content_has_the_same_fingerprint_in_every_format(small):
    expected = load(task_file(small)).fingerprint
    write_conll(small)
    write_jsonl(small)
    splits = ("train", "dev", "test")
    conll = {"format": "conll", "splits": {name: f"{name}.conll" for name in splits}}
    jsonl = {"format": "jsonl", "splits": {name: f"{name}.jsonl" for name in reversed(splits)}}
    assert load(task_file(small, **conll)).fingerprint == expected
    assert load(task_file(small, **jsonl)).fingerprint == expected
    assert load(task_file(small, name="other", language="ja")).fingerprint == expected
    write_parallel(small, separator="-")
    assert load(task_file(small)).fingerprint == expected


@pytest.mark.parametrize(
    "keys",
    [
        {"labels": ["LOC", "PER"]},
        {"labels": ["PER", "LOC", "ORG"]},
        {"policy": "strict"},
        {"joiner": " "},
        {"splits": {"train": "train.txt", "dev": "test.txt", "test": "dev.txt"}},
    ],
)
def test_the_fingerprint_sees_what_a_run_would_see(small, keys):
    assert load(task_file(small, **keys)).fingerprint != load(task_file(small)).fingerprint


@pytest.mark.parametrize(
    "train",
    [
        [("李雷在津", CORPUS["train"][0][1]), CORPUS["train"][1]],
        [("李雷在京", (Span(0, 2, "PER"),)), CORPUS["train"][1]],
        [("李雷在京", (Span(0, 2, "LOC"), Span(3, 4, "LOC"))), CORPUS["train"][1]],
        CORPUS["train"][::-1],
        CORPUS["train"][:1],
        [("李雷在京京都", (Span(0, 2, "PER"), Span(3, 4, "LOC"), Span(4, 6, "LOC")))],
    ],
)
def test_the_fingerprint_sees_every_unit_span_and_border(small, train):
    before = load(task_file(small)).fingerprint
    write_parallel(small, {**CORPUS, "train": train})
    assert load(task_file(small)).fingerprint != before


def test_the_fingerprint_sees_where_a_split_ends_and_not_how_splits_are_ordered(small):
    a, b, c = ("甲", ()), ("乙", ()), ("丙", ())
    write_parallel(small, {"dev": [a, b], "test": [c]})
    before = load(task_file(small)).fingerprint
    write_parallel(small, {"dev": [a], "test": [b, c]})
    assert load(task_file(small)).fingerprint != before

    more = {**KEYS["splits"], "x": "dev.txt", "y": "test.txt"}
    same = {**KEYS["splits"], "y": "test.txt", "x": "dev.txt"}
    one, other = (load(task_file(small, splits=splits)) for splits in (more, same))
    assert list(one.splits) != list(other.splits)
    assert one.fingerprint == other.fingerprint != load(task_file(small)).fingerprint


def test_a_limit_keeps_the_first_sentences_and_shows_in_the_fingerprint(small):
    whole, cut = load(task_file(small)), load(task_file(small), limit=1)
    assert [len(split) for split in cut.splits.values()] == [1, 1, 1]
    assert cut.splits["train"].examples == whole.splits["train"].examples[:1]
    assert cut.fingerprint != whole.fingerprint
    assert load(task_file(small), limit=2).fingerprint == whole.fingerprint
    with pytest.raises(ConfigError, match="limit is 0"):
        load(task_file(small), limit=0)


def test_malformed_gold_is_read_under_the_policy_and_counted(small):
    (small / "dev.txt").write_text("a b c\nd e\n", encoding="utf-8")
    (small / "dev_TAG.txt").write_text("B_PER I_LOC O\nO I_PER\n", encoding="utf-8")
    dev = load(task_file(small)).splits["dev"]
    assert dev.malformed == 2
    assert [len(example.spans) for example in dev.examples] == [2, 1]
    strict = load(task_file(small, policy="strict")).splits["dev"]
    assert strict.malformed == 2
    assert [len(example.spans) for example in strict.examples] == [1, 0]
    assert load(task_file(small), limit=1).splits["dev"].malformed == 1


def test_bmes_is_converted_once(small):
    (small / "dev.txt").write_text("a b c d\n", encoding="utf-8")
    (small / "dev_TAG.txt").write_text("B-PER M-PER E-PER S-LOC\n", encoding="utf-8")
    task = load(task_file(small))
    assert task.splits["dev"].examples[0].spans == (Span(0, 3, "PER"), Span(3, 4, "LOC"))
    assert task.spelling["dev"] == "BMES, B-X"


def test_documents_travel_with_their_sentences(small):
    (small / "docs.txt").write_text("d1\nd2\n", encoding="utf-8")
    splits = {**KEYS["splits"], "train": {"units": "train.txt", "documents": "docs.txt"}}
    assert load(task_file(small, splits=splits)).splits["train"].documents == ("d1", "d2")


# --- carving -------------------------------------------------------------------------------------


def carved(folder, share=0.3):
    splits = {"train": "train.txt", "test": "test.txt"}
    return load(task_file(folder, splits=splits, carve={"dev": {"from": "train", "share": share}}))


def test_a_carved_split_depends_on_the_text_alone(small):
    texts = [(chr(0x4E00 + number) * 3, ()) for number in range(500)]
    write_parallel(small, {"train": [*texts, *texts[:50]]})
    task = carved(small)
    dev = {sentence.text for sentence in task.splits["dev"].sentences}
    train = {sentence.text for sentence in task.splits["train"].sentences}
    assert dev | train == {text for text, _ in texts}
    assert not dev & train  # copies stay together
    assert 110 < len(dev) < 190
    assert task.splits["dev"].examples[0].sentence.id == "dev-00001"

    write_parallel(small, {"train": texts[::-1]})
    assert {sentence.text for sentence in carved(small).splits["dev"].sentences} == dev
    more = {sentence.text for sentence in carved(small, 0.6).splits["dev"].sentences}
    assert dev < more


def test_two_splits_of_one_source_have_their_share_of_the_whole(small):
    write_parallel(small, {"train": [(chr(0x4E00 + number) * 3, ()) for number in range(2000)]})
    shares = {"dev": {"from": "train", "share": 0.1}, "test": {"from": "train", "share": 0.2}}
    task = load(task_file(small, splits={"train": "train.txt"}, carve=shares))
    sizes = {name: len(split.examples) for name, split in task.splits.items()}
    assert sum(sizes.values()) == 2000
    assert 160 < sizes["dev"] < 240
    assert 340 < sizes["test"] < 460
    alone = load(task_file(small, splits={"train": "train.txt", "test": "test.txt"},
                           carve={"dev": shares["dev"]}))  # fmt: skip
    assert task.splits["dev"].sentences == alone.splits["dev"].sentences


def test_the_published_hash_is_sha256_of_the_text(small):
    write_parallel(small, {"train": [("甲", ()), ("乙", ()), ("丙", ()), ("丁", ())]})
    digests = {"甲": "33", "乙": "71", "丙": "c6", "丁": "a5"}  # `printf 甲 | sha256sum`, and so on
    for share in (0.3, 0.5, 0.7):
        dev = {sentence.text for sentence in carved(small, share).splits["dev"].sentences}
        assert dev == {text for text, first in digests.items() if int(first, 16) < 256 * share}


def test_a_carving_that_leaves_nothing_is_refused(small):
    with pytest.raises(DataError, match="carving leaves no sentence in dev"):
        carved(small, 1e-9)


# --- what is refused -----------------------------------------------------------------------------


def test_all_errors_are_listed_up_to_twenty(small):
    (small / "dev.txt").write_text("a\n" * 30, encoding="utf-8")
    (small / "dev_TAG.txt").write_text("O O\n" * 30, encoding="utf-8")
    (small / "train_TAG.txt").write_text("B_PRE I_PER O b_LOC\nB_LOC I_LOC\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(task_file(small))
    first, *listed, rest, hint = str(caught.value).splitlines()
    assert "the data of task 'small' has 32 errors; nothing was run" in first
    assert len(listed) == 20
    assert rest == "  and 12 more"
    assert "check-data" in hint
    assert "train_TAG.txt:1:1: error[unknown-label]" in listed[0]
    assert "'PRE' is not among the labels of the task (did you mean 'PER'?)" in listed[0]
    assert "train_TAG.txt:1:4: error[tag]: 'b_LOC' begins with a lower-case letter" in listed[1]
    assert "dev.txt:1:2: error[unequal-lengths]: 1 units, 2 tags" in listed[2]


@pytest.mark.parametrize(
    ("units", "tags", "keys", "message"),
    [
        ("", "", {}, "dev_TAG.txt: error[empty-split]: no sentence in this file"),
        ("\n\n", "\n\n", {}, "no sentence in this file"),
        ("a b\n", "B-PER E-PER\n", {"scheme": "BIO"}, "dev_TAG.txt:1:2: error[scheme]: 'E-PER'"),
        ("a b c\n", "B-PER M-PER I-PER\n", {}, "the letters B, I, M belong to none of"),
        ("a b\n", "B-PER I_PER\n", {}, "writes tags in two ways"),
        ("a b\n", "B-ORG B-ORG\n", {}, "add it to `labels` (2 times, first here)"),
    ],
)
def test_gold_that_the_task_cannot_mean_is_refused(small, units, tags, keys, message):
    (small / "dev.txt").write_text(units, encoding="utf-8")
    (small / "dev_TAG.txt").write_text(tags, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(task_file(small, **keys))
    assert message in str(caught.value)


def test_spans_of_unknown_labels_are_refused(small):
    write_jsonl(small, {**CORPUS, "dev": [("ab", (Span(0, 1, "ORG"), Span(1, 2, "ORG")))]})
    splits = {name: f"{name}.jsonl" for name in CORPUS}
    with pytest.raises(DataError, match=r"dev\.jsonl:1: error\[unknown-label\].*\(2 times"):
        load(task_file(small, format="jsonl", splits=splits))


def test_a_missing_file_is_named_with_all_else(small):
    (small / "test_TAG.txt").unlink()
    with pytest.raises(DataError, match=r"test_TAG\.txt: error\[unreadable\]: cannot be read"):
        load(task_file(small))
