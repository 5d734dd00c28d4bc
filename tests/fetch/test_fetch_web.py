"""Web pages from a real server on 127.0.0.1; only names are made up, by a resolver of the test."""

import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from rag.errors import FetchError
from rag.fetch import fetch
from rag.fetch.web import Landing, Limits, read, without_secrets
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


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    yield from serving()


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    Site.asked.clear()


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


def test_a_page(port: int) -> None:
    found = page(port, "page?b=2&a=1#part")
    assert found.url == f"http://127.0.0.1:{port}/page?b=2&a=1"
    assert found.body == HTML
    assert found.content_type == "text/html"
    assert abs(datetime.now(UTC) - found.fetched) < timedelta(minutes=1)
    ((path, headers),) = Site.asked
    assert path == "/page?b=2&a=1"
    assert headers["Host"] == f"127.0.0.1:{port}"
    assert headers["User-Agent"].startswith("newsrag/")
    assert headers["Accept-Encoding"] == "gzip"


def test_schemes_in_capitals_and_surrounding_space(port: int) -> None:
    (found,) = fetch([f"  HTTP://127.0.0.1:{port}/page \n"], allow_private=True)
    assert isinstance(found, Page)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "answered 404 Not Found; check the address"),
        (410, "answered 410 Gone; check the address"),
        (403, "answered 403 Forbidden; it does not give the page to programs; save it in a"),
        (429, "answered 429 Too Many Requests; try later"),
        (500, "answered 500 Internal Server Error; try later"),
        (503, "answered 503 Service Unavailable; try later"),
        (299, "answered 299; save the page"),
        (204, "answered 204 No Content"),
        (599, "answered 599; try later"),
    ],
)
def test_statuses(port: int, status: int, said: str) -> None:
    found = get(port, f"status/{status}")
    assert isinstance(found, Failure)
    assert found.reason.startswith(f"http://127.0.0.1:{port}/status/{status} {said}")
    assert "Hostile" not in found.reason


@pytest.mark.parametrize(
    ("sent", "content_type"),
    [
        ("text/html", "text/html"),
        ("TEXT/HTML; charset=utf-8", "text/html"),
        ("application/xhtml+xml", "text/html"),
        ("text/markdown", "text/markdown"),
        ("text/plain", "text/html"),
        ("application/octet-stream", "text/html"),
        ("-", "text/html"),
    ],
)
def test_content_types(port: int, sent: str, content_type: str) -> None:
    assert page(port, f"type/{sent}".replace(" ", "")).content_type == content_type


@pytest.mark.parametrize(
    "sent", ["image/png", "application/pdf", "video/mp4", "application/rss+xml"]
)
def test_what_is_not_text_is_not_read(port: int, sent: str) -> None:
    found = get(port, f"type/{sent}")
    assert isinstance(found, Failure)
    assert f"sent {sent}, which is not an article as text; wanted HTML" in found.reason


@pytest.mark.parametrize(
    ("path", "fragments"),
    [
        ("news.jsonl", ["1", None]),
        ("news.csv", ["1", "2"]),
        ("api", ["x"]),
        ("news.jsonl.gz", ["1"]),
    ],
)
def test_records_on_the_web(port: int, path: str, fragments: list[str | None]) -> None:
    found = list(fetch([f"http://127.0.0.1:{port}/{path}"], allow_private=True))
    assert len(found) == len(fragments)
    for item, fragment in zip(found, fragments, strict=True):
        assert isinstance(item, Page), item
        base, _, name = item.url.partition("#")
        assert base == f"http://127.0.0.1:{port}/{path}"
        assert name == fragment if fragment else len(name) == 16
        assert json.loads(item.body)["text"] in ("a", "b")


def test_the_server_s_charset_is_made_utf_8(port: int) -> None:
    assert page(port, "latin").body.decode("utf-8") == CAFE
    assert page(port, "wrong_charset").body.decode("utf-8") == CAFE
    assert b'charset="windows-1252"' in page(port, "declared").body
    assert "Café".encode("cp1252") in page(port, "declared").body


