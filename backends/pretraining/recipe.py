"""How to learn from raw text: the same options for every family."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from backends.training.option_group import option_group

Optimiser: TypeAlias = Literal["adamw", "muon"]


@option_group
class PretrainRecipe:
    """How to learn from raw text. Shares are fractions of training."""

    batch_windows: Annotated[int, Field(ge=1, description="windows to an update")] = 16
    together: Annotated[int, Field(ge=1, description="windows that are computed at once")] = 4
    optimiser: Annotated[
        Optimiser, Field(description="AdamW for all, or Muon for the matrices of layers")
    ] = "muon"
    learning_rate: Annotated[float, Field(gt=0, description="the peak rate")] = 3e-3
    weight_decay: Annotated[float, Field(ge=0, description="of matrices")] = 0.05
    warmup: Annotated[
        float, Field(ge=0, lt=1, description="the share of training in which the rate rises")
    ] = 0.02
    clip: Annotated[float, Field(ge=0, description="the largest norm of a gradient; 0 = any")] = 1.0
    average: Annotated[
        float, Field(ge=0, lt=1, description="what stays of the mean of weights; 0 = no mean")
    ] = 0.999
    checkpoint_minutes: Annotated[
        float, Field(gt=0, description="how much is lost at most when it is interrupted")
    ] = 5.0
