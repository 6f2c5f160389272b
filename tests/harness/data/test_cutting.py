"""Raw lines are cut into units at offsets of the line as given; nothing of it is changed."""

from time import thread_time
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data import cutting
from harness.data.cutting import characters, chosen, cut, spaces, words
from harness.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("Paris, France.", "Paris|,|France|."),
        ('He said "no" (twice)...', 'He|said|"|no|"|(|twice|)|...'),
        ("I don't think it's O'Neil's", "I|do|n't|think|it|'s|O'Neil|'s"),
        ("The U.S. and J. K. Rowling", "The|U.S.|and|J.|K.|Rowling"),
        ("$3.5bn, up 10% at 12:30", "$|3.5bn|,|up|10%|at|12:30"),
        ("@kim #nyc https://t.co/x?y=1 a.b@c.org", "@kim|#nyc|https://t.co/x?y=1|a.b@c.org"),
        ("AT&T's state-of-the-art", "AT&T|'s|state-of-the-art"),
        ("  two   spaces\tand a tab ", "two|spaces|and|a|tab"),
        ("Zürich – Łódź", "Zürich|–|Łódź"),
        ("", ""),
    ],
)
def test_words_are_cut_from_their_punctuation(line, units):
    assert "|".join(cut(line, words).units) == units


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("हिन्दी में समाचार।", "हिन्दी|में|समाचार|।"),
        ("مُحَمَّد في", "مُحَمَّد|في"),
        ("Me\u0301xico, E\u0301. Zola", "Me\u0301xico|,|E\u0301.|Zola"),
        ("می\u200cخواهم co\u00adop", "می\u200cخواهم|co\u00adop"),
        ("❤\ufe0flove 👩\u200d👧", "❤\ufe0f|love|👩\u200d|👧"),
        ("αι. Β", "αι|.|Β"),  # U+0345 is a sign, and ι in another case
    ],
)
def test_accents_vowel_signs_and_joiners_are_cut_from_no_word(line, units):
    assert "|".join(cut(line, words).units) == units


def test_words_of_a_name_are_the_same_with_its_accents_composed_and_not():
    for line in ("Café Müller, São Paulo", "Tiếng Việt ở Huế"):
        forms = [cut(normalize(form, line), words).units for form in ("NFC", "NFD")]
        assert [normalize("NFC", unit) for unit in forms[1]] == list(forms[0])


@pytest.mark.parametrize("run", ["_.", "+-", ".\u0301", "a@", "a-", "1."])
def test_a_long_run_of_marks_is_cut_in_a_time_that_grows_with_its_length(run):
    begun = thread_time()
    assert cut(run * 20_000, words).places
    assert thread_time() - begun < 5  # what grows with the square takes more than 10 s


@given(st.text(max_size=40))
def test_every_visible_character_is_in_exactly_one_word(line):
    places = cut(line, words).places
    covered = [at for start, end in places for at in range(start, end)]
    assert len(covered) == len(set(covered))
    assert {at for at, c in enumerate(line) if not c.isspace()} == set(covered)


@given(
    st.lists(
        st.sampled_from(["Paris", "France", "U.S.", "n't", "'s", "...", ",", ".", "10%", "@kim"]),
        max_size=8,
    )
)
def test_words_that_are_cut_already_stay_as_they_are(tokens):
    assert list(cut(" ".join(tokens), words).units) == tokens


def test_a_task_says_what_cuts_its_lines_unless_the_user_does():
    assert (chosen(None, ""), chosen(None, " ")) == (characters, words)
    assert chosen("spaces", "") is spaces
    assert chosen("harness.data.cutting:spaces", "") is spaces
    assert chosen(spaces, "") is spaces


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("word", "did you mean 'words'"),
        ("nowhere.at_all:cut", "No module named"),
        ("harness.data.cutting:no", "has no attribute 'no'"),
        ("harness.data.cutting:NAMED", "NAMED is no function"),
        (":cut", "Empty module name"),
    ],
)
def test_a_name_that_cuts_nothing_is_refused(name, why):
    with pytest.raises(ConfigError, match=why):
        chosen(name, "")


@pytest.mark.parametrize("places", [[(1, 1)], [(0, 9)], [(1, 2), (0, 1)], [(0, 2), (1, 3)]])
def test_units_that_are_empty_outside_or_out_of_order_are_refused(places):
    with pytest.raises(ConfigError, match="in order, not empty, and inside the line"):
        cut("abc", lambda _: places)


def raising(line):
    raise KeyError(line)


@pytest.mark.parametrize(
    "by",
    [
        lambda line: None, lambda line: line.split(), lambda line: [(0, 1, "x")],
        lambda line: [(0.0, 1.0)], lambda line: ["01"], lambda: None, raising,
    ],
    ids=["None", "texts", "triples", "floats", "digits", "no argument", "an error"],
)  # fmt: skip
def test_a_function_that_gives_no_pairs_of_numbers_is_named_with_the_line(by):
    with pytest.raises(ConfigError, match=r"units by (<lambda>|raising): for the line 'in Paris'"):
        cut("in Paris", by)


def test_spaces_keep_every_other_blank_as_a_unit():
    assert cut("李 \u3000 四", spaces).units == ("李", "\u3000", "四")


def warned(lines, joiner):
    by = chosen(None, joiner)
    return cutting.warning([cut(line, by) for line in lines], joiner, by)


def test_units_with_spaces_between_them_are_warned_of():
    told = warned(["李 四 在 广 州", "", "王 五 去 了"], "")
    assert "2 of 2 lines are single characters with spaces between them" in told
    assert "`--units spaces` leaves them out" in told


def test_text_with_spaces_is_not():
    assert warned(["李四在 Paris 2 a b", "a b", "他 说 :"], "") == ""
    assert warned(["Paris , France ."], " ") == ""


def test_words_that_were_cut_from_others_are_told_with_the_first():
    told = warned(["no", "in Paris, now"], " ")
    assert "1 of 2 lines" in told
    assert "'Paris,' into Paris ," in told
