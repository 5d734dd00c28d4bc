"""``/docs``: Swagger UI for the API, served only from local files."""

from importlib.resources import files
from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import HTMLResponse, Response

from rag.server.api.errors import ApiError

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>newsrag: the HTTP API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#page',
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  validatorUrl: null,
});
"""
_TYPES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}


def install(app: FastAPI) -> None:
    """Register the routes of the page and its files."""
    app.add_api_route("/docs", _page, include_in_schema=False)
    app.add_api_route("/docs/{name}", _file, include_in_schema=False)


async def _page() -> HTMLResponse:
    return HTMLResponse(_PAGE)


async def _file(name: Annotated[str, Path(max_length=100)]) -> Response:
    if name == "start.js":
        return Response(_START, media_type="text/javascript")
    if name not in _TYPES:
        raise ApiError("not_found")
    content = (files("fastapi_offline") / "static" / name).read_bytes()
    return Response(content, media_type=_TYPES[name])
