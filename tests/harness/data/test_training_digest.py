"""The digest of what was fed: free of order, sensitive to everything else."""

from harness.core import Example, Sentence, Span
from harness.data.training_digest import digest

ONE = Example(Sentence("a", tuple("张三")), (Span(0, 2, "PER"),))
TWO = Example(Sentence("b", tuple("上海")), (Span(0, 2, "LOC"),))


def test_order_and_names_do_not_matter():
    renamed = Example(Sentence("z", tuple("张三")), ONE.spans)
    assert digest([ONE, TWO]) == digest([TWO, renamed])


def test_gold_text_and_repetition_do():
    other = Example(ONE.sentence, (Span(0, 2, "ORG"),))
    shorter = Example(Sentence("a", tuple("张")), (Span(0, 1, "PER"),))
    digests = {digest(d) for d in ([ONE], [other], [shorter], [ONE, ONE], [TWO], [])}
    assert len(digests) == 6
