"""Columns of installed distributions: chosen by key, read by their own code, named if broken."""

import sys

import pytest
from built_tables import built
from plugin_site import made_site
from stored_runs import write_row

from harness.errors import BackendError, ConfigError
from harness.leaderboard import offered
from harness.leaderboard.columns import choose

HALF = """
from harness.leaderboard.measures import Measure

COLUMN = Measure("any", "half", "half of what is there, %",
                 lambda result: result.metrics.sentences and 0.5, best="low")
"""


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Offers the column of a source under a name, from a distribution of that name."""

    def give(**sources):
        site = made_site(tmp_path, sources, group=offered.GROUP, target="COLUMN")
        monkeypatch.syspath_prepend(str(site))
        for name in sources:
            monkeypatch.delitem(sys.modules, f"made_{name}", raising=False)
        offered._loaded.cache_clear()

    return give


def cells(folder, *keys):
    [block] = built(folder, columns=keys).blocks
    heads = [column.title for column in block.columns]
    return dict(zip(heads, block.rows[0].cells, strict=True))


def test_a_column_is_shown_where_it_is_asked_for_and_nowhere_else(tmp_path, offer):
    write_row(tmp_path / "runs", "electra")
    offer(half=HALF)
    assert "half" not in cells(tmp_path / "runs", "f1")
    assert cells(tmp_path / "runs", "f1", "half")["half"].text == "50.00"
    assert choose(["half"]) == ("system", "half")


def test_listing_the_columns_imports_no_package(offer):
    offer(half="1 / 0")
    assert "half" in offered.names()
    assert "made_half" not in sys.modules


def test_a_name_that_none_has_is_told_with_those_that_there_are(offer):
    offer(half=HALF)
    with pytest.raises(ConfigError, match=r"no column 'hafl' \(did you mean 'half'\?\)"):
        choose(["hafl"])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 / 0", "metric 'half' of ner-half 0.1 fails to import"),
        ("COLUMN = 3", "is a int, not a harness.leaderboard.measures.Measure"),
        (HALF.replace("and 0.5", "and 1 / 0"), "fails on .*ZeroDivisionError"),
        (HALF.replace("and 0.5", "and float('nan')"), "gave nan for .*, no number"),
    ],
)
def test_one_that_breaks_is_named_with_its_distribution(tmp_path, offer, source, said):
    write_row(tmp_path / "runs", "electra")
    offer(half=source)
    with pytest.raises(BackendError, match=said) as caught:
        cells(tmp_path / "runs", "half")
    assert "pip uninstall ner-half" in str(caught.value)


def test_two_that_offer_one_name_are_both_named(offer, tmp_path, monkeypatch):
    offer(half=HALF)
    about = tmp_path / "site" / "ner_other-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ner-other\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text(f"[{offered.GROUP}]\nhalf = made_half:COLUMN\n")
    with pytest.raises(ConfigError, match="write ner-half:half or ner-other:half"):
        offered.measure("half")
