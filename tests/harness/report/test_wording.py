from unicodedata import category

import made_runs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Example, Sentence
from harness.report import page
from harness.report.figures import Picture
from harness.report.wording import AS_WRITTEN, WITHOUT_TEXT, placeholders


def letters(html):
    """The letters of a page that have no case: Chinese ones, all from the data."""
    return {each for each in html if category(each) == "Lo"}


@pytest.fixture
def study():
    systems = [made_runs.System(name, 0.5, 0.9) for name in ("a", "b", "c")]
    return made_runs.study(systems, 40, (1, 2))


def test_a_page_without_text_quotes_no_unit_of_the_data(study, monkeypatch):
    monkeypatch.setattr(page, "counted", lambda held: iter(()))
    monkeypatch.setattr(page, "pictures", lambda held: pytest.fail("clouds quote the data"))
    html = page.render([study], WITHOUT_TEXT)
    assert letters(html) == {"字"}
    assert "Wong" not in html
    assert "K12" not in html
    assert "The text of the data is left out" in html
    assert "view=sentences&amp;s=s" in html  # the suspects are there, by place and type


def test_a_page_as_written_quotes_them(study, monkeypatch):
    monkeypatch.setattr(page, "pictures", lambda held: iter((Picture("none", "nothing"),)))
    html = page.render([study], AS_WRITTEN)
    assert {"林", "晓"} <= letters(html)
    assert "left out of this page" not in html


@given(st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=20))
def test_a_placeholder_for_each_unit_and_nothing_of_it(units):
    one = made_runs.prediction(Example(Sentence("s", tuple(units)), ()), ("O",) * len(units))
    found = placeholders(one)
    assert len(found) == len(units)
    assert set(found) <= {"字", "x", "0", "·"}


def test_placeholders_keep_the_kind_of_a_unit():
    example = Example(Sentence("s", ("北", "Q", "é", "7", "７", "，", "🙂", "Rivers")), ())
    found = placeholders(made_runs.prediction(example, ("O",) * 8))
    assert "".join(found) == "字xx00··x"
