"""One HTML file that needs nothing else, and in which no text of the data can act.

Text reaches the page in two ways: through the autoescaping template, and as JSON in a data block in
which ``<`` cannot occur; the script puts it into the document as text only. The content policy
allows this one script and this one style by their hashes, pictures from the page itself, no more.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import store
from harness.analysis.answers import Answers, by_data, load_all
from harness.analysis.rows import rows
from harness.analysis.taxonomy import KINDS
from harness.report.figures import Picture, pictures
from harness.report.sentences import buckets_of, encode_all
from harness.report.tables import Tables, tables

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
# "</script" and "<!--" would end or confuse the data block; separators of lines break some readers.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Section:
    """What the page says about one data set."""

    title: str
    tables: Tables
    pictures: tuple[Picture, ...]


def build(folders: Iterable[Path], output: Path) -> Path:
    """Write the page about all finished runs in and below ``folders``; gives its path.

    Raises:
        DataError: where there is no finished run, or two runs disagree about the gold.
    """
    groups = by_data(load_all(folders))
    store.write(output, render(groups))
    return output


def render(groups: Sequence[Sequence[Answers]]) -> str:
    """The page about groups of runs, each group on the same data."""
    style, script = (_text(name) for name in ("page.css", "page.js"))
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            policy=_policy(style, script),
            style=style,
            script=script,
            data=data_block(groups),
            sections=[_section(group) for group in groups],
            kinds=KINDS[1:],
        )
    )


def data_block(groups: Sequence[Sequence[Answers]]) -> str:
    """The sentences and answers of all groups, as JSON that can stand in an HTML data block."""
    values = [_data(group) for group in groups]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
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
    # For the page's own style and script, and for the JSON below: none holds text of the data raw.
    environment.filters["own"] = Markup
    environment.filters["uri"] = _uri
    return environment


def _uri(picture: Picture) -> str:
    return f"data:{picture.mime};base64,{base64.b64encode(picture.content).decode()}"


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _title(group: Sequence[Answers]) -> str:
    task, fingerprint, split = group[0].data
    return f"{task} {split} ({fingerprint[:8]})"


def _section(group: Sequence[Answers]) -> Section:
    held = rows(group)
    return Section(_title(group), tables(held), tuple(pictures(held)))


def _data(group: Sequence[Answers]) -> dict[str, Any]:
    ordered = list(chain.from_iterable(row.runs for row in rows(group)))
    labels = tuple(dict.fromkeys(chain.from_iterable(run.labels for run in ordered)))
    return {
        "title": _title(group),
        "joiner": ordered[0].predictions[0].joiner if ordered[0].predictions else "",
        "labels": labels,
        "kinds": KINDS,
        "runs": [run.title for run in ordered],
        "buckets": [[b.name, b.title, b.levels] for b in buckets_of(ordered)],
        "sentences": encode_all(ordered, labels),
    }
