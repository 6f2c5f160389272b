"""Repair: any text gives one legal tag per unit; each repair is counted; what is right stays."""

from random import Random

import pytest
import repair_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from simpler_repairs import planted_sentences, table
from work import lines_run

from harness.core import Sentence, Text
from harness.errors import ConfigError
from harness.generation import align
from harness.generation.fault_injection import faults_of, join_pieces, plant, to_pieces
from harness.generation.formats import FORMATS, JSON
from harness.generation.repair import POLICY, repair
from harness.generation.repair_kinds import KINDS
from harness.tags import invalid_transitions, may_follow, tag_set

TAGS = tag_set(["PER", "LOC"])
SENTENCE = Sentence("s", tuple("昨天王小芳去O市"))
GOLD = ("O", "O", "B-PER", "I-PER", "I-PER", "O", "B-LOC", "I-LOC")
WELL_FORMED = "昨 O 天 O 王 B_PER 小 I_PER 芳 I_PER 去 O O B_LOC 市 I_LOC"

NAMES = st.sampled_from(["tags", "char-tag", "indexed", "inline"])
KEYED = st.sampled_from(["char-tag", "indexed"])
AMBIGUOUS = st.sampled_from(
    ["O", "B", "I", "哈", "哈", "王", "B_PER", "␣", " ", "<", "&lt;", "👨\u200d👩"]
)


def legal(draw, units):
    tags = []
    for _ in range(units):
        previous = tags[-1] if tags else "O"
        tags.append(draw(st.sampled_from([tag for tag in TAGS if may_follow(previous, tag)])))
    return tuple(tags)


@st.composite
def tagged(draw, least=0, alphabet=AMBIGUOUS):
    """A sentence, ambiguous and repetitive, with its gold."""
    units = tuple(draw(st.lists(alphabet, min_size=least, max_size=14)))
    return Sentence("s", units, draw(st.sampled_from(["", " "]))), legal(draw, len(units))


def repaired(text, sentence=SENTENCE, form="char-tag"):
    return repair(Text(text, form), sentence, TAGS)


WORDS = st.sampled_from(
    ["O", "B_PER", "I_LOC", "b-per", "B", "PER", "哈", "王", "0", "1", "<PER>", "</PER>"]
)
ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.lists(WORDS, max_size=40).map(" ".join),
    st.lists(WORDS, max_size=40).map("".join),
)


@given(tagged(), ANY_TEXT, NAMES)
def test_any_text_gives_one_legal_tag_per_unit_and_the_same_each_time(case, text, form):
    sentence, _ = case
    decoded = repaired(text, sentence, form)
    assert len(decoded.tags) == len(decoded.raw_tags) == len(sentence)
    assert set(decoded.tags) <= set(TAGS)
    assert invalid_transitions(decoded.tags) == 0
    assert decoded.raw == text
    assert set(decoded.repairs) <= set(KINDS)
    assert all(count > 0 for count in decoded.repairs.values())
    assert repaired(text, sentence, form) == decoded


@given(tagged(), NAMES)
def test_a_well_formed_text_is_unchanged_with_no_repair_counted(case, form):
    sentence, gold = case
    decoded = repaired(FORMATS[form].render(sentence, gold), sentence, form)
    assert (decoded.tags, decoded.raw_tags, decoded.repairs) == (gold, gold, {})


@given(tagged(), ANY_TEXT, NAMES)
def test_repair_is_idempotent_through_rendering(case, text, form):
    sentence, _ = case
    first = repaired(text, sentence, form).tags
    again = repaired(FORMATS[form].render(sentence, first), sentence, form)
    assert (again.tags, again.repairs) == (first, {})


@given(tagged(), ANY_TEXT, NAMES)
def test_raw_tags_are_all_o_exactly_where_the_text_is_malformed(case, text, form):
    sentence, _ = case
    decoded = repaired(text, sentence, form)
    parsed = FORMATS[form].parse(text, sentence, TAGS)
    assert decoded.raw_tags == (("O",) * len(sentence) if parsed is None else parsed)
    assert bool(decoded.repairs) == (parsed is None or invalid_transitions(parsed) > 0)


