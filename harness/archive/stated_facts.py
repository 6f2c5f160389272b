"""What somebody states about a system that this harness did not run, and nothing beyond that.

A stated fact stands where a run would have recorded it, so that a row whose facts agree with those
of the others is ranked with them. That it was only stated is a line of the certificate.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness import yamlfile
from harness.data.splits import TRAIN
from harness.data.task import Task
from harness.data.training_digest import digest
from harness.data.windows import WindowPolicy
from harness.errors import ConfigError

STATED = "stated"


class StatedFacts(BaseModel):
    """Facts, each None if nothing is stated.

    ``training`` is ``train`` where each epoch fed every sentence of the train split once and
    nothing else. ``window_limit`` and ``window_margin`` are those of the windows it was fed, and
    any that no sentence exceeds where it was fed whole sentences.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    training: Literal["train"] | None = None
    selection: str | None = None
    window_limit: Annotated[int, Field(ge=4)] | None = None
    window_margin: Annotated[int, Field(ge=1)] | None = None
    precision: str | None = None
    tuning_trials: Annotated[int, Field(ge=0)] | None = None
    document_context: bool | None = None
    device: str | None = None
    threads: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _windows_have_room(self) -> Self:
        if self.window_limit and self.window_margin:
            WindowPolicy(self.window_limit, self.window_margin)
        return self

    @classmethod
    def parse(cls, texts: Sequence[str]) -> "StatedFacts":
        """The facts of ``texts``, each a ``key=value``.

        Raises:
            ConfigError: naming all that cannot be stated.
        """
        facts: dict[str, Any] = {}
        for text in texts:
            key, equals, value = text.partition("=")
            if not equals or key in facts:
                msg = f"--state {text!r}: expected key=value, each key once"
                raise ConfigError(msg)
            facts[key] = yamlfile.value(value)
        return yamlfile.validate(cls, facts, {}, "--state")

    def settings(self) -> dict[str, Any]:
        """What is stated, under the names that a run records, and which of it that is."""
        facts = self.model_dump(exclude_none=True)
        every = {"limit": None} if self.training else {}
        return {**facts, **every, STATED: sorted(facts)}

    def training_digests(self, task: Task) -> tuple[str, ...]:
        """The digest of an epoch on the train split of ``task``, if that is what is stated."""
        if not (self.training and self.window_limit and self.window_margin):
            return ()
        policy = WindowPolicy(self.window_limit, self.window_margin)
        train = task.splits[TRAIN].examples
        return (digest(window for example in train for window in policy.examples(example)),)
