"""What each line of the certificate reads in one run, and on what evidence it stands.

*Proven* is what is counted again from stored answers whenever a table is made; *recorded* is what
this harness wrote down while it ran; *stated* is what a backend or a person said, and nobody
checked. A line is no stronger than its weakest row: what an imported system says is stated.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from harness.comparability.check import Evidence
from harness.data.splits import TRAIN
from harness.data.windows import PUNCTUATION
from harness.results.record import Metrics
from harness.results.run_record import LIBRARIES, Run
from harness.tags import POLICIES
from harness.version import OWN

MISSING = "not recorded"
NOT_APPLICABLE = ""
NO_RULE = "none"  # no answer to dev was ever scored, so nothing was chosen by it
NOT_STATED = "not stated"  # the weights of an import of which nobody said what they are
RESCORED = "rescored"  # the setting that names the rule by which answers were rewritten
UNDESCRIBED = "none"
NO_DOCUMENTS = "none named"
# Lines that follow from how much a run was given to read.
SENTENCES, BYTES = "sentences per split", "bytes consumed per epoch"
_HASH = 16  # hexadecimal digits shown


class Recorded(Protocol):
    """What the certificate reads: the record of a run, its metrics, and its documents."""

    @property
    def run(self) -> Run:
        """The record."""
        ...

    @property
    def metrics(self) -> Metrics:
        """The metrics."""
        ...

    @property
    def documents(self) -> tuple[str, ...]:
        """The document of each sentence; empty where one names none, or no answers were read."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """One line: its name, how a run's value reads, and whether a difference forbids ranking.

    ``must`` is what it has to read, where agreement of all rows is not enough. ``told`` says that
    an import has it from whoever imported, not from the files. A table in which all rows read
    ``left_out`` has no such line. ``of_data`` says that it tells of the data that were learned
    from and answered, and so reads otherwise for the same system on another task.
    """

    name: str
    read: Callable[[Recorded], str]
    separates: bool = True
    must: str = ""
    evidence: Evidence = "recorded"
    told: bool = False
    of_data: bool = False
    left_out: str | None = None


def _setting(*keys: str) -> Callable[[Recorded], str]:
    def value(result: Recorded) -> str:
        settings = result.run.settings
        if any(key not in settings for key in keys):
            return MISSING
        return ", ".join(_text(settings[key]) for key in keys)

    return value


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {value[key]}" for key in sorted(value)) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value) or MISSING


def _limit(result: Recorded) -> str:
    if "limit" not in result.run.settings:
        return MISSING
    data, setting = result.run.data.limit, result.run.settings["limit"]
    return _text(data) if data == setting else f"data {_text(data)}, setting {_text(setting)}"


def _window(result: Recorded) -> str:
    settings = result.run.settings
    if "window_limit" not in settings or "window_margin" not in settings:
        return MISSING
    told = f"limit {settings['window_limit']}, margin {settings['window_margin']}"
    plain = settings.get("window_cut", PUNCTUATION) != PUNCTUATION
    return f"{told}, cut anywhere" if plain else told


def _tag_policy(result: Recorded) -> str:
    """The headline policy, and the rule by which stored answers were scored again, if they were.

    Only the record says that no rule has rewritten them: the answers themselves do not show it.
    """
    rule = result.run.settings.get(RESCORED)
    return f"{POLICIES[0]}, {rule}" if rule else POLICIES[0]


def is_external(result: Recorded) -> bool:
    """Whether only the predictions are known, of a system that this harness did not run."""
    return result.run.imported


def is_zero_shot(result: Recorded) -> bool:
    """Whether nothing was trained."""
    return result.run.trained == 0 and not is_external(result)


def _training(result: Recorded) -> str:
    if is_external(result):
        return "on train" if result.run.settings.get("training") == TRAIN else MISSING
    return "none (zero-shot)" if is_zero_shot(result) else f"on {_share(result)}train"


def _share(result: Recorded) -> str:
    """What part of train was learned from, if not all of it."""
    share, draw = result.run.part_of_train
    return "" if share == 1.0 else f"{100 * share:g} % (draw {draw}) of "


def _training_digests(result: Recorded) -> str:
    """The digests of the run's epochs: order-free, so that every epoch on train has the same."""
    if not result.run.training_digests and (is_zero_shot(result) or _has_no_weights(result)):
        return NOT_APPLICABLE
    return ", ".join(sorted(set(result.run.training_digests))) or MISSING


def _stated(result: Recorded) -> str:
    """The facts that somebody stated of a system that this harness did not run."""
    run = result.run
    of_weights = run.origin.get("distribution") == "external" and run.weights != NOT_STATED
    return _text(sorted({*run.settings.get("stated", ()), *(["weights"] if of_weights else ())}))


def _seeds(result: Recorded) -> str:
    return _text(sorted(result.run.planned_seeds))


def _size(result: Recorded) -> str:
    return f"{result.metrics.sentences:,} sentences, {result.metrics.units:,} units"


def _documents(result: Recorded) -> str:
    """How many documents are drawn in place of sentences, and a digest of which lie in one.

    What documents are called changes no claim, so the digest is of their numbers.
    """
    numbers = {name: number for number, name in enumerate(dict.fromkeys(result.documents))}
    if not numbers:
        return NO_DOCUMENTS
    text = " ".join(str(numbers[name]) for name in result.documents)
    return f"{len(numbers)} ({hashlib.sha256(text.encode()).hexdigest()[:_HASH]})"


