"""The page of ``serve`` in a real browser: a text is typed, a button pressed, entities are read."""

import pytest
from browser import WIDER
from finished_runs import sentence

from harness import api

pytest.importorskip("fastapi")
pytestmark = pytest.mark.slow
TEXTS = [sentence(number, odd=True)["text"] for number in (4000, 4001)]
TAGGED = """
  const type = (text) => {
    byId("text").focus(); byId("text").select(); doc.execCommand("insertText", false, text);
  };
  const tag = async (text) => {
    type(text); byId("tag").click();
    for (let tries = 0; tries < 200; tries++) {
      await wait(50);
      if (doc.querySelector("#found .line") || byId("problem").textContent) break;
    }
  };
  const lines = () => [...doc.querySelectorAll("#found .line")].map((row) =>
    [...row.querySelectorAll("mark")].map((mark) =>
      [mark.firstChild.textContent, mark.querySelector("small").textContent, mark.title]));
  const texts = () => [...doc.querySelectorAll("#found .line")].map((row) =>
    [...row.childNodes].map((node) => node.nodeName === "MARK" ? node.firstChild.textContent
      : node.textContent).join(""));
"""


def test_what_is_typed_is_marked_as_predict_marks_it(browser, run, address):
    asked = r"\n".join(TEXTS)
    steps = TAGGED + f'await tag("{asked}"); out.lines = lines(); out.texts = texts();'
    seen = browser.visit(address, steps)
    expected = [
        [[one.text, one.label, f"{100 * one.confidence:.1f} %"] for one in tagged.entities]
        for tagged in api.predict(run, TEXTS)
    ]
    assert seen.value["lines"] == expected
    assert any(expected)
    assert seen.value["texts"] == TEXTS
    assert seen.console == []
    assert set(seen.requests) == {address + "/", address + "/predict"}


def test_markup_in_a_text_stays_text(browser, address):
    seen = browser.visit(address, TAGGED + """
      await tag("<img src=x onerror=alert(1)>先生东西。");
      out.images = doc.querySelectorAll("img").length; out.texts = texts();
    """)  # fmt: skip
    assert seen.value == {"images": 0, "texts": ["<img src=x onerror=alert(1)>先生东西。"]}
    assert seen.console == []


def test_a_refusal_is_shown_where_the_answer_would_be(browser, address):
    seen = browser.visit(address, TAGGED + """
      await tag(Array(200).fill("先生").join("\\n"));
      out.problem = byId("problem").textContent;
    """)  # fmt: skip
    assert "texts" in seen.value["problem"]


@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_is_not_wider_than_its_window(browser, address, width):
    typed = 'await tag("我说先生" + "东".repeat(300) + "x".repeat(300));'
    assert browser.visit(address, TAGGED + typed + WIDER, width).value == {"wide": False}
