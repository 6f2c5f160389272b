"""A backend that keeps every promise and has every ability, to be broken in one place each."""

KEEPING = """
import json, os, random, signal, socket, threading, time
from collections import Counter
from typing import Any

from harness.core import Tags, Text
from harness.data.training_digest import digest
from harness.generation.formats import spell_tag
from harness.generation.readback import every
from harness.protocol import Context, Epoch, FitReport, Progress
from harness.tags import decode, encode


class Backend:
    family = "third"

    def __init__(self, context: Context, *, width: int = 1) -> None:
        self.context = context
        self.width = width

    def fit(self, train, dev):
        self.context.report(Progress('train', 0, 1))
        seen = Counter((e.sentence.mention(span), span.label) for e in train for span in e.spans)
        found = {text: label for text, label in sorted(seen)}
        self.entries = found
        epoch = Epoch(1, 0.0, None, None, None, (), 0.0, 0.0, 1, 1, digest(train))
        # fit ends
        return FitReport("none", len(found), len(found), epochs=(epoch,))

    def predict(self, sentences):
        return [self.answer(s) for s in sentences]

    def answer(self, s):
        tags = self.tags(s)
        return Tags(tags, 0, (1.0,) * len(decode(tags)))

    def tags(self, s):
        return encode(every(s, [(label, text) for text, label in self.entries.items()]), len(s))

    def save(self, folder):
        (folder / "entries.json").write_text(json.dumps(self.entries))

    def load(self, folder):
        self.entries = json.loads((folder / "entries.json").read_text())

    def oracle(self, train, examples):
        return [Tags(encode(e.spans, len(e.sentence))) for e in examples]

    def generate(self, sentences):
        return [Text(' '.join(map(spell_tag, self.tags(s))), 'tags') for s in sentences]

    def surprisal(self, examples):
        return [(0.0,) * len(e.sentence) for e in examples]

    @classmethod
    def weights_of(cls, options):
        return None  # weights
"""


def changed(old, new):
    """The source with ``new`` in the one place of ``old``."""
    assert KEEPING.count(old) == 1, old
    return KEEPING.replace(old, new)
