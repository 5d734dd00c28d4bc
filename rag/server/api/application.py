"""The FastAPI application with all operations, and its OpenAPI document."""

from typing import Any

from fastapi import FastAPI

import rag
from rag.server.api import (
    articles,
    chat,
    checks,
    digests,
    embeddings,
    error_handlers,
    health,
    jobs,
    questions,
    responses,
    swagger,
)
from rag.server.api.errors import documented
from rag.server.api.health import Health
from rag.server.api.job_runner import JobRunner
from rag.server.api.openai import CompletionChunk
from rag.server.api.service import Service

_ABOUT = """
Ask the news: answers and summaries in which every sentence is backed by a verbatim quote from
an article. Questions that the articles do not answer are refused.

Every error has the format of OpenAI's API: `{"error": {"message", "type", "param", "code"}}`.
"""
_ROUTERS = [
    each.routes
    for each in (chat, responses, embeddings, questions, digests, checks, articles, jobs, health)
]


def build(service: Service, state: Health, job_runner: JobRunner, *, tokens: bool) -> FastAPI:
    """Build the application; ``tokens`` says whether a bearer token is required."""
    app = _Api(
        title="newsrag",
        version=rag.__version__,
        description=_ABOUT.strip(),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        responses=documented(400, 401, 403, 408, 413, 421, 500),
        generate_unique_id_function=lambda route: f"{route.name}_{route.path.strip('/')}",
    )
    app.tokens = tokens
    app.state.service, app.state.health, app.state.job_runner = service, state, job_runner
    error_handlers.install(app, _ROUTERS)
    for router in _ROUTERS:
        app.include_router(router)
    swagger.install(app)
    return app


class _Api(FastAPI):
    """An application whose OpenAPI document adds what FastAPI does not know."""

    tokens = False

    def openapi(self) -> dict[str, Any]:
        """Return the document, built on first use because that takes a third of a second."""
        if self.openapi_schema is None:
            _complete(super().openapi(), tokens=self.tokens)
        return super().openapi()


def _complete(document: dict[str, Any], *, tokens: bool) -> None:
    """Add to the document what FastAPI does not know."""
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)  # reported as 400, in the common error format
    parts = document.setdefault("components", {})
    chunk = CompletionChunk.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = parts.setdefault("schemas", {})
    schemas |= {**chunk.pop("$defs"), "CompletionChunk": chunk}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    if tokens:  # required by :mod:`rag.server.api.middleware`
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
