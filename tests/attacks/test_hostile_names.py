"""Labels, tasks and names that are markup, format strings or table borders: printed as text."""

import pytest
from made_runs import System, answers, examples, prediction, store
from program import called

from harness.core import Example, Span

LABELS = ("a|b", "<script>alert(1)</script>", "P{x}", "P{0.__class__}", "%s$&#_~^\\")


def relabelled(example):
    spans = tuple(
        Span(span.start, span.end, LABELS[number % len(LABELS)])
        for number, span in enumerate(example.spans)
    )
    return Example(example.sentence, spans)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results of two systems on gold of hostile labels."""
    top = tmp_path_factory.mktemp("hostile")
    found = [relabelled(example) for example in examples(60, seed=8)]
    for name in ("<script>one</script>", "two|three {x}"):
        system = System(name, 0.1)
        for seed in (1, 2):
            made = [prediction(each, system.answer(each, seed)) for each in found]
            run = answers(made, name, seed, labels=LABELS, task="made")
            store(top / "results" / "made" / f"{len(name)}_s{seed}", run)
    return top


@pytest.mark.parametrize("command", ["score", "analyse", "compare"])
def test_a_page_of_text_holds_no_markup(folder, command):
    out, _ = called(command, "results", folder=folder)
    assert "<script" not in out
    for line in out.split("\n"):
        assert not line.startswith("|") or line.endswith("|")
    assert "&lt;script&gt;" in out
    assert "{x}" in out


HEADS = {
    "markdown": "P{0.\\_\\_class\\_\\_}", "latex": "P\\{0.\\_\\_class\\_\\_\\}",
    "csv": "P{0.__class__}", "json": "P{0.__class__}", "html": "P{0.__class__}",
}  # fmt: skip


@pytest.mark.parametrize("form", HEADS)
def test_a_leaderboard_of_every_format_has_a_column_for_each_label(folder, form):
    columns = ("--column", "system", "f1", "types")
    out, _ = called("leaderboard", "results", "--format", form, *columns, folder=folder)
    assert HEADS[form] in out
    assert form in ("csv", "json") or "<script>alert" not in out
