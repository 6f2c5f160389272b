"""The application: ``POST /predict``, ``GET /health``, a page to try it, and its own description.

Nothing is fetched from elsewhere, by the page or by the server.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse

from harness.errors import HarnessError
from harness.runs.predict import Predictor, Tagged
from harness.serving import page
from harness.serving.batcher import Batcher, ClosedError, FullError
from harness.serving.body_limit import BodyLimit
from harness.serving.messages import (
    MOST_BYTES,
    Asked,
    Health,
    OneText,
    Refusal,
    TaggedText,
    TaggedTexts,
    message_of,
    messages_of,
)
from harness.version import __version__

LAST = 1.0  # seconds that the model has to end once no request is waited for any more
TOLD = 10  # faults of a body that are told

_REFUSALS: dict[int | str, dict[str, Any]] = {
    413: {"model": Refusal, "description": "the body is too long"},
    422: {"model": Refusal, "description": "the body is not JSON, or not what the schema says"},
    500: {"model": Refusal, "description": "the model failed"},
    503: {"model": Refusal, "description": "too many requests wait; try again"},
}


def make(predictor: Predictor) -> FastAPI:
    """The application that serves ``predictor``."""
    batcher: Batcher[Tagged] = Batcher(predictor)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(batcher.close, LAST)  # requests had all the time that they get

    run = predictor.result.run
    app = FastAPI(
        title=f"{run.backend} on {run.data.task}", version=__version__, lifespan=lifespan,
        docs_url=None, redoc_url=None,  # both fetch their scripts from elsewhere
    )  # fmt: skip
    app.add_middleware(BodyLimit, most=MOST_BYTES)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(400, _unreadable)
    app.add_exception_handler(Exception, _failed)
    _add_predict(app, batcher)
    _add_health(app, predictor, batcher)
    _add_page(app, page.html(predictor.result.run))
    return app


def _add_predict(app: FastAPI, batcher: Batcher[Tagged]) -> None:
    @app.post("/predict", responses=_REFUSALS)
    async def predict(asked: Asked) -> TaggedText | TaggedTexts:
        """Named entities in one text, or in several."""
        texts = [asked.text] if isinstance(asked, OneText) else asked.texts
        found = await _answers(batcher, texts)
        if asked.min_confidence and any(one.confidence is None for one in found):
            raise HTTPException(422, "this model gives no confidence: leave out min_confidence")
        if isinstance(asked, OneText):
            return message_of(found[0], asked.min_confidence)
        return messages_of(found, asked.min_confidence)


def _add_health(app: FastAPI, predictor: Predictor, batcher: Batcher[Tagged]) -> None:
    run = predictor.result.run

    @app.get("/health")
    async def health() -> Health:
        """Whether it answers, and what it is."""
        return Health(
            backend=run.backend, task=run.data.task, labels=list(run.settings["labels"]),
            run=run.digest, waiting=batcher.length, requests=batcher.requests,
            batches=batcher.batches,
        )  # fmt: skip


def _add_page(app: FastAPI, content: str) -> None:
    headers = {"Content-Security-Policy": page.policy(content)}

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def try_it() -> HTMLResponse:
        return HTMLResponse(content, headers=headers)


async def _answers(batcher: Batcher[Tagged], texts: Sequence[str]) -> list[Tagged]:
    """The answers to ``texts``, as soon as the model has them."""
    if not texts:
        return []
    try:
        return await asyncio.wrap_future(batcher.submit(texts))
    except FullError:
        raise HTTPException(503, "too many requests wait", {"Retry-After": "1"}) from None
    except (ClosedError, asyncio.CancelledError):
        raise HTTPException(503, "the server is shutting down") from None
    except HarnessError as error:
        raise HTTPException(500, str(error)) from error


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """What is wrong with a body, and where; not the body itself, which may be no text at all."""
    del request
    if isinstance(getattr(error, "body", None), bytes):  # so it is left where it is not JSON
        return _refused("body: not said to be JSON: send Content-Type: application/json")
    found = error.errors() if isinstance(error, RequestValidationError) else []
    said = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:TOLD])
    more = [f"and {len(found) - TOLD:,} more"] if len(found) > TOLD else []
    return _refused("; ".join([*said, *more]).encode("ascii", "replace").decode())


async def _unreadable(request: Request, error: Exception) -> JSONResponse:
    """A body that no reader of JSON comes through, so that no place in it can be told."""
    del request, error
    return _refused("body: not JSON in UTF-8, or nested too deep, or a number in it is too long")


def _refused(why: str) -> JSONResponse:
    return JSONResponse({"detail": why}, 422)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    """What a fault of the program is to a client; its traceback goes to standard error."""
    del request
    return JSONResponse({"detail": f"the program failed: {type(error).__name__}"}, 500)
