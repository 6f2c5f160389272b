"""The order of the text: drawn by a seed alone, each window of a pass once, readable from any."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.pretraining.stream import Stream, alphabet, ordered

LONG = "".join(chr(0x4E00 + i) for i in range(1003))
SHORT = "".join(chr(0x6E00 + i) for i in range(64))


def stream(shares=(20, 4), seed=13, length=32):
    texts = [LONG, SHORT]
    return Stream(texts, ordered(texts, shares, length, seed), length, "")


def test_each_source_gives_its_share_in_windows_of_one_length():
    windows = list(stream().read())
    assert len(windows) == stream().windows == 24
    assert {len(window) for window in windows} == {32}
    assert sum(window[0] in SHORT for window in windows) == 4


def test_a_pass_reads_no_character_twice():
    for share, text in (((31, 0), LONG), ((0, 2), SHORT)):
        seen = Counter("".join(stream(share).read()))
        assert set(seen.values()) == {1}
        assert len(seen) == len(text) // 32 * 32


def test_borders_move_from_pass_to_pass():
    windows = list(stream((62, 0)).read())
    assert len({window[0] for window in windows}) > 50


def test_reading_goes_on_where_it_stopped():
    whole = list(stream().read())
    assert [list(stream().read(start)) for start in (0, 7, 24)] == [whole, whole[7:], []]


def test_the_seed_alone_decides_the_order():
    assert list(stream().read()) == list(stream().read())
    assert stream().digest == stream().digest
    assert stream(seed=14).digest != stream().digest
    assert sorted(stream(seed=14).read()) != sorted(stream().read())  # borders, too


def test_the_digest_is_that_of_the_windows_in_their_order():
    import hashlib

    text = "".join(stream().read())
    assert stream().digest == hashlib.sha256(text.encode()).hexdigest()


def test_sources_are_mixed_and_not_read_one_after_the_other():
    places = [window[0] in SHORT for window in stream((28, 8)).read()]
    assert places != sorted(places)
    assert places != sorted(places, reverse=True)


@given(st.integers(1, 200), st.integers(1, 40), st.integers(0, 30))
def test_any_window_is_a_slice_of_the_circle_of_its_text(size, length, share):
    text = LONG[:size]
    if size < length or not share:
        return
    made = Stream([text], ordered([text], [share], length, 5), length, "")
    assert all(window in text + text for window in made.read())


@pytest.mark.parametrize(("most", "expected"), [(9, "的一二"), (2, "的一")])
def test_the_alphabet_is_the_most_frequent_characters_without_rare_ones(most, expected):
    counts = {"一": 7, "的": 9, "二": 7, "罕": 4, "\n": 99}
    assert alphabet(counts, most, 5) == expected
