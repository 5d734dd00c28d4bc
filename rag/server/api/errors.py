"""Errors of the API: one table of codes, statuses and texts, in the format of OpenAI's API.

A message says what was received, what was expected and what to do. Local paths and tracebacks
appear only in the log.
"""

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

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
_SOON = 5  # seconds before a retry
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


# The texts of all errors by status and kind; the public code is the kind, if not in _CODES.
_MESSAGES: Mapping[int, Mapping[str, str]] = {
    400: {
        "invalid_request": "The request is invalid: {faults}. /docs describes every field.",
        "no_article": "No article was found in the text: {reason}.",
        "no_articles": "{error}",
        "no_question": "The last message is from the {role}; expected a question from the user.",
        "no_such_days": "since {since} is after until {until}. Swap them.",
        "no_text": "The text has no visible characters.",
        "nothing_to_do": "No articles match, so there is nothing to do.",
        "question_invisible": "The question has no visible characters. Ask something.",
        "question_too_long": "The question has {length:,} characters; at most {most:,} are allowed."
        " Ask something shorter; POST /summarize takes longer texts.",
        "question_unusable": "{error}",
    },
    401: {
        "invalid_api_key": "This server requires a bearer token, and {seen} was sent. Send the"
        " header 'Authorization: Bearer TOKEN'; a token is made with: rag tokens add NAME",
    },
    403: {"foreign_page": "{reason}"},
    404: {
        "article_unknown": "There is no such article. GET /articles lists them.",
        "job_unknown": "There is no such job. GET /jobs lists them.",
        "model_not_found": "There is no model {name!r}. Available: {known}.",
        "not_found": "There is nothing at this address; see /docs.",
    },
    405: {"method_not_allowed": "This address does not allow this method; see /docs."},
    408: {"body_late": "The request was not complete after {seconds:g} seconds. Send it again."},
    413: {
        "too_large": "The request has more than {most:,} bytes, which is the limit. Send less, or"
        " raise serve.max_megabytes.",
    },
    421: {"foreign_name": "{reason}"},
    429: {
        "too_many_jobs": "{most} jobs are saved already. Delete one with DELETE /jobs/ID.",
        "too_many_waiting": "{most} requests are waiting already. Try again in {retry} seconds.",
    },
    500: {"internal_error": "The server met an unknown error. See its log."},
    503: {
        "closing": "The server is shutting down. Ask again when it is back.",
        "index_busy": "Another program is writing to the index. Try again when it has finished.",
        "index_missing": "There are no articles yet. Add some with POST /articles.",
        "job_changed": "The job was started with a different configuration or model. Start it again.",
        "model_failed": "The language model failed. The server's log says why; try again.",
        "not_ready": "The index or a model cannot be used. The server's log says why.",
        "too_many_connections": "Too many connections are open. Try again in {retry} seconds.",
        "turn_not_come": "The request waited {seconds:g} seconds without being processed. Try again in"
        " {retry} seconds.",
    },
    504: {
        "too_slow": "Processing took more than {seconds:g} seconds and was stopped. Ask for less."
    },
}
_KINDS = {kind: (status, text) for status, of in _MESSAGES.items() for kind, text in of.items()}
_CODES = {
    "body_late": "too_slow",
    "foreign_name": "foreign",
    "foreign_page": "foreign",
    "question_invisible": "question_unusable",
}
_RETRIED = frozenset(
    "too_many_waiting index_busy model_failed too_many_connections turn_not_come".split()
)
# The kinds of the library's errors; the first match applies.
_OF_LIBRARY: tuple[tuple[type[RagError], str], ...] = (
    (NoArticles, "no_articles"),
    (QuestionError, "question_unusable"),
    (ArticleUnknown, "article_unknown"),
    (JobUnknown, "job_unknown"),
    (JobChanged, "job_changed"),
    (IndexMissing, "index_missing"),
    (IndexBusy, "index_busy"),
    (GenerateError, "model_failed"),
    (RagError, "not_ready"),
)
_STATUSES = {
    400: "The request is invalid; the message says what was received and what was expected.",
    401: "The bearer token is missing or unknown.",
    403: "The request comes from another website.",
    404: "Not found.",
    408: "The request did not arrive in time.",
    413: "The request is too large.",
    421: "The request is addressed to another server name.",
    429: "Too many requests are waiting; `Retry-After` says when to try again.",
    500: "An unknown error of the server.",
    503: "Not ready, or the request waited too long; try again.",
    504: "Processing took too long and was stopped.",
}


class ErrorBody(BaseModel):
    """What was wrong."""

    message: str = Field(description="What was received, what was expected, and what to do.")
    type: str = Field(description="The kind of error.", examples=["invalid_request_error"])
    param: str | None = Field(None, description="The field of the request that is wrong.")
    code: str | None = Field(None, description="The error, for programs.", examples=["not_found"])


class ErrorReply(BaseModel):
    """An error, in the format of OpenAI's API."""

    error: ErrorBody


class ApiError(Exception):
    """A refused request."""

    def __init__(self, kind: str, *, param: str | None = None, **values: object) -> None:
        """Create an error of the table; ``values`` are the fields of its message."""
        self.status, text = _KINDS[kind]
        super().__init__(text.format(retry=_SOON, **values))
        self.code, self.param = _CODES.get(kind, kind), param
        self.retry = kind in _RETRIED

    @property
    def headers(self) -> dict[str, str]:
        """Response headers for this status."""
        if self.status == 401:
            return {"www-authenticate": "Bearer"}
        return {"retry-after": str(_SOON)} if self.retry else {}

    def body(self) -> dict[str, object]:
        """Return the error as JSON data."""
        server = "server_error" if self.status >= 500 else "invalid_request_error"
        kind = _TYPES.get(self.status, server)
        body = ErrorBody(message=_encodable(str(self)), type=kind, param=self.param, code=self.code)
        return ErrorReply(error=body).model_dump()


def api_error_of(error: Exception) -> ApiError:
    """Convert an error to the one that the client gets, and log what the client does not get."""
    if isinstance(error, ApiError):
        return error
    for library_error, kind in _OF_LIBRARY:
        if isinstance(error, library_error):
            found = ApiError(kind, error=error)
            if found.status >= 500:
                _log.error("%s: %s", type(error).__name__, error)
            return found
    _log.error("unknown error", exc_info=error)
    return ApiError("internal_error")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error responses with these statuses for the OpenAPI document."""
    return {status: {"model": ErrorReply, "description": _STATUSES[status]} for status in statuses}


def _encodable(text: str) -> str:
    """Escape lone surrogates, which a client may have sent."""
    return text.encode("utf-8", "backslashreplace").decode()
