"""Files of every kind made at random, or damaged: what cannot be read is one message, no traceback.

``HYPOTHESIS_PROFILE=long python -m pytest tests/attacks/test_fuzzed_files.py`` tries far more.
"""

import contextlib
import json
import shutil
from collections import Counter

import pytest
import tiny_task
from fuzzing import (
    KINDS,
    Fuzz,
    brat_folder,
    columns,
    docbin_file,
    doccano_lines,
    hub_folder,
    hub_lines,
    imported,
    json_lines,
    stored_run,
    stored_values,
    studio_tasks,
    tried,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from program import called
from stored_runs import write_run

from harness import yamlfile
from harness.data import readers
from harness.data.readers import conll, hub, jsonl
from harness.data.readers.entry_errors import EntryError
from harness.errors import ConfigError, DataError, HarnessError
from harness.results import reader, verify

FIXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = st.sampled_from(
    ["!!int ", "!!bool ", "!!omap ", "!!python/name:os ", "- ", "? ", "<<: ", "---\n", "...\n",
     "0x_", "0b", "1_:59", ".nan", "%YAML 1.1\n", "%TAG ! x\n", "&a ", "*a", "|\n", ">-\n", "'",
     '"', "[", "]", "{", "}", ":", ",", "#", " ", "\n", "\t", "a", "é", "\u2028", "\ufeff", "\x85",
     "\x00", "\ud800"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["text", "entities", "start", "end", "label", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_yaml_is_read_or_refused(text):
    for read in (lambda: yamlfile.parse(text, "f"), lambda: yamlfile.value(text)):
        with contextlib.suppress(ConfigError):
            read()


@given(st.binary(max_size=60))
def test_yaml_of_any_bytes_is_read_or_refused(content):
    with contextlib.suppress(ConfigError):
        yamlfile.parse(content, "f")


@given(JSON, JSON, st.none() | st.lists(st.text(max_size=4), max_size=3).map(tuple))
def test_a_row_of_a_hub_is_a_sentence_or_a_problem(tokens, tags, names):
    with contextlib.suppress(EntryError):
        hub._record(1, tokens, tags, names)


@FIXED
@given(
    st.lists(JSON.map(json.dumps) | st.text(max_size=20), max_size=4), st.sampled_from(["", " "])
)
def test_lines_of_json_are_sentences_or_problems(tmp_path, rows, joiner):
    path = tmp_path / "rows.jsonl"
    path.write_bytes("\n".join(rows).encode("utf-8", "surrogatepass"))
    with contextlib.suppress(DataError):
        readers.read(jsonl.JsonlSource(path, joiner))


@FIXED
@given(st.binary(max_size=80), st.integers(2, 4))
def test_columns_of_any_bytes_are_sentences_or_problems(tmp_path, content, columns):
    path = tmp_path / "rows.conll"
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        readers.read(conll.ConllSource(path, columns))


TAGS = st.sampled_from(
    ["O", "B-PER", "I-LOC", "B_X", "E-PER", "S-PER", "B-", "X", "b-per", "", "B- "]
)


@settings(FIXED, max_examples=15)
@given(st.data())
def test_imports_of_any_tags_are_scored_or_refused(tmp_path, data):
    task = tmp_path / "tiny.yaml"
    if not task.exists():
        tiny_task.make(tmp_path)
    rows = ["\n".join(f"{c} {data.draw(TAGS)}" for c in text) for text, _ in tiny_task.TEST]
    (tmp_path / "a.conll").write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    shutil.rmtree(tmp_path / "results", ignore_errors=True)
    command = ("import-predictions", "a.conll", "--task", task, "--name", "other")
    with contextlib.suppress(AssertionError):  # of the exit code, which is that of wrong data
        called(*command, folder=tmp_path, code=3)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("results"), sentences=4)


FILES = ("run.json", "metrics.json", "predictions.jsonl")


@FIXED
@given(st.sampled_from(FILES), st.data())
def test_damaged_results_are_read_or_rejected_with_a_reason(stored, tmp_path_factory, file, data):
    folder = tmp_path_factory.mktemp("damaged") / "run"
    shutil.copytree(stored, folder)
    content = bytearray((folder / file).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    (folder / file).write_bytes(bytes(content))
    with contextlib.suppress(HarnessError):
        found = verify.check(reader.read([folder]))
        assert found.runs or all(one.reason for one in found.rejected)


# Fewer of those that take long, so that perhaps none of them is read.
LONG = {hub_lines: 3, hub_folder: 15, stored_run: 15, stored_values: 40, docbin_file: 30}
# Inputs of which enough are all right, or nearly so, that what is behind a reader is reached, too.
SOUND = (json_lines, doccano_lines, studio_tasks, brat_folder, columns, imported)


@pytest.mark.slow
def test_the_long_fuzz_reads_inputs_of_every_kind_and_refuses_some(tmp_path):
    """Or a million of them would show nothing; a fault is raised."""
    pytest.importorskip("datasets", reason="needs the extra `hub`")
    pytest.importorskip("spacy", reason="needs the extra `spacy`")
    fuzz, outcomes = Fuzz.in_folder(tmp_path, 1), Counter()
    for kind in KINDS:
        for _ in range(LONG.get(kind, 50)):
            tried(fuzz, kind, outcomes)
    assert set(outcomes) >= {(kind.__name__, "refused") for kind in KINDS}
    assert set(outcomes) >= {(kind.__name__, "read") for kind in KINDS.keys() - LONG.keys()}
    for kind in SOUND:
        assert outcomes[kind.__name__, "read"] >= 0.1 * LONG.get(kind, 50), kind.__name__
