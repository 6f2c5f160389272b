"""Each foreign rule on a sentence small enough to see by eye what it loses."""

import pytest

from harness.core import Example, Sentence, Span
from harness.data.task import Split, Task, load
from harness.oracle.foreign_rules import RULES
from harness.oracle.rule_ceilings import lines, rule_ceiling

DEMO = load("demo")
ANSWERS = {rule.name: rule.answer for rule in RULES}


def example(units, *spans, joiner=""):
    return Example(Sentence("s", tuple(units), joiner), tuple(Span(*span) for span in spans))


def answer(name, *given, **options):
    return " ".join(ANSWERS[name](example(*given, **options)))


def test_a_blank_unit_that_a_split_swallows_moves_all_later_tags_up():
    assert answer("split at spaces", "在 上海", (2, 4, "LOC")) == "O B-LOC I-LOC O"


def test_a_unit_that_the_tokenizer_drops_moves_all_later_tags_up():
    assert answer("units dropped", "在\u200d上海", (2, 4, "LOC")) == "O B-LOC I-LOC O"
    assert answer("split at spaces", "在\u200d上海", (2, 4, "LOC")) == "O O B-LOC I-LOC"


def test_an_entity_inside_of_a_word_is_lost_and_one_at_its_start_swallows_the_word():
    assert answer("one tag a word", "在AC米兰", (2, 5, "ORG")) == "O O O I-ORG I-ORG"
    assert answer("one tag a word", "AC米兰", (0, 1, "ORG")) == "B-ORG I-ORG O O"


def test_a_word_of_several_units_moves_all_later_tags_up():
    assert answer("n-th word, n-th unit", "90年上海", (3, 5, "LOC")) == "O O B-LOC I-LOC O"
    words = ["don't", "go", "to", "Rome"]  # three words, then three more
    assert answer("n-th word, n-th unit", words, (3, 4, "LOC"), joiner=" ") == "O O O O"


def test_a_character_that_becomes_three_moves_what_follows_by_two():
    assert answer("offsets after NFKC", "在…上海的人", (2, 4, "LOC")) == "O O O O B-LOC I-LOC"
    assert answer("offsets after NFKC", "上海…", (0, 2, "LOC")) == "B-LOC I-LOC O"
    assert answer("offsets after NFKC", "…上海", (1, 3, "LOC")) == "O O O"  # beyond the end


def test_what_is_beyond_126_units_is_never_read():
    tags = ANSWERS["cut at 128 tokens"](example("上" * 130, (124, 128, "LOC"), (128, 130, "LOC")))
    assert tags[123:] == ("O", "B-LOC", "I-LOC", "O", "O", "O", "O")


def test_neighbours_of_one_type_become_one():
    spans = (0, 2, "PER"), (2, 4, "PER"), (4, 6, "LOC")
    merged = "I-PER I-PER I-PER I-PER I-LOC I-LOC"
    assert answer("neighbours merged", "张三李四北京", *spans) == merged


def test_entities_of_one_unit_or_of_more_than_eight_are_lost():
    spans = (0, 1, "PER"), (1, 3, "PER")
    assert answer("single units dropped", "他张三", *spans) == "O B-PER I-PER"
    long = (0, 9, "ORG"), (9, 17, "ORG")
    kept = ["O"] * 9 + ["B-ORG"] + ["I-ORG"] * 7
    assert answer("over 8 units dropped", "中" * 17, *long).split() == kept


def test_an_end_that_is_off_by_one_loses_a_unit_of_each_entity():
    assert answer("end off by one", "张三说", (0, 2, "PER"), (2, 3, "PER")) == "B-PER O O"


def test_a_word_is_found_in_every_token_that_contains_it():
    words = ["a", "day", "in", "York", "and", "New", "York"]
    found = "O O O O O B-LOC I-LOC"
    assert answer("word in token", words, (5, 7, "LOC"), joiner=" ") == found
    parts = ["In", "Ina", "I"]
    assert answer("word in token", parts, (0, 1, "PER"), joiner=" ") == "B-PER B-PER O"
    assert answer("word in token", "在上海", (1, 3, "LOC")) == "O O O"  # no unit holds two
    assert answer("spaced word in token", "海在上海", (2, 4, "LOC")) == "O O B-LOC I-LOC"
    assert answer("spaced word in token", "上在上海", (2, 4, "LOC")) == "B-LOC O B-LOC I-LOC"
    assert answer("spaced word in token", "京北京", (1, 3, "LOC")) == "O B-LOC I-LOC"
    last = "O O B-LOC I-LOC B-LOC"  # what is first goes on with nothing, though the last is tagged
    assert answer("spaced word in token", "国在中国中", (2, 4, "LOC")) == last


def test_a_list_of_strings_has_no_places():
    text, spans = "他和他说", ((2, 3, "PER"),)
    assert answer("strings, first place", text, *spans) == "B-PER O O O"
    assert answer("strings, every place", text, *spans) == "B-PER O B-PER O"
    assert answer("strings, in order", text, *spans) == "B-PER O O O"
    twice = ((0, 1, "PER"), (2, 3, "PER"))
    assert answer("strings, first place", text, *twice) == "B-PER O O O"
    assert answer("strings, in order", text, *twice) == "B-PER O B-PER O"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_answers_every_unit_of_any_sentence(rule):
    for one in DEMO.splits["test"].examples:
        assert len(rule.answer(one)) == len(one.sentence)
    assert rule.answer(example("")) == ()


def test_names_are_unique_and_meanings_are_a_line():
    assert len(ANSWERS) == len(RULES)
    assert all(rule.meaning and "\n" not in rule.meaning for rule in RULES)


def task_of(*examples):
    splits = {"test": Split("test", examples, (None,) * len(examples))}
    return Task("t", "zh", "", ("PER", "LOC"), "conlleval", splits, "0" * 64, {})


def test_a_ceiling_counts_against_untouched_gold_and_names_the_first_loss():
    """Three entities; merging makes two of them one: one right, one invented, two lost."""
    whole = example("在北京", (1, 3, "LOC"))
    touching = Example(Sentence("later", tuple("张三李四")), (Span(0, 2, "PER"), Span(2, 4, "PER")))
    (rule,) = (rule for rule in RULES if rule.name == "neighbours merged")
    found = rule_ceiling(rule, task_of(whole, touching))
    assert (found.counts.tp, found.counts.fp, found.counts.fn) == (1, 1, 2)
    assert found.first == "later: PER '张三' at 0 lost"
    assert rule_ceiling(rule, task_of(whole)).first == ""


def test_the_lines_are_a_table_with_a_row_a_rule_and_a_column_a_task():
    printed = list(lines(["demo"], None))
    table, rest = printed[: printed.index("")], printed[printed.index("") + 1 :]
    assert [line.split("|")[1].strip() for line in table[2:-1]] == list(ANSWERS)
    assert table[0].split("|")[2].strip() == "demo"
    assert table[-1].split("|")[1:3] == [" entities             ", "    353 "]
    assert len(rest) == len(RULES)
    assert rest[0] == f"- {RULES[0].name}: {RULES[0].meaning}"
    assert "; first, in demo: " in rest[-5]
