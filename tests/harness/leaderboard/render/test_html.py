"""HTML: one file that asks nothing of the network and shows every name as text."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from made_tables import EVIL, HOSTILE, NAMES, table

from harness.leaderboard.render import FORMATS


class Page(HTMLParser):
    """The tags of a page, its attributes and its text by tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append((self.tags[-1][0] if self.tags else "", data))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def text():
    return FORMATS["html"](table("one", HOSTILE))


def test_nothing_is_loaded_from_anywhere(text):
    page = Page(text)
    named = {tag for tag, _ in page.tags}
    assert named.isdisjoint({"link", "img", "iframe", "object", "base", "form"})
    for _, attributes in page.tags:
        assert {"src", "href", "style", "onclick"}.isdisjoint(attributes)
    assert not re.search(r"url\(|@import|fetch\(|https?:", text)


def test_the_policy_allows_the_pages_own_script_and_style_and_nothing_else(text):
    [policy] = [a["content"] for a in Page(text).of("meta") if "http-equiv" in a]
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


@given(NAMES | EVIL)
def test_any_name_is_text_and_adds_no_tag(name):
    plain, page = Page(FORMATS["html"](table("x"))), Page(FORMATS["html"](table(name)))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    assert f"{name} [limit 5]" in "".join(data for tag, data in page.texts if tag == "td")


def test_heads_are_buttons_so_that_the_keyboard_sorts_too(text):
    page = Page(text)
    assert len(page.of("button")) == 7 + 3


def test_cells_sort_by_their_value_and_the_unknown_have_none(text):
    values = [a["data-value"] for a in Page(text).of("td") if "data-value" in a]
    assert values[:7] == ["1", "one", "0.9156123", "", "0.0", "0.88", "3412345.0"]


def test_marks_and_bold(text):
    page = Page(text)
    assert [a.get("class") for a in page.of("tr")].count("marked") == 1
    assert sum("best" in (a.get("class") or "") for a in page.of("td")) == 2


def test_a_red_certificate_is_open(text):
    assert Page(text).of("details") == [{"open": None}]
    assert "1 of 2 lines hold" in text
    assert text.count("<td>recorded</td>") == 2  # each line says its evidence


def test_the_page_is_light_or_dark_as_its_reader_is(text):
    assert "prefers-color-scheme: dark" in text
