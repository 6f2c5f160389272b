"""Requests to an OpenAI-compatible server: a bounded number at once, each until it is answered.

Busy servers (429), failing ones (408, 5xx), broken connections, replies that are garbage and those
that take too long are asked again, after a pause that doubles up to ten minutes, or as long as
the server says (``Retry-After``), and then all wait. What a server will never answer is told with
its own words.
"""

import json
import os
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property

import httpx

from backends.asking.budget import SpendingLimit
from backends.asking.exchange import LOST, PATHS, Ask, Completion, Reply, complaint, completion
from backends.asking.ledger import Ledger
from harness.errors import ConfigError, ResourceError

AGAIN = frozenset({408, 409, 425, 429})
LARGEST = 1 << 22  # bytes that a reply may have
SHOWN = 1 << 12  # bytes that are kept of a longer one
LONGEST_WAIT = 600.0  # seconds between two attempts, whatever a server asks for
NO_REPLY = (httpx.TransportError, httpx.StreamError, httpx.DecodingError)
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
Progressed = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is, the variable that holds its key, and how patiently it is asked."""

    url: str
    key_variable: str
    timeout: float
    attempts: int
    pause: float
    concurrency: int

    @property
    def key(self) -> str:
        """The key, from the environment alone; empty for a server that asks for none.

        Raises:
            ConfigError: for one that no header can hold; it is not shown.
        """
        key = os.environ.get(self.key_variable, "").strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            msg = f"the variable {self.key_variable} holds no key: it has characters that none has"
            raise ConfigError(msg)
        return key

    @property
    def headers(self) -> dict[str, str]:
        """What each request says of itself."""
        known = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return {"Content-Type": "application/json", **known}

    def without_key(self, text: str) -> str:
        """``text`` as it may be stored and shown, even where a server says the key again."""
        return text.replace(self.key, "[key]") if self.key else text


class RefusedAskError(Exception):
    """The server will not answer a request as it is; the reply says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(complaint(reply))
        self.reply = reply


