"""No request holds more than its share of memory: what is too long is refused as it arrives.

Many clients send all of a body before they read anything, and meet a closed connection instead of
the answer if nobody takes it. So it is taken, and thrown away as it comes.
"""

import asyncio
from contextlib import suppress
from typing import Any

from fastapi import HTTPException
from fastapi.responses import JSONResponse

DISCARDED = 64 * 2**20  # bytes of a body that are taken although it is refused
PATIENCE = 20.0  # seconds in which they are to arrive


class BodyLimit:
    """Refuses bodies of more than ``most`` bytes with 413, announced or not."""

    def __init__(self, app: Any, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As an ASGI application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if (size := _announced(scope)) > self.most:
            if size <= DISCARDED and not _asks_first(scope):
                await _discard(receive)
            await JSONResponse({"detail": self._words}, 413)(scope, receive, send)
            return
        read = 0

        async def counted() -> Any:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most:
                if message.get("more_body"):
                    await _discard(receive)
                raise HTTPException(413, self._words)
            return message

        await self.app(scope, counted, send)

    @property
    def _words(self) -> str:
        return f"a request may have {self.most:,} bytes: send fewer or shorter texts at once"


def _announced(scope: Any) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _asks_first(scope: Any) -> bool:
    """Whether the client sends its body once it is told to go on."""
    expected: bytes = dict(scope["headers"]).get(b"expect", b"")
    return expected.lower() == b"100-continue"


async def _discard(receive: Any) -> None:
    """Take what is left of a body, in bounds of size and time, and keep none of it."""
    taken, more = 0, True
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while more and taken < DISCARDED:
                message = await receive()
                taken, more = taken + len(message.get("body", b"")), message.get("more_body", False)
