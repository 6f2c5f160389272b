"""A study as one HTML page: question, tables, pictures, answers; no network, nothing that runs."""

from collections.abc import Sequence
from pathlib import Path

from harness.report import room
from harness.report.figures.canvas import Picture
from harness.studies import text
from harness.studies.design import Study
from harness.studies.panels import Panel

_TAG = 100  # bytes around a picture, at most, beside its caption
_TEMPLATE = Path(__file__).with_name("page.html.j2")


def page(name: str, study: Study, panels: Sequence[Panel], drawn: Sequence[Picture]) -> str:
    """The page of the study called ``name``."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = _TEMPLATE.read_text(encoding="utf-8")
    shown = [(panel, text.cells(study, panel), text.answer(study, panel)) for panel in panels]
    template = environment.from_string(source)
    told = {"name": name, "study": study, "panels": shown, "over_all": [*text.over_all(panels)]}
    captions = [Picture(picture.name, picture.caption) for picture in drawn]
    tags = sum(_TAG + len(picture.caption.encode()) for picture in drawn)
    most = room.PAGE - tags - len(template.render(told, pictures=captions).encode())
    return template.render(told, pictures=room.pictures_with_room(drawn, most, "study --plots"))
