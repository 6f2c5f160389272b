"""The page in a real browser, as a person uses it: opened from disk, driven by events."""

import made_runs
import pytest

from harness.report import page

pytestmark = pytest.mark.slow

HELPERS = """
  const choose = (id, value) => {
    byId(id).value = value;
    byId(id).dispatchEvent(new Event("change"));
  };
  const press = (key) => doc.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const count = () => byId("count").textContent;
  const ids = () => [...doc.querySelectorAll(".sentence")].map((each) => each.dataset.id);
  const current = () => doc.querySelector(".sentence.current")?.dataset.id ?? null;
"""


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """The figures have tests of their own; here they would only cost time."""
    monkeypatch.setattr(page, "pictures", lambda held: iter(()))


@pytest.fixture
def in_browser(browser):
    """Open the report of some runs, carry out steps; it asks for nothing and complains of none."""

    def visit(folder, runs, steps, address="#view=sentences", width=1300):
        path = folder / "report.html"
        path.write_text(page.render([runs]), encoding="utf-8")
        seen = browser.visit(path.as_uri() + address, HELPERS + steps, width)
        assert seen.console == []
        assert set(seen.requests) == {path.as_uri()}
        return seen.value

    return visit


def runs():
    systems = [made_runs.System("one", 0.3, 0.2), made_runs.System("two", 0.1, 0.2)]
    return made_runs.study(systems, 60, (1,))


def test_filters_sorting_search_and_keyboard(in_browser, tmp_path):
    held = runs()
    found = in_browser(tmp_path, held, """
      out.all = count(); out.shown = ids().length;
      choose("kind", "missed"); out.missed = count();
      out.dotted = doc.querySelectorAll(".missed").length;
      choose("run", "two #1"); out.missedByTwo = count();
      choose("run", "two"); out.missedByRow = count();
      byId("reset").click(); choose("type", "T"); out.type = count();
      byId("reset").click(); choose("bucket", "seen:unseen"); out.unseen = count();
      byId("reset").click(); choose("sort", "longest"); out.longest = ids()[0];
      choose("sort", "shortest"); out.shortest = ids()[0];
      byId("reset").click(); byId("q").value = "没有问题";
      byId("q").dispatchEvent(new view.Event("input")); await wait(400); out.search = count();
      byId("reset").click(); press("j"); press("j"); out.second = current(); press("k");
      out.first = current(); out.hash = view.location.hash;
      press("n"); out.page = byId("page").textContent; out.onSecond = ids()[0];
      doc.querySelector("#list + .pages [data-turn='1']").click(); out.onThird = ids()[0];
      out.last = doc.querySelector("[data-turn='1']").disabled;
      press("/"); out.focus = doc.activeElement.id;
      byId("q").blur(); press("t"); out.theme = doc.documentElement.dataset.theme;
      press("f"); out.unfolded = byId("fold").checked;
    """)  # fmt: skip
    assert found["all"] == "60 of 60 sentences"
    assert found["shown"] == 20
    missed = [
        {p.id for p, gold, spans in zip(run.predictions, run.gold, run.found, strict=True)
         if any(not any(g.start < s.end and s.start < g.end for s in spans) for g in gold)}
        for run in held
    ]  # fmt: skip
    assert found["missed"] == f"{len(missed[0] | missed[1])} of 60 sentences"
    assert found["missedByTwo"] == found["missedByRow"] == f"{len(missed[1])} of 60 sentences"
    assert found["dotted"] > 0
    of_type = sum(
        any(span.label == "T" for side in (run_gold, *others) for span in side)
        for run_gold, *others in zip(held[0].gold, *(run.found for run in held), strict=True)
    )
    assert found["type"] == f"{of_type} of 60 sentences"
    assert found["unseen"] != found["all"]
    sizes = {each.id: len(each.units) for each in held[0].predictions}
    assert sizes[found["longest"]] == max(sizes.values())
    assert sizes[found["shortest"]] == min(sizes.values())
    texts = ["".join(each.units) for each in held[0].predictions]
    assert found["search"] == f"{sum('没有问题' in text for text in texts)} of 60 sentences"
    assert (found["first"], found["second"]) == ("s0", "s1")
    assert "s=s0" in found["hash"]
    assert (found["page"], found["onSecond"]) == ("2 of 3", "s20")
    assert (found["onThird"], found["last"]) == ("s40", True)
    assert found["focus"] == "q"
    assert found["theme"] in ("dark", "light")
    assert found["unfolded"] is False


def test_a_permalink_opens_its_sentence_and_its_filters(in_browser, tmp_path):
    found = in_browser(
        tmp_path, runs(), """
      out.current = current(); out.page = byId("page").textContent; out.run = byId("run").value;
      const names = doc.querySelectorAll(".sentence.current .chunk .name");
      out.bars = [...names].map((each) => each.textContent);
      view.location.hash = "#view=scores"; await wait(300);
      out.hidden = byId("sentences").hidden;
    """, "#view=sentences&run=one%20%231&s=s45",
    )  # fmt: skip
    assert found["current"] == "s45"
    assert found["page"] == "3 of 3"
    assert found["run"] == "one #1"
    assert set(found["bars"]) <= {"gold", "one #1"}
    assert found["hidden"] is True


