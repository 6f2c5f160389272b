"""The page of a leaderboard in a real browser: sorted by a click, in one file, on any width."""

import pytest
from browser import WIDER
from stored_runs import write_row

from harness.leaderboard.build import build
from harness.leaderboard.render import FORMATS
from harness.results import reader

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    for name, rate in (("middle", 0.2), ("张三 <b>&best", 0.05), ("worst", 0.5)):
        write_row(folder / "runs", name, (13, 42), rate=rate)
    path = folder / "board.html"
    path.write_text(FORMATS["html"](build(reader.read([folder / "runs"]))), encoding="utf-8")
    return path


SORTED = """
  const heads = [...doc.querySelectorAll("table.sortable th")];
  const column = heads.findIndex((head) => head.textContent.startsWith("F1"));
  const values = () => [...doc.querySelectorAll("table.sortable tbody tr")].map(
    (row) => Number(row.cells[column].dataset.value));
  heads[column].firstElementChild.click(); out.falling = values();
  out.state = heads[column].getAttribute("aria-sort");
  heads[column].firstElementChild.click(); out.rising = values();
  out.names = doc.querySelectorAll("td b").length;
"""


def test_a_click_on_a_heading_sorts_and_another_turns_it_over(browser, page):
    seen = browser.visit(page.as_uri(), SORTED)
    assert seen.value["falling"] == sorted(seen.value["falling"], reverse=True)
    assert seen.value["rising"] == sorted(seen.value["falling"])
    assert len(set(seen.value["rising"])) == 3
    assert seen.value["state"] == "descending"
    assert seen.value["names"] == 0
    assert seen.console == []
    assert set(seen.requests) == {page.as_uri()}


@pytest.mark.parametrize("width", [400, 1400])
def test_tables_scroll_and_the_page_does_not(browser, page, width):
    opened = 'for (const each of doc.querySelectorAll("details")) each.open = true;'
    assert browser.visit(page.as_uri(), opened + WIDER, width).value == {"wide": False}
