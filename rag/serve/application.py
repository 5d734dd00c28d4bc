"""The operations of the API put together, with their document."""

from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI

from rag.serve import page, refusals
from rag.serve.articles import Articles
from rag.serve.chat import Chat
from rag.serve.desk import Desk
from rag.serve.health import Health
from rag.serve.questions import Questions

_ABOUT = """
Ask the news: answers and summaries in which every sentence carries a quote that stands, character
for character, in an article. What the articles do not say is not answered.

Every error has the shape of OpenAI's API: `{"error": {"message", "type", "param", "code"}}`.
"""


def build(desk: Desk, health: Health, *, tokens: bool) -> FastAPI:
    """The application over a newsroom; ``tokens``: a bearer token is wanted."""
    app = FastAPI(
        title="newsrag",
        version=_version(),
        description=_ABOUT.strip(),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        generate_unique_id_function=lambda route: f"{route.name}_{route.path.strip('/')}",
    )
    refusals.install(app)
    for operations in (Chat(desk), Questions(desk), Articles(desk), health):
        app.include_router(operations.router())
    app.include_router(page.router())
    if tokens:
        _document_tokens(app)
    return app


def _document_tokens(app: FastAPI) -> None:
    """Say in the document that a token is wanted; :mod:`rag.serve.front` asks for it."""
    document = app.openapi()
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["token"] = {"type": "http", "scheme": "bearer"}
    document["security"] = [{"token": []}]


def _version() -> str:
    try:
        return version("newsrag")
    except PackageNotFoundError:
        return "0"
