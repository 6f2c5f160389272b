"""Each promise has a plugin that breaks it and no other; one that keeps all passes all."""

import random
import sys

import pytest
from keeping import KEEPING, changed

from harness.conformance.examination import lay_out_gold
from harness.conformance.lessons import (
    FIRST,
    ODD,
    QUESTIONS,
    SECOND,
    example,
    examples,
    long_sentence,
)
from harness.conformance.session import CHECKS, run
from harness.conformance.subject import DATA, Subject
from harness.core import Span
from harness.data.windows import WindowPolicy
from harness.registry import Plugin
from harness.runs.tryout import Wanted

# What shows in another process alone is in test_examination.py.
ELSEWHERE = {"new-process", "left-behind", "input-kept"}
PREDICT = "return [self.answer(s) for s in sentences]"
BREAKS = {
    "import": ("import json", "import no_such_module"),
    "methods": ("def save(self, folder)", "def save(self, folder, more)"),
    "options": ("width: int = 1", "width=1"),
    "defaults": ("width: int = 1", "width: int = 'wide'"),
    "unknown-option": ("width: int = 1", "width: int = 1, **rest"),
    "wrong-value": ("width: int = 1", "width: Any = 1"),
    "constructor": ("self.context = context", "self.context = context\n"
                    "        (context.folder / 'notes').write_text('')"),
    "weights": ("return None  # weights", "return 3"),
    "fit": ("return FitReport", "return FitReport and None\n        return FitReport"),
    "training-digest": ("digest(train)", "digest(train[1:])"),
    "predict": (PREDICT, "return (self.answer(s) for s in sentences)"),
    "length": ("tags = self.tags(s)", "tags = self.tags(s)[:-1]"),
    "tag-set": ("tags = self.tags(s)",
                "tags = tuple(t.replace('PER', 'PERSON') for t in self.tags(s))"),
    "confidence": ("(1.0,)", "(2.0,)"),
    "odd-units": ("tags = self.tags(s)",
                  "tags = self.tags(s) if '[CLS]' not in s.units else 1 / 0"),
    "repeat": (PREDICT, "self.odd = not getattr(self, 'odd', False)\n        return "
               "[self.answer(s) if self.odd else Tags(('O',) * len(s)) for s in sentences]"),
    "batch-order": (PREDICT, "return [self.answer(s) if len(sentences) > 1 else "
                    "Tags(('O',) * len(s)) for s in sentences]"),
    "twice": (PREDICT, "return list({s.text: self.answer(s) for s in sentences}.values())"),
    "names": ("tags = self.tags(s)",
              "tags = self.tags(s) if s.id[:5] != 'train' else ('O',) * len(s)"),
    "empty-list": ("return [self.answer", "sentences[0]; return [self.answer"),
    "empty-sentence": ("tags = self.tags(s)", "s.units[0]; tags = self.tags(s)"),
    "long-text": ("tags = self.tags(s)", "tags = self.tags(s) if len(s) < 200 else 1 / 0"),
    "same-seed": ("# fit ends", "if random.random() != 0.8444218515250481: self.entries = {}"),
    "unseen-label": ("# fit ends", "if {*self.entries.values()} - {t[2:] for t in "
                     "self.context.tags[1:3]} and len(self.context.tags) > 5: 1 / 0"),
    "dev-not-learned": ("for e in train for span", "for e in (*train, *dev) for span"),
    "no-shared-state": ("self.entries = found", "type(self).entries = found"),
    "no-entities": ("# fit ends", "max(found)"),
    "one-sentence": ("# fit ends", "train[1]"),
    "words": ("# fit ends", "1 / (not train[0].sentence.joiner)"),
    "stops": ("self.context.report(Progress('train', 0, 1))",
              "try: self.context.report(Progress('train', 0, 1))\n        except: pass"),
    "save": ("def save(self, folder):", "def save(self, folder):\n        1 / 0"),
    "missing-model": ("def load(self, folder):", "def load(self, folder):\n"
                      "        if not (folder / 'entries.json').exists(): return"),
    "reload": ("json.dumps(self.entries)", "json.dumps({})"),
    "oracle": ("encode(e.spans, len(e.sentence))", "('O',) * len(e.sentence)"),
    "generate": ("Text(' '.join(map(spell_tag, self.tags(s))), 'tags')", "self.answer(s)"),
    "surprisal": ("(0.0,)", "(-1.0,)"),
    "stdout": ("# fit ends", "print('epoch 1')"),
    "working-directory": ("# fit ends", "os.chdir('/')"),
    "environment": ("# fit ends", "os.environ['OMP_NUM_THREADS'] = '7'"),
    "signals": ("# fit ends", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"),
    "threads": ("# fit ends",
                "threading.Thread(target=time.sleep, args=(5,), daemon=True).start()"),
    "network": ("# fit ends", "s = socket.socket(); s.connect_ex(('127.0.0.1', 9)); s.close()"),
    "gold": ("# fit ends", "open(os.environ['NER_HARNESS_DATA'] + '/test_TAG.txt').close()"),
    "own-folder": ("# fit ends", "(self.context.folder / '../../model').write_text('')"),
}  # fmt: skip


@pytest.fixture
def verdicts(tmp_path, monkeypatch):
    """The verdicts on the backend of a source, by key; the checks of both processes in this one."""

    def give(source):
        (tmp_path / "made_kept.py").write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setitem(sys.modules, "made_kept", None)
        del sys.modules["made_kept"]
        folder = tmp_path / "check"
        folder.mkdir()
        lay_out_gold(folder / DATA, FIRST)
        monkeypatch.setenv("NER_HARNESS_DATA", str(folder / DATA))
        monkeypatch.setattr("harness.conformance.watch.GRACE", 0.05)
        random.seed(0)
        found = {}
        for place in ("first", "second"):
            here = [check for check in CHECKS if check.place == place]
            subject = Subject(PLUGIN, Wanted("tiny", ()), folder)
            known = {key: one.status for key, one in found.items()}
            found |= {one.key: one for one in run(here, subject, known)}
        return found

    return give


PLUGIN = Plugin("kept", "made_kept:Backend", "ner-kept", "0.1")


def broken(verdicts):
    return {key for key, one in verdicts.items() if one.status == "broken"}


def test_a_backend_that_keeps_every_promise_passes_every_check(verdicts):
    found = verdicts(KEEPING)
    assert {key: one for key, one in found.items() if one.status != "ok"} == {}
    assert len(found) == len(CHECKS) >= 25


@pytest.mark.parametrize("key", BREAKS)
def test_a_backend_that_breaks_one_promise_fails_that_check_and_no_other(verdicts, key):
    found = verdicts(changed(*BREAKS[key]))
    assert broken(found) == {key}, {k: v.found for k, v in found.items()}
    assert found[key].found


def test_a_backend_that_hangs_on_the_state_of_shared_generators_is_found_without_a_draw(verdicts):
    lines = (
        "mark, state = self.context.folder.parent / 'state', str(hash(random.getstate()))",
        "mark.exists() or mark.write_text(state)",
        "self.entries = found if mark.read_text() == state else {}",
    )
    assert broken(verdicts(changed("# fit ends", "\n        ".join(lines)))) == {"same-seed"}


def test_every_check_has_a_plugin_that_fails_it():
    assert set(BREAKS) | ELSEWHERE == {check.key for check in CHECKS}


def test_what_needs_a_broken_promise_is_not_tried_and_says_so(verdicts):
    found = verdicts(changed(*BREAKS["fit"]))
    assert found["predict"].status == "not run"
    assert found["predict"].found == "it needs 'fit'"
    assert found["oracle"].status == "ok"


def test_what_a_backend_does_not_have_is_no_failure(verdicts):
    source = KEEPING
    for name in ("oracle", "surprisal", "generate", "weights_of"):
        source = source.replace(f"def {name}(", f"def no_{name}(")
    found = verdicts(source.replace("epochs=(epoch,)", "epochs=()"))
    assert broken(found) == set()
    none = {key for key, one in found.items() if one.status == "n/a"}
    assert none == {"oracle", "surprisal", "generate", "weights", "training-digest"}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.key)
