"""Prompt templates: what is shipped is valid, what is not valid says where and what to do."""

import re

import pytest

from harness.errors import ConfigError
from harness.generation import prompt
from harness.generation.formats import format_named
from harness.resources import folder

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
SHIPPED = sorted(path.stem for path in folder("prompts").glob("*.txt"))
VALID = (
    "[format]\necho\n[instruction]\nUse {tags}.\n[example]\nText: {text}\nTags: {answer}\n"
    "[question]\nText: {text}\nTags:\n"
)


def parsed(text):
    return prompt.parse("mine", text.encode())


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_prompt_is_valid_and_versioned(name):
    template = prompt.load(name)
    assert template.name == name
    assert template.format in name
    assert format_named(template.format)
    assert name.rpartition(".v")[2].isdigit()
    assert (template.example is not None) == (".shots." in name)
    rendered = template.render(TAGS, 2 if template.example else 0)
    assert not re.search(r"\{\w*\}", rendered)  # no field is left; JSON has braces of its own


def test_chinese_and_english_with_and_without_examples_are_shipped():
    wanted = {f"{form}.{language}{shots}.v1" for form in ("tags", "echo")
              for language in ("zh", "en") for shots in ("", ".shots")}  # fmt: skip
    assert wanted <= set(SHIPPED)


def test_a_prompt_is_instruction_examples_and_question():
    rendered = parsed(VALID).render(TAGS, 2)
    assert prompt.parts(rendered) == [
        "Use O B_PER I_PER B_LOC I_LOC.\nText: ",
        "\nTags: ",
        "\nText: ",
        "\nTags: ",
        "\nText: ",
        "\nTags:",
    ]
    assert prompt.parts(parsed(VALID).render(TAGS, 0)) == [
        "Use O B_PER I_PER B_LOC I_LOC.\nText: ",
        "\nTags:",
    ]


def test_labels_can_be_asked_for_instead_of_tags():
    template = parsed(VALID.replace("{tags}", "{{PER}} and {labels}"))
    assert template.render(TAGS, 0).startswith("Use {PER} and PER LOC.")


def test_the_digest_is_that_of_the_bytes():
    import hashlib

    assert parsed(VALID).digest == hashlib.sha256(VALID.encode()).hexdigest()
    assert parsed(VALID).digest != parsed(VALID + "\n").digest


def test_line_ends_of_another_system_make_no_difference_to_the_text():
    assert parsed(VALID.replace("\n", "\r\n")).render(TAGS, 1) == parsed(VALID).render(TAGS, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{tags}", "tags", r"\[instruction\] lacks the field \{descriptions\} or \{labels\} or"),
        ("Text: {text}\nTags:\n", "Tags:\n", r"\[question\] lacks the field \{text\}"),
        ("Tags: {answer}", "Tags:", r"\[example\] lacks the field \{answer\}"),
        ("Use {tags}.", "Use {tags}{tag}.", r"\{tag\}, which it cannot have"),
        ("Use {tags}.", "Use {tags}{.", r"\[instruction\]: .*write \{\{ and \}\} for braces"),
        (
            "Text: {text}\nTags: {a",
            "Text: {text}{text}\nTags: {a",
            r"\[example\] has a field twice",
        ),
        ("Text: {text}\nTags: {answer}", "{answer} {text}", "answer} before its {text"),
        ("[question]", "[asked]", r"\[asked\] is no section"),
        ("[format]\necho\n", "", r"the section \[format\] is missing"),
        ("[format]", "Hello\n[format]", "text before the first heading: 'Hello'"),
        ("[example]", "[question]\n{text}\n[example]", "a section stands twice"),
        ("Use {tags}", "Use \ue0001\ue001 {tags}", "private-use"),
    ],
)
def test_what_is_wrong_is_said(old, new, message):
    assert old in VALID
    with pytest.raises(ConfigError, match=message) as caught:
        parsed(VALID.replace(old, new, 1))
    assert str(caught.value).startswith("prompt mine: ")


@pytest.mark.parametrize("formatted", ["{text!r}", "{text:>10}", "{text:d}", "{text:{tags}}"])
def test_a_field_is_filled_in_as_it_is(formatted):
    """The placeholder would be escaped, or cut, and no sentence would stand in the question."""
    asked = VALID.rpartition("{text}")
    words = r"\[question\]: a field has no `!` and no `:`, write \{text\}"
    with pytest.raises(ConfigError, match=words):
        parsed(asked[0] + formatted + asked[2])


def test_a_byte_order_mark_is_no_text():
    assert prompt.parse("mine", b"\xef\xbb\xbf" + VALID.encode()).format == "echo"


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(ConfigError, match="invalid UTF-8 at byte 0"):
        prompt.parse("mine", b"\xff[format]")


def test_a_path_is_read_and_a_name_that_is_not_there_lists_those_that_are(tmp_path):
    (tmp_path / "own.v3.txt").write_text(VALID, encoding="utf-8")
    assert prompt.load(str(tmp_path / "own.v3.txt")).name == "own.v3"
    with pytest.raises(ConfigError, match=r"no prompt 'tag\.zh\.v1'.*tags\.zh\.v1"):
        prompt.load("tag.zh.v1")


@pytest.mark.parametrize(
    ("form", "language", "name"),
    [
        ("tags", "zh", "tags.zh.v1"),
        ("char-tag", "en", "echo.en.v1"),
        ("inline", "en", "inline.zh.v1"),  # in the language if there is one, in any otherwise
    ],
)
def test_a_format_finds_its_template(form, language, name):
    assert prompt.of_format(form, language) == name
