"""Handlers that report every error of the application in the same format."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from rag.errors import RagError
from rag.server.api.errors import ApiError, api_error_of

_MOST_FAULTS = 5  # errors reported per request
_SHOWN = 60  # characters of the received value


def response_of(error: ApiError) -> JSONResponse:
    """Convert an error to a response."""
    return JSONResponse(error.body(), error.status, headers=error.headers)


def install(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Install the handlers; ``routers`` have all operations."""
    app.state.routers = routers
    for kind in (ApiError, RagError, Exception):
        app.add_exception_handler(kind, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unmet)


async def _failed(_: Request, error: Exception) -> JSONResponse:
    return response_of(api_error_of(error))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Describe the validation errors of a request."""
    assert isinstance(error, RequestValidationError)
    declared_json = "json" in request.headers.get("content-type", "")
    found: list[str] = []
    param = ""
    for fault in error.errors()[:_MOST_FAULTS]:
        place = ".".join(
            str(part) for part in fault["loc"] if part not in {"body", "query", "path"}
        )
        param = param or place
        if fault["type"] == "json_invalid":
            found.append(f"the body is not JSON: {fault['ctx']['error']}")
        elif fault["type"] == "model_attributes_type" and not declared_json:
            found.append("the body is not declared as JSON: send 'Content-Type: application/json'")
        elif fault["type"] == "missing":
            found.append(f"{place or 'the body'}: {fault['msg']}")
        else:
            seen = repr(fault.get("input"))
            seen = seen if len(seen) <= _SHOWN else f"{seen[:_SHOWN]}…"
            found.append(f"{place or 'the body'}: {fault['msg']}, received {seen}")
    param = param.encode("utf-8", "backslashreplace").decode()
    return response_of(ApiError("invalid_request", param=param or None, faults="; ".join(found)))


async def _unmet(request: Request, error: Exception) -> JSONResponse:
    """Report an error of Starlette or FastAPI."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404:
            return response_of(ApiError("not_found"))
        case 405:
            response = response_of(ApiError("method_not_allowed"))
            response.headers["allow"] = ", ".join(_methods(request))
            return response
        case _:  # FastAPI could not read the body, and does not say why
            faults = f"the body {_unreadable(error.__cause__)}; send JSON in UTF-8"
            return response_of(ApiError("invalid_request", faults=faults))


def _methods(request: Request) -> list[str]:
    """Return the methods of a path; Starlette reports only those of the first operation."""
    known: set[str] = set()
    for route in (route for router in request.app.state.routers for route in router.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            known |= getattr(route, "methods", None) or set()
    return sorted(known | ({"HEAD"} if "GET" in known else set()))


def _unreadable(cause: BaseException | None) -> str:
    match cause:
        case UnicodeDecodeError():
            return f"is not UTF-8: byte {cause.object[cause.start]:#04x} at {cause.start}"
        case RecursionError():
            return "is nested too deeply"
        case ValueError():
            return "has a number with too many digits"
        case _:
            return "is not JSON"
