"""The page to try a model in: one file, no script or style from elsewhere, text only as text."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.contentpolicy import own
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
    scripts, styles = (
        " ".join(f"'{source}'" for source in own(content, tag)) for tag in ("script", "style")
    )
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
