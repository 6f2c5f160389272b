"""Suggestions as a table with tabs, a line each, quoted as CSV is: whatever reads that reads all.

A break of line or a tab in a text is a space, so that offsets in it hold; no text can act as a
formula.
"""

import csv
from collections.abc import Sequence
from io import StringIO

from harness.labelling.ranking import Suggestion
from harness.spreadsheets import escape

_HEAD = ("rank", "line", "uncertainty", "disagreement", "novelty", "text")
_SPACES = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029", " "))


def table(found: Sequence[Suggestion]) -> str:
    """``found`` in their order, under a head."""
    stream = StringIO()
    writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
    writer.writerow(_HEAD)
    for rank, one in enumerate(found, start=1):
        shares = (f"{share:.3f}" for share in (one.uncertainty, one.disagreement, one.novelty))
        writer.writerow([rank, one.line, *shares, escape(one.text.translate(_SPACES))])
    return stream.getvalue()
