"""Who is let in: names, origins, tokens, sizes; and what everybody may see."""

import http.client
import re
import shutil
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from asking import client
from scripted_model import WHO

import rag
from rag.errors import ConfigError
from rag.server.accounts import Tokens
from rag.server.api import Served

if TYPE_CHECKING:
    from served import Serve

pytest_plugins = ("served",)


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    Tokens(tmp_path / "tokens.txt").add("ida")
    return tmp_path / "tokens.txt"


# Where it listens


def test_what_would_be_open_to_others_is_refused(served: "Serve") -> None:
    with pytest.raises(ConfigError, match=r"at 0\.0\.0\.0 others on the network"):
        served(host="0.0.0.0")


def test_beyond_loopback_risks_are_named_and_any_name_is_served(
    served: "Serve", tokens: Path
) -> None:
    lines: list[str] = []
    tokens.chmod(0o644)
    one = served(host="0.0.0.0", tokens=tokens, notify=lines.append)
    assert "chmod 600" in lines[0]
    assert "unencrypted" in lines[1]
    assert lines[2].startswith(f"The API is at {one.url},")
    with client(one) as ask:
        assert ask.get("/health", headers={"host": "news.example"}).status_code == 200
        assert ask.get("/articles", headers={"host": "news.example"}).status_code == 401


# Names and origins


def test_foreign_names_and_pages_are_refused(ask: httpx.Client) -> None:
    assert ask.get("/health", headers={"host": "evil.example"}).status_code == 421
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        reply = ask.post("/ask", json={"question": WHO}, headers=headers)
        assert reply.status_code == 403
        assert reply.json()["error"]["type"] == "permission_error"
    assert ask.get("/health", headers={"sec-fetch-site": "cross-site"}).status_code == 200
    assert "access-control-allow-origin" not in ask.get("/health").headers


@pytest.mark.parametrize("path", ["/health", "/docs", "/nowhere", "/articles"])
def test_every_response_has_the_security_headers(ask: httpx.Client, path: str) -> None:
    headers = ask.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


# Tokens


def test_only_holders_of_a_token_are_admitted(served: "Serve", tokens: Path) -> None:
    token = Tokens(tokens).add("jon")
    one = served(tokens=tokens)
    with client(one) as ask:
        for sent in ("", "Bearer", "Bearer wrong", "Basic aWRhOng=", f"Bearer {token}x"):
            for path in ("/articles", "/v1/models", "/nowhere"):
                reply = ask.get(path, headers={"authorization": sent} if sent else {})
                assert reply.status_code == 401, (sent, path)
                assert reply.headers["www-authenticate"] == "Bearer"
                assert token not in reply.text
        for path in ("/health", "/health/live", "/docs", "/docs/start.js", "/openapi.json"):
            assert ask.get(path).status_code in {200, 503}
        assert ask.get("/openapi.json").json()["security"] == [{"token": []}]
    with client(one, token) as ask:
        assert ask.get("/articles").status_code == 200
        Tokens(tokens).remove("jon")
        assert ask.get("/articles").status_code == 401  # at once
        again = Tokens(tokens).add("jon")
        assert ask.get("/articles").status_code == 401
    with client(one, again) as ask:
        assert ask.get("/articles").status_code == 200
        tokens.write_text("damaged")
        assert ask.get("/articles").status_code == 401


# HEAD


@pytest.mark.parametrize(
    "path", ["/health", "/health/live", "/articles", "/v1/models", "/docs", "/metrics", "/nowhere"]
)
def test_head_is_get_without_its_body(ask: httpx.Client, path: str) -> None:
    whole, head = ask.get(path), ask.head(path)
    assert head.status_code == whole.status_code
    assert head.content == b""
    assert head.headers["content-type"] == whole.headers["content-type"]
    assert int(head.headers["content-length"]) > 0
    assert ask.get(path).status_code == whole.status_code  # on the same connection


def test_head_works_where_get_does_and_is_counted_as_itself(ask: httpx.Client) -> None:
    assert ask.head("/ask").status_code == 405
    assert ask.head("/ask").headers["allow"] == "POST"
    assert ask.put("/articles").headers["allow"] == "GET, HEAD, POST"
    ask.head("/articles/0123456789abcdef")
    metrics = ask.get("/metrics").text
    assert (
        'newsrag_requests_total{method="HEAD",route="/articles/{article_id}",status="404"}'
        in metrics
    )


# Sizes


def test_large_bodies_are_refused_before_they_are_read(served: "Serve") -> None:
    one = served(None, "serve.max_megabytes=1")
    url = httpx.URL(one.url)
    with closing(http.client.HTTPConnection(url.host, url.port, timeout=10)) as raw:
        raw.putrequest("POST", "/ask")
        raw.putheader("content-length", "1000001")
        raw.endheaders()
        assert raw.getresponse().status == 413


