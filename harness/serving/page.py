"""The page to try a model in: one file, no script or style from elsewhere, text only as text."""

import base64
import hashlib
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.results.run_record import Run


def html(run: Run) -> str:
    """The page of ``run``."""
    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=folder, autoescape=True, undefined=StrictUndefined)
    labels = list(run.settings["labels"])
    return environment.get_template("page.html.j2").render(
        backend=run.backend, task=run.data.task, labels=labels
    )


def policy(content: str) -> str:
    """What a browser may do on the page: its own script and style, and questions to this server."""
    parts = [f"'sha256-{_hash(text)}'" for text in _inline(content, "script")]
    styles = [f"'sha256-{_hash(text)}'" for text in _inline(content, "style")]
    return (
        f"default-src 'none'; script-src {' '.join(parts)}; style-src {' '.join(styles)}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _inline(content: str, tag: str) -> list[str]:
    return re.findall(rf"<{tag}>(.*?)</{tag}>", content, re.DOTALL)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
