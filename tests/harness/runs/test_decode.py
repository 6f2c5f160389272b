"""From outputs to tags: the contract is checked, windows are merged, repairs are summed."""

import pytest

from harness.core import Sentence, Tags, Text
from harness.data.windows import WindowPolicy
from harness.errors import BackendError
from harness.runs.decode import decode
from harness.tags import tag_set

TAGS = tag_set(["PER"])
SENTENCE = Sentence("s", tuple("张三在家"))
(WINDOW,) = WindowPolicy().cut(SENTENCE)


def test_tags_pass_as_they_are_unknown_types_included():
    answer = ("B-PER", "I-PER", "O", "B-XYZ")
    decoded = decode([Tags(answer)], [WINDOW], TAGS)
    assert decoded["s"].tags == answer
    assert decoded["s"].raw is None
    assert decoded["s"].raw_tags is None


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ([], "0 outputs for 1 sentences"),
        ([Tags(("O",))], "1 tags for 4 units"),
        ([Tags(("O",), unread=2)], "1 tags and 2 unread for 4 units"),
        ([Tags(("O",) * 5, unread=-1)], "5 tags and -1 unread for 4 units"),
        ([Tags(("O", "O", "O", "PER"))], "'PER' is not a BIO tag"),
        ([Tags(("O", "O", "O", None))], "sentence s"),
        ([["O", "O", "O", "O"]], "not list"),
    ],
)
def test_a_backend_that_breaks_the_contract_is_told_where(outputs, words):
    with pytest.raises(BackendError, match=words):
        decode(outputs, [WINDOW], TAGS)


def test_units_that_were_not_read_are_o_and_counted():
    (decoded,) = decode([Tags(("B-PER", "I-PER"), unread=2)], [WINDOW], TAGS).values()
    assert decoded.tags == ("B-PER", "I-PER", "O", "O")
    assert decoded.repairs == {"unread": 2}


def test_text_is_repaired_and_counted_and_its_raw_reading_kept():
    good, bad = (
        Text("张 B_PER 三 I_PER 在 O 家 O", "char-tag"),
        Text("张 B_PER 三 在 O 家 O", "char-tag"),
    )
    for text, repairs in ((good, {}), (bad, {"missing_label": 1})):
        (decoded,) = decode([text], [WINDOW], TAGS).values()
        assert decoded.repairs == repairs
        assert decoded.raw == text.text
        assert len(decoded.tags) == 4
    assert decode([bad], [WINDOW], TAGS)["s"].raw_tags == ("O",) * 4


def test_the_windows_of_a_sentence_become_one_answer():
    sentence = Sentence("s", tuple("甲" * 60))
    windows = WindowPolicy(40, 8).cut(sentence)
    outputs = [Text("O " * len(w.view), "tags") for w in windows]
    (decoded,) = decode(outputs, windows, TAGS).values()
    assert len(windows) > 1
    assert decoded.tags == ("O",) * 60
    assert decoded.raw == "\n".join(output.text for output in outputs)
