"""The search of one backend: trials one after another, each chosen by what those before it found.

What is tried depends on the space, the number of the trial and the results so far, and on nothing
else: a search that was interrupted goes on with the trials that it would have made. Every trial
counts, those that were pruned or failed too.
"""

import json
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.errors import ConfigError, HarnessError
from harness.results import store
from harness.results.disk import refused
from harness.tuning.space import Parameter, Space, Value

if TYPE_CHECKING:
    import optuna

Values: TypeAlias = dict[str, Value]
# Tells F1 after an epoch; gives whether to go on.
Report: TypeAlias = Callable[[float], bool]
# Trains with options; gives the best F1, or None where it was told to end.
Trainer: TypeAlias = Callable[[Values, Report], float | None]
STARTUP, WARMUP = 5, 2  # trials drawn at random and never pruned, epochs without pruning
_BEGIN_TRIAL = 4  # in Optuna's journal: optuna.storages.journal.JournalOperation.CREATE_TRIAL
_OTHERS = "is not what {path} was begun with: {keys}; go on with what it was, or name another -o"


class TrialError(HarnessError):
    """A trial that failed; it counts, and the search goes on."""


@dataclass(frozen=True, slots=True)
class OptionSearch:
    """A search in its journal: ``begin`` are the options as they are, tried first.

    They are so wherever they lie; a trial of options that are not in the space has no parameters.
    """

    study: "optuna.Study"
    space: Space
    begin: Values

    def run(self, trials: int, train: Trainer, tell: Callable[[str], None]) -> None:
        """Go on until there are so many ``trials``."""
        if not self.study.trials and self._is_within:
            self.study.enqueue_trial(self.begin)
        while (number := len(self.finished)) < trials:
            trial = self._next()
            found = self._tried(trial, train)
            tell(f"trial {number + 1} of {trials}: {found}: {_listed(self.options_of(trial))}")

    @property
    def finished(self) -> "list[optuna.trial.FrozenTrial]":
        """The trials that have ended, well or not."""
        return [trial for trial in self.study.trials if trial.state.is_finished()]

    @property
    def best(self) -> "optuna.trial.FrozenTrial":
        """The trial with the highest F1; of equals the first.

        Raises:
            TrialError: where none ended well.
        """
        whole = [trial for trial in self.finished if trial.state.name == "COMPLETE"]
        if not whole:
            why = next((t.user_attrs["error"] for t in self.finished if t.user_attrs), "")
            msg = f"none of {len(self.finished)} trials ended well. The first: {why}"
            raise TrialError(msg)
        return max(whole, key=lambda trial: (trial.value or 0.0, -trial.number))

    def counts(self) -> dict[str, int]:
        """How many trials there were, and what became of them."""
        states = [trial.state.name for trial in self.finished]
        return {
            "trials": len(states), "pruned": states.count("PRUNED"), "failed": states.count("FAIL")
        }  # fmt: skip

    def options_of(self, trial: "optuna.Trial | optuna.trial.FrozenTrial") -> Values:
        """What was tried: values of the space, or, in the first trial, the options as they are."""
        return dict(trial.params) or self.begin

    @property
    def _is_within(self) -> bool:
        return all(self.space.parameters[name].has(value) for name, value in self.begin.items())

    def _next(self) -> "optuna.Trial":
        """The trial that was interrupted, or another one, its options chosen."""
        import optuna

        begun = [t for t in self.study.trials if t.state.name == "RUNNING"]
        trial = optuna.Trial(self.study, begun[0]._trial_id) if begun else self.study.ask()
        if trial.number == 0 and not self._is_within:
            return trial  # what is drawn would not be the options as they are
        for name, parameter in self.space.parameters.items():
            self.study.sampler = _sampler(trial.number, name)
            _suggest(trial, name, parameter)
        return trial

    def _tried(self, trial: "optuna.Trial", train: Trainer) -> str:
        """Train with the options of ``trial`` and note what came of it, in words."""
        from optuna.trial import TrialState

        try:
            f1 = train(self.options_of(trial), _Reports(trial))
        except TrialError as error:
            trial.set_user_attr("error", str(error))
            self.study.tell(trial, state=TrialState.FAIL)
            return f"failed ({error})"
        if f1 is None:
            self.study.tell(trial, state=TrialState.PRUNED)
            return "pruned"
        self.study.tell(trial, f1)
        return f"dev F1 {100 * f1:.2f}"