def test_gzip_is_unpacked(port: int) -> None:
    assert page(port, "zipped").body == HTML


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("empty", "sent an empty page"),
        ("blank", "sent an empty page"),
        ("long", "is 0.2 MB, the limit for one page is 0.1 MB; save it"),
        ("endless", "or more, the limit for one page is"),
        ("bomb", "or more, the limit for one page is 0.1 MB"),
        ("twice", "sent the encoding gzip, gzip, which was not asked for"),
        ("brotli", "sent the encoding br, which was not asked for"),
        ("not_zipped", "did not send a usable page"),
        ("cut", "did not send a usable page"),
        ("garbage", "did not send a usable page"),
        ("nowhere", "redirects (301) without saying where to"),
        ("evil", "sent image/?[31mpng"),
        ("to?ftp://127.0.0.1/a", "redirects to an address that is not followed: ftp://127.0.0.1/a"),
        ("to?file:///etc/passwd", "has the scheme 'file'; only http and https"),
        ("to?//user:secret@127.0.0.1/a", "***@127.0.0.1/a holds a user name or password"),
        ("to?http://[bad/", "is not a web address (its host or port is impossible)"),
        ("to?http://127.0.0.1:99999/", "is not a web address (its host or port is impossible)"),
        ("to?http://127.0.0.1:port/", "Invalid URL in location header"),
        ("to?/status/404", "redirects, and http://127.0.0.1:"),
    ],
)
def test_pages_that_cannot_be_used(port: int, path: str, said: str) -> None:
    found = get(port, path)
    assert isinstance(found, Failure), found
    assert said in found.reason
    assert found.reason.startswith(f"http://127.0.0.1:{port}/")
    assert found.reason.count("secret") == path.count("secret")  # in the path that was given


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(port: int, status: int) -> None:
    assert page(port, f"move/{status}").url == f"http://127.0.0.1:{port}/page"


def test_redirects_are_counted(port: int) -> None:
    assert isinstance(get(port, "hops/4", max_redirects=5), Page)
    found = get(port, "hops/5", max_redirects=5)
    assert isinstance(found, Failure)
    assert "redirects more than 5 times, at last to" in found.reason
    assert isinstance(get(port, "page", max_redirects=0), Page)
    assert isinstance(get(port, "hops/0", max_redirects=0), Failure)


def test_a_circle_of_redirects_is_named(port: int) -> None:
    found = get(port, "ring_a")
    assert isinstance(found, Failure)
    base = f"http://127.0.0.1:{port}"
    way = f"({base}/ring_a -> {base}/ring_b -> {base}/ring_a)"
    assert f"redirects in a circle {way}" in found.reason


def test_no_cookies_are_carried(port: int) -> None:
    page(port, "cookie")
    assert "Cookie" not in Site.asked[-1][1]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("silent", "fell silent for 0.3 s"),
        ("drip_body", "took too long: not whole after 0.9 s"),
        ("drip_head", "took too long: not whole after 0.9 s"),
    ],
)
def test_slow_servers_are_given_up(port: int, path: str, said: str) -> None:
    begun = time.monotonic()
    found = get(port, path, timeout=0.3)
    assert isinstance(found, Failure)
    assert said in found.reason
    assert time.monotonic() - begun < 1.5


def test_a_closed_port() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = get(free.getsockname()[1], "page")
    assert isinstance(found, Failure)
    assert "cannot be reached: connection refused; check the address" in found.reason


def test_private_addresses_are_refused_by_default(port: int) -> None:
    found = get(port, "page", allow_private=False)
    assert isinstance(found, Failure)
    assert found.reason == (
        f"http://127.0.0.1:{port}/page resolves to 127.0.0.1, a loopback address; pass "
        "--allow-private to fetch from your own network"
    )
    assert not Site.asked


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_other_ways_to_write_this_machine(port: int, host: str) -> None:
    (found,) = fetch([f"http://{host}:{port}/page"])
    assert isinstance(found, Failure)
    assert not Site.asked


def test_the_checked_address_is_the_one_that_is_asked(port: int) -> None:
    """The name exists for the test's resolver alone, so nothing else can have looked it up."""
    url = f"http://news.invalid:{port}/page"
    landing = read(url, named({"news.invalid": ["127.0.0.1"]}))
    assert landing == Landing(url, HTML, "html", landing.fetched)
    assert Site.asked[0][1]["Host"] == f"news.invalid:{port}"


def test_a_name_is_looked_up_once_a_page(port: int) -> None:
    answers = [["127.0.0.1"], ["192.0.2.1"]]
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return answers[len(asked) - 1]

    url = f"http://news.invalid:{port}/page"
    assert read(url, Limits(allow_private=True, resolve=resolve)).body == HTML
    assert asked == [("news.invalid", port)]


