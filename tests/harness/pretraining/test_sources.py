"""Files of text: found by name, told by a manifest, refused where they are not what it says."""

import gzip
import hashlib

import pytest

from harness.errors import DataError
from harness.pretraining.sources import SourceFacts, find, read, without

HEADER = "file\tlicence\tweights trained on it may be shipped\tsha256 of the text\n"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_folder_is_its_text_files_and_a_manifest_tells_of_them(tmp_path):
    (tmp_path / "b.txt").write_text("乙\n", encoding="utf-8")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress("甲\n".encode()))
    (tmp_path / "notes.md").write_text("no text", encoding="utf-8")
    told = f"a.txt.gz\tCC0 1.0\tyes\t{digest('甲' + chr(10))}\nb.txt\tMIT\tno\t\n"
    (tmp_path / "MANIFEST.tsv").write_text(HEADER + told, encoding="utf-8")
    first, second = find([tmp_path])
    assert (first.name, first.facts.licence, first.facts.shippable) == ("a", "CC0 1.0", True)
    assert (second.name, second.facts.licence, second.facts.shippable) == ("b", "MIT", False)
    assert read(first).joined == "甲\n"


def test_a_file_without_a_manifest_has_nothing_stated(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("甲", encoding="utf-8")
    assert find([path])[0].facts == SourceFacts()


def test_paragraphs_keep_their_line_numbers_and_empty_lines_go(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeff第一\r\n\n \u3000\n第 二\u2028行\n".encode())
    text = read(find([tmp_path])[0])
    assert text.numbered == ((1, "第一"), (4, "第 二\u2028行"))
    assert without(text, [1]).joined == "第 二\u2028行\n"


def test_another_version_of_a_text_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("甲乙\n", encoding="utf-8")
    told = f"a.txt\tCC0\tyes\t{digest('甲')}\n"
    (tmp_path / "MANIFEST.tsv").write_text(HEADER + told, encoding="utf-8")
    with pytest.raises(DataError, match="another version"):
        read(find([tmp_path])[0])


def test_bytes_that_are_not_utf8_are_named_by_their_line(tmp_path):
    (tmp_path / "a.txt").write_bytes("第一\n".encode() + "第二".encode("gb18030"))
    with pytest.raises(DataError, match=r"a\.txt:2: not UTF-8"):
        read(find([tmp_path])[0])


def test_a_damaged_archive_is_refused(tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"text" * 1000)[:-9])
    with pytest.raises(DataError, match="cannot be read"):
        read(find([tmp_path])[0])


def test_a_manifest_without_its_columns_or_with_a_riddle_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("甲", encoding="utf-8")
    manifest = tmp_path / "MANIFEST.tsv"
    manifest.write_text("file\tterms\na.txt\tMIT\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"MANIFEST\.tsv:1: the header lacks the column licence"):
        find([tmp_path])
    manifest.write_text(HEADER + "a.txt\tMIT\tperhaps\t\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"MANIFEST\.tsv:2: .* found 'perhaps'"):
        find([tmp_path])
    manifest.write_bytes((HEADER + "a.txt\t许可\t\t\n").encode("gb18030"))
    with pytest.raises(DataError, match=r"MANIFEST\.tsv:2: not UTF-8"):
        find([tmp_path])
    manifest.write_text(HEADER + "a.txt\t" + "M" * 200_000 + "\t\t\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"MANIFEST\.tsv:2: .*field"):
        find([tmp_path])


def test_two_sources_of_one_name_are_refused(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("甲", encoding="utf-8")
    with pytest.raises(DataError, match="two files are called 'a'"):
        find([tmp_path / "x", tmp_path / "y"])


def test_a_path_that_is_not_there_and_a_folder_without_text_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        find([tmp_path / "none.txt"])
    with pytest.raises(DataError, match="no file in it that ends in"):
        find([tmp_path])