def _precision(result: Recorded) -> str:
    """The precision; that of a family without weights, or finer than fp32, is no difference.

    That an import has no weights is only stated, and answers for nothing else.
    """
    if _has_no_weights(result) or result.run.precision == "fp64":
        return NOT_APPLICABLE
    return result.run.precision or MISSING


def _has_no_weights(result: Recorded) -> bool:
    return result.run.weights == "none" and not is_external(result)


def _served(result: Recorded) -> str:
    """The model of an endpoint, as the server named it, when, how it was asked, and how often."""
    found = result.run.served
    if found is None:
        return NOT_APPLICABLE
    days = found.first if found.first == found.last else f"{found.first} to {found.last}"
    tried = f"{found.prompts_tried} prompt{'s' * (found.prompts_tried != 1)} tried"
    return (
        f"{', '.join(found.models) or 'no name given'}, {days}, {found.api}, {found.structure}, "
        f"prompt {found.prompt}, {tried}, {found.shots} shots"
    )


def _device(result: Recorded) -> str:
    """The device as it was asked for, and what it had no memory for."""
    text, halved = _setting("device", "threads")(result), result.run.halved
    return f"{text}, out of memory: batches of {halved[-1]} positions" if halved else text


def _selection(result: Recorded) -> str:
    """The rule by which weights were chosen; choosing nothing is no other rule."""
    rule = _setting("selection")(result)
    return NOT_APPLICABLE if rule == NO_RULE else rule


def _context(result: Recorded) -> str:
    """Whether a sentence was answered with its neighbours; ours are handed out one by one."""
    if not is_external(result) and not result.run.settings.get("document_context"):
        return "no"
    return _setting("document_context")(result)


def _harness_code(result: Recorded) -> str:
    if is_external(result):
        return NOT_APPLICABLE
    return result.run.code.harness[:_HASH] if result.run.code else MISSING


def _backend_code(result: Recorded) -> str:
    """The code of the built-in backends, which share one training loop; a plugin has its own."""
    if result.run.origin.get("distribution") != OWN:
        return NOT_APPLICABLE
    return result.run.code.backend[:_HASH] if result.run.code else MISSING


def _libraries(result: Recorded) -> str:
    """The libraries that compute, by version; how they were built is a matter of hardware."""
    if is_external(result):
        return NOT_APPLICABLE
    found = result.run.versions
    listed = [name for name in ("python", *LIBRARIES) if name in found]
    return ", ".join(f"{name} {found[name].partition('+')[0]}" for name in listed) or MISSING


def _descriptions(result: Recorded) -> str:
    """What the task file says of its labels, which every backend is told; by its content."""
    described = result.run.settings.get("descriptions")
    if not described:
        return UNDESCRIBED
    text = json.dumps(described, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH]


def _gold_read(result: Recorded) -> str:
    """What malformed gold means, and which of the entities that overlap were kept."""
    data = result.run.data
    if data.keep == "error":
        return data.policy or MISSING
    if data.nested:
        return f"{data.policy}; nested, all entities that overlap are kept"
    left_out = f"left out: {_text(data.dropped)}" if data.dropped else "none left out"
    return f"{data.policy}; of entities that overlap, {data.keep}; {left_out}"


FIELDS: tuple[Field, ...] = (
    Field("data fingerprint", lambda result: result.run.data.fingerprint or MISSING, of_data=True),
    Field("split", lambda result: result.run.data.split, of_data=True),
    Field(SENTENCES, lambda result: _text(result.run.data.sentences), of_data=True),
    Field("scored text", _size, evidence="proven", of_data=True),
    Field("documents", _documents, evidence="proven", left_out=NO_DOCUMENTS, of_data=True),
    Field("gold support", lambda result: _text(result.run.data.support), evidence="proven",
          of_data=True),
    Field("labels", lambda result: _text(result.metrics.labels), of_data=True),
    Field("label descriptions", _descriptions, left_out=UNDESCRIBED, of_data=True),
    Field("gold read under", _gold_read, of_data=True),
    Field("malformed gold tags", lambda result: _text(result.run.data.malformed), of_data=True),
    Field("tag policy", _tag_policy),
    Field("repair policy", _setting("repair")),
    Field("window policy", _window, told=True),
    Field("selection rule", _selection, told=True),
    Field("document context", _context, told=True),
    Field("training", _training, evidence="stated"),
    Field("limits", _limit, told=True),
    Field("precision", _precision, evidence="stated"),
    Field("harness version", lambda result: result.run.harness or MISSING),
    Field("code of the harness", _harness_code),
    Field("code of the built-in backends", _backend_code),
    Field("libraries", _libraries),
    Field(BYTES, _training_digests, evidence="stated", of_data=True),
    Field("stated, not recorded", _stated, separates=False, must="none"),
    Field("seeds planned", _seeds, separates=False),
    Field("served model", _served, separates=False, evidence="stated", left_out=NOT_APPLICABLE),
    Field("hardware", lambda result: _text(result.run.hardware), separates=False),
    Field("device and threads", _device, separates=False, told=True),
)  # fmt: skip