def test_bodies_in_chunks_are_counted(served: "Serve") -> None:
    one = served(None, "serve.max_megabytes=1")
    with client(one) as ask:
        parts = iter([b'{"question": "', WHO.encode(), b'"}'])
        small = ask.post("/ask", content=parts, headers={"content-type": "application/json"})
        assert small.status_code == 200
    url = httpx.URL(one.url)
    with closing(http.client.HTTPConnection(url.host, url.port, timeout=10)) as raw:
        raw.putrequest("POST", "/ask")
        raw.putheader("transfer-encoding", "chunked")
        raw.endheaders()
        chunk = b"x" * 100_000
        for _ in range(11):
            raw.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        assert raw.getresponse().status == 413  # although its end never came


def test_a_body_that_never_arrives_is_refused(
    served: "Serve", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.server.api.middleware._BODY_SECONDS", 0.2)
    url = httpx.URL(served().url)
    with closing(http.client.HTTPConnection(url.host, url.port, timeout=10)) as raw:
        raw.putrequest("POST", "/ask")
        raw.putheader("content-length", "10")
        raw.endheaders(b"{")
        assert raw.getresponse().status == 408


# What everybody may see


def test_the_description_loads_nothing_from_elsewhere(ask: httpx.Client) -> None:
    page = ask.get("/docs").text
    assert "//" not in page.replace("<!doctype html>", "")
    wanted = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [one for one in wanted if one.startswith("/")] == [
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
        "/docs/start.js",
    ]
    for path in wanted[1:]:
        assert ask.get(path).status_code == 200
    assert "://" not in ask.get("/docs/start.js").text
    policy = ask.get("/docs").headers["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    for path in ("/docs/../pyproject.toml", "/docs/..%2f..%2fetc%2fpasswd", "/docs/redoc.js"):
        assert ask.get(path).status_code == 404


@pytest.mark.slow
def test_the_description_works_in_a_browser_and_contacts_nobody_else(api: Served) -> None:

    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        pytest.skip("needs a browser on the path")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{api.url}/docs")
        page.get_by_text("/v1/chat/completions").first.wait_for()
        page.get_by_text("/v1/models").first.click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        page.get_by_text('"owned_by"').first.wait_for()
        browser.close()
    assert [url for url in asked if not url.startswith((f"{api.url}/", "data:", "blob:"))] == []


def test_the_document_describes_every_operation(ask: httpx.Client) -> None:
    document = ask.get("/openapi.json").json()
    assert {
        *("/v1/chat/completions", "/v1/models", "/search", "/ask", "/summarize", "/articles"),
        *("/articles/{article_id}", "/health", "/health/ready", "/health/live", "/metrics"),
    } <= set(document["paths"])
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert {"400", "401", "413", "500"} <= set(operation["responses"])
            assert "422" not in operation["responses"]


def test_metrics_count_by_route_and_never_by_address(ask: httpx.Client) -> None:
    ask.post("/ask", json={"question": WHO})
    ask.get("/articles/0123456789abcdef")
    ask.get("/secret/address")
    text = ask.get("/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=")
    assert 'newsrag_requests_total{method="POST",route="/ask",status="200"}' in text.text
    assert 'route="/articles/{article_id}",status="404"' in text.text
    assert "secret" not in text.text
    assert "0123456789abcdef" not in text.text
    assert re.search(r'^newsrag_tokens_total\{kind="written"\} [1-9]', text.text, re.M)
    assert re.search(r"^newsrag_model_waiting 0", text.text, re.M)


def test_health_says_when_the_models_are_ready(ask: httpx.Client) -> None:
    found = ask.get("/health").json()
    assert found["articles"] == 21
    assert found["index"] == "samples"
    assert found["model"] == "scripted"
    assert found["ready"] is True
    assert ask.get("/health/ready").status_code == 200


def test_an_index_that_answers_late_does_not_stop_the_server(
    api: "Served", ask: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting, free = threading.Event(), threading.Event()
    count = rag.News.count

    def late(news: rag.News) -> int:
        counting.set()
        assert free.wait(10)
        return count(news)

    monkeypatch.setattr(rag.News, "count", late)
    with client(api) as other, ThreadPoolExecutor() as threads:
        health = threads.submit(other.get, "/health")
        assert counting.wait(10)
        assert ask.get("/health/live").status_code == 200
        free.set()
        assert health.result(10).json()["articles"] == 21


def test_no_other_server_is_contacted(served: "Serve", monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        connected.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    with client(served()) as ask:
        ask.post("/ask", json={"question": WHO})
    assert {address[0] for address in connected} == {"127.0.0.1"}
