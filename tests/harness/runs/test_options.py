"""Options, alone or in groups: flat for the user, written once, checked together."""

import dataclasses
import logging
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from pydantic import Field

from harness import registry
from harness.errors import ConfigError
from harness.protocol import FormerName
from harness.runs import config
from harness.runs.config import Override
from harness.runs.options import Given, checked, construct, declared

NETWORKS = ["bert-crf", "bert-softmax", "electra", "span", "t5", "gpt"]


@dataclass(frozen=True)
class Training:
    """A group as a plugin would write it."""

    epochs: Annotated[int, Field(ge=1, description="passes over the data")] = 3
    warmup: Annotated[float, Field(ge=0, lt=1), FormerName("warm_up")] = 0.1


@dataclass(frozen=True)
class Sizes:
    width: int = 8
    heads: int = 2

    def __post_init__(self):
        if self.width % self.heads:
            msg = f"width={self.width} cannot be split into heads={self.heads}"
            raise ConfigError(msg)


LONG = Training(epochs=30)
SMALL = Sizes()


class Model:
    def __init__(
        self,
        context: object,
        *,
        training: Training = LONG,
        sizes: Sizes = SMALL,
        head: Annotated[Literal["crf", "softmax"], Field(description="over units")] = "crf",
        beam: int = 1,
    ) -> None:
        self.context, self.training, self.sizes = context, training, sizes
        self.head, self.beam = head, beam


def given(**values):
    return Given(values, "here")


def test_groups_and_single_options_are_listed_flat():
    found = declared(Model)
    assert list(found) == ["epochs", "warmup", "width", "heads", "head", "beam"]
    assert found["epochs"].description == "passes over the data"
    assert found["head"].description == "over units"
    assert found["beam"].description == ""


def test_the_default_of_a_grouped_option_is_that_of_the_constructor():
    assert declared(Model)["epochs"].default == 30
    assert checked(Model, given())["epochs"] == 30


def test_options_reach_their_groups_and_the_others_keep_their_defaults():
    made = construct(Model, "context", given(epochs=5, head="softmax"))
    assert made.context == "context"
    assert made.training == Training(epochs=5, warmup=0.1)
    assert made.sizes is not None
    assert (made.sizes.width, made.head, made.beam) == (8, "softmax", 1)


def test_wrong_values_of_all_groups_come_in_one_message():
    with pytest.raises(ConfigError) as caught:
        checked(Model, given(epochs=0, warmup=1.0, width="wide", head="tree", epoch=3))
    message = str(caught.value)
    for part in ("epochs: ", "warmup: ", "width: ", "head: ", "unknown key 'epoch' (did you mean"):
        assert part in message


def test_what_does_not_go_together_is_refused_before_anything_is_made():
    with pytest.raises(ConfigError, match="width=7 cannot be split"):
        config.options("model", Model, "tiny", [Override("", "width", 7)])


def test_two_groups_may_not_share_a_name():
    class Twice:
        def __init__(self, context: object, *, a: Training = LONG, epochs: int = 1) -> None: ...

    with pytest.raises(ConfigError, match="Twice: option 'epochs' is in both 'a' and 'epochs'"):
        declared(Twice)


def test_an_option_without_a_default_is_a_fault_of_the_backend():
    class Bad:
        def __init__(self, context: object, *, epochs: int) -> None: ...

    with pytest.raises(ConfigError, match="'epochs' needs a type and a default"):
        declared(Bad)


def test_a_former_name_is_taken_with_a_warning(caplog):
    with caplog.at_level(logging.WARNING):
        values = checked(Model, given(warm_up=0.5))
    assert values["warmup"] == 0.5
    assert "warm_up" not in values
    assert caplog.messages == [
        "warning: here: option 'warm_up' is called 'warmup' now; "
        "its former name is read for one more release"
    ]


def test_a_former_name_in_set_reaches_the_option_and_the_variant(caplog):
    overrides = [Override.parse("warm_up=0.5")]
    config.refuse_unused(overrides, {"model": config.option_names(Model)})
    with caplog.at_level(logging.WARNING):
        found = config.options("model", Model, "tiny", overrides)
    assert (found.values["warmup"], found.variant) == (0.5, "warmup=0.5")
    assert [message.partition(" is called")[0] for message in caplog.messages] == [
        "warning: --set model: option 'warm_up'"
    ]


def test_a_wrong_value_under_a_former_name_still_has_its_line():
    old = Given({"warm_up": 2.0}, "mine.yaml", {"warm_up": 7})
    with pytest.raises(ConfigError, match=r"^mine\.yaml:7: warmup: "):
        checked(Model, old)


def test_an_option_under_both_of_its_names_is_refused():
    with pytest.raises(ConfigError, match="'warm_up' is the former name of 'warmup', which"):
        checked(Model, given(warm_up=0.5, warmup=0.5))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_option_of_the_networks_says_what_it_is(name):
    found = declared(registry.find(name).load())
    assert [option.name for option in found.values() if not option.description] == []


def test_the_options_that_all_networks_share_are_the_same_lines():
    listed = [declared(registry.find(name).load()) for name in NETWORKS]
    for key in ("epochs", "batch_units", "clip", "width", "word_dropout"):
        assert len({str(options[key].annotation) for options in listed}) == 1


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [("forget", "word_dropout", 0.3), ("legal", "constrain_transitions", True),
     ("cut", "max_length", 16)],
)  # fmt: skip
def test_what_results_of_before_call_otherwise_is_still_read(old, new, value):
    backend = registry.find("bert-crf").load()
    assert checked(backend, given(**{old: value}))[new] == value


def test_a_group_of_the_networks_checks_itself(tmp_path):
    from backends.training.recipe import Recipe

    with pytest.raises(ValueError, match="epochs"):
        dataclasses.replace(Recipe(), epochs=0)
