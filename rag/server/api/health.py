"""``/health`` and ``/metrics``: monitoring of the server."""

import threading
from typing import Literal

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field

from rag.errors import IndexMissing, RagError
from rag.server.api.errors import api_error_of, documented
from rag.server.api.metrics import TYPE
from rag.server.api.service import Service


class HealthReply(BaseModel):
    """How the server is."""

    live: Literal[True] = True
    ready: bool = Field(description="Questions are answered without the models being loaded first.")
    reason: str = Field(description="Why it is not ready; else empty.")
    index: str = Field(description="The name of the index.")
    articles: int
    model: str = Field(description="What writes the answers.")
    waiting: int = Field(description="Requests that wait for the model.")


class LiveReply(BaseModel):
    """The server answers."""

    live: Literal[True] = True


class Health:
    """Health and metrics operations."""

    def __init__(self, service: Service) -> None:
        """Start as not ready: the models are not loaded."""
        self._service = service
        self._reason = "The models are being loaded."

    def warm(self) -> threading.Thread:
        """Load the models in a separate thread; ``/health`` reports a failure as its reason."""

        def work() -> None:
            try:
                self._service.news.warm()
                self._reason = ""
            except RagError as error:
                self._reason = str(api_error_of(error))

        thread = threading.Thread(target=work, name="warm", daemon=True)
        thread.start()
        return thread

    def install(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route(
            "/health",
            self.health,
            response_model=HealthReply,
            responses=documented(),
            tags=["Health"],
        )
        app.add_api_route(
            "/health/ready",
            self.ready,
            response_model=HealthReply,
            tags=["Health"],
            responses={**documented(), 503: {"model": HealthReply, "description": "Not ready."}},
        )
        app.add_api_route(
            "/health/live",
            self.live,
            response_model=LiveReply,
            responses=documented(),
            tags=["Health"],
        )
        app.add_api_route(
            "/metrics",
            self.metrics,
            response_class=PlainTextResponse,
            responses=documented(),
            tags=["Health"],
        )

    async def health(self) -> HealthReply:
        """How the server is; always 200."""
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

    async def ready(self) -> JSONResponse:
        """The same, with 503 where it is not ready."""
        found = await self.health()
        return JSONResponse(found.model_dump(mode="json"), 200 if found.ready else 503)

    async def live(self) -> LiveReply:
        """The server answers; nothing else is looked at."""
        return LiveReply()

    async def metrics(self) -> Response:
        """Counters and gauges in Prometheus's text format."""
        return Response(self._service.metrics.text(), media_type=TYPE)
