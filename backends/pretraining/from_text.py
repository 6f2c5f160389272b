"""What a family inherits to learn from raw text: ``harness.protocol.Pretrains``."""

from abc import ABC, abstractmethod
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from backends.pretraining.recipe import PretrainRecipe
from backends.training.shape import Shape
from harness.errors import ConfigError
from harness.protocol import Context, PretrainReport, TextStream

if TYPE_CHECKING:
    from backends.pretraining.characters import Characters
    from backends.pretraining.objective import PretrainingObjective

RECIPE = PretrainRecipe()
# Units are forgotten in the training of a task; a pretraining asks for what it hid itself.
FOR_TASKS = frozenset({"word_dropout"})


class FromText(ABC):
    """A family that learns from raw text what its objective asks."""

    context: Context
    shape: Any
    # What pretraining reads of the options of a task: what the network is, which ``Shape`` says.
    text_options: ClassVar[frozenset[str]] = frozenset(
        field.name for field in fields(Shape) if field.name not in FOR_TASKS
    )
    # The most characters of a window; None where the model is made for the windows.
    longest_text: ClassVar[int | None] = None

    @abstractmethod
    def objective(self, characters: "Characters", length: int) -> "PretrainingObjective":
        """What is predicted of windows of ``length``, by a random model of ``characters``."""

    def pretrain(
        self, text: TextStream, folder: Path, *, recipe: PretrainRecipe = RECIPE
    ) -> PretrainReport:
        """Read all of ``text``, and leave a model in ``folder`` that ``model=FOLDER`` takes.

        Raises:
            ConfigError: for a model that does not begin from scratch, or windows beyond it.
        """
        from backends.pretraining import loop  # which runs on a task do without

        if self.shape.init != "scratch":
            msg = f"init={self.shape.init}: pretraining begins from scratch, set init=scratch"
            raise ConfigError(msg)
        return loop.pretrain(self.objective, text, folder, recipe, self.context)
