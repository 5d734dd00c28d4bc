"""Web pages from a real server on 127.0.0.1: what is read, and what is said of the rest."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from loopback_site import CAFE, HTML, Site, get, page, serving

from rag.ingest.sources import fetch
from rag.types import Failure, Page


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    yield from serving()


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    Site.asked.clear()


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
    assert f"sent {sent}, which is not an article as text; expected HTML" in found.reason


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
        ("twice", "sent the encoding gzip, gzip, which was not requested"),
        ("brotli", "sent the encoding br, which was not requested"),
        ("not_zipped", "did not send a usable page"),
        ("cut", "did not send a usable page"),
        ("garbage", "did not send a usable page"),
        ("nowhere", "redirects (301) without an address"),
        ("evil", "sent image/?[31mpng"),
        ("to?ftp://127.0.0.1/a", "redirects to an address that is not followed: ftp://127.0.0.1/a"),
        ("to?gopher://127.0.0.1:70/_x", "is not followed: gopher://127.0.0.1:70/_x has the scheme"),
        ("to?data:text/html,x", "has the scheme 'data'; only http and https"),
        ("to?file:///etc/passwd", "has the scheme 'file'; only http and https"),
        ("to?//user:secret@127.0.0.1/a", "***@127.0.0.1/a contains a user name or password"),
        ("to?http://[bad/", "is not a web address (its host or port is invalid)"),
        ("to?http://127.0.0.1:99999/", "is not a web address (its host or port is invalid)"),
        ("to?http://127.0.0.1:port/", "redirects to something that is not a web address"),
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
