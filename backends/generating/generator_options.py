"""What a generator is, how it is trained, asked and decoded: the options of generating families."""

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from backends.training.option_group import option_group
from backends.training.recipe import Recipe
from backends.training.shape import Shape
from harness.errors import ConfigError

Decoding: TypeAlias = Literal["constrained", "free"]
Beam: TypeAlias = Literal[1, 4]
FormatName: TypeAlias = Literal["tags", "char-tag", "echo", "indexed", "inline"]


@option_group
class DecodingOptions:
    """In which format a generator answers, and how its answer is decoded."""

    format: Annotated[
        FormatName, Field(description="how tags are written; in char-tag and echo, units too")
    ] = "tags"
    decoding: Annotated[
        Decoding, Field(description="tags chosen at forced positions, or text written freely")
    ] = "constrained"
    beam: Annotated[Beam, Field(description="hypotheses that a sentence keeps")] = 1

    def __post_init__(self) -> None:
        if self.format == "inline" and not self.is_free:
            raise ConfigError(
                "format=inline has no one tag per unit to choose: set decoding=free for it"
            )

    @property
    def is_free(self) -> bool:
        """Whether text is written with nothing forced, and repaired."""
        return self.decoding == "free"


@option_group
class PromptOptions:
    """How a model is asked, and whether it is trained to answer."""

    prompt: Annotated[
        str, Field(description="a template of prompts/, or a path that ends in .txt")
    ] = "tags.zh.v1"
    shots: Annotated[
        int, Field(ge=0, description="examples shown, drawn from train by the seed")
    ] = 0
    chat: Annotated[bool, Field(description="use the tokenizer's chat template, if it has one")] = (
        True
    )
    train: Annotated[
        Literal["answers", "none"],
        Field(description="the loss on answers, or no training: the model as it is"),
    ] = "answers"

    @property
    def is_trained(self) -> bool:
        """Whether the model learns our marks, rather than writing them in its own vocabulary."""
        return self.train == "answers"


@option_group
class GeneratorShape(Shape):
    """What a generator is."""

    LAYERS: ClassVar[int] = 2
    WIDTH: ClassVar[int] = 128
    HEADS: ClassVar[int] = 4

    init: Annotated[
        Literal["pretrained", "scratch"],
        Field(description="pretrained weights, or all from scratch"),
    ] = "scratch"
    model: Annotated[str, Field(description="a hub id, or the folder of a model of the family")]

    aligned: Annotated[
        bool,
        Field(
            description="attention is told which unit the answer has come to, from scratch or from "
            "weights of `pretrain`, in a format that gives all units equally many tokens; "
            "`pretrain` has such a T5 write its text again, and any other one the spans it lost"
        ),
    ] = False

    def __post_init__(self) -> None:
        Shape.__post_init__(self)
        if self.init != "scratch" and self.layers:
            depth = f"layers={self.layers} is for init=scratch"
            msg = f"{depth}; a pretrained generator keeps its layers"
            raise ConfigError(msg)

    def require_learned_sight(self, why: str) -> None:
        """Refuse what looks at neighbours beside pretrained weights; ``why`` it will not learn to.

        Raises:
            ConfigError: naming what to set.
        """
        if self.init != "scratch" and self.sight.neighbours:
            msg = (
                f"convolutions and bigrams begin untrained beside pretrained weights, and {why}, "
                "or convolutions=0 and bigrams=0"
            )
            raise ConfigError(msg)


@option_group
class DecoderShape(GeneratorShape):
    """What a decoder-only generator is.

    The neighbours of a unit stand in its question, also behind it. A model that was pretrained to
    tell what comes next has not learned to see them, and learns it with the task.
    """

    SIGHT_OVER_WEIGHTS: ClassVar[bool] = True


@option_group
class GeneratorRecipe(Recipe):
    """How to train a generator."""

    lora: Annotated[int, Field(ge=0, description="the rank of adapters; 0 trains all weights")] = 0
