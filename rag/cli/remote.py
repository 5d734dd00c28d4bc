"""Ask a running ``rag serve``, whose models are loaded: ``rag ask --server URL``."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer

from rag.errors import RagError
from rag.types import Answer, Article, Chunk, Filters, Passage

if TYPE_CHECKING:
    from httpx import Response

_PATIENCE = 600.0  # seconds; the server has its own limit


def ask_server(
    url: str,
    index: str,
    question: str,
    filters: Filters,
    k: int | None,
    show: Callable[[str], None],
) -> Answer:
    """Return the answer of a server on this machine that serves this index.

    Args:
        url: the server's address.
        index: the name of the index.
        question: as for :meth:`rag.News.ask`, and so are the next two.
        filters: which articles may be used.
        k: at most this many passages are read.
        show: called with the checked sentences so far.

    Raises:
        RagError: if there is no such server, or it refuses or fails.
    """
    import httpx

    from rag.export import as_json

    _require_loopback(url)
    body = {"question": question, "k": k, "stream": True, **json.loads(as_json(filters))}
    try:
        with httpx.Client(base_url=url, trust_env=False, timeout=_PATIENCE) as client:
            served = client.get("/health").json().get("index")
            if served != index:
                raise RagError(f"{url} serves the index {served!r}, not {index!r}. See rag serve.")
            with client.stream("POST", "/ask", json=body) as response:
                return _answer(response, show)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError, LookupError) as error:
        raise RagError(f"there is no rag serve at {url} ({type(error).__name__}).") from error


def _require_loopback(url: str) -> None:
    from rag.server.network import is_loopback

    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or not is_loopback(parts.hostname):
        raise typer.BadParameter(f"--server {url}: expected one here, like http://127.0.0.1:8000.")


def _answer(response: "Response", show: Callable[[str], None]) -> Answer:
    """Read the steps of an answer until it is complete."""
    if response.is_error:
        raise RagError(json.loads(response.read())["error"]["message"])
    text = ""
    for name, data in _events(response.iter_lines()):
        if name == "claim":
            text += f"{data['text']} "
            show(text)
        elif name == "error":
            raise RagError(data["error"]["message"])
        elif name == "answer":
            return _read(data)
    raise RagError("the server ended without an answer. Ask again.")


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def _read(data: dict[str, Any]) -> Answer:
    from pydantic import TypeAdapter

    passages = [
        Passage(
            each["number"],
            Chunk("", each["article_id"], 0, each["start"], each["end"], each["text"]),
            TypeAdapter(Article).validate_python(each | {"id": each["article_id"]}),
            each["score"] or 0.0,
        )
        for each in data["passages"]
    ]
    return TypeAdapter(Answer).validate_python(data | {"passages": passages})
