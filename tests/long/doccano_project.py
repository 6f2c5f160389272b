"""Run by doccano's own Python: a file of its JSONL into a new project, and the project out again.

``PYTHON tests/long/doccano_project.py IN OUT``, with a folder of its own in ``DOCCANO_HOME``.
"""

import sys
import zipfile
from pathlib import Path

import backend.cli  # noqa: F401 - doccano's: puts its applications on the path
import django

django.setup()

from data_export.celery_tasks import export_dataset  # noqa: E402 - found by the lines above
from data_import.datasets import load_dataset  # noqa: E402
from data_import.pipeline.catalog import create_file_format  # noqa: E402
from data_import.pipeline.readers import FileName  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core import management  # noqa: E402
from projects.models import ProjectType, SequenceLabelingProject  # noqa: E402


def new_project():
    """A project of sequence labelling in a new database, and its owner."""
    for command in ("migrate", "create_roles"):
        management.call_command(command, verbosity=0)
    owner = get_user_model().objects.create_superuser("admin", "admin@example.com", "password")
    project = SequenceLabelingProject.objects.create(
        name="demo",
        created_by=owner,
        project_type=ProjectType.SEQUENCE_LABELING,
        collaborative_annotation=True,
    )
    project.add_admin()
    return project, owner


def main(given: Path, out: Path) -> None:
    """Import ``given`` and write what doccano exports to ``out``."""
    project, owner = new_project()
    name = FileName(str(given), str(given), given.name)
    form = create_file_format("JSONL")
    data = load_dataset(ProjectType.SEQUENCE_LABELING, form, [name], project)
    data.save(owner)
    if data.errors:
        raise SystemExit(f"doccano refused: {[error.dict() for error in data.errors]}")
    with zipfile.ZipFile(export_dataset(project.pk, "JSONL")) as packed:
        out.write_bytes(packed.read("all.jsonl"))


main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