@given(tagged(least=1), KEYED, st.data())
def test_a_text_cut_off_after_a_pair_keeps_all_before_it(case, form, data):
    sentence, gold = case
    words = FORMATS[form].render(sentence, gold).split()
    kept = data.draw(st.integers(1, len(sentence)))
    decoded = repaired(" ".join(words[: 2 * kept]), sentence, form)
    assert decoded.tags == gold[:kept] + ("O",) * (len(sentence) - kept)
    assert decoded.repairs == ({"cut_off": 1} if kept < len(sentence) else {})


@given(tagged(least=2), KEYED, st.data())
def test_a_loop_of_the_tail_changes_nothing(case, form, data):
    sentence, gold = case
    words = FORMATS[form].render(sentence, gold).split()
    pairs = data.draw(st.integers(1, len(sentence)))
    times = data.draw(st.integers(2, 6))
    decoded = repaired(" ".join(words + words[-2 * pairs :] * times), sentence, form)
    assert decoded.tags == gold
    assert {*decoded.repairs} <= {"loop", "overflow"}
    assert decoded.repairs["loop"] == 1


@given(
    tagged(least=1),
    st.lists(st.sampled_from(["答", "好的", "王", "哈", "12", "。"]), min_size=1, max_size=30),
    KEYED,
)
def test_text_before_without_tags_changes_nothing(case, remark, form):
    sentence, gold = case
    decoded = repaired(f"{' '.join(remark)} {FORMATS[form].render(sentence, gold)}", sentence, form)
    assert decoded.tags == gold
    assert set(decoded.repairs) <= {"text_before", "duplicated_unit"}


def test_text_before_may_be_long():
    text = "以下是这句话的标注结果，请查收。" * 100 + " " + WELL_FORMED
    assert repaired(text).tags == GOLD
    assert repaired(text).repairs == {"text_before": 1}


def damaged(edits):
    words = WELL_FORMED.split()
    for at, new in edits:
        words[at : at + 1] = new
    return " ".join(words)


@pytest.mark.parametrize(
    ("edits", "counted"),
    [
        ([(3, [])], {"missing_label": 1}),
        ([(7, [])], {"missing_label": 1}),
        ([(5, [])], {"missing_label": 1}),  # only B_PER can stand before I_PER
        ([(5, ["B_PER", "B_PER"])], {"duplicated_label": 1}),
        ([(4, [])], {"missing_unit": 1}),
        ([(4, ["王", "王"])], {"duplicated_unit": 1}),
        ([(5, ["B_PER", "王", "B_PER"])], {"duplicated_unit": 1}),
        ([(4, ["玉"])], {"substituted_unit": 1}),
        ([(4, ["<unk>"])], {"substituted_unit": 1}),
        ([(12, ["o"])], {"substituted_unit": 1}),
        ([(4, ["新", "O", "王"])], {"invented_unit": 1}),
        ([(1, ["B_ORG"])], {"unknown_label": 1}),
        ([(7, ["I_ORG"])], {"unknown_label": 1}),
        ([(5, ["b-per"])], {"label_typo": 1}),
        ([(5, ["B", "PER"])], {"label_typo": 1}),
        ([(5, ["Ｂ＿ＰＥＲ"])], {"label_typo": 1}),
        ([(5, ["B_PERR"])], {"label_typo": 1}),
        ([(5, ["(B_PER)"])], {"label_typo": 1}),
        ([(0, ["好", "的", "昨"])], {"text_before": 1}),
        ([(15, ["I_LOC", "完", "毕", "。"])], {"text_after": 1}),
        ([(15, ["I_LOC", "市", "I_LOC", "市", "I_LOC"])], {"loop": 1}),
        ([(4, ["王B_PER"]), (5, [])], {"merged": 1}),
        ([(3, ["O王"]), (4, [])], {"merged": 1}),
        ([(4, ["王B_PER小I_PER"]), (5, []), (5, []), (5, [])], {"merged": 1}),
        ([(13, ["I_LOC"])], {"invalid_transition": 1}),
    ],
)
def test_each_kind_of_fault_is_repaired_and_counted(edits, counted):
    decoded = repaired(damaged(edits))
    assert decoded.tags == GOLD
    assert decoded.repairs == counted