class _Reports:
    """Counts the reports of a trial."""

    def __init__(self, trial: "optuna.Trial") -> None:
        self.trial, self.epoch = trial, 0

    def __call__(self, f1: float) -> bool:
        with warnings.catch_warnings():  # an interrupted trial reports its first epochs again
            warnings.filterwarnings("ignore", message="The reported value is ignored")
            self.trial.report(f1, self.epoch)
        self.epoch += 1
        return not self.trial.should_prune()


def _sampler(trial: int, name: str) -> "optuna.samplers.BaseSampler":
    """What draws one option of one trial, whatever was drawn in this process before."""
    from optuna.samplers import TPESampler

    seed = zlib.crc32(f"{trial} {name}".encode())
    return TPESampler(seed=seed, n_startup_trials=STARTUP, multivariate=False, constant_liar=False)


def _suggest(trial: "optuna.Trial", name: str, parameter: Parameter) -> None:
    low, high = parameter.low, parameter.high
    if low is None or high is None:
        trial.suggest_categorical(name, parameter.choices)
    elif isinstance(low, int) and isinstance(high, int):
        trial.suggest_int(name, low, high, log=parameter.log)
    else:
        trial.suggest_float(name, low, high, log=parameter.log)


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in values.items()
    )


def opened(path: Path, space: Space, begin: Values, identity: Values) -> OptionSearch:
    """The search in the journal at ``path``, which is begun where there is none.

    ``identity`` is what its trials have in common.

    Raises:
        ConfigError: where Optuna is not installed, nothing can be written, or the journal was
            begun with another identity.
    """
    try:
        import optuna
    except ImportError:
        msg = "tuning needs Optuna: pip install 'ner-harness[tune]'"
        raise ConfigError(msg) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    store.make_folder(path.parent)
    begun = _begun(path)
    try:
        study = _study(path)
        found = len(study.get_trials())
    except OSError as error:
        raise refused(path, error) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError) as error:
        raise _unread(path, error) from error
    if found != begun:
        raise _unread(path, f"{begun} trials were begun in it, and {found} are there")
    _require(study, path, identity)
    return OptionSearch(study, space, begin)


def _unread(place: Path | str, why: object) -> ConfigError:
    msg = f"{place}: it cannot be read ({why}); begin again with another -o, or move it away"
    return ConfigError(msg)


def _begun(path: Path) -> int:
    """How many trials were begun in the journal at ``path``.

    What a full disk or a lost machine left of a last line is cut: nobody has gone on from it.

    Raises:
        ConfigError: for a line that cannot be read, with its place.
    """
    if not path.is_file():
        return 0
    lines = path.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        store.write(path, b"".join(lines := lines[:-1]))
    begun = 0
    for number, line in enumerate(lines, 1):
        try:
            begun += json.loads(line)["op_code"] == _BEGIN_TRIAL
        except (ValueError, TypeError, KeyError) as error:
            place = f"{path}:{number}"
            raise _unread(place, error) from error
    return begun


def _study(path: Path) -> "optuna.Study":
    import optuna
    from optuna.storages.journal import JournalFileBackend

    from harness.tuning.journal_lock import JournalLock

    # The base class of locks is private there.
    lock: Any = JournalLock(path)
    journal = JournalFileBackend(str(path), lock_obj=lock)
    return optuna.create_study(
        storage=optuna.storages.JournalStorage(journal),
        study_name="search", direction="maximize", load_if_exists=True, sampler=_sampler(0, ""),
        pruner=optuna.pruners.MedianPruner(STARTUP, WARMUP),
    )  # fmt: skip


def _require(study: "optuna.Study", path: Path, identity: Values) -> None:
    """Note ``identity`` in a new journal, or refuse one that was begun with another."""
    before = study.user_attrs
    if not before and not study.trials:
        for key, value in identity.items():
            study.set_user_attr(key, value)
        return
    if other := [key for key, value in identity.items() if before.get(key) != value]:
        msg = f"the search {_OTHERS.format(path=path, keys=', '.join(other))}"
        raise ConfigError(msg)
