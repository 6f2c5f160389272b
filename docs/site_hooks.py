"""What the site needs beyond the pages: no page is left out, and no link leads out of the pages."""

import re
from pathlib import Path
from typing import Any

OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./([^)]+)\)")


def on_config(config: Any) -> Any:
    """Put the pages that the navigation does not name under "More"."""
    pages = {path.name for path in Path(config["docs_dir"]).glob("*.md")}
    if rest := sorted(pages - set(_named(config["nav"]))):
        config["nav"].append({"More": rest})
    return config


def _named(nav: Any) -> list[str]:
    """The pages in a navigation."""
    if isinstance(nav, str):
        return [nav]
    inner = nav.values() if isinstance(nav, dict) else nav
    return [page for part in inner for page in _named(part)]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Name files of the tree that are no page, in place of links that lead nowhere on the site."""
    return OUTSIDE.sub(r"\1 (`\2`)", markdown)
