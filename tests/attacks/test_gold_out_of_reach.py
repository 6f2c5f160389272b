"""A backend that looks for gold: through its context, its memory, names and the order of calls."""

import gc
import json
import types

import pytest
import tiny_task
from program import harness

from harness.core import Example, Sentence
from harness.data.task import load
from harness.data.windows import WindowPolicy
from harness.protocol import Context
from harness.runs.handout import handout, shuffled, unnamed
from harness.runs.run import parts

NOSY = '''
import gc, json, pathlib
from harness.core import Example, Tags
from harness.protocol import FitReport

class Backend:
    family = "adversary"

    def __init__(self, context):
        self.context, self.seen = context, {"names": [], "asked": []}

    def look(self):
        """All examples, and all that holds or held gold, alive in this process."""
        alive = gc.get_objects()
        self.seen["gold"] = sorted({o.sentence.text for o in alive if type(o) is Example})
        self.seen["rooms"] = sorted({type(o).__name__ for o in alive
                                     if str(type(o).__module__).startswith("harness.data.")})

    def fit(self, train, dev):
        self.look()
        self.seen["names"] += [e.sentence.id for e in (*train, *dev)]
        return FitReport("none", 0, 0)

    def predict(self, sentences):
        self.look()
        self.seen["names"] += [s.id for s in sentences]
        self.seen["asked"].append([s.text for s in sentences])
        self.write(self.context.folder)
        return [Tags(("O",) * len(s)) for s in sentences]

    def write(self, folder):
        (folder / "seen.json").write_text(json.dumps(self.seen), encoding="utf-8")

    def save(self, folder): pass
    def load(self, folder): pass
'''


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What the nosy backend found in two runs of one seed and one of another."""
    folder = tmp_path_factory.mktemp("nosy")
    test = [("丁" * n, " ".join("O" * n)) for n in range(1, 10)]
    task = tiny_task.make(folder)
    tiny_task.write_split(folder / "data", "test", [*tiny_task.TEST, *test])
    site = folder / "site"
    (site / "nosy-0.1.dist-info").mkdir(parents=True)
    (site / "nosy-0.1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: nosy\nVersion: 0.1\n"
    )
    (site / "nosy-0.1.dist-info" / "entry_points.txt").write_text(
        "[harness.backends]\nnosy = nosy:Backend\n"
    )
    (site / "nosy.py").write_text(NOSY, encoding="utf-8")
    for output in ("first", "again"):
        harness("run", "--backend", "nosy", "--task", task, "--seed", 1, 2, "--output", output,
                folder=folder, paths=[site])  # fmt: skip
    found = {
        (path.parts[-4], json.loads(path.with_name("run.json").read_text())["seed"]): json.loads(
            path.read_text(encoding="utf-8")
        )
        for path in folder.glob("*/tiny/*/seen.json")
    }
    return load(task), found


@pytest.mark.slow
def test_test_gold_is_not_in_the_memory_of_the_process_that_predicts(seen):
    task, found = seen
    mine = {e.sentence.text for name in ("train", "dev") for e in task.splits[name].examples}
    theirs = {e.sentence.text for e in task.splits["test"].examples}
    one = found["first", 1]
    assert set(one["gold"]) <= mine
    assert theirs.isdisjoint(one["gold"])
    assert {"Task", "Split", "Draft", "Item", "Raw"}.isdisjoint(one["rooms"])


@pytest.mark.slow
def test_the_name_of_a_sentence_tells_neither_its_split_nor_its_place(seen):
    task, found = seen
    every = [e.sentence for split in task.splits.values() for e in split.examples]
    assert set(found["first", 1]["names"]) == {unnamed(sentence).id for sentence in every}
    assert not any(sentence.id in found["first", 1]["names"] for sentence in every)


@pytest.mark.slow
def test_sentences_are_asked_for_in_an_order_that_is_not_that_of_the_file(seen):
    task, found = seen
    in_file = [e.sentence.text for e in task.splits["test"].examples]
    warm_up, asked = found["first", 1]["asked"]
    assert sorted(asked) == sorted(in_file)
    assert asked != in_file
    assert warm_up == asked[: len(warm_up)]


@pytest.mark.slow
def test_the_order_depends_on_the_seed_and_on_nothing_else(seen):
    _, found = seen
    assert found["first", 1]["asked"] == found["again", 1]["asked"]
    assert found["first", 1]["asked"] != found["first", 2]["asked"]


def reachable(root):
    """All objects that lead on from ``root``: attributes, slots, closure cells, containers.

    Modules and classes are those of every process, and lead to no task.
    """
    passed = (types.ModuleType, type, types.BuiltinFunctionType, types.CodeType)
    todo, seen = [root], {}
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, passed):
            continue
        seen[id(one)] = one
        shared = [vars(type(one)), getattr(one, "__globals__", None), getattr(one, "__dict__", None)
                  if isinstance(one, types.ModuleType) else None]  # fmt: skip
        todo += [next_ for next_ in gc.get_referents(one) if all(next_ is not s for s in shared)]
    return list(seen.values())


def test_nothing_that_a_context_leads_to_is_of_the_test_set(tmp_path):
    task = load(tiny_task.make(tmp_path))
    given = handout(task, WindowPolicy())
    context = Context(given.tags, 1, "cpu", "fp32", 1, tmp_path, given.score_dev, print)
    found = reachable(context)
    sentences = [one for one in found if isinstance(one, Sentence)]
    assert {e.sentence.text for e in task.splits["dev"].examples} == {s.text for s in sentences}
    assert any(isinstance(one, Example) for one in found)  # dev gold is there: the walk arrives
    units = {e.sentence.units for e in task.splits["test"].examples}
    assert not any(isinstance(one, tuple) and one in units for one in found)


def test_what_is_handed_out_to_be_answered_has_no_gold(tmp_path):
    given = handout(load(tiny_task.make(tmp_path)), WindowPolicy())
    assert not any(isinstance(one, Example) for view in given.views for one in reachable(view))


def test_answers_are_put_back_where_they_belong():
    views = [Sentence(str(n), ("x",) * (n + 1)) for n in range(3000)]
    order = shuffled(len(views), "key")
    asked = parts(views, order)
    assert sorted(i for part in asked for i in part) == list(range(3000))
    for part in asked:
        assert part == [i for i in order if i in set(part)]
    sums = [sum(len(views[i]) for i in part) for part in asked]
    assert len(asked) == 5
    assert max(sums) - min(sums) < max(sums) / 100  # each part has the same mixture of lengths
