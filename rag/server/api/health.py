"""``/health`` and ``/metrics``: monitoring of the server."""

import threading
from typing import Annotated, Literal

from fastapi import Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field

from rag.errors import IndexMissing, RagError
from rag.server.api.errors import api_error_of
from rag.server.api.metrics import TYPE
from rag.server.api.service import Service, UseService, from_state, router

routes = router("Health")
_RETRY_SECONDS = 10.0  # between two attempts to load the models


class HealthReply(BaseModel):
    """State of the server."""

    live: Literal[True] = True
    ready: bool = Field(description="The models are loaded and the index can be used.")
    reason: str = Field(description="Why the server is not ready; otherwise empty.")
    index: str = Field(description="Name of the index.")
    articles: int
    model: str = Field(description="The language model.")
    waiting: int = Field(description="Number of requests that wait for the model.")


class LiveReply(BaseModel):
    """The server responds."""

    live: Literal[True] = True


class Health:
    """State of a server, whose models are loaded in a separate thread."""

    def __init__(self, service: Service) -> None:
        """Start as not ready: the models are not loaded."""
        self._service = service
        self._reason = "The models are being loaded."
        self._closed = threading.Event()

    def warm(self) -> None:
        """Start to load the models; after a failure, which ``/health`` reports, try again."""
        threading.Thread(target=self._load, name="warm", daemon=True).start()

    def close(self) -> None:
        """Try no more to load the models."""
        self._closed.set()

    def _load(self) -> None:
        while self._reason and not self._closed.is_set():
            try:
                self._service.news.warm()
                self._reason = ""
            except Exception as error:  # noqa: BLE001 - whatever it is, it may pass
                self._reason = str(api_error_of(error))
                self._closed.wait(_RETRY_SECONDS)

    def reply(self) -> HealthReply:
        """Return the current state."""
        service = self._service
        articles, reason = 0, self._reason
        try:
            articles = service.news.count()
        except IndexMissing as error:
            reason = reason or str(api_error_of(error))
        except RagError as error:
            reason = str(api_error_of(error))
        return HealthReply(
            ready=not reason,
            reason=reason,
            index=service.news.folder.name,
            articles=articles,
            model=service.news.generator.identity,
            waiting=service.model.waiting,
        )


_UseHealth = Annotated[Health, from_state("health")]

# The operations that read the index are no coroutines, so that FastAPI runs them in threads.


@routes.get("/health")
def health(state: _UseHealth) -> HealthReply:
    """Get the state of the server; the status is always 200."""
    return state.reply()


@routes.get(
    "/health/ready",
    response_model=HealthReply,
    responses={503: {"model": HealthReply, "description": "Not ready."}},
)
def ready(state: _UseHealth) -> JSONResponse:
    """Get the state of the server; the status is 503 while it is not ready."""
    found = state.reply()
    return JSONResponse(found.model_dump(mode="json"), 200 if found.ready else 503)


@routes.get("/health/live")
async def live() -> LiveReply:
    """Check that the server responds; nothing else is checked."""
    return LiveReply()


@routes.get("/metrics", response_class=PlainTextResponse)
async def metrics(service: UseService) -> Response:
    """Get counters and gauges in Prometheus's text format."""
    return Response(service.metrics.text(), media_type=TYPE)
