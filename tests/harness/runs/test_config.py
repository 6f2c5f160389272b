"""Options come from the signature that owns them; all mistakes of a config come together."""

from typing import Literal

import pytest

from harness.errors import ConfigError
from harness.runs import config
from harness.runs.config import Override, Settings


class Model:
    """Options of several types."""

    def __init__(
        self,
        context: object,
        *,
        epochs: int = 3,
        learning_rate: float = 1e-3,
        schedule: Literal["linear", "cosine"] = "linear",
        model: str | None = None,
        legal: bool = False,
    ) -> None: ...


class Simple:
    def __init__(self, context: object, *, minimum: int = 1) -> None: ...


def parse(*texts):
    return tuple(map(Override.parse, texts))


def test_defaults_stand_where_nothing_is_set():
    options = config.options("plugin", Model, "tiny", ())
    assert options.values["epochs"] == 3
    assert options.variant == ""


def test_what_differs_from_the_preset_names_the_variant():
    options = config.options("plugin", Model, "tiny", parse("legal=true", "learning_rate=5e-5"))
    assert options.values["learning_rate"] == 5e-5
    assert options.variant == "learning_rate=5e-05, legal=True"


def test_a_value_set_to_its_default_is_no_variant():
    assert config.options("plugin", Model, "tiny", parse("epochs=3")).variant == ""


def test_an_option_goes_to_every_backend_that_has_it_and_to_no_other():
    overrides = parse("epochs=5")
    config.refuse_unused(
        overrides, {"model": config.option_names(Model), "simple": config.option_names(Simple)}
    )
    assert config.options("model", Model, "tiny", overrides).values["epochs"] == 5
    assert config.options("simple", Simple, "tiny", overrides).values == {"minimum": 1}


def test_a_scoped_option_goes_to_one_backend():
    overrides = parse("a.epochs=5")
    assert config.options("a", Model, "tiny", overrides).values["epochs"] == 5
    assert config.options("b", Model, "tiny", overrides).values["epochs"] == 3


def test_an_option_that_no_backend_has_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'epochs'"):
        config.refuse_unused(parse("epoch=5"), {"model": config.option_names(Model)})
    with pytest.raises(ConfigError, match="not among the chosen backends"):
        config.refuse_unused(parse("other.epochs=5"), {"model": config.option_names(Model)})
    with pytest.raises(ConfigError, match="unknown key 'epoch'"):
        config.options("model", Model, "tiny", parse("model.epoch=5"))


def test_all_wrong_values_come_in_one_message():
    wrong = parse("epochs=true", "schedule=flat", "learning_rate=.inf", "legal=1")
    with pytest.raises(ConfigError) as caught:
        config.options("model", Model, "tiny", wrong)
    assert str(caught.value).count("\n") == 3
    for key in ("epochs", "schedule", "learning_rate", "legal"):
        assert f"{key}: " in str(caught.value)


def test_a_preset_that_does_not_exist_names_those_that_do():
    with pytest.raises(ConfigError, match="has no preset 'huge'; it has: tiny"):
        config.options("plugin", Model, "huge", ())


def test_settings_are_strict_and_named():
    assert config.settings_from(parse("window_limit=128"), threads=2) == Settings(
        window_limit=128, threads=2
    )
    with pytest.raises(ConfigError, match=r"device: .*'tpu'"):
        config.settings_from((), device="tpu")


@pytest.mark.parametrize("text", ["epochs", "=5", ""])
def test_a_set_without_key_or_value_is_refused(text):
    with pytest.raises(ConfigError, match="expected key=value"):
        Override.parse(text)
