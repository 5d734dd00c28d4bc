"""What stands before the page: who may ask for what, and headers that keep the browser at home.

A request must name this server as its host and must not come from another origin
(:mod:`rag.server.network.origin`), and must ask for one of the few paths that the page needs: what else
Gradio offers (a proxy, a fetcher of foreign files, monitoring, editors) is not there.

Every answer carries a Content-Security-Policy under which the browser asks nobody but this server,
and runs no script but Gradio's own files and those that stood in the page when it left here.
"""

import base64
import hashlib
import re
from collections.abc import Iterable

from app.login import WANTED
from rag.server.network import SEAL, Application, Message, Receive, Scope, Send, foreign, sealed

_SCRIPT = re.compile(rb"<script\b([^>]*)>(.*?)</script\s*>", re.S | re.I)
_PAGES = frozenset({"/"})
_EXACT = frozenset(
    "/ /config /login /logout /theme.css /manifest.json /favicon.ico /robots.txt "
    "/gradio_api/theme.css /gradio_api/login_check /gradio_api/queue/join /gradio_api/queue/data "
    "/gradio_api/cancel /gradio_api/reset /gradio_api/upload /gradio_api/upload_progress "
    "/gradio_api/component_server".split()
)
_BELOW = ("/assets/", "/static/", "/gradio_api/heartbeat/", "/gradio_api/file=")
_ADDRESS = re.compile(r"^/gradio_api/file=\s*[a-z][a-z0-9+.-]+:", re.I)
_UPLOAD = "/gradio_api/upload"
_MOST_BYTES = 16_000_000  # of a request that is no upload; see app.uploads for those


def policy(scripts: Iterable[str] = ()) -> str:
    """The Content-Security-Policy; ``scripts`` are the hashes of the inline scripts that may run."""
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self' 'unsafe-eval'", *sorted(set(scripts))]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def inline_scripts(html: bytes) -> set[str]:
    """The hashes of the scripts that stand in a page, as a Content-Security-Policy names them."""
    return {
        f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode('ascii')}'"
        for attributes, text in _SCRIPT.findall(html)
        if not re.search(rb"\bsrc\s*=", attributes, re.I)
    }


class Guard:
    """An ASGI application in front of another; see the module."""

    def __init__(
        self,
        app: Application,
        *,
        hosts: Iterable[str] | None = None,
        head: str = "",
        login: bytes = b"",
    ) -> None:
        """Stand before ``app``.

        Args:
            app: what answers the requests that are let through.
            hosts: ``host:port`` under which the page may be asked for; None: any.
            head: HTML with scripts that the page adds to its own head.
            login: the page for who has to log in first; empty: Gradio's own.
        """
        self._app = app
        self._hosts = None if hosts is None else {host.lower() for host in hosts}
        self._login = login
        self._public: set[str] = set()
        self._scripts = inline_scripts(head.encode())

    def admit(self, host: str) -> None:
        """Let requests in that come to or from this host too: the public name of a share link."""
        self._public.add(host.lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif refusal := self._refusal(scope):
            await refuse(self._sealed(send), *refusal)
        elif scope["path"] in _PAGES:
            plain = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
            await self._app({**scope, "headers": plain}, receive, self._page(send))
        else:
            await self._app(scope, receive, self._sealed(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """The status and reason with which a request is turned away; None: it is let through."""
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        opened = scope["method"] == "GET" and scope["path"] in _PAGES
        refused = foreign(headers, hosts=self._hosts, public=self._public, opened=opened)
        if refused:
            return refused
        path = scope["path"]
        known = path in _EXACT or path.rstrip("/") in _EXACT or path.startswith(_BELOW)
        if not known or _ADDRESS.match(path):
            return 404, "Not found."
        if path.rstrip("/") != _UPLOAD:
            # Gradio reads a whole body before it asks who sent it.
            size = headers.get(b"content-length", "0")
            if b"transfer-encoding" in headers:
                return 411, "The length of the request is missing."
            if not size.isdigit() or int(size) > _MOST_BYTES:
                return 413, "The request is too large."
        return None

    def _sealed(self, send: Send, scripts: Iterable[str] = ()) -> Send:
        """A ``send`` that puts the headers of security on an answer."""
        return sealed(send, [*SEAL, (b"content-security-policy", policy(scripts).encode())])

    def _page(self, send: Send) -> Send:
        """A ``send`` that holds a page back until its scripts are known, and lets those run."""
        start: Message = {}
        body = bytearray()

        async def paged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                shown = self._login if self._login and WANTED.search(body) else bytes(body)
                send_sealed = self._sealed(send, self._scripts | inline_scripts(shown))
                await send_sealed(_sized(start, len(shown)))
                await send_sealed({"type": "http.response.body", "body": shown})

        return paged


def _sized(start: Message, size: int) -> Message:
    """The start of an answer with so many bytes."""
    headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    return {**start, "headers": [*headers, (b"content-length", str(size).encode())]}


async def refuse(send: Send, status: int, reason: str) -> None:
    """Answer with a status and a line that says why."""
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reason.encode()})
