"""Server-sent events: a reply in pieces, as they become known."""

import json
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, TypeVar

from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from rag.server.api.errors import api_error_of

_T = TypeVar("_T")


def event(data: BaseModel | str, name: str = "") -> str:
    """Format an event; a client that knows only ``message`` events ignores named ones."""
    text = data if isinstance(data, str) else data.model_dump_json()
    return f"event: {name}\ndata: {text}\n\n" if name else f"data: {text}\n\n"


async def streamed(
    values: AsyncGenerator[_T, None],
    events: Callable[[_T], Iterable[str]],
    *,
    opening: str = "",
    end: str = "",
    error: str = "",
) -> StreamingResponse:
    """Return a response with the events of each value, once there is a first one.

    An error before that has its own status; a later one becomes an event named ``error``.
    """
    first = await anext(values)

    async def texts() -> AsyncGenerator[str, None]:
        if opening:
            yield opening
        try:
            for text in events(first):
                yield text
            async for value in values:
                for text in events(value):
                    yield text
        except Exception as failure:  # noqa: BLE001 - reported to the client, and logged
            body = json.dumps(api_error_of(failure).body(), ensure_ascii=False)
            yield event(body, error)
            return
        finally:
            await values.aclose()
        if end:
            yield end

    # Asks proxies not to buffer the response.
    headers = {"x-accel-buffering": "no"}
    return StreamingResponse(texts(), media_type="text/event-stream", headers=headers)


def documented_stream(description: str, schema: str = "") -> dict[int | str, dict[str, Any]]:
    """Return the part of the OpenAPI document on a response that may be a stream."""
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}} if schema else {}
    return {200: {"description": description, "content": {"text/event-stream": content}}}
