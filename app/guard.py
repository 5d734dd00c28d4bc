"""Guard in front of the page: who may request what, and security headers for the browser.

A request must name this server as its host, must not come from another origin
(:mod:`rag.server.network.origin`), and must ask for one of the few paths that the page needs:
whatever else Gradio offers (a proxy, a fetcher of remote files, monitoring, editors) is absent.

Every response carries a Content-Security-Policy under which the browser contacts only this server,
and runs only Gradio's own script files and the scripts that were in the page when it was sent.
"""

import asyncio
import base64
import hashlib
import re
import threading
from collections.abc import Iterable

from app.login import LOGIN_REQUIRED
from rag.server.network import (
    SECURITY_HEADERS,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    foreign,
    headers_of,
    with_headers,
)

_SCRIPT = re.compile(rb"<script\b([^>]*)>(.*?)</script\s*>", re.S | re.I)
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' {scripts}; style-src 'self'"
    " 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src"
    " 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_PAGES = frozenset({"/"})
_EXACT = frozenset(
    "/ /config /login /logout /theme.css /manifest.json /favicon.ico /robots.txt "
    "/gradio_api/theme.css /gradio_api/login_check /gradio_api/queue/join /gradio_api/queue/data "
    "/gradio_api/cancel /gradio_api/reset /gradio_api/upload /gradio_api/upload_progress "
    "/gradio_api/component_server".split()
)
_BELOW = ("/assets/", "/static/", "/gradio_api/heartbeat/", "/gradio_api/file=")
_ADDRESS = re.compile(r"^/gradio_api/file=\s*[a-z][a-z0-9+.-]+:", re.I)
_FOREVER = (b"cache-control", b"public, max-age=31536000, immutable")  # names have hashes in them
_UPLOAD = "/gradio_api/upload"
_MOST_BYTES = 16_000_000  # of a request that is not an upload; see app.uploads for those
_BODY_SECONDS = 30.0  # for any body to arrive; a larger one has longer:
_BODY_RATE = 50_000  # bytes a second


def policy(scripts: Iterable[str] = ()) -> str:
    """Build the Content-Security-Policy; ``scripts`` are the hashes of allowed inline scripts."""
    return _POLICY.format(scripts=" ".join(sorted(set(scripts))))


def inline_scripts(html: bytes) -> set[str]:
    """Hash the inline scripts of a page as a Content-Security-Policy names them."""
    return {
        f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode('ascii')}'"
        for attributes, text in _SCRIPT.findall(html)
        if not re.search(rb"\bsrc\s*=", attributes, re.I)
    }


class Guard:
    """ASGI application in front of another; see the module."""

    def __init__(
        self,
        app: Application,
        *,
        hosts: Iterable[str] | None = None,
        head: str = "",
        login: bytes = b"",
    ) -> None:
        """Guard ``app``.

        Args:
            app: the application that answers the requests let through.
            hosts: ``host:port`` values under which the page may be requested; None: any.
            head: HTML with scripts that the page adds to its own head.
            login: the page shown to users who must log in first; empty: Gradio's own.
        """
        self._app = app
        self._hosts = None if hosts is None else {host.lower() for host in hosts}
        self._login = login
        self._scripts = inline_scripts(head.encode())
        self.visited = threading.Event()  # once a page has been loaded and asks for its content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif refusal := self._refusal(scope):
            await refuse(_secured(send), *refusal)
        elif scope["path"] in _PAGES:
            plain = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
            await self._app({**scope, "headers": plain}, receive, self._page(send))
        else:
            if scope["path"] == "/gradio_api/queue/data":
                self.visited.set()
            kept = [_FOREVER] if scope["path"].startswith("/assets/") else []
            await self._app(scope, _timely(receive, scope), with_headers(_secured(send), kept))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and reason for refusing a request; None: it is let through."""
        headers = headers_of(scope)
        opened = scope["method"] == "GET" and scope["path"] in _PAGES
        refused = foreign(headers, hosts=self._hosts, opened=opened)
        if refused:
            return refused
        path = scope["path"]
        known = path in _EXACT or path.rstrip("/") in _EXACT or path.startswith(_BELOW)
        if not known or _ADDRESS.match(path):
            return 404, "Not found."
        if path.rstrip("/") != _UPLOAD:
            # Gradio reads a whole body before it checks the login.
            size = headers.get(b"content-length", "0")
            if b"transfer-encoding" in headers:
                return 411, "The length of the request is missing."
            if not size.isdigit() or int(size) > _MOST_BYTES:
                return 413, "The request is too large."
        return None

    def _page(self, send: Send) -> Send:
        """Return a ``send`` that buffers a page until its scripts are known, and allows those."""
        start: Message = {}
        body = bytearray()

        async def paged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                shown = self._login if self._login and LOGIN_REQUIRED.search(body) else bytes(body)
                send_secured = _secured(send, self._scripts | inline_scripts(shown))
                await send_secured(_sized(start, len(shown)))
                await send_secured({"type": "http.response.body", "body": shown})

        return paged


def _timely(receive: Receive, scope: Scope) -> Receive:
    """Return a ``receive`` that ends a request whose body does not arrive in time."""
    size = headers_of(scope).get(b"content-length", "0")
    seconds = _BODY_SECONDS + (int(size) / _BODY_RATE if size.isdigit() else 0)
    end = asyncio.get_running_loop().time() + seconds
    arrived = False

    async def timely() -> Message:
        nonlocal arrived
        try:
            async with asyncio.timeout_at(None if arrived else end):
                message = await receive()
        except TimeoutError:
            from starlette.formparsers import MultiPartException

            # The error of Gradio's own parsers: a refusal with 400, and nothing is kept.
            raise MultiPartException("The request did not arrive in time.") from None
        arrived = not message.get("more_body")
        return message

    return timely


def _secured(send: Send, scripts: Iterable[str] = ()) -> Send:
    """Return a ``send`` that adds the security headers to a response."""
    policy_header = (b"content-security-policy", policy(scripts).encode())
    return with_headers(send, [*SECURITY_HEADERS, policy_header])


def _sized(start: Message, size: int) -> Message:
    """Return the start of a response with its Content-Length set to ``size``."""
    headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    return {**start, "headers": [*headers, (b"content-length", str(size).encode())]}


async def refuse(send: Send, status: int, reason: str) -> None:
    """Respond with a status and a line that gives the reason."""
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reason.encode()})