def test_gold_and_answers_stand_under_their_units(in_browser, tmp_path):
    held = runs()
    found = in_browser(tmp_path, held, """
      const card = doc.querySelector('.sentence[data-id="s0"]');
      const box = (each) => each.getBoundingClientRect();
      const units = [...card.querySelectorAll(".unit")].map((each) => box(each).left);
      out.bars = [...card.querySelectorAll(".span")].map((each) => {
        const left = box(each).left;
        return units.filter((unit) => unit < left + 2).length - 1;
      });
    """)  # fmt: skip
    starts = {
        span.start for spans in (held[0].gold[0], *(r.found[0] for r in held)) for span in spans
    }
    assert found["bars"]
    assert set(found["bars"]) == starts


@pytest.mark.parametrize("width", [400, 1400])
def test_no_view_is_wider_than_the_window(in_browser, tmp_path, width):
    systems = [made_runs.System(name, 0.3, 0.2) for name in ("one", "two", "three", "four")]
    found = in_browser(tmp_path, made_runs.study(systems, 40, (1, 2)), """
      const isCut = (each) => each.scrollWidth > each.clientWidth + 1;
      out.cut = [...doc.querySelectorAll(".chunk")].filter(isCut).length;
      out.views = [...doc.querySelectorAll("#views a")].map((each) => each.dataset.view);
      out.wider = [];
      for (const name of out.views) {
        view.location.hash = `#view=${name}`; await wait(250);
        if (isCut(doc.documentElement)) out.wider.push(name);
      }
    """, width=width)  # fmt: skip
    assert len(found["views"]) == 7
    assert found["wider"] == []
    assert found["cut"] == 0


def test_lines_of_seeds_that_agree_carry_the_name_of_the_row_alone(in_browser, tmp_path):
    right = made_runs.System("right", 0.0)
    wrong = made_runs.System("wrong", 0.9, 1.0)
    found = in_browser(tmp_path, made_runs.study([right, wrong], 5, (1, 2)), """
      const names = () => [...doc.querySelectorAll(".chunk .name")].map((each) => each.textContent);
      out.names = [...new Set(names())].sort(); press("f");
      out.unfolded = [...new Set(names())].sort();
    """)  # fmt: skip
    assert {"gold", "right"} <= set(found["names"])
    assert found["unfolded"] == ["gold", "right #1", "right #2", "wrong #1", "wrong #2"]


def test_hostile_text_neither_runs_nor_breaks_the_page(in_browser, tmp_path):
    found = in_browser(tmp_path, made_runs.hostile(), """
      await wait(300);
      out.title = doc.title; out.count = count(); out.ids = ids();
      out.strange = doc.querySelectorAll("#list img, #list script, #list b, #list i").length;
      out.visible = view.getComputedStyle(doc.body).display;
      out.codes = [...doc.querySelectorAll(".unit.code")].map((each) => each.textContent);
    """)  # fmt: skip
    assert found["title"] == "Error analysis"
    assert found["count"] == f"{len(made_runs.HOSTILE)} of {len(made_runs.HOSTILE)} sentences"
    assert found["ids"] == [f"id{text}" for text in made_runs.HOSTILE]
    assert found["strange"] == 0
    assert found["visible"] == "block"
    assert {"U+202E", "U+2028", "U+0000", "U+FEFF"} <= set(found["codes"])


@pytest.mark.parametrize("width", [1200, 1400])
def test_the_views_stand_in_one_line_beside_the_title(in_browser, tmp_path, width):
    found = in_browser(tmp_path, runs(), """
      const top = (each) => Math.round(each.getBoundingClientRect().top);
      out.lines = [...new Set([...doc.querySelectorAll("#views a")].map(top))].length;
    """, width=width)  # fmt: skip
    assert found["lines"] == 1


def test_the_button_turns_the_colours_over_and_back(in_browser, tmp_path):
    found = in_browser(tmp_path, runs(), """
      const paper = () => view.getComputedStyle(doc.body).backgroundColor;
      out.first = paper(); byId("theme").click(); out.second = paper();
      byId("theme").click(); out.third = paper();
    """)  # fmt: skip
    assert found["first"] == found["third"] != found["second"]


def test_each_view_is_shown_alone(in_browser, tmp_path):
    found = in_browser(tmp_path, runs(), """
      const shown = () => [...new Set([...doc.querySelectorAll("section[data-view]")]
        .filter((each) => each.offsetParent !== null).map((each) => each.dataset.view))];
      out.views = {};
      for (const link of doc.querySelectorAll("#views a")) {
        link.click(); await wait(150); out.views[link.dataset.view] = shown();
      }
    """)  # fmt: skip
    assert len(found["views"]) == 7
    assert all(shown == [name] for name, shown in found["views"].items())
