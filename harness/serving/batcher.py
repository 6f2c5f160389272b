"""One model, one thread, one queue: requests that wait together are answered together.

A model answers ten sentences in one batch faster than one after the other, and no two threads may
use it at once. What is joined changes no answer: each sentence gets the tags it would get alone.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class FullError(Exception):
    """More waits than may wait."""


class ClosedError(Exception):
    """Nothing is answered any more."""


@dataclass(frozen=True, slots=True)
class _Request(Generic[Answer]):
    """Texts of one client, and where their answers go."""

    texts: tuple[str, ...]
    answers: "Future[list[Answer]]"


@dataclass(slots=True)
class Batcher(Generic[Answer]):
    """Answers texts with ``answer``, those of several requests at once where they wait.

    ``most`` texts are answered at once, if not one request alone has more; ``waiting`` requests may
    wait. ``requests`` and ``batches`` count what was answered.
    """

    answer: Callable[[Sequence[str]], Sequence[Answer]]
    most: int = 64
    waiting: int = 256
    requests: int = 0
    batches: int = 0
    _queue: "queue.Queue[_Request[Answer] | None]" = field(init=False)
    _thread: threading.Thread = field(init=False)
    _closed: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._queue = queue.Queue(self.waiting)
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()

    def submit(self, texts: Sequence[str]) -> "Future[list[Answer]]":
        """The answers to ``texts``, in order, once they are there.

        Raises:
            FullError: when too many requests wait already.
            ClosedError: after ``close``.
        """
        if self._closed.is_set():
            raise ClosedError
        request: _Request[Answer] = _Request(tuple(texts), Future())
        try:
            self._queue.put_nowait(request)
        except queue.Full:
            raise FullError from None
        return request.answers

    @property
    def length(self) -> int:
        """How many requests wait."""
        return self._queue.qsize()

    def close(self, patience: float | None = None) -> None:
        """Answer what waits, for ``patience`` seconds, and nothing after it.

        What is at work by then ends with the process.
        """
        self._closed.set()
        with suppress(queue.Full):  # then none is needed: the thread ends with the process
            self._queue.put(None, timeout=patience)
        self._thread.join(patience)
        with suppress(queue.Empty):
            while True:  # came between the lines above, or waited for too long
                _refuse(self._queue.get_nowait())

    def _work(self) -> None:
        kept: _Request[Answer] | None = None  # taken, and too long for the batch before
        while first := kept or self._queue.get():
            batch, kept = self._joined(first)
            self._answer(batch)

    def _joined(
        self, first: _Request[Answer]
    ) -> tuple[list[_Request[Answer]], _Request[Answer] | None]:
        """What waits, from ``first`` on, and the request that would be too many."""
        batch, size = [first], len(first.texts)
        with suppress(queue.Empty):
            while size < self.most:
                request = self._queue.get_nowait()
                if request is None:
                    self._queue.put(None)  # the end, for later
                    break
                size += len(request.texts)
                if size > self.most:
                    return batch, request
                batch.append(request)
        return batch, None

    def _answer(self, batch: Sequence[_Request[Answer]]) -> None:
        """Answer a batch; if that fails, each request alone, so that one cannot fail another."""
        live = [one for one in batch if one.answers.set_running_or_notify_cancel()]
        self.requests += len(live)
        try:
            self._give(live)
        except Exception as error:  # noqa: BLE001 - whatever a model raises is the request's answer
            if len(live) == 1:
                live[0].answers.set_exception(error)
                return
            for one in live:
                self._alone(one)

    def _alone(self, request: _Request[Answer]) -> None:
        try:
            self._give([request])
        except Exception as error:  # noqa: BLE001 - as above
            request.answers.set_exception(error)

    def _give(self, batch: Sequence[_Request[Answer]]) -> None:
        if not batch:
            return
        self.batches += 1
        found = self.answer([text for one in batch for text in one.texts])
        start = 0
        for one in batch:
            one.answers.set_result(list(found[start : start + len(one.texts)]))
            start += len(one.texts)


def _refuse(request: _Request[Answer] | None) -> None:
    """Say that nothing is answered any more, unless the client left."""
    if request is not None and request.answers.set_running_or_notify_cancel():
        request.answers.set_exception(ClosedError())
