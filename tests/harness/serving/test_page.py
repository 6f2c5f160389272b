"""The script of the page, run by node on a document of a few lines: no browser is asked for.

What it shows is text wherever it comes from: the document knows no HTML, so that a script that
wrote some would fail here.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import harness.serving

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node here")
PAGE = (Path(harness.serving.__file__).parent / "page.html.j2").read_text(encoding="utf-8")
SCRIPT = re.search(r"<script>(.*?)</script>", PAGE, re.DOTALL)[1]

DOCUMENT = """
class Element {
  constructor(name) { this.name = name; this.children = []; this.dataset = {}; this.value = ""; }
  append(...more) { this.children.push(...more); }
  replaceChildren(...more) { this.children = more; }
  addEventListener(event, run) { this.click = run; }
  set textContent(text) { this.children = [text]; }
}
const elements = {}, mark = new Element("mark");
mark.dataset.label = "PER"; mark.className = "l4";
globalThis.document = {
  getElementById: id => elements[id] ??= new Element(id),
  querySelectorAll: () => [mark],
  createElement: name => new Element(name),
};
let asked = null;
globalThis.fetch = async (place, options) => {
  asked = { place, body: JSON.parse(options.body) };
  if (ANSWER === null) throw new Error("gone");
  return { ok: ANSWER.ok, json: async () => ANSWER.content };
};
"""
AFTER = """
document.getElementById("text").value = TEXT;
elements.tag.click().then(() => console.log(JSON.stringify({
  asked, found: elements.found.children, problem: elements.problem.children,
})));
"""


def ran(text, answer):
    values = f"const TEXT = {json.dumps(text)}, ANSWER = {json.dumps(answer)};\n"
    done = subprocess.run(
        [NODE, "-"], input=values + DOCUMENT + SCRIPT + AFTER, capture_output=True, text=True,
        check=True, timeout=120,
    )  # fmt: skip
    return json.loads(done.stdout)


def entity(start, end, label, text, confidence):
    return {"start": start, "end": end, "label": label, "text": text, "confidence": confidence}


def test_entities_are_marked_at_their_code_points_and_the_rest_is_between():
    text = "😀张三<b>在北京。"
    found = [entity(1, 3, "PER", "张三", 0.987), entity(7, 9, "LOC", "北京", None)]
    result = {"text": text, "tags": [], "entities": found}
    shown = ran(f"{text}\n\n  \n", {"ok": True, "content": {"results": [result]}})
    assert shown["asked"] == {"place": "predict", "body": {"texts": [text]}}
    (line,) = shown["found"]
    first, person, between, place, last = line["children"]
    assert (first, between, last) == ("😀", "<b>在", "。")
    assert person["children"][0] == "张三"
    assert (person["className"], person["title"]) == ("l4", "98.7 %")
    assert person["children"][1]["children"] == ["PER"]
    assert place["className"] == "l0"
    assert "title" not in place


def test_what_the_server_refuses_is_shown_as_it_says_it():
    shown = ran("张", {"ok": False, "content": {"detail": "too many requests wait"}})
    assert shown["problem"] == ["too many requests wait"]
    assert shown["found"] == []


def test_a_server_that_is_gone_is_said():
    assert ran("张", None)["problem"] == ["The server does not answer: gone"]