def test_what_cannot_be_repaired_is_said():
    all_o = ("O",) * len(SENTENCE)
    assert repaired("").repairs == repaired(" \n").repairs == {"empty": 1}
    assert repaired("对不起，我不能").repairs == {"unrecoverable": 1}
    assert repaired("对不起，我不能").tags == all_o
    assert repaired("昨 O 天 O").repairs == {"cut_off": 1}
    assert repaired("O O", form="tags").repairs == {"missing_label": 6}
    assert repaired("不能", form="tags").repairs == {"unrecoverable": 1}
    assert repaired("不能", form="inline").repairs == {"unrecoverable": 1}
    assert repaired("有 O", Sentence("empty", ())).repairs == {"text_after": 1}


def test_an_invalid_transition_is_the_only_repair_of_a_well_formed_text():
    decoded = repaired(damaged([(5, ["I_PER"])]))
    assert decoded.raw_tags == ("O", "O", "I-PER", *GOLD[3:])
    assert decoded.tags == GOLD
    assert decoded.repairs == {"invalid_transition": 1}


def test_gaps_are_bridged_only_inside_an_entity():
    sentence = Sentence("s", tuple("甲乙丙丁戊己"))

    def tags_after(tags):
        pairs = zip(sentence.units, tags.split("|"), strict=True)
        return " ".join(repaired(" ".join(word for pair in pairs for word in pair), sentence).tags)

    assert tags_after("B_PER||I_PER|O|O|O") == "B-PER I-PER I-PER O O O"
    assert tags_after("B_PER|||I_PER|O|O") == "B-PER I-PER I-PER I-PER O O"
    assert tags_after("B_PER||||I_PER|O") == "B-PER O O B-PER I-PER O"  # too far to be believed
    assert tags_after("B_PER||O|O|O|O") == "B-PER O O O O O"  # no tail is invented
    assert tags_after("B_PER||I_LOC|O|O|O") == "B-PER B-LOC I-LOC O O O"
    assert tags_after("O||B_PER|O|O|O") == "O O B-PER O O O"


def test_of_an_unknown_label_the_prefix_counts():
    sentence = Sentence("s", tuple("甲乙丙丁"))
    assert repaired("甲 B_PER 乙 I_XYZ 丙 O 丁 O", sentence).tags == ("B-PER", "I-PER", "O", "O")
    assert repaired("甲 B_PER 乙 B_XYZ 丙 I_PER 丁 O", sentence).tags == (
        "B-PER",
        "B-PER",
        "I-PER",
        "O",
    )
    assert repaired("甲 O 乙 B_XYZ 丙 I_XYZ 丁 O", sentence).tags == ("O",) * 4


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("甲 O 天 B_PER 丙 O 丁 O 戊 O", "O B-PER O O O"),
        ("甲 O 天 B_PER 地 B_LOC 丁 O 戊 O", "O B-PER B-LOC O O"),
        ("甲 O 天 B_PER O 地 B_LOC 丁 O 戊 O", "O O O O O"),  # text was put in as well
        ("天 B_PER 地 B_LOC 丙 O 丁 O 戊 O", "O O O O O"),  # found units on one side only
        ("甲 O 天 B_PER 丁 O 戊 O", "O O O O O"),  # beside a missing unit
    ],
)
def test_tags_of_replaced_units_count_where_no_gap_is_near(text, wanted):
    assert " ".join(repaired(text, Sentence("s", tuple("甲乙丙丁戊"))).tags) == wanted


