"""The planted faults have a place in the program as it is: a list that is stale proves nothing."""

import pytest
from program import ROOT

from benchmarks._faults import FAULTS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_has_a_place_and_tests_that_exist(fault):
    text = (ROOT / fault.file).read_text(encoding="utf-8")
    assert fault.old in text
    assert fault.new != fault.old
    for test in (given for given in fault.tests if given.startswith("tests/")):  # or -k WORDS
        file, _, name = test.partition("::")
        found = ROOT / file
        assert found.exists(), test
        assert not name or f"def {name.partition('[')[0]}(" in found.read_text(encoding="utf-8")