def test_one_private_address_among_public_ones_refuses_the_name(port: int) -> None:
    limits = named({"news.invalid": ["198.41.0.4", "127.0.0.1"]}, private=0)
    with pytest.raises(FetchError, match=r"resolves to 127\.0\.0\.1, a loopback address"):
        read(f"http://news.invalid:{port}/page", limits)
    assert not Site.asked


def test_each_redirect_is_checked_again(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 plays a public address here, 127.0.0.2 one of the reader's own network."""
    monkeypatch.setattr(
        "rag.fetch.addresses.refusal",
        lambda address: "" if address == "127.0.0.1" else "a private",
    )
    limits = named({"news.invalid": ["127.0.0.1"], "router.invalid": ["127.0.0.2"]}, private=0)
    start = f"http://news.invalid:{port}/to?http://news.invalid:{port}/page"
    assert read(start, limits).url == f"http://news.invalid:{port}/page"
    Site.asked.clear()
    with pytest.raises(
        FetchError, match=r"router.invalid:\d+/page resolves to 127\.0\.0\.2, a pri"
    ):
        read(f"http://news.invalid:{port}/to?http://router.invalid:{port}/page", limits)
    assert len(Site.asked) == 1


def test_the_next_address_is_tried_where_one_cannot_be_reached(port: int) -> None:
    limits = named({"news.invalid": ["127.0.0.3", "127.0.0.1"]})
    with socket.socket() as taken:  # bound, not listening: 127.0.0.3 refuses this port
        taken.bind(("127.0.0.3", 0))
        closed = taken.getsockname()[1]
        with pytest.raises(FetchError, match="connection refused"):
            read(f"http://news.invalid:{closed}/page", limits)
    assert read(f"http://news.invalid:{port}/page", limits).body == HTML


def test_names_that_do_not_exist() -> None:
    with pytest.raises(FetchError, match=r"there is no address for gone\.invalid \(Name or serv"):
        read("http://gone.invalid/page", named({}))
    with pytest.raises(FetchError, match=r"there is no address for gone\.invalid"):
        read("http://gone.invalid/page", named({"gone.invalid": []}))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://", "names no host"),
        ("https:///path", "names no host"),
        ("http://[bad/", "is not a web address"),
        ("http://a.invalid:port/", "is not a web address"),
        ("http://a\x00b.invalid/", "is not a web address"),
        ("http://user:secret@a.invalid/", "http://***@a.invalid/ holds a user name or password"),
        ("http://user@a.invalid/", "holds a user name or password"),
        (f"http://{'x' * 70}.invalid/", "cannot be a host's name"),
        ("http://a..invalid/", "cannot be"),
    ],
)
def test_addresses_that_are_not_asked(url: str, said: str) -> None:
    (found,) = fetch([url], timeout=2.0)
    assert isinstance(found, Failure)
    assert said in found.reason
    assert "secret" not in found.reason + found.source


def test_passwords_are_starred_out() -> None:
    assert without_secrets("https://u:p@h.org/a@b") == "https://***@h.org/a@b"
    assert without_secrets("https://h.org/a@b") == "https://h.org/a@b"
    assert without_secrets("nothing") == "nothing"


def test_proxies_of_the_environment_are_not_used(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert page(port, "page").body == HTML


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for news.invalid, with its key, made for this run."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs the openssl command to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-days", "2", "-subj", "/CN=news.invalid"),
            *("-addext", "subjectAltName=DNS:news.invalid"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"openssl cannot make a certificate: {made.stderr.decode()[-200:]}")
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def secure_port(certificate: Path) -> Iterator[int]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, certificate.with_name("key.pem"))
    yield from serving(tls)


def test_certificates_are_checked_for_the_name(
    secure_port: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = named({"news.invalid": ["127.0.0.1"], "other.invalid": ["127.0.0.1"]})
    url = f"https://news.invalid:{secure_port}/page"
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(FetchError, match=r"its certificate is not trusted \(self[- ]signed"):
        read(url, limits)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert read(url, limits).body == HTML
    with pytest.raises(FetchError, match=r"certificate is not trusted \(Hostname mismatch"):
        read(f"https://other.invalid:{secure_port}/page", limits)


def test_tls_with_a_server_that_speaks_none(port: int) -> None:
    with pytest.raises(FetchError, match="cannot be reached safely: TLS failed"):
        read(f"https://127.0.0.1:{port}/page", Limits(timeout=2.0, allow_private=True))


def test_a_certificate_file_that_is_missing(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    with pytest.raises(FetchError, match="SSL_CERT_FILE"):
        read(f"https://127.0.0.1:{port}/page", Limits(timeout=2.0, allow_private=True))
