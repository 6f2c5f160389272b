"""YAML is read strictly, and every error has its line."""

import pytest
from pydantic import BaseModel, ConfigDict, model_validator
from work import lines_run

from harness import yamlfile
from harness.errors import ConfigError


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    share: float


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    labels: list[str] = []
    inner: dict[str, Inner] = {}


def read(text):
    return yamlfile.parse(text, "f.yaml")


def test_the_surprises_of_yaml_1_1_are_off():
    data, _ = read("a: NO\nb: 5e-5\nc: 2024-05-03\nd: true\ne: [on, 1, 2.5]\nf: -1.5E+3\ng: 1e5x")
    assert data == {
        "a": "NO",
        "b": 5e-5,
        "c": "2024-05-03",
        "d": True,
        "e": ["on", 1, 2.5],
        "f": -1500.0,
        "g": "1e5x",
    }


def test_every_key_and_entry_has_its_line():
    _, lines = read("name: x\n\ninner:\n  dev:\n    share: 1\nlabels:\n- A\n- B\n")
    assert lines["inner.dev.share"] == 5
    assert lines["labels.1"] == 8


def test_a_file_of_another_encoding_is_told_with_its_line_and_what_it_may_be():
    with pytest.raises(ConfigError, match=r"f.yaml:2: byte 11 is not UTF-8 \(0xd6\).*GB18030"):
        read("a: 1\nname: 中文\n".encode("gb18030"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3: the key 'a' appears twice, first in line 1"),
        ("x:\n  a: 1\n  a: 2", "f.yaml:3: the key 'a' appears twice, first in line 2"),
        ("a: &x [1]\nb: *x", "f.yaml:2: the alias *x is not allowed"),
        ("a: &a [*a]", "f.yaml:1: the alias *a is not allowed"),
        ("1: x", "f.yaml:1: a key must be a word"),
        ("- x", "f.yaml: expected keys with values"),
        ("", "f.yaml: expected keys with values"),
        ("a: [", "not valid YAML"),
        ("a: \t1", "f.yaml:1:4: not valid YAML"),
        ("a: 1\n---\nb: 2", "not valid YAML"),
        ("a: \x01", "not valid YAML"),
        ("a: !!python/object/apply:os.getcwd []", "f.yaml:1: the tag !!python/object/apply:os"),
        ("a: 1\nb: !!bool abc", "f.yaml:2: the tag !!bool is not allowed; write the value without"),
        ('a: !!int ""', "f.yaml:1: the tag !!int is not allowed"),
        ("a: !!timestamp abc", "f.yaml:1: the tag !!timestamp is not allowed"),
        ("a: ! b", "f.yaml:1: the tag ! is not allowed"),
        ("!own {a: b}", "f.yaml:1: the tag !own is not allowed"),
        ("a: 0x_", "f.yaml: not valid YAML"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: " + "[" * 100_000, 1), ("a:\n" + "".join(" " * n + "-\n" for n in range(1, 99)), 33)],
    ids=["brackets", "indented"],
)
def test_deep_nesting_is_refused_before_it_is_read_to_its_end(text, line):
    with pytest.raises(ConfigError, match=f"f.yaml:{line}: nested more than 32 deep"):
        read(text)


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_however_deep_a_file_is_nested_no_more_is_read_of_it_than_its_first_levels(opening):
    """PyYAML needs four times as long for brackets that are twice as deep."""

    def refused(levels):
        with pytest.raises(ConfigError, match="nested more than 32 deep"):
            read("a: " + opening * levels)

    assert lines_run(lambda: refused(2_000)) < 2 * lines_run(lambda: refused(200))


def test_a_value_is_read_as_in_a_file():
    assert yamlfile.value("5e-5") == 5e-5
    assert yamlfile.value("[a, NO]") == ["a", "NO"]
    with pytest.raises(ConfigError, match="not valid YAML"):
        yamlfile.value("[a")


def test_all_errors_come_together_each_with_its_line():
    data, lines = read("nmae: x\ninner:\n  dev:\n    shaer: 1\nlabels: [A, 2]\n")
    with pytest.raises(ConfigError) as caught:
        yamlfile.validate(Outer, data, lines, "f.yaml")
    assert set(str(caught.value).splitlines()) == {
        "f.yaml:1: unknown key 'nmae' (did you mean 'name'?)",
        "f.yaml:3: the key 'inner.dev.share' is missing",
        "f.yaml:4: unknown key 'inner.dev.shaer' (did you mean 'share'?)",
        "f.yaml:5: labels.1: Input should be a valid string, found 2",
        "f.yaml: the key 'name' is missing",
    }


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.yaml: cannot be read: No such file"):
        yamlfile.load(tmp_path / "nothing.yaml")


def test_what_keys_disagree_about_is_told_with_the_line_of_the_first_that_it_names():
    class Pair(BaseModel):
        inner: dict[str, int] = {}

        @model_validator(mode="after")
        def _agrees(self):
            raise ValueError("inner: the sum is wrong")

    data, lines = read("# a\n\ninner:\n  a: 1\n")
    with pytest.raises(ConfigError, match=r"^f.yaml:3: inner: the sum is wrong$"):
        yamlfile.validate(Pair, data, lines, "f.yaml")
