"""What a task file says, checked before any data are read.

A task file names what is read and how. It never holds data, and no path of one machine.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from harness import yamlfile
from harness.data import readers
from harness.data.formats import FORMATS
from harness.data.nesting import Keep, Kept
from harness.data.readers import conll, hub, offered, parallel
from harness.data.schemes import Scheme
from harness.data.splits import SPLITS, TEST, set_of, split_of, test_set
from harness.errors import ConfigError, DataError, did_you_mean
from harness.resources import folder
from harness.tags import OUTSIDE, Policy, is_word

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NAMED = (
    "1 to 100 characters: letters from A to Z, digits, '.', '_' and '-', the first a letter or"
    " digit, since folders are called so"
)
DATA_VARIABLE = "NER_HARNESS_DATA"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Files(_Strict):
    """The files of one split, below ``root``; written as one name if the rest is by custom.

    For parallel files ``tags`` defaults to ``train_TAG.txt`` beside ``train.txt``, and
    ``documents`` may name a file with a document id a line. For a hub, ``units`` is a split; for
    brat, a folder.
    """

    units: Annotated[str, Field(description="the file, or the split of a hub data set")]
    tags: Annotated[
        str | None,
        Field(description="parallel: the file of tags; without, `train_TAG.txt` for `train.txt`"),
    ] = None
    documents: Annotated[
        str | None, Field(description="parallel: a file with the name of a document a line")
    ] = None


class Carve(_Strict):
    """A split taken out of another by hash, if a corpus ships none.

    A sentence moves when the SHA-256 of its text, as a fraction of its range, is below ``share``:
    no seed, and the same for everybody, and equal texts stay on one side. A second split of the
    same source has the fractions that follow on the first one's.
    """

    source: str = Field(alias="from", description="the split that it is taken from")
    share: float = Field(gt=0, lt=1, description="how much of it, from 0 to 1")
    hash: Annotated[
        Literal["sha256"], Field(description="what of a text decides whether it moves")
    ] = "sha256"


class Hub(_Strict):
    """Where a hub data set is, at which commit, and how its columns are called."""

    repository: Annotated[str, Field(description="its name, or a folder below `root`")]
    revision: Annotated[str | None, Field(description="the commit; a branch can change")] = None
    config: Annotated[str | None, Field(description="which of several configurations")] = None
    tokens: Annotated[str, Field(description="the column of units")] = "tokens"
    tags: Annotated[str, Field(description="the column of tags, names or numbers")] = "ner_tags"
    names: Annotated[
        list[str] | None, Field(description="the tags by number, where the data do not say")
    ] = None


def _one_name(value: Any) -> Any:
    return {"units": value} if isinstance(value, str) else value


def _sets_apart(value: Any) -> Any:
    """``splits`` with each set of a test of several as an entry of its own: ``test/news``."""
    test = value.get(TEST) if isinstance(value, dict) else None
    if not isinstance(test, dict) or not test or test.keys() & Files.model_fields.keys():
        return value
    apart = ([(name, one)] if name != TEST else _named(test) for name, one in value.items())
    return dict(pair for pairs in apart for pair in pairs)


def _named(sets: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(test_set(name), one) for name, one in sets.items()]


class TaskFile(_Strict):
    """The keys of a task file; ``splits`` names the sets of a test of several as ``test/NAME``."""

    name: Annotated[str, Field(description="what tables and folders call it")]
    language: Annotated[str, Field(description="`zh`, `en`, ...; recorded, changes nothing")]
    format: Annotated[str, Field(description="how the files are made")]
    joiner: Annotated[
        Literal["", " "],
        Field(
            description='what separates two units in the text: `""` for characters, `" "` for words'
        ),
    ]
    labels: Annotated[list[str], Field(description="the entity types; any other is an error")]
    descriptions: Annotated[
        dict[str, str],
        Field(description="what a label means, for models that are asked in words"),
    ] = {}
    splits: Annotated[
        dict[str, Annotated[Files, BeforeValidator(_one_name)]],
        BeforeValidator(_sets_apart),
        Field(
            description="`train`, `dev` and `test`, each a file, or the keys of `splits.NAME`; "
            "`test` may be several, by name"
        ),
    ]
    carve: Annotated[
        dict[str, Carve], Field(description="splits taken out of others; the keys of `carve.NAME`")
    ] = {}
    scheme: Annotated[
        Literal["auto", Scheme], Field(description="how tags are spelled; `auto` looks")
    ] = "auto"
    policy: Annotated[
        Policy, Field(description="what malformed gold means, such as an I after an O")
    ] = "conlleval"
    keep: Annotated[
        Keep,
        Field(description="which of the entities that overlap a flat task keeps; `error` refuses"),
    ] = "error"
    nested: Annotated[
        bool, Field(description="whether entities may overlap: all are kept, and scored as such")
    ] = False
    root: Annotated[str, Field(description="the folder of the files, looked for as said below")] = (
        "."
    )
    columns: Annotated[
        int, Field(ge=2, description="conll: columns, the unit first, the tag last")
    ] = 2
    hub: Annotated[Hub | None, Field(description="the keys of `hub`")] = None
    licence: Annotated[str, Field(description="for people")] = ""
    source: Annotated[str, Field(description="for people")] = ""

    @field_validator("name")
    @classmethod
    def _is_name(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            msg = f"{name!r} must be {_NAMED}"
            raise ValueError(msg)
        return name

    @field_validator("format")
    @classmethod
    def _is_format(cls, name: str) -> str:
        known = (*FORMATS, *offered.names())
        if name not in known:
            msg = f"no format {name!r}{did_you_mean(name, known)}; formats: {', '.join(known)}"
            raise ValueError(msg)
        return name

    @field_validator("labels")
    @classmethod
    def _are_labels(cls, labels: list[str]) -> list[str]:
        if not labels:
            raise ValueError("at least one label is needed")
        for label in labels:
            if label == OUTSIDE or not is_word(label):
                msg = f"{label!r} cannot be a label: no spaces, not empty, not O"
                raise ValueError(msg)
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            msg = f"{', '.join(twice)} is listed twice"
            raise ValueError(msg)
        return labels

    @model_validator(mode="after")
    def _agrees(self) -> "TaskFile":
        if (self.format == "hub") != (self.hub is not None):
            raise ValueError("`hub` needs `format: hub`, which needs `hub`")
        self._require_room_for_nested()
        for name, carve in self.carve.items():
            if name in self.splits or carve.source not in self.splits:
                msg = f"carve.{name}: must be a new split, and be taken from one of `splits`"
                raise ValueError(msg)
        self._require_rest()
        self._require_sets()
        foreign = [label for label in self.descriptions if label not in self.labels]
        if foreign:
            near = did_you_mean(foreign[0], self.labels)
            msg = f"descriptions: {foreign[0]!r} is not among `labels`{near}"
            raise ValueError(msg)
        missing = [
            name for name in SPLITS if name not in {*map(split_of, self.splits), *self.carve}
        ]
        if missing:
            msg = (
                f"splits: {' and '.join(missing)} missing{self._other_splits()}; a split can be"
                " carved out of another: `carve: {dev: {from: train, share: 0.1}}`"
            )
            raise ValueError(msg)
        return self

    def _other_splits(self) -> str:
        """The splits whose name is none of the three, one of which may be meant by it."""
        others = [repr(name) for name in self.splits if split_of(name) not in SPLITS]
        return f", found {' and '.join(others)}: call it by its name here" if others else ""

    def _require_rest(self) -> None:
        for source in {carve.source for carve in self.carve.values()}:
            shares = {n: carve.share for n, carve in self.carve.items() if carve.source == source}
            if sum(shares.values()) >= 1:
                msg = f"carve: {' and '.join(shares)} leave nothing of {source}; make `share` less"
                raise ValueError(msg)

    def _require_room_for_nested(self) -> None:
        """Refuse nested gold where a rule drops it, and in files of tags, which cannot have it."""
        if not self.nested:
            return
        if "keep" in self.model_fields_set:
            raise ValueError(
                "`keep` drops entities that overlap, `nested: true` keeps all: say one"
            )
        if self.format in FORMATS and not FORMATS[self.format].nested:
            able = ", ".join(name for name, one in FORMATS.items() if one.nested)
            msg = (
                f"`nested: true`: files of `format: {self.format}` hold no entity within another; "
                f"formats that do: {able}"
            )
            raise ValueError(msg)

    def _require_sets(self) -> None:
        """Refuse a test of one named set, and names that are no words."""
        names = self.test_sets
        if len(names) == 1:
            msg = f"splits.test: one test set needs no name; write `test: FILE`, not {names[0]!r}"
            raise ValueError(msg)
        for name in names:
            if not NAME.fullmatch(name):
                msg = f"splits.test: the name {name!r} must be {_NAMED}"
                raise ValueError(msg)

    @property
    def kept(self) -> Kept:
        """Which of the entities that overlap are kept."""
        return "all" if self.nested else self.keep

    @property
    def test_sets(self) -> tuple[str, ...]:
        """The names of the sets of a test of several, in order; empty for one of one file."""
        return tuple(name for part in self.splits if (name := set_of(part)) is not None)

    def written(self) -> dict[str, Any]:
        """What stands in a file of this task: its keys but those that are as by default."""
        content = self.model_dump(by_alias=True, exclude_defaults=True)
        splits: dict[str, Any] = {}
        for part, one in content["splits"].items():
            name = set_of(part)
            if name is None:
                splits[part] = one
            else:
                splits.setdefault(TEST, {})[name] = one
        return content | {"splits": splits}


def source_of(file: TaskFile, split: str, root: Path) -> readers.Source:
    """What the reader needs for ``split`` of data in ``root``."""
    files = file.splits[split]
    path = root / files.units
    if file.hub:
        return _hub_source(file.hub, files.units, root)
    if file.format == "conll":
        return conll.ConllSource(path, file.columns)
    if file.format not in FORMATS:
        return offered.source(file.format, path, file.joiner)
    if opens := FORMATS[file.format].open:
        return opens(path, file.joiner)
    tags = root / files.tags if files.tags else parallel.beside(path)
    return parallel.ParallelSource(path, tags, root / files.documents if files.documents else None)


def _hub_source(described: Hub, split: str, root: Path) -> hub.HubSource:
    """A folder in ``root`` is read in place of a repository of that name."""
    local = root / described.repository
    return hub.HubSource(
        repository=str(local) if local.is_dir() else described.repository,
        split=split,
        revision=described.revision,
        config=described.config,
        tokens=described.tokens,
        tags=described.tags,
        names=tuple(described.names) if described.names else None,
    )


def shipped() -> dict[str, Path]:
    """The task files that come with the harness, by name."""
    return {path.stem: path for path in sorted((folder("configs") / "tasks").glob("*.yaml"))}


def find(task: str | Path) -> Path:
    """The path of a task file, given as one or as the name of a shipped one.

    Raises:
        ConfigError: for neither.
    """
    path = Path(task)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        return path
    tasks = shipped()
    if str(task) not in tasks:
        near = did_you_mean(str(task), tasks)
        msg = (
            f"no task {str(task)!r}{near}; shipped are {', '.join(tasks)};"
            " give the path of a .yaml file for your own, or hub:OWNER/NAME@REVISION for one of a"
            " hub"
        )
        raise ConfigError(msg)
    return tasks[str(task)]


def load(path: Path) -> TaskFile:
    """The task file at ``path``.

    Raises:
        ConfigError: with every error of the file, each with its line.
    """
    data, lines = yamlfile.load(path)
    return yamlfile.validate(TaskFile, data, lines, str(path))


def root(path: Path, file: TaskFile, data: Path | None = None) -> Path:
    """The folder with the data of the task file at ``path``: the first place that exists.

    Raises:
        DataError: with every place tried and what to do.
    """
    places = _places(path, file, data)
    for place in places:
        if place.is_dir():
            return place
    listed = "\n".join(f"  {place} ({reason})" for place, reason in places.items())
    msg = (
        f"{path}: no folder with the data of task {file.name!r}; tried\n{listed}\n"
        f"put the data into one of them, or say where: --data FOLDER or {DATA_VARIABLE}=FOLDER,"
        f" a folder that holds {file.root!r}"
    )
    raise DataError(msg)


def data_folder() -> Path | None:
    """The folder that ``NER_HARNESS_DATA`` names; empty is unset."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named) if named else None


def _places(path: Path, file: TaskFile, data: Path | None) -> dict[Path, str]:
    """Where the data may be, with the reason, in order."""
    places = {path.parent / file.root: "beside the task file"}
    if data:
        places.setdefault(data / file.root, "--data")
    if (named := data_folder()) is not None:
        places.setdefault(named / file.root, DATA_VARIABLE)
    places.setdefault(Path("data") / file.root, "./data")
    return places