@pytest.mark.parametrize(
    ("text", "wanted", "counted"),
    [
        ("昨天<PER>王小芳</PER>去<LOC>O</LOC>", "PER LOC", {"cut_off": 1}),
        ("昨天<per>王小芳</PER>去<LOC>O市</LOC>", "PER LOC", {"label_typo": 1}),
        ("昨天<PER>王小芳</LOC>去<LOC>O市</LOC>", "PER LOC", {"label_typo": 1}),
        ("昨天<XYZ>王小芳</PER>去<LOC>O市</LOC>", "PER LOC", {"unknown_label": 1}),
        ("昨天<XYZ>王小芳</XYZ>去<LOC>O市</LOC>", "LOC", {"unknown_label": 1}),
        ("昨天<PER>王芳</PER>去<LOC>O市</LOC>", "PER LOC", {"missing_unit": 1}),
        ("昨天<PER>王晓芳</PER>去<LOC>O市</LOC>", "PER LOC", {"substituted_unit": 1}),
        ("昨天<PER>王小小芳</PER>去<LOC>O市</LOC>", "PER LOC", {"duplicated_unit": 1}),
        ("答：昨天<PER>王小芳</PER>去<LOC>O市</LOC>", "PER LOC", {"text_before": 1}),
        ("昨天<PER>王小芳</PER>去<LOC>O市</LOC>完毕！", "PER LOC", {"text_after": 1}),
        ("昨天<PER>王小芳</PER>去<LOC>O市", "PER LOC", {"missing_label": 1}),
        ("昨天<PER>王小芳去<LOC>O市</LOC>", "LOC", {"missing_label": 1}),
        ("昨天王小芳</PER>去<LOC>O市</LOC>", "LOC", {"missing_label": 1}),
        ("昨天<PER></PER>王小芳去<LOC>O市</LOC>", "LOC", {"duplicated_label": 1}),
    ],
)
def test_inline_markup_is_repaired_and_counted(text, wanted, counted):
    decoded = repaired(text, form="inline")
    assert " ".join(tag[2:] for tag in decoded.tags if tag.startswith("B-")) == wanted
    assert decoded.repairs == counted


def test_inline_repairs_words_as_well():
    sentence = Sentence("s", ("Ada", "Byron", "wrote", "it"), " ")
    decoded = repaired("<PER>Ada Byran</PER> wroteit", sentence, "inline")
    assert decoded.tags == ("B-PER", "I-PER", "O", "O")
    assert decoded.repairs == {"substituted_unit": 1, "merged": 1}


def test_an_inline_mark_in_the_wrong_place_is_counted():
    sentence = Sentence("s", ("Ada", "Byron", "wrote"), " ")
    decoded = repaired("Ada<PER> Byron</PER> wrote", sentence, "inline")
    assert (decoded.tags, decoded.repairs) == (("O", "B-PER", "O"), {"label_typo": 1})
    decoded = repaired("A<PER>da Byron</PER> wrote", sentence, "inline")
    assert (decoded.tags, decoded.repairs) == (("O", "B-PER", "O"), {"label_typo": 1})


def test_words_are_not_taken_apart_into_letters():
    sentence = Sentence("s", ("NATO", "met", "Ada"), " ")
    decoded = repaired("NATO B_LOC mett O AdaB_PER", sentence)
    assert decoded.tags == ("B-LOC", "O", "B-PER")
    assert decoded.repairs == {"substituted_unit": 1, "merged": 1}


def test_positions_are_what_indexed_holds_on_to():
    decoded = repaired("0 O 1 O 2 B_PER 3I_PER 5 O 6 B_LOC 7", form="indexed")
    assert decoded.tags == ("O", "O", "B-PER", "I-PER", "O", "O", "B-LOC", "O")
    assert decoded.repairs == {"missing_unit": 1, "missing_label": 1, "merged": 1}


def test_tags_alone_are_repaired_by_count():
    text = "O O B_PER I_PER I_PER O B_LOC I_LOC"
    assert repaired(text, form="tags").repairs == {}
    assert repaired(f"{text} O", form="tags").tags == GOLD
    assert repaired(f"{text} O", form="tags").repairs == {"duplicated_label": 1}
    assert repaired(text[:-6], form="tags").repairs == {"missing_label": 1}
    assert repaired("B PER i_per O", Sentence("s", tuple("王芳去")), "tags").repairs == {
        "label_typo": 2
    }


