"""HTML in one file: no network, sorted by clicking a heading, light or dark as the reader prefers.

jinja2 escapes every value; a content security policy forbids all but the page's own style and
script, so that even a name that is markup stays text.
"""

from pathlib import Path

from harness import contentpolicy
from harness.leaderboard.table import Leaderboard
from harness.numbers import percent

_TEMPLATE = Path(__file__).with_name("leaderboard.html.j2")


def render(table: Leaderboard) -> str:
    """``table`` as an HTML page."""
    from jinja2 import Environment, StrictUndefined

    source = _TEMPLATE.read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["percent"] = percent
    page = environment.from_string(source).render(table=table, style_hash="", script_hash="")
    hashes = {f"{tag}_hash": contentpolicy.own(page, tag)[0] for tag in ("style", "script")}
    return environment.from_string(source).render(table=table, **hashes) + "\n"
