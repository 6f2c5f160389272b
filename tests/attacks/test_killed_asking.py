"""A process that asks a server is killed twenty times: no reply is lost, none is paid for twice.

The server answers one request at a time, and kills when all threads of the client wait for it: what
it answered before has come in. What is on the wire as a process dies no client can keep.
"""

import json
import os
import random
import signal
import threading
from collections import Counter

from odd_server import entities, question_of, said, serving
from served_lives import Lives

from backends.asking.ledger import FILE, Ledger
from harness.protocol import REPLIES

TEXTS = [f"第{number}天张三在上海说。" for number in range(30)]
ALL = len(TEXTS) + 1  # and the greeting that finds out what the server understands
KILLS = [0, 1, 2, 1] * 5  # replies before each
THREADS, PATIENCE = 3, 60


class Till:
    """Requests wait here until they are answered or dropped; each answer is paid for."""

    def __init__(self):
        self.changed = threading.Condition()
        self.waiting, self.paid = [], Counter()

    def behave(self, handler, asked):
        """Wait for a verdict, and keep to it."""
        verdict = []
        with self.changed:
            self.waiting.append((question_of(asked), verdict))
            self.changed.notify_all()
            self.changed.wait_for(lambda: verdict, PATIENCE)
        if verdict == ["answer"]:
            handler.send(said(entities(asked)))
        else:
            handler.close_connection = True

    def wait_for_all(self):
        """Wait until every thread of the client waits: all that was answered has come in."""
        with self.changed:
            first = not self.paid
            expected = 1 if first else min(THREADS, ALL - self.paid.total())
            assert self.changed.wait_for(lambda: len(self.waiting) == expected, PATIENCE)

    def answer(self, draw):
        """Answer one of the requests that wait."""
        with self.changed:
            question, verdict = self.waiting.pop(draw.randrange(len(self.waiting)))
            self.paid[question] += 1
            verdict.append("answer")
            self.changed.notify_all()

    def drop(self):
        """Answer nobody."""
        with self.changed:
            for _, verdict in self.waiting:
                verdict.append("drop")
            self.waiting.clear()
            self.changed.notify_all()


def test_twenty_kills_lose_no_reply_and_pay_for_none_twice(tmp_path):
    till, draw = Till(), random.Random(17)
    with serving(till.behave) as server, Lives() as lives:
        for replies in KILLS:
            process = lives.begin(server.url, str(tmp_path), TEXTS)
            for _ in range(replies):
                till.wait_for_all()
                till.answer(draw)
            till.wait_for_all()
            os.kill(process, signal.SIGKILL)
            assert lives.end() == -signal.SIGKILL
            till.drop()
            assert len(Ledger(tmp_path / REPLIES).replies) == till.paid.total()
        lives.begin(server.url, str(tmp_path), TEXTS)
        while till.paid.total() < ALL:
            till.wait_for_all()
            till.answer(draw)
        assert lives.end() == 0
    assert till.paid.total() == len(till.paid) == ALL
    answers = json.loads((tmp_path / "answers.json").read_text())
    assert answers == [entities({"prompt": f"句子：{text}\n输出："}) for text in TEXTS]
    assert (tmp_path / REPLIES / FILE).read_bytes().count(b"\n") == ALL