def test_echo_is_another_name_of_char_tag():
    assert repaired(damaged([(3, [])]), form="echo") == repaired(damaged([(3, [])]))


def test_a_format_that_does_not_exist_is_an_error_of_the_caller():
    with pytest.raises(ConfigError, match="no format is named"):
        repaired("O", form="xml")


@settings(max_examples=120)
@given(tagged(least=2, alphabet=st.sampled_from("春江花月夜明楼台风雪山水")), KEYED, st.data())
def test_few_faults_are_few_repairs(case, form, data):
    """Each planted fault costs one or two counted repairs, not a landslide."""
    sentence, gold = case
    faults = [name for name in faults_of(FORMATS[form]) if name not in ("empty", "cut_off")]
    names = data.draw(st.lists(st.sampled_from(faults), max_size=3))
    pieces = plant(to_pieces(FORMATS[form], sentence, gold), names, Random(0))
    decoded = repaired(join_pieces(FORMATS[form], pieces), sentence, form)
    assert sum(decoded.repairs.values()) <= 4 * len(names)


NONSENSE = " ".join(map(chr, Random(0).choices(range(0x4E00, 0x9FFF), k=10_000)))


@pytest.mark.parametrize(
    "text", ["O" * 20_000, "B_PER " * 4_000, "哈 " * 10_000, "\ud800<" * 10_000, NONSENSE]
)
@pytest.mark.parametrize("form", ["tags", "char-tag", "indexed", "inline"])
def test_the_work_of_repairing_a_very_long_text_grows_no_faster_than_the_text(text, form):
    """Some lines of Python a character, and no more cells to align than the sentence allows."""
    assert len(repaired(text, form=form).tags) == len(SENTENCE)
    cells = sum(rows_of_alignment(lambda: repaired(text, form=form)))
    assert cells <= sum(rows_of_alignment(lambda: repaired(text[: len(text) // 2], form=form)))
    assert lines_run(lambda: repaired(text, form=form)) < 20 * len(text) + 5_000


def rows_of_alignment(work):
    """The widths of the rows of the table of alignment that ``work`` computes one by one."""
    widths, step = [], align._BandSearch._step

    def counted(search, slot):
        step(search, slot)
        widths.append(len(search.rows[slot + 1].gap))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(align._BandSearch, "_step", counted)
        work()
    return widths


def test_aligning_500_units_steps_through_the_surroundings_of_the_faults_only():
    """Of the 1,000 rows (a unit and a tag each), the faultless stretches are jumped."""
    rng = Random(0)
    sentence = Sentence(
        "s", tuple(rng.choice("春江潮水连海平月共生滟随波千万里") for _ in range(500))
    )
    words = FORMATS["char-tag"].render(sentence, ("O",) * 500).split()
    for at in (700, 450, 90):
        del words[at]
    assert 0 < len(rows_of_alignment(lambda: repaired(" ".join(words), sentence))) < 60


@pytest.mark.slow
def test_aligning_is_at_least_as_good_as_each_simpler_strategy():
    """Entity F1 by planted fault, beside the three strategies that others use."""
    for fault, scores in table(planted_sentences(100), TAGS).items():
        ours = scores.pop("aligned")
        assert len(scores) == 3
        assert all(ours >= other for other in scores.values()), (fault, ours, scores)


def test_a_change_of_what_repair_answers_is_a_change_of_its_version():
    cases = repair_corpus.read(repair_corpus.path_of(POLICY))
    assert {case.text.format for case in cases} == {form.name for form in (*FORMATS.values(), JSON)}
    changed = [case.text for case in cases if repair_corpus.repaired(case) != case.answer]
    remedy = "give repair.POLICY another version, then write its answers: tests/repair_corpus.py"
    assert changed == [], remedy
