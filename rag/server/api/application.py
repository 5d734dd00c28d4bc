"""The operations of the API put together, with their document."""

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
    """The application over a library; ``tokens``: a bearer token is wanted."""
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
    """An application whose document also says what FastAPI does not know of."""

    tokens = False

    def openapi(self) -> dict[str, Any]:
        """The document; it takes a third of a second, so it is made when it is first asked for."""
        if self.openapi_schema is None:
            _complete(super().openapi(), tokens=self.tokens)
        return super().openapi()


def _complete(document: dict[str, Any], *, tokens: bool) -> None:
    """Put into the document what FastAPI does not know of."""
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)  # it is told as 400, in the one shape
    parts = document.setdefault("components", {})
    piece = Piece.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = parts.setdefault("schemas", {})
    schemas |= {**piece.pop("$defs"), "Piece": piece}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    if tokens:  # :mod:`rag.server.api.middleware` asks for it
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
