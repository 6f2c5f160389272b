"""Options of a study that none of its chosen backends has are left out, and said.

A study asked of other backends holds options of those that its file names. One is left out if some
installed backend has it, so a mistyped one stays an error; what the question varies, and what a
point gives to the backend that it names itself, is never left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness import registry
from harness.errors import ConfigError, HarnessError
from harness.registry import Plugin
from harness.runs import apart, config
from harness.runs.config import Settings
from harness.studies.design import Combination, Study


@dataclass(frozen=True, slots=True)
class OptionNames:
    """The names that options of backends have and had; each backend is asked once."""

    _found: dict[Plugin, frozenset[str]] = field(default_factory=dict)

    def of(self, plugins: Sequence[Plugin]) -> frozenset[str]:
        """The names of the options of ``plugins``; none of one that cannot be used."""
        new = [plugin for plugin in plugins if plugin not in self._found]
        for plugin, names in apart.ask_each(new, _names).items():
            self._found[plugin] = frozenset() if isinstance(names, HarnessError) else names
        return frozenset[str]().union(*(self._found[plugin] for plugin in plugins))


def _names(plugin: Plugin) -> frozenset[str]:
    try:
        return frozenset(config.option_names(plugin.load()))
    except HarnessError:
        return frozenset()  # what is wrong with it is told where it is planned


def left_out(combination: Combination, names: OptionNames) -> tuple[str, ...]:
    """The options of ``combination`` that only other backends have."""
    given = {name for name in combination.optional if "." not in name}
    given -= {*Settings.model_fields}
    if not given:
        return ()
    unused = given - names.of([registry.find(name) for name in combination.backends])
    return tuple(sorted(unused & names.of(registry.installed()))) if unused else ()


def is_for_another(name: str, backends: Sequence[str]) -> bool:
    """Whether the option ``[backend.]key`` is for an installed backend that is not chosen."""
    scope = name.rpartition(".")[0]
    if not scope or scope in backends:
        return False
    return any(scope == plugin.name for plugin in registry.installed())


def require_varied(study: Study, planned: Iterable[tuple[str, frozenset[object]]]) -> None:
    """Refuse a study that gives a backend one configuration at all of its points.

    Args:
        study: the study.
        planned: for each backend under all else fixed, its name and its configurations.

    Raises:
        ConfigError: naming the backends.
    """
    constant = sorted({name for name, made in planned if len(made) == 1})
    points = [*study.axes[study.subject].named(study.subject)]
    if constant and len(points) > 1:
        msg = (
            f"{study.subject}: all {len(points)} points are one configuration of "
            f"{', '.join(constant)}, so there is nothing to compare; ask it of other backends"
        )
        raise ConfigError(msg)