@dataclass
class Client:
    """Asks a server; what ``ledger`` holds is not asked again, what ``budget`` forbids never."""

    endpoint: Endpoint
    ledger: Ledger
    budget: SpendingLimit
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _failure: BaseException | None = field(default=None, init=False)
    _quiet_until: float = field(default=0.0, init=False)

    def ask_all(self, asks: Sequence[Ask], progressed: Progressed) -> list[Completion]:
        """The answer to each of ``asks``; ``progressed`` hears how many there are, and may raise.

        Raises:
            ConfigError: for a request that the server refuses.
            ResourceError: for a bound that is reached, or a server that does not answer.
        """
        distinct = {ask.digest: ask for ask in asks if self.ledger.answer(ask) is None}
        self._begin()
        if distinct:
            with self._http() as http, ThreadPoolExecutor(self.endpoint.concurrency) as pool:
                futures = {pool.submit(self._asked, http, ask) for ask in distinct.values()}
                try:
                    self._collect(futures, len(asks) - len(futures), progressed)
                finally:
                    self._stop.set()  # what is under way is waited for: it is paid for
                    pool.shutdown(wait=True, cancel_futures=True)
        return [self._answered(ask) for ask in asks]

    def _answered(self, ask: Ask) -> Completion:
        found = self.ledger.answer(ask)
        assert found is not None  # noqa: S101 - asked above, or an error was raised
        return found

    def _collect(self, futures: set[Future[None]], known: int, progressed: Progressed) -> None:
        done = known
        while futures:
            ended, futures = wait(futures, timeout=1.0, return_when=FIRST_COMPLETED)
            if self._failure:
                raise self._failure
            done += len(ended)
            progressed(done)

    def _begin(self) -> None:
        self._stop.clear()
        self._failure = None

    def _http(self) -> httpx.Client:
        endpoint = self.endpoint
        limits = httpx.Limits(max_connections=endpoint.concurrency)
        return httpx.Client(
            timeout=endpoint.timeout, limits=limits, headers=endpoint.headers, verify=self._verify
        )

    @cached_property
    def _verify(self) -> ssl.SSLContext | bool:
        """Who is trusted, read once: that takes longer than a reply of this machine."""
        secure = self.endpoint.url.startswith("https:")
        return httpx.create_ssl_context() if secure else False

    def _asked(self, http: httpx.Client, ask: Ask) -> None:
        """``ask`` in a thread; the first failure stops all others before they send any more."""
        try:
            self.ask(http, ask)
        except RefusedAskError as error:
            msg = f"{self.endpoint.url} refuses a request: {error}"
            self._failure = self._failure or ConfigError(msg)
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            self._failure = self._failure or error
        if self._failure:
            self._stop.set()

    def ask_once(self, ask: Ask) -> Completion:
        """The answer to a single request.

        Raises:
            RefusedAskError: when the server will not answer it.
            ResourceError: as ``ask_all``.
        """
        found = self.ledger.answer(ask)
        if found is None:
            self._begin()
            with self._http() as http:
                self.ask(http, ask)
        return self._answered(ask)

    def ask(self, http: httpx.Client, ask: Ask) -> None:
        """Send ``ask`` until the ledger holds its answer.

        Raises:
            RefusedAskError: when the server will not answer it.
            ResourceError: as ``ask_all``.
        """
        said = "nothing"
        for attempt in range(self.endpoint.attempts):
            self._wait(attempt, ask.digest)
            try:
                reply = self._sent(http, ask)
            except NO_REPLY as error:
                said = f"{type(error).__name__}: {error}".rstrip(": ")
                continue
            if completion(reply) is not None:
                return
            if not (reply.status == 200 or reply.status in AGAIN or reply.status >= 500):
                raise RefusedAskError(reply)
            said = complaint(reply)
        msg = (
            f"{self.endpoint.url} gave no answer in {self.endpoint.attempts} attempts (the last: "
            f"{said}); all replies are kept, and the same command goes on"
        )
        raise ResourceError(msg)

    def _wait(self, attempt: int, digest: str) -> None:
        """Wait for the turn of an attempt; each request has a rhythm of its own.

        Raises:
            ResourceError: when nothing more is to be sent.
        """
        own = _pause(self.endpoint.pause, attempt, digest) if attempt else 0.0
        until = max(time.monotonic() + own, self._quiet_until)
        while (left := until - time.monotonic()) > 0 and not self._stop.wait(left):
            until = max(until, self._quiet_until)
        if self._stop.is_set():
            raise ResourceError("nothing more is asked")

    def _sent(self, http: httpx.Client, ask: Ask) -> Reply:
        """What comes back for ``ask`` now, stored."""
        url = f"{self.endpoint.url.rstrip('/')}/{PATHS[ask.api]}"
        with self.budget.request(ask):
            sent, start = time.time(), time.monotonic()
            try:
                content = ask.body.encode("utf-8", "replace")
                with http.stream("POST", url, content=content) as response:
                    body = self._body(response, start)
            except NO_REPLY as error:
                if not isinstance(error, NOT_SENT):
                    self._paid(ask, LOST, "", sent, time.monotonic() - start)
                raise
            reply = self._paid(ask, response.status_code, body, sent, time.monotonic() - start)
        self._heed(response)
        return reply

    def _paid(self, ask: Ask, status: int, body: str, sent: float, seconds: float) -> Reply:
        """What came back for ``ask``, stored and counted."""
        tokens = (ask.prompt_tokens, ask.reply_tokens)
        reply = Reply(ask.digest, status, body, sent, seconds, *tokens)
        self.ledger.add(reply)
        self.budget.spend(self.budget.prices.of_reply(reply), requests=0)
        return reply

    def _body(self, response: httpx.Response, start: float) -> str:
        """The text of a reply; one that drips for longer than the time limit is none.

        One without end is none either: it is not read further, and its beginning is kept.
        """
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > LARGEST:
                content = bytearray(f"more than {LARGEST:,} bytes: ", "ascii") + content[:SHOWN]
                break
            if time.monotonic() - start > self.endpoint.timeout:
                msg = f"still writing after {self.endpoint.timeout:g} seconds"
                raise httpx.ReadTimeout(msg)
        return self.endpoint.without_key(content.decode("utf-8", "replace"))

    def _heed(self, response: httpx.Response) -> None:
        """Leave the server alone for as long as it asks."""
        asked = response.headers.get("Retry-After", "") if response.status_code != 200 else ""
        seconds = min(_seconds(asked), LONGEST_WAIT)
        self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)


def _pause(first: float, attempt: int, digest: str) -> float:
    """The seconds before an attempt that is not the first; ``digest`` has 64 hexadecimal digits."""
    digits = digest[attempt % 60 :][:4]
    return min(first * 2.0 ** (attempt - 1) * (0.5 + int(digits, 16) / 0xFFFF), LONGEST_WAIT)


def _seconds(asked: str) -> float:
    """The seconds of a ``Retry-After``, a number or a date; 0 for anything else."""
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def body_of(values: dict[str, object]) -> str:
    """The body of a request, the same bytes for the same values."""
    return json.dumps(values, ensure_ascii=True, sort_keys=True)
