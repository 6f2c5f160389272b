"""Whether a served model read the test set before: it is asked to go on with it."""

import pytest
from odd_server import entities, question_of, said, serving, well
from served_backend import SENTENCES, fitted, require_right
from unguessable import columns, counts, sentence

from harness.runs.after_answers import contamination

READ, UNREAD = [sentence(n) for n in range(20)], [sentence(n) for n in range(100, 120)]


def knowing(*known, says=lambda shown, rest: rest):
    """A server that goes on with texts that it read; ``says`` how a chat model would."""

    def behave(handler, asked):
        shown = question_of(asked).split("\n\n", 1)[-1]
        text = next((one for one in known if one.startswith(shown)), None)
        handler.send(said("Hello!" if text is None else says(shown, text[len(shown) :])))

    return behave


def probed(made):
    """What a run records of what ``made`` knows."""
    return contamination(made, {"test": READ, "train": UNREAD})


ALL, NONE, UNASKED = (20, 20), (0, 20), (0, 0)


@pytest.mark.parametrize("api", ["chat", "completion"])
@pytest.mark.parametrize(
    "says", [lambda shown, rest: rest, lambda shown, rest: f" {shown}{rest}"], ids=["on", "again"]
)
def test_a_model_that_goes_on_with_test_sentences_is_told(api, says, tmp_path):
    with serving(knowing(*(e.sentence.text for e in READ), says=says)) as server:
        found = probed(fitted(tmp_path, server, structure="none", api=api))
        shown = question_of(server.asked[-1])
    assert counts(found.text) == [ALL, NONE, NONE]
    assert counts(found.gold) == [UNASKED, UNASKED, UNASKED]
    assert shown.startswith("Go on with the text below") == (api == "chat")


def test_gold_leaves_this_machine_only_where_that_was_asked_for(tmp_path):
    know = knowing(*map(columns, READ))
    with serving(know) as server:
        found = probed(fitted(tmp_path / "a", server, structure="none"))
        assert not any("LOC" in question_of(asked) or " O\n" in question_of(asked)
                       for asked in server.asked)  # fmt: skip
        assert counts(found.text)[0] == NONE
    with serving(know) as server:
        found = probed(fitted(tmp_path / "b", server, structure="none", probe="gold"))
    assert counts(found.gold) == [ALL, NONE, NONE]


def test_a_model_may_not_be_asked_what_it_knows(tmp_path):
    with serving(knowing()) as server:
        made = fitted(tmp_path, server, structure="none", probe="none")
        asked = len(server.asked)
        assert probed(made) is None
        assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("trouble", "told"),
    [("bound", "max_requests=13"), ("refusal", "HTTP 400"), ("down", "HTTP 503")],
)
def test_answers_are_not_lost_where_the_probe_is_not_answered(trouble, told, tmp_path):
    notes = []

    def behave(handler, asked):
        if question_of(asked).startswith("Go on"):
            handler.send({"error": "no"}, {"refusal": 400, "down": 503}[trouble])
        else:
            well(handler, asked)

    bound = {"max_requests": 1 + len(SENTENCES)} if trouble == "bound" else {}
    with serving(behave) as server:
        made = fitted(
            tmp_path, server, notes.append, structure="none", attempts=2, concurrency=1, **bound
        )
        require_right(made)
        assert probed(made) is None
    assert told in notes[-1].note
    assert notes[-1].line


def test_a_probe_is_paid_for_once_and_its_cost_stands_apart(tmp_path):
    def spent(**options):
        made = fitted(tmp_path, server, structure="none", prompt_price=1.0, **options)
        require_right(made)
        return made, probed(made)

    with serving(lambda handler, asked: handler.send(said(entities(asked)))) as server:
        first, found = spent()
        sent = len(server.asked)
        again, same = spent()
        assert len(server.asked) == sent == 1 + 12 + 40
    assert same == found
    assert first.usage().cost == again.usage().cost == pytest.approx(13 * 100 / 1e6)
    assert first.usage().requests == sent
