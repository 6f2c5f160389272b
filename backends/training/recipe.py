"""How to train: the options that every trained family has."""

from typing import Annotated

from pydantic import Field

from backends.training.optimiser import Schedule
from backends.training.option_group import option_group
from harness.protocol import FormerName


@option_group
class Recipe:
    """How to train. Shares are fractions of training."""

    epochs: Annotated[int, Field(ge=1, description="passes over the training data at most")] = 10
    max_units: Annotated[
        int,
        Field(
            ge=0,
            description="units (characters or words) read at most; may end within an epoch; "
            "0 = any",
        ),
        FormerName("max_characters"),
    ] = 0
    max_seconds: Annotated[
        float,
        Field(ge=0, description="seconds of training at most, without looks at dev; 0 = any"),
    ] = 0.0
    max_flops: Annotated[
        float,
        Field(
            ge=0,
            description="floating-point operations of matrix products at most, forward and "
            "backward; 0 = any, and none are counted",
        ),
    ] = 0.0
    batch_units: Annotated[
        int, Field(ge=1, description="positions of a batch, all that is read and padding included")
    ] = 1024
    accumulate: Annotated[int, Field(ge=1, description="batches to an update")] = 1
    learning_rate: Annotated[float, Field(gt=0, description="the peak rate")] = 1e-3
    weight_decay: Annotated[
        float, Field(ge=0, description="of matrices; vectors and transitions do not decay")
    ] = 0.01
    schedule: Annotated[Schedule, Field(description="how the rate falls after the warm-up")] = (
        "linear"
    )
    warmup: Annotated[
        float, Field(ge=0, lt=1, description="the share of training in which the rate rises")
    ] = 0.1
    clip: Annotated[float, Field(ge=0, description="the largest norm of a gradient; 0 = any")] = 1.0
    patience: Annotated[
        int, Field(ge=0, description="epochs without a better dev F1 before it stops; 0 = never")
    ] = 0
    look_every: Annotated[
        int,
        Field(
            ge=1,
            description="epochs from one look at dev to the next; the last epoch is looked at too",
        ),
    ] = 1
    average: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="the share of the running mean of the weights that stays at each update; "
            "the mean is looked at and kept; 0 = none",
        ),
    ] = 0.0
    adversarial: Annotated[
        float,
        Field(
            ge=0,
            description="how far the embeddings are moved along their gradient for a second one "
            "(FGM); 0 = not at all",
        ),
    ] = 0.0
    replace_mentions: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="how often a mention is replaced, anew in each epoch, by another one of "
            "its type in train",
        ),
    ] = 0.0
