"""Error responses of the API, all in the format of OpenAI's API.

A message says what was received, what was expected and what to do. Local paths and tracebacks
appear only in the log.
"""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from rag.errors import (
    ArticleUnknown,
    GenerateError,
    IndexBusy,
    IndexMissing,
    JobChanged,
    JobUnknown,
    NoArticles,
    QuestionError,
    RagError,
)

_log = logging.getLogger(__name__)
SOON = 5  # seconds before a retry
_MOST_TOLD = 5  # errors reported per request
_SHOWN = 60  # characters of the received value
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class ErrorBody(BaseModel):
    """What was wrong."""

    message: str = Field(description="What was seen, what was wanted, what to do.")
    type: str = Field(description="The kind of error.", examples=["invalid_request_error"])
    param: str | None = Field(None, description="The field of the request that it is about.")
    code: str | None = Field(None, description="The same for programs.", examples=["not_found"])


class ErrorReply(BaseModel):
    """Every error has this shape, which is that of OpenAI's API."""

    error: ErrorBody


class ApiError(Exception):
    """A refused request."""

    def __init__(
        self, status: int, code: str, message: str, *, param: str | None = None, retry: int = 0
    ) -> None:
        """Create the error; ``retry`` is the seconds before a retry, 0 means never."""
        super().__init__(message)
        self.status, self.code, self.param, self.retry = status, code, param, retry

    @property
    def headers(self) -> dict[str, str]:
        """Response headers for this status."""
        headers = {"retry-after": str(self.retry)} if self.retry else {}
        return headers | ({"www-authenticate": "Bearer"} if self.status == 401 else {})

    def body(self) -> dict[str, object]:
        """Return the error as JSON data; lone surrogates, possibly from a client, are escaped."""
        server = "server_error" if self.status >= 500 else "invalid_request_error"
        kind = _TYPES.get(self.status, server)
        told = ErrorBody(message=_sound(str(self)), type=kind, param=self.param, code=self.code)
        return ErrorReply(error=told).model_dump()


def _sound(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


# Responses for the library's errors; the first match applies. The log has the full error.
_KNOWN: tuple[tuple[type[RagError], int, str, str, int], ...] = (
    (
        *(ArticleUnknown, 404, "article_unknown"),
        *("There is no such article. GET /articles lists them.", 0),
    ),
    (JobUnknown, 404, "job_unknown", "There is no such job. GET /jobs lists them.", 0),
    (
        *(JobChanged, 503, "job_changed"),
        *("The job was begun with another configuration or model. Begin it anew.", 0),
    ),
    (
        *(IndexMissing, 503, "index_missing"),
        *("There are no articles yet. Add some with POST /articles.", 0),
    ),
    (
        *(IndexBusy, 503, "index_busy"),
        *("Another program is writing to the index. Try again when it has finished.", SOON),
    ),
    (
        *(GenerateError, 503, "model_failed"),
        *("The language model failed. The server's log says why; try again.", SOON),
    ),
    (
        *(RagError, 503, "not_ready"),
        *("The index or a model cannot be used. The server's log says why.", 0),
    ),
)


def api_error_of(error: Exception) -> ApiError:
    """Convert an error to the one reported to the client."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, NoArticles):
        return ApiError(400, "no_articles", str(error))
    if isinstance(error, QuestionError):
        return ApiError(400, "question_unusable", str(error))
    for kind, status, code, message, retry in _KNOWN:
        if isinstance(error, kind):
            if status >= 500:
                _log.error("%s: %s", type(error).__name__, error)
            return ApiError(status, code, message, retry=retry)
    _log.error("an error that the server does not know", exc_info=error)
    what = "The server met an error that it does not know. Its log says more."
    return ApiError(500, "internal_error", what)


def reply_to(refusal: ApiError) -> JSONResponse:
    """Convert the refusal to a response."""
    return JSONResponse(refusal.body(), refusal.status, headers=refusal.headers)


def install(app: FastAPI) -> None:
    """Install handlers that report every error of an application in the same format."""

    async def refused(_: Request, error: Exception) -> JSONResponse:
        return reply_to(api_error_of(error))

    async def unusable(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return reply_to(_faults(error, request.headers.get("content-type", "")))

    async def unmet(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        reply = reply_to(_unmet(error))
        if error.status_code == 405:
            reply.headers["allow"] = ", ".join(_methods(request))
        return reply

    app.add_exception_handler(ApiError, refused)
    app.add_exception_handler(RagError, refused)
    app.add_exception_handler(Exception, refused)
    app.add_exception_handler(RequestValidationError, unusable)
    app.add_exception_handler(HTTPException, unmet)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return an operation's error responses for the OpenAPI document, common ones included."""
    known = {
        400: "The request cannot be used; the message says what was seen and what is wanted.",
        401: "The bearer token is missing or unknown.",
        403: "The request comes from another page of the browser.",
        404: "There is no such thing.",
        408: "The request did not arrive in time.",
        413: "The request is too large.",
        421: "The request names another server.",
        429: "Too many requests wait; `Retry-After` says when to try again.",
        500: "An error that the server does not know.",
        503: "Not ready, or the request's turn did not come in time; try again.",
        504: "The work took too long and was stopped.",
    }
    everywhere = (400, 401, 403, 408, 413, 421, 500)
    return {
        status: {"model": ErrorReply, "description": known[status]}
        for status in sorted({*everywhere, *statuses})
    }


def _faults(error: RequestValidationError, kind: str) -> ApiError:
    """Describe the validation errors of a request; ``kind`` is its content type."""
    told: list[str] = []
    param = ""
    for fault in error.errors()[:_MOST_TOLD]:
        place = ".".join(
            str(part) for part in fault["loc"] if part not in {"body", "query", "path"}
        )
        param = param or place
        if fault["type"] == "json_invalid":
            told.append(f"the body is no JSON: {fault['ctx']['error']}")
            continue
        if fault["type"] == "model_attributes_type" and "json" not in kind:
            told.append("the body is not said to be JSON: send 'Content-Type: application/json'")
            continue
        seen = repr(fault.get("input"))
        seen = seen if len(seen) <= _SHOWN else f"{seen[:_SHOWN]}…"
        missing = fault["type"] == "missing"
        told.append(f"{place or 'the body'}: {fault['msg']}{'' if missing else f', seen {seen}'}")
    what = f"The request cannot be used: {'; '.join(told)}. /docs describes every field."
    return ApiError(400, "invalid_request", what, param=_sound(param) or None)


def _methods(request: Request) -> list[str]:
    """Return the methods of a path; Starlette reports only those of the first operation."""
    known: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            known |= getattr(route, "methods", None) or set()
    return sorted(known | ({"HEAD"} if "GET" in known else set()))


def _unmet(error: HTTPException) -> ApiError:
    match error.status_code:
        case 404:
            return ApiError(404, "not_found", "There is nothing at this address; see /docs.")
        case 405:
            return ApiError(
                405, "method_not_allowed", "This address knows no such method; see /docs."
            )
        case 400:  # FastAPI could not read the body and does not say why
            what = f"The body cannot be read: {_unreadable(error.__cause__)}. Send JSON, in UTF-8."
            return ApiError(400, "invalid_request", what)
        case status:
            return ApiError(status, "unusable", f"The request cannot be used: {error.detail}.")


def _unreadable(cause: BaseException | None) -> str:
    match cause:
        case UnicodeDecodeError():
            return f"it is no UTF-8, byte {cause.object[cause.start]:#04x} at {cause.start}"
        case RecursionError():
            return "it is nested too deeply"
        case ValueError():
            return "it holds a number of too many digits"
        case _:
            return "it is no JSON"
