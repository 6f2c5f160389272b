"""What is kept in a temporary file is what would be kept in memory, and the file is nobody's."""

import gc
import os
import pickle
import random
import signal
import subprocess
import sys
import tempfile
import tracemalloc
from array import array
from pathlib import Path

import pytest

from harness.core import Example, Sentence, Span
from harness.data.readers import Raw
from harness.sequences import OnDisk, Spool, chosen, each, in_memory, kept_as


def example(number):
    units = tuple(f"字{number + at}" for at in range(number % 7))
    spans = (Span(0, 2, "PER"), Span(3, 4, "LOC"))[: number % 7 // 3]
    return Example(Sentence(f"train-{number}", units, " "), spans)


ITEMS = [
    None, "", "\0 春\u2028\ud800", ("a", None),
    Raw(("春",), 3, ("B-PER",), document="one", vertical=True),
    *map(example, range(40)),
    example(41).sentence,
    array("Q", [1, 2]),
]  # fmt: skip


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder for temporary files of this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_items_come_back_in_any_order():
    spool, order = Spool(iter(ITEMS)), [*range(-len(ITEMS), len(ITEMS))]
    random.Random(0).shuffle(order)
    assert [spool[place] for place in order] == [ITEMS[place] for place in order]
    assert [*spool] == ITEMS == [*reversed([*reversed(spool)])]
    assert len(spool) == len(ITEMS)
    for beyond in (len(ITEMS), -len(ITEMS) - 1):
        with pytest.raises(IndexError):
            spool[beyond]


def test_more_than_a_block_comes_back():
    long = ["x" * number for number in range(0, 3_000_000, 700_000)]
    assert [*Spool(long)] == long


@pytest.mark.parametrize("cut", [slice(3, 9), slice(None, None, -2), slice(50, 99), slice(0)])
def test_a_slice_is_a_sequence_of_the_same_items(cut):
    assert [*Spool(ITEMS)[cut]] == ITEMS[cut]
    assert [*Spool(ITEMS)[5:][cut][1:]] == ITEMS[5:][cut][1:]


def test_it_equals_what_holds_the_same():
    assert Spool("abc") == ("a", "b", "c") == Spool("abc")
    assert Spool("abc")[1:] == ["b", "c"]
    assert Spool("abc") != ("a", "b") != Spool("ac")
    assert Spool("") == ()


@pytest.mark.parametrize("keep", [in_memory, Spool])
def test_what_is_made_of_a_sequence_lies_where_it_lies(keep):
    items = keep(range(10))
    made = [
        kept_as(items, (2 * item for item in items)),
        each(items, lambda item: 2 * item),
        chosen(items, [1, 3]),
        each(chosen(each(items, str), (place for place in [2, 0])), int),
    ]
    twice = tuple(range(0, 20, 2))
    assert [*map(tuple, made)] == [twice, twice, (1, 3), (2, 0)]
    assert {isinstance(one, OnDisk) for one in made} == {keep is Spool}


def open_files():
    return len([*Path("/proc/self/fd").iterdir()])


def test_its_file_has_no_name_and_is_gone_with_it(temporary):
    before = open_files()
    spool = Spool("abc")
    part = spool[1:]
    assert list(temporary.iterdir()) == []
    assert open_files() == before + 1
    del spool
    assert [*part] == ["b", "c"]
    del part
    assert open_files() == before


def test_a_killed_process_leaves_no_file(temporary):
    code = (
        "import os, signal; from harness.sequences import Spool\n"
        "kept = Spool(map(str, range(200_000)))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(temporary)}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert list(temporary.iterdir()) == []


def test_a_forked_process_reads_on(capfd):
    spool = Spool(map(str, range(1000)))
    child = os.fork()
    if not child:
        os._exit(0 if [spool[place] for place in range(999, -1, -1)] == [*spool][::-1] else 1)
    assert [*spool] == [*map(str, range(1000))]
    assert os.waitpid(child, 0)[1] == 0


def test_it_is_not_sent_to_another_process():
    with pytest.raises(TypeError, match="3 items lie in a temporary file of this process"):
        pickle.dumps(Spool("abc"))
    with pytest.raises(TypeError, match="cannot be sent to another"):
        pickle.dumps(Spool("abc")[1:])


def test_what_is_in_memory_is_a_number_for_each_item():
    def growth(number):
        tracemalloc.start()
        kept = Spool(map(example, range(number)))
        gc.collect()  # the pickler, whose buffer is at most a block
        found = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return found, kept

    (few, _), (many, _) = growth(1_000), growth(5_000)
    assert (many - few) / 4_000 < 10  # bytes; 8, and what an array grows by
