"""What a statement of a licence admits: nothing that it does not grant."""

import pytest

from harness.errors import ConfigError
from harness.pretraining.licences import admitted, named, parse

# Statements as manifests have them.
STATED = {
    "public domain: official text, Copyright Law of the PRC art. 5": {"public-domain"},
    "public domain (Chinese Union Version, 1919)": {"public-domain"},
    "public domain works (Ming to early Republic); MIT (repository)": {"public-domain", "mit"},
    "Apache-2.0": {"apache"},
    "Apache-2.0 (repository); originals CC BY-SA 4.0": {"apache", "cc-by-sa"},
    "MIT": {"mit"},
    "CC0": {"cc0"},
    "CC0 1.0": {"cc0"},
    "CC BY 4.0": {"cc-by"},
    "cc-by-4.0": {"cc-by"},
    "CC BY-SA 3.0": {"cc-by-sa"},
    "CC BY-NC-SA 4.0": {"cc-by-nc"},
    "Open Government Data License Taiwan 1.0 (compatible with CC BY 4.0)": {"ogdl"},
    "public domain: Copyright Act of Taiwan art. 9; data.gov.tw, OGDL Taiwan 1.0": {
        "public-domain",
        "ogdl",
    },
    "Apache License, Version 2.0": {"apache"},
    "MIT or Apache-2.0": {"mit", "apache"},
    "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/": {"cc-by"},
    "you may read it": {"other"},
    "permitted": {"other"},
    " ": {"not-stated"},
}


@pytest.mark.parametrize(("statement", "names"), STATED.items())
def test_a_statement_names_its_licences(statement, names):
    assert named(statement) == names


# What a reader of known names alone would take for less than it asks.
ASKS_MORE = {
    "CC BY 4.0; database under ODbL 1.0": {"cc-by", "other"},
    "Apache 2.0, originals all rights reserved": {"apache", "other"},
    "MIT; Mozilla Public License 2.0": {"mit", "other"},
    "MIT and Mozilla Public License 2.0": {"mit", "other"},
    "MIT - all rights reserved": {"mit", "other"},
    "MIT, copyright 2020 by us, all rights reserved": {"mit", "other"},
    "not in the public domain": {"other"},
    "MIT, but not the originals": {"mit", "other"},
    "CC BY\u2011SA 4.0": {"cc-by-sa"},
    "CC BY\u2013SA 4.0": {"cc-by-sa"},
    "CC BY\u00a0SA 4.0": {"cc-by-sa"},
    "CC BY  SA 4.0": {"cc-by-sa"},
    "CC BY\tSA 4.0": {"cc-by-sa"},
    "CC BY\u200b SA 4.0": {"cc-by-sa"},
    "ＣＣ　ＢＹ－ＮＣ 4.0": {"cc-by-nc"},
    "CC BY-NonCommercial 4.0": {"other"},
    "CC BY ShareAlike 4.0": {"other"},
}


@pytest.mark.parametrize(("statement", "names"), ASKS_MORE.items())
def test_each_part_of_a_statement_has_to_be_known(statement, names):
    assert named(statement) == names
    assert not admitted(statement, {"cc-by", "apache", "mit", "public-domain"})


def test_a_text_under_two_licences_needs_both():
    both = "Apache-2.0 (repository); originals CC BY-SA 4.0"
    assert not admitted(both, {"apache"})
    assert not admitted(both, {"cc-by-sa"})
    assert admitted(both, {"apache", "cc-by-sa", "mit"})


def test_what_is_not_stated_is_admitted_only_where_that_is_asked_for():
    assert not admitted("", {"mit", "cc0"})
    assert admitted("", parse("not-stated,mit"))


def test_share_alike_is_not_attribution():
    assert not admitted("CC BY-SA 4.0", {"cc-by"})
    assert not admitted("CC BY 4.0", {"cc-by-sa"})


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'apache'"):
        parse("mit,apach")
    with pytest.raises(ConfigError, match="names none"):
        parse(" , ")
