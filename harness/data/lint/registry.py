"""All checks, each with its severity, what it finds and what to do; what a run refuses is an error.

A warning is probably a fault of the data; a note is worth knowing before a score is compared.
"""

from collections.abc import Iterator

from harness.data.lint import characters, gold, known, labels, reading, splits
from harness.data.lint.finding import Lint
from harness.data.readers import Problem
from harness.data.task import Draft

_CHARACTERS = (
    Lint("invisible", "warning", "Zero-width and direction characters, alone or inside of a word.",
          "Remove them and their tags: nobody sees them, and the same text elsewhere lacks them.",
          characters.invisible),
    Lint("not-composed", "warning", "Units that Unicode's form NFC writes in another way.",
          "Normalise text and tags to NFC, and what you will predict on, too.",
          characters.not_composed),
    Lint("compatibility", "note", "Characters that NFKC, and with it many tokenizers, replace.",
          "Nothing, unless a backend's ceiling (`oracle`) is below 100.", characters.compatibility),
    Lint("mixed-width", "note", "Letters or digits in both full and half width.",
          "Decide on one width; to a model they are different characters.",
          characters.mixed_width),
    Lint("blank-unit", "note", "Units that are nothing but white space.",
          "Check that these are characters of the text, and not separators.",
          characters.blank_units),
    Lint("line-break", "warning", "Texts of several lines.",
          "Cut them at line ends: `predict` reads a sentence a line, and finds no entity over two.",
          characters.line_breaks),
    Lint("markup", "warning", "HTML tags or entities inside the text.",
          "Unescape the text before it is annotated.", characters.markup),
    Lint("mojibake", "warning", "Text that was decoded in a wrong encoding.",
          "Convert the original again; what stands here cannot be mended.", characters.mojibake),
    Lint("long-unit", "note", "Units of several code points in a task of characters.",
          'For words, say `joiner: " "` in the task file; else cut them, one tag each.',
          characters.long_units),
    Lint("spaced-characters", "warning", "A task of words whose words are Chinese characters.",
          'Say `joiner: ""` in the task file: speed and offsets are counted by it.',
          characters.spaced_characters),
    Lint("long-sentence", "note", "Sentences longer than an encoder reads at once.",
          "Nothing, they are read in windows; look whether sentence ends were lost.",
          characters.long_sentences),
)  # fmt: skip
_GOLD = (
    Lint("adjacent-without-b", "warning", "Entities that begin without B right after another.",
          "Find out whether the corpus ever writes B there: if not, two of one type look like one.",
          gold.adjacent_without_b),
    Lint("contradictory-label", "note", "A name with another label than it nearly always has.",
          "Look at the few; ambiguous names are right, slips are not.", gold.contradictory_labels),
    Lint("unlabelled", "note", "A name that is nearly always an entity, and none here.",
          "Look at the few; each that was overlooked costs every model precision.",
          gold.unlabelled),
    Lint("off-by-one", "warning", "An entity one unit longer or shorter than its text nearly "
          "always is.", "Compare with the other places and decide for one rule.", gold.off_by_one),
    Lint("blank-edge", "warning", "An entity that begins or ends with white space.",
          "Move the edge.", gold.blank_edges),
    Lint("mark-edge", "note", "An entity that begins or ends with a comma or the like.",
          "Move the edge, unless the mark belongs to the name.", gold.marks_at_edges),
    Lint("half-bracket", "warning", "An entity with one of two brackets that enclose it.",
          "Take both in, or none.", gold.half_brackets),
    Lint("long-entity", "note", f"An entity of more than {gold.FAR} units.",
          "Look whether an end was forgotten.", gold.long_entities),
    Lint("nothing-nested", "note", "A task with nested gold in which no entities overlap.",
          "Nothing; or leave `nested` out, so that every backend can run.", gold.nothing_nested),
    Lint("no-entities", "warning", "A split without any entity.",
          "Check that this file has gold: test sets are published without.", gold.no_entities),
)  # fmt: skip
_LABELS = (
    Lint("unseen-label", "note", "A label that train has not and another split has.",
          "Nothing can learn it: leave it out of `labels` and the tags, or split again.",
          labels.unseen),
    Lint("untested-label", "note", "A label that train has and test has not.",
          "Its score will be n/a; split again if it matters.", labels.untested),
    Lint("unused-label", "note", "A label that is in no split.",
          "Take it out of `labels`, or look for another spelling of it.", labels.unused),
    Lint("few-to-learn", "note",
          f"Labels with fewer than {labels.FEW_TO_LEARN} entities in train.",
          "Expect little of them, or merge them with others.", labels.few_to_learn),
    Lint("few-to-rank", "note", f"Labels with fewer than {labels.FEW_TO_RANK} entities in test.",
          "Draw no conclusion from their scores.", labels.few_to_rank),
    Lint("alike-labels", "warning", "Labels that differ in case or punctuation only.",
          "Use one spelling.", labels.alike),
)  # fmt: skip
_SPLITS = (
    Lint("duplicates", "note", "Sentences that stand twice in a split.",
          "Remove copies from test, where each counts twice.", splits.duplicates),
    Lint("near-duplicates", "note", "Sentences that a split has nearly the same before.",
          "Look at them: templates and quotations make scores look better.",
          splits.near_duplicates),
    Lint("conflicting-gold", "warning", "Copies of a sentence with different gold.",
          "Annotate them alike: no model can be right on both.", splits.conflicting_gold),
    Lint("overlap-of-splits", "note", "Sentences that are in two splits; an error where a run "
          "refuses it.", "Remove them from train; `F1 unseen` is the score without them.",
          splits.overlap),
    Lint("split-document", "warning", "A document of which sentences stand in two splits.",
          "Split by document.", splits.split_documents),
    Lint("known-data", "note", "A known data set of which several variants are in use.",
          "Compare with published scores on this variant only.", known.variants),
)  # fmt: skip

CHECKS: dict[str, Lint] = {
    check.name: check for check in (*reading.CHECKS, *_CHARACTERS, *_GOLD, *_LABELS, *_SPLITS)
}


def found(draft: Draft) -> Iterator[Problem]:
    """Everything that was found as the files of ``draft`` were read, and by all checks."""
    yield from draft.problems
    for check in CHECKS.values():
        for one in check.find(draft) if check.find else ():
            severity = one.severity or check.severity
            yield Problem(one.file, one.line, check.name, severity, one.message, one.column)
