"""What a network is: the options that every family of networks has."""

import math
from dataclasses import fields
from typing import Annotated, ClassVar

from pydantic import Field

from backends.training.neighbours import Sight
from backends.training.option_group import option_group
from harness.errors import ConfigError
from harness.protocol import FormerName


@option_group
class Shape(Sight):
    """What a network is; None leaves a size to the pretrained model or to the defaults."""

    # Depth, width and heads of a model from scratch where the options leave them open.
    LAYERS: ClassVar[int]
    WIDTH: ClassVar[int]
    HEADS: ClassVar[int]
    # Whether neighbours are seen beside pretrained weights that never saw any.
    SIGHT_OVER_WEIGHTS: ClassVar[bool] = False

    init: Annotated[str, Field(description="where the weights come from")] = "scratch"
    layers: Annotated[int | None, Field(ge=1, description="the depth from scratch")] = None
    width: Annotated[int | None, Field(ge=1, description="the hidden size from scratch")] = None
    attention_heads: Annotated[
        int | None, Field(ge=1, description="the heads of each layer from scratch")
    ] = None
    dropout: Annotated[float, Field(ge=0, lt=1, description="everywhere in the model")] = 0.1
    word_dropout: Annotated[
        float,
        Field(ge=0, lt=1, description="how often a unit is read as unknown in training"),
        FormerName("forget"),
    ] = 0.0

    @property
    def sight(self) -> Sight:
        """How embeddings see their neighbours."""
        return Sight(**{field.name: getattr(self, field.name) for field in fields(Sight)})

    @property
    def deviation(self) -> float:
        """How far random weights are spread: BERT's and GPT-2's 0.02 is for a width of 768."""
        return 0.02 * math.sqrt(768 / (self.width or self.WIDTH))

    def __post_init__(self) -> None:
        if self.init != "scratch" and (self.width or self.attention_heads):
            msg = f"width and attention_heads are for init=scratch; init={self.init} has its own"
            raise ConfigError(msg)
        if self.init != "scratch" and self.sight != Sight() and not self.SIGHT_OVER_WEIGHTS:
            msg = (
                "convolutions, bigrams and embedding_dropout are for init=scratch; pretrained "
                "weights stay as they are"
            )
            raise ConfigError(msg)
        width, heads = self.width or self.WIDTH, self.attention_heads or self.HEADS
        if width % (2 * heads):
            msg = f"width={width} cannot be split into attention_heads={heads} of even size"
            raise ConfigError(msg)
