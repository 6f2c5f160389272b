"""Data formats of installed distributions: read and written by their own code, checked as ours."""

import sys

import pytest
import tiny_task
from plugin_site import made_site

from harness.data import formats, task
from harness.data.readers import offered
from harness.errors import BackendError, ConfigError, DataError
from harness.exports.data import export_task

# A line has units and tags with a slash between them: 张/B-PER 三/I-PER.
SLASHED = """
from harness.data.readers import Problem, Raw, ReadSplit
from harness.tags import encode


def read(path, joiner):
    records, problems = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        pairs = [pair.rpartition("/") for pair in line.split(" ")]
        if any(not unit for unit, _, _ in pairs):
            problems.append(Problem(str(path), number, "slash", "error", "no slash"))
            continue
        records.append(Raw(tuple(u for u, _, _ in pairs), number, tuple(t for *_, t in pairs)))
    return ReadSplit(str(path), tuple(records), tuple(problems))


def write(path, items):
    lines = []
    for one in items:
        tags = encode(one.spans, len(one.sentence))
        lines.append(" ".join(map("/".join, zip(one.sentence.units, tags))))
    path.write_text("".join(line + chr(10) for line in lines), encoding="utf-8")


write.suffix = ".slashed"
"""


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Offers the reader and the exporter of a source as ``slashed``."""

    def give(source=SLASHED, entries=None):
        site = made_site(tmp_path, {"slashed": source}, group=offered.GROUP, target="read")
        listed = site / "ner_slashed-0.1.dist-info" / "entry_points.txt"
        more = f"[{formats.EXPORTERS}]\nslashed = made_slashed:write\n"
        listed.write_text(entries or listed.read_text() + more)
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, "made_slashed", raising=False)

    return give


def test_a_task_goes_out_and_comes_back_as_it_was(tmp_path, offer):
    offer()
    loaded = task.load(tiny_task.make(tmp_path / "tiny"))
    again = export_task(loaded, "slashed", tmp_path / "out")
    assert (tmp_path / "out" / "test.slashed").read_text(encoding="utf-8").startswith("张/B-PER 三")
    assert task.load(again).fingerprint == loaded.fingerprint


def test_what_its_reader_finds_wrong_is_told_with_its_place(tmp_path, offer):
    offer()
    path = export_task(task.load(tiny_task.make(tmp_path / "tiny")), "slashed", tmp_path / "out")
    (tmp_path / "out" / "train.slashed").write_text("张/B-PER 三\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"train\.slashed:1: error\[slash\]: no slash"):
        task.load(path)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (SLASHED.replace("records, problems = [], []", "1 / 0"), "fails .*ZeroDivisionError"),
        (SLASHED.replace("return ReadSplit", "return None and ReadSplit"), "gave a NoneType for "),
        ("1 / 0", "reader 'slashed' of ner-slashed 0.1 fails to import"),
    ],
)
def test_a_reader_that_breaks_is_named_with_its_distribution(tmp_path, offer, source, said):
    offer(source)
    made = tiny_task.make(tmp_path / "tiny")
    made.write_text(made.read_text(encoding="utf-8").replace("parallel", "slashed"), "utf-8")
    with pytest.raises(BackendError, match=said) as caught:
        task.load(made)
    assert "pip uninstall ner-slashed" in str(caught.value)


SPLIT = "return ReadSplit(str(path), tuple(records), tuple(problems))"
GIVEN = {
    "a tag too few": (
        'Raw(("张", "三"), 1, ("O",))', "sentence 1, line 1, of which there are 2 units"),
    "a span past the end": (
        'Raw(("张",), 7, None, (Span(0, 2, "PER"),))', "line 7, of which Span.* within 1 units"),
    "a span that is none": ('Raw(("张",), 1, None, ((0, 1, "PER"),))', "no Span within 1 units"),
    "spans that are none": ("Raw(('张',), 1, None, None)", "the spans are None"),
    "an empty unit": ('Raw(("张", ""), 1, ("O", "O"))', "unit 2 is empty"),
    "a NUL": ('Raw(("张", chr(0)), 1, ("O", "O"))', "unit 2 is a NUL character"),
    "half a character": ('Raw((chr(0xD800),), 1, ("O",))', "unit 1 is half a character"),
    "no unit": ("Raw((), 1, ())", "expected a tuple of strings"),
    "units that are no text": ("Raw((1,), 1, ('O',))", "expected a tuple of strings"),
    "a tag that is no text": ("Raw(('张',), 1, (0,))", "the tags are"),
    "no line": ("Raw(('张',), None, ('O',))", "the line is no number"),
    "another object": ("'张三'", "a str for sentence 1, not a Raw"),
}  # fmt: skip


@pytest.mark.parametrize("name", GIVEN)
def test_a_sentence_that_no_reader_of_ours_would_give_is_the_readers_fault(tmp_path, offer, name):
    given, said = GIVEN[name]
    source = SLASHED.replace(SPLIT, f"return ReadSplit(str(path), ({given},), ())")
    offer(f"from harness.core import Span\n{source}")
    made = tiny_task.make(tmp_path / "tiny")
    made.write_text(made.read_text(encoding="utf-8").replace("parallel", "slashed"), "utf-8")
    with pytest.raises(BackendError, match=said) as caught:
        task.load(made)
    assert "reader 'slashed' of ner-slashed 0.1 gave" in str(caught.value)
    assert "train.txt" in str(caught.value)


@pytest.mark.parametrize(("line", "said"), [
    ("raise SystemExit(3)", r"fails \(made_slashed:read\): SystemExit: 3"),
    ("return ReadSplit(str(path), (1 / 0 for _ in 'a'), ())", "ZeroDivisionError"),
    ("return ReadSplit(str(path), (), ('wrong',))", "'wrong' for a Problem"),
])  # fmt: skip
def test_a_reader_that_ends_the_program_or_breaks_later_is_named(tmp_path, offer, line, said):
    offer(SLASHED.replace(SPLIT, line))
    made = tiny_task.make(tmp_path / "tiny")
    made.write_text(made.read_text(encoding="utf-8").replace("parallel", "slashed"), "utf-8")
    with pytest.raises(BackendError, match=said):
        task.load(made)


def test_gold_in_a_format_that_nothing_reads_is_refused_with_what_to_offer(tmp_path, offer):
    offer(entries=f"[{formats.EXPORTERS}]\nslashed = made_slashed:write\n")
    loaded = task.load(tiny_task.make(tmp_path / "tiny"))
    with pytest.raises(ConfigError, match=r"must offer a reader 'slashed' in the group") as caught:
        export_task(loaded, "slashed", tmp_path / "out")
    assert str(tmp_path) not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_format_that_nobody_has_is_told_with_those_that_there_are(tmp_path, offer):
    offer()
    with pytest.raises(ConfigError, match=r"no format 'slased' to write \(did you mean 'slashed'"):
        formats.writer("slased")
    made = tiny_task.make(tmp_path / "tiny")
    made.write_text(made.read_text(encoding="utf-8").replace("parallel", "slased"), "utf-8")
    with pytest.raises(ConfigError, match=r"no format 'slased' \(did you mean 'slashed'\?\)"):
        task.load(made)
