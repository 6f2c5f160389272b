"""What to label next: the unsure, the disputed, and no two of a kind."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from program import called

from harness.errors import DataError
from harness.labelling.answers import Answer, Answered, read
from harness.labelling.ranking import disagreement, ranked, uncertainty

NAME, PLACE = (0, 2, "PER"), (4, 6, "LOC")
SURE, UNSURE = Answer((NAME,), (0.99,)), Answer((NAME,), (0.5,))


def test_uncertainty_is_the_probability_that_something_is_wrong():
    assert uncertainty([Answer((NAME, PLACE), (0.9, 0.5))]) == pytest.approx(1 - 0.45)
    assert uncertainty([SURE, UNSURE]) == pytest.approx((0.01 + 0.5) / 2)
    assert uncertainty([Answer((), ())]) == 0
    assert uncertainty([Answer((NAME,)), UNSURE]) == 0.5  # one says nothing of it
    assert uncertainty([Answer((NAME,))]) == 0


def test_disagreement_is_what_two_systems_lack_of_being_one():
    assert disagreement([Answer((NAME, PLACE)), Answer((NAME,))]) == pytest.approx(1 - 2 / 3)
    assert disagreement([Answer((NAME,)), Answer(((0, 2, "LOC"),))]) == 1
    assert disagreement([Answer((NAME,)), Answer((NAME,))]) == disagreement(
        [Answer(()), Answer(())]
    )
    assert disagreement([Answer((NAME,))]) == 0
    two_of_three = disagreement([Answer((NAME,)), Answer((NAME,)), Answer(())])
    assert two_of_three == pytest.approx(2 / 3)


TEXTS = ("孙洋在杭州工作。", "孙洋在杭州工作了。", "王五昨天去了上海。", "没有人出门。")


def test_the_unsure_come_first_and_the_second_of_a_kind_later():
    answers = (UNSURE, Answer((NAME,), (0.52,)), Answer((NAME,), (0.7,)), Answer((), ()))
    found = ranked(Answered(TEXTS, (answers,)), 4)
    assert [one.line for one in found] == [1, 3, 2, 4]
    assert found[0].novelty == 1
    assert found[1].novelty > 0.8
    assert found[2].novelty < 0.5
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_the_same_sentence_twice_is_asked_for_once():
    answers = (UNSURE, UNSURE, SURE)
    texts = ("孙洋在杭州。", "孙洋在杭州。", "别的文字。")
    assert [one.line for one in ranked(Answered(texts, (answers,)), 3)] == [1, 3]


def test_a_line_without_text_and_one_character_twice_are_not_asked_for_again():
    answers = (SURE, UNSURE, UNSURE, UNSURE, UNSURE)
    texts = ("孙洋在杭州。", "", "孙", "\u3000", "孙")
    assert [one.line for one in ranked(Answered(texts, (answers,)), 5)] == [3, 1]


@given(st.lists(st.text("甲乙丙丁", max_size=6), min_size=1, max_size=12), st.integers(1, 15))
def test_every_sentence_is_suggested_once_at_most(texts, number):
    answers = tuple(Answer((), ()) for _ in texts)
    found = ranked(Answered(tuple(texts), (answers, answers)), number)
    assert len({one.line for one in found}) == len(found) == min(number, len({*texts} - {""}))
    assert all(one.text == texts[one.line - 1] and 0 <= one.novelty <= 1 for one in found)


BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"


def written(path, *lines):
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def line(text, *entities):
    keys = ("start", "end", "label", "confidence")
    return {"text": text, "entities": [dict(zip(keys, e, strict=False)) for e in entities]}


def test_answers_of_predict_are_read_with_their_confidence(tmp_path):
    one = written(tmp_path / "a", line("孙洋", (*NAME, 0.5)), line("没有"))
    other = written(tmp_path / "b", line("孙洋", NAME), line("没有"))
    found = read([one, other])
    assert found.texts == ("孙洋", "没有")
    assert found.answers[0] == (Answer((NAME,), (0.5,)), Answer((), ()))
    assert found.answers[1][0] == Answer((NAME,), None)


def test_a_system_without_confidences_is_not_sure_where_it_finds_nothing(tmp_path):
    """It says nothing of how sure it is, and would halve what another one says."""
    sure = written(tmp_path / "a", line("孙洋", (*NAME, 0.9)), line("李四去上海", (*NAME, 0.1)))
    silent = written(tmp_path / "b", line("孙洋"), line("李四去上海", NAME))
    blank = written(tmp_path / "c", line("孙洋"), line("李四去上海"))
    for other in (silent, blank):
        found = {each.line: each for each in ranked(read([sure, other]), 2)}
        assert found[1].uncertainty == pytest.approx(0.1)
        assert found[2].uncertainty == pytest.approx(0.9)
    nothing = written(tmp_path / "d", line("孙洋"), line("李四去上海", (*NAME, 0.1)))
    found = {each.line: each for each in ranked(read([sure, nothing]), 2)}
    assert found[1].uncertainty == pytest.approx(0.05)  # it gives confidences, and doubts none


def test_answers_to_other_texts_are_refused_with_the_line(tmp_path):
    one = written(tmp_path / "a", line("甲"), line("乙"))
    with pytest.raises(DataError, match=r"b:2 is not the text of .*a:2"):
        read([one, written(tmp_path / "b", line("甲"), line("丙"))])
    with pytest.raises(DataError, match=r"c:2 is not the text of"):
        read([one, written(tmp_path / "c", line("甲"))])


@pytest.mark.parametrize(
    "content",
    ["not JSON", "[]", '{"text": "a"}', '{"text": "a", "entities": 3}', "[" * 100_000,
     '{"text": "a", "entities": [{"start": 1e999, "end": 1, "label": "X"}]}',
     *(json.dumps({"text": "a", "entities": [
         {"start": 0, "end": 1, "label": "X", "confidence": one}]})
       for one in (float("nan"), 1.5, -1, "high"))],
    ids=["no JSON", "a list", "no entities", "a number", "deep", "infinite", "nan", "above 1",
         "below 0", "a word"],
)  # fmt: skip
def test_a_line_that_is_no_answer_is_refused_with_its_place(content, tmp_path):
    path = tmp_path / "a"
    path.write_text(json.dumps(line("甲"), ensure_ascii=False) + "\n" + content + "\n", "utf-8")
    with pytest.raises(DataError, match=r"a:2: no line of `predict --json`"):
        read([path])


def test_one_system_without_confidence_tells_nothing(tmp_path):
    """Its order would be that of the file, and look like a ranking."""
    one = written(tmp_path / "a", line("孙洋", NAME), line("没有"))
    with pytest.raises(DataError, match=r"no entity in it has a confidence: .* another system"):
        read([one])
    assert len(read([one, written(tmp_path / "b", line("孙洋"), line("没有"))]).texts) == 2


def test_an_empty_pool_is_one_message(tmp_path):
    (tmp_path / "a").write_text("", encoding="utf-8")
    _, messages = called("suggest", "a", folder=tmp_path, code=3)
    assert "a holds no answer" in messages


def test_on_the_command_line_it_is_a_table_with_tabs(tmp_path):
    written(tmp_path / "a", line("孙洋在", (*NAME, 0.9)), line("王五去了", (*NAME, 0.6)))
    written(tmp_path / "b", line("孙洋在", (*NAME, 0.9)), line("王五去了"))
    out, _ = called("suggest", "a", "b", "-n", 1, folder=tmp_path)
    head, first = (row.split("\t") for row in out.splitlines())
    assert head == ["rank", "line", "uncertainty", "disagreement", "novelty", "text"]
    assert first == ["1", "2", "0.200", "1.000", "1.000", "王五去了"]


def test_whoever_reads_tables_with_tabs_reads_every_sentence(tmp_path):
    """Quotes, whatever some program takes for the end of a line, and what begins a formula."""
    texts = ['"孙洋在杭州工作。', '张三去了北京。"', '"李四到上海"看书。', "=1+1 是二。",
             *(f"王{number}在{end}天津。" for number, end in enumerate(BREAKS))]  # fmt: skip
    written(tmp_path / "a", *(line(text, (*NAME, 0.5)) for text in texts))
    out, _ = called("suggest", "a", folder=tmp_path)
    assert len(out.splitlines()) == 1 + len(texts)
    rows = list(csv.DictReader(io.StringIO(out), delimiter="\t"))
    spaces = str.maketrans(dict.fromkeys(BREAKS, " "))
    shown = {int(row["line"]): row["text"] for row in rows}
    assert shown.pop(4) == "'=1+1 是二。"
    assert shown == {n: t.translate(spaces) for n, t in enumerate(texts, 1) if n != 4}


def test_what_is_left_out_and_what_has_no_reason_is_counted(tmp_path):
    texts = ["孙洋在", "", "孙洋在", "孙", "孙", "没有人"]
    found = [((*NAME, 0.5),), (), ((*NAME, 0.5),), ((0, 1, "PER", 0.5),), ((0, 1, "PER", 0.5),), ()]
    written(tmp_path / "a", *(line(t, *e) for t, e in zip(texts, found, strict=True)))
    out, messages = called("suggest", "a", folder=tmp_path)
    assert [row.split("\t")[1] for row in out.splitlines()[1:]] == ["1", "4", "6"]
    left_out, idle = messages.splitlines()
    assert left_out == "left out of 6 lines: 1 blank, 2 that stand before"
    assert idle.startswith("1 of 3 suggestions have no reason")
    assert called("suggest", "a", "-n", 2, folder=tmp_path)[1] == left_out + "\n"