def test_a_check_states_its_promise_and_what_to_do(check):
    assert check.text.endswith(".")
    assert check.remedy
    assert not check.remedy.endswith(".")


def test_a_check_comes_after_those_that_it_needs():
    order = [check.key for place in ("first", "second") for check in CHECKS if check.place == place]
    for check in CHECKS:
        assert all(order.index(key) < order.index(check.key) for key in check.needs), check.key


def test_marked_text_is_read_as_units_and_spans():
    made = example("[张三|PER]去了[北京|LOC]。")
    assert made.sentence.text == "张三去了北京。"
    assert made.spans == (Span(0, 2, "PER"), Span(4, 6, "LOC"))
    words = example("[Anna Smith|PER] lives in [Paris|LOC] .", " ")
    assert words.sentence.units == ("Anna", "Smith", "lives", "in", "Paris", ".")
    assert words.spans == (Span(0, 2, "PER"), Span(4, 5, "LOC"))
    assert [len(one.sentence) for one in examples("甲\n乙丙")] == [1, 2]


def test_the_questions_have_no_two_of_one_length_and_no_two_alike():
    assert len({len(sentence) for sentence in QUESTIONS}) == len(QUESTIONS)
    asked = (*QUESTIONS, *ODD)
    assert len({sentence.units for sentence in asked}) == len(asked)


def test_no_two_windows_of_the_long_sentence_are_alike():
    windows = WindowPolicy().cut(long_sentence())
    assert len({window.view.units for window in windows}) == len(windows) > 3
    assert len(long_sentence()) == 1000


def test_the_label_of_the_canary_is_in_the_development_set_alone():
    train = {span.label for one in SECOND.train for span in one.spans}
    dev = {span.label for one in SECOND.dev for span in one.spans}
    assert dev - train == {"EVT"}
    asked = {one.sentence.units for one in SECOND.train}
    assert SECOND.dev[0].sentence.units not in asked
