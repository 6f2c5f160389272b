"""What a tagger does beside its network: the options of all encoders with a head over units."""

from typing import Annotated

from pydantic import Field

from backends.tagging.ngrams import NgramOptions
from backends.tagging.scheme import SchemeName
from backends.training.option_group import option_group
from harness.protocol import FormerName


@option_group
class TaggingOptions(NgramOptions):
    """How a tagger's head is trained and decoded, and how much of a sentence it reads."""

    scheme: Annotated[
        SchemeName,
        Field(description="the tags it learns with, bio or bioes; it answers in bio"),
    ] = "bio"
    head_lr: Annotated[
        float | None,
        Field(
            gt=0,
            description="the peak rate of the CRF's transitions (null: 100 times learning_rate), "
            "or of the classifier where there is no CRF (null: learning_rate)",
        ),
    ] = None
    class_weights: Annotated[
        float, Field(description="0 counts all tags alike, 1 by inverse frequency, 0.5 in between")
    ] = 0.0
    focal: Annotated[
        float,
        Field(
            ge=0,
            description="an error counts by (1 - p) to this power, p the probability of the gold "
            "tag, without a CRF; 0 = fully",
        ),
    ] = 0.0
    label_smoothing: Annotated[
        float,
        Field(
            ge=0, lt=1, description="the share of each target that all tags share, without a CRF"
        ),
    ] = 0.0
    rdrop: Annotated[
        float,
        Field(
            ge=0,
            description="how much two passes with different dropout have to agree on each unit; "
            "0 = one pass",
        ),
    ] = 0.0
    constrain_transitions: Annotated[
        bool,
        Field(description="rule out in decoding what the scheme does not allow"),
        FormerName("legal"),
    ] = False
    max_length: Annotated[
        int,
        Field(ge=0, description="read the first units of a window only, answer O after; 0 = all"),
        FormerName("cut"),
    ] = 0
