"""A real site on 127.0.0.1 for the tests of web pages, and how they ask it."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from rag.ingest.sources import fetch
from rag.ingest.sources.web import Limits
from rag.types import Failure, Page

HTML = b"<!doctype html><title>Tide</title><p>The tide rose at dawn.</p>"
CAFE = "<!doctype html><title>Café</title><p>“Très bien” – 5 €</p>"


class Site(BaseHTTPRequestHandler):
    """Pages by path; what was asked for is kept in ``asked``."""

    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        type(self).asked.append((self.path, dict(self.headers.items())))
        path = self.path.partition("?")[0]
        if path.startswith("/status/"):
            self.give(HTML, status=int(path.rpartition("/")[2]))
        elif path.startswith("/type/"):
            self.give(HTML, content_type=path.removeprefix("/type/").strip("-"))
        elif path.startswith("/hops/"):
            left = int(path.rpartition("/")[2])
            self.move(f"/hops/{left - 1}" if left else "/page", 302)
        elif path.startswith("/move/"):
            self.move("/page", int(path.rpartition("/")[2]))
        elif path == "/to":
            self.move(self.path.partition("?")[2], 302)
        else:
            getattr(self, f"page_{path.strip('/').replace('.', '_')}", self.page_page)()

    def page_page(self) -> None:
        self.give(HTML)

    def page_nowhere(self) -> None:
        self.move("", 301)

    def page_ring_a(self) -> None:
        self.move("/ring_b", 302)

    def page_ring_b(self) -> None:
        self.move("/ring_a#top", 302)

    def page_empty(self) -> None:
        self.give(b"")

    def page_blank(self) -> None:
        self.give(b" \n ")

    def page_latin(self) -> None:
        self.give(CAFE.encode("cp1252"), "text/html; charset=ISO-8859-1")

    def page_declared(self) -> None:
        body = CAFE.replace("<title>", '<meta charset="windows-1252"><title>').encode("cp1252")
        self.give(body, "text/html; charset=windows-1252")

    def page_wrong_charset(self) -> None:
        self.give(CAFE.encode("utf-8"), "text/html; charset=iso-8859-1")

    def page_news_jsonl(self) -> None:
        self.give(b'{"id": 1, "text": "a"}\n{"text": "b"}\n', "application/octet-stream")

    def page_news_csv(self) -> None:
        self.give(b"id,text\n1,a\n2,b\n", "text/csv; charset=utf-8")

    def page_api(self) -> None:
        self.give(b'{"articles": [{"id": "x", "text": "a"}]}', "application/json")

    def page_news_jsonl_gz(self) -> None:
        self.give(gzip.compress(b'{"id": 1, "text": "a"}\n'), "application/gzip")

    def page_zipped(self) -> None:
        self.give(gzip.compress(HTML), headers={"Content-Encoding": "gzip"})

    def page_bomb(self) -> None:
        self.give(gzip.compress(b" " * 30_000_000), headers={"Content-Encoding": "gzip"})

    def page_twice(self) -> None:
        self.give(gzip.compress(HTML), headers={"Content-Encoding": "gzip, gzip"})

    def page_brotli(self) -> None:
        self.give(HTML, headers={"Content-Encoding": "br"})

    def page_not_zipped(self) -> None:
        self.give(HTML, headers={"Content-Encoding": "gzip"})

    def page_long(self) -> None:
        self.give(b"x" * 200_000)

    def page_endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.close_connection = True
        for _ in range(1000):
            self.wfile.write(b"x" * 10_000)

    def page_cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.wfile.write(HTML)
        self.close_connection = True

    def page_silent(self) -> None:
        time.sleep(1.0)
        self.close_connection = True

    def page_drip_body(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.drip(b"x" * 40)

    def page_drip_head(self) -> None:
        self.drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")

    def page_garbage(self) -> None:
        self.wfile.write(b"\x00\x01 this is not HTTP\r\n\r\n")
        self.close_connection = True

    def page_evil(self) -> None:
        self.give(HTML, content_type="image/\x1b[31mpng")

    def page_cookie(self) -> None:
        self.send_response(302)
        self.send_header("Set-Cookie", "track=1; Path=/")
        self.send_header("Location", "/page")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def drip(self, data: bytes) -> None:
        for place in range(len(data)):
            self.wfile.write(data[place : place + 1])
            time.sleep(0.05)
        self.close_connection = True

    def give(
        self,
        body: bytes,
        content_type: str = "text/html; charset=utf-8",
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status, "Hostile\x1b[31m phrase")
        if content_type:
            self.send_header("Content-Type", content_type)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def move(self, location: str, status: int) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are what these tests are about."""


def serving(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    with Quiet(("127.0.0.1", 0), Site) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def get(
    port: int,
    path: str,
    *,
    timeout: float = 5.0,
    max_bytes: int = 100_000,
    max_redirects: int = 5,
    allow_private: bool = True,
) -> Page | Failure:
    (found,) = fetch(
        [f"http://127.0.0.1:{port}/{path}"],
        timeout=timeout,
        max_bytes=max_bytes,
        max_redirects=max_redirects,
        allow_private=allow_private,
    )
    if isinstance(found, Failure):
        assert found.reason.isprintable()
        assert "Traceback" not in found.reason
        assert found.source == f"http://127.0.0.1:{port}/{path}"
    return found


def page(port: int, path: str) -> Page:
    found = get(port, path)
    assert isinstance(found, Page), found
    return found


def named(addresses: dict[str, list[str]], **limits: int) -> Limits:
    """Limits with a resolver that knows these names and counts nothing else as known."""

    def resolve(host: str, port: int) -> list[str]:
        del port
        if host not in addresses:
            raise socket.gaierror(-2, "Name or service not known")
        return addresses[host]

    return Limits(timeout=2.0, allow_private=bool(limits.get("private", 1)), resolve=resolve)
