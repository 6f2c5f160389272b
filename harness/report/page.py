"""One self-contained HTML file, in which no text of the data can act.

Text reaches the page in two ways: through the autoescaping template, and as JSON in a data block in
which ``<`` cannot occur; the script puts it into the document as text only. The content policy
allows this one script and this one style by their hashes, pictures from the page itself, no more.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis.answers import FinishedRun, by_data
from harness.analysis.buckets import BUCKETS
from harness.analysis.foremost import COMPARED, foremost
from harness.analysis.system_answers import SystemAnswers, answers_by_system
from harness.analysis.taxonomy import KINDS
from harness.contentpolicy import source
from harness.report import room
from harness.report.figures import Picture, counted, pictures
from harness.report.sentences import Encoded, buckets_of, encode_all
from harness.report.tables import Tables, shown, tables
from harness.report.wording import AS_WRITTEN, Wording
from harness.results import store

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
_DATA = '<script type="application/json" id="data">'
SCRIPTS = ("sentences.js", "drawing.js", "page.js")
# "</script" and "<!--" would end or confuse the data block; separators of lines break some readers.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Section:
    """What the page says about one data set."""

    title: str
    tables: Tables
    pictures: tuple[Picture, ...]


def build(
    runs: Sequence[FinishedRun], output: Path, wording: Wording = AS_WRITTEN, rows: int = COMPARED
) -> Path:
    """Write the page about ``runs``; gives its path. Of each data set ``rows`` are compared.

    Raises:
        DataError: if two runs on the same data disagree about the gold.
    """
    store.make_folder(output.parent)
    store.write(output, render(by_data(runs), wording, rows))
    return output


def render(
    groups: Sequence[Sequence[FinishedRun]], wording: Wording = AS_WRITTEN, rows: int = COMPARED
) -> str:
    """The page about groups of runs, each on the same data; ``rows`` of each are compared."""
    style, script = _text("page.css"), f'"use strict";\n{{\n{"".join(map(_text, SCRIPTS))}}}\n'
    studies = [answers_by_system(group) for group in groups]
    html = (
        _environment()
        .get_template("page.html.j2")
        .render(
            policy=_policy(style, script),
            style=style,
            script=script,
            sections=[
                _section(held, wording, rows, room.PICTURES // len(studies)) for held in studies
            ],
            kinds=KINDS[1:],
            buckets={bucket.name: bucket.title for bucket in BUCKETS},
            note=wording.note,
        )
    )
    before, opening, after = html.partition(_DATA)  # no text of the data can hold a tag
    return before + opening + data_block(studies, room.PAGE - len(html.encode()), wording) + after


def data_block(
    studies: Sequence[Sequence[SystemAnswers]], most: int, wording: Wording = AS_WRITTEN
) -> str:
    """The sentences and answers of all studies, as JSON that can stand in an HTML data block.

    Sentences that no longer fit into ``most`` bytes are left out.
    """
    whole = [_data(held, wording) for held in studies]
    heads = len(_json([{**one, "sentences": []} for one in whole]).encode())
    share = max(0, most - heads) // len(studies)
    return _json([{**one, "sentences": _fitting(one["sentences"], share)} for one in whole])


def _fitting(sentences: Sequence[Encoded], most: int) -> list[Encoded]:
    sizes = [len(_json(sentence).encode()) + 1 for sentence in sentences]
    return room.with_room(sentences, sizes, most)


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # For the page's own style and script alone: they hold no text of the data.
    environment.filters["own"] = Markup
    environment.filters["score"] = shown
    return environment


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{source(style)}'; script-src '{source(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _title(held: Sequence[SystemAnswers]) -> str:
    task, fingerprint, split = held[0].runs[0].data
    return f"{task} {split} ({fingerprint[:8]})"


def _section(held: Sequence[SystemAnswers], wording: Wording, rows: int, most: int) -> Section:
    """What the page says about ``held``, its pictures in ``most`` bytes."""
    compared = foremost(held, rows)
    drawn = pictures(compared) if wording.mentions else counted(compared)
    shown = room.pictures_with_room(drawn, most, "figures")
    return Section(_title(held), tables(held, compared, wording), shown)


def _data(held: Sequence[SystemAnswers], wording: Wording) -> dict[str, Any]:
    """One study; ``all`` counts its sentences, of which not all may have room."""
    ordered = list(chain.from_iterable(row.runs for row in held))
    labels = tuple(dict.fromkeys(chain.from_iterable(row.labels for row in held)))
    sentences = encode_all(ordered, labels, wording)
    return {
        "title": _title(held),
        "all": len(sentences),
        "joiner": ordered[0].predictions[0].joiner if ordered[0].predictions else "",
        "labels": labels,
        "kinds": KINDS,
        "rows": [row.name for row in held],
        "runs": [[at, str(run.run.seed)] for at, row in enumerate(held) for run in row.runs],
        "buckets": [[b.name, b.title, b.levels] for b in buckets_of(ordered)],
        "sentences": sentences,
    }
