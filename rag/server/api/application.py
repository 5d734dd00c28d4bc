"""The FastAPI application with all operations, and its OpenAPI document."""

from typing import Any

from fastapi import FastAPI

import rag
from rag.server.api import errors, swagger
from rag.server.api.articles import Articles
from rag.server.api.chat import Chat
from rag.server.api.checks import Checks
from rag.server.api.health import Health
from rag.server.api.job_runner import JobRunner
from rag.server.api.jobs import Jobs
from rag.server.api.openai import Piece
from rag.server.api.questions import Questions
from rag.server.api.service import Service

_ABOUT = """
Ask the news: answers and summaries in which every sentence carries a quote that stands, character
for character, in an article. What the articles do not say is not answered.

Every error has the shape of OpenAI's API: `{"error": {"message", "type", "param", "code"}}`.
"""


def build(service: Service, health: Health, job_runner: JobRunner, *, tokens: bool) -> FastAPI:
    """Build the application; ``tokens`` says whether a bearer token is required."""
    app = _Api(
        title="newsrag",
        version=rag.__version__,
        description=_ABOUT.strip(),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        generate_unique_id_function=lambda route: f"{route.name}_{route.path.strip('/')}",
    )
    errors.install(app)
    for operations in (
        Chat(service),
        Questions(service),
        Checks(service),
        Articles(service),
        Jobs(service, job_runner),
        health,
    ):
        operations.install(app)
    swagger.install(app)
    app.tokens = tokens
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
    piece = Piece.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = parts.setdefault("schemas", {})
    schemas |= {**piece.pop("$defs"), "Piece": piece}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    if tokens:  # required by :mod:`rag.server.api.middleware`
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
