"""The page's server, for real on 127.0.0.1: who is let in, what is refused, what leaves."""

import http.client
import json
import os
import re
import select
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import rag
from app.serve import Served, serve
from app.uploads import MOST_FILES
from rag.config import load
from rag.errors import ConfigError
from rag.llm.scripted import ScriptedGenerator
from rag.server.accounts import Users

if TYPE_CHECKING:
    import gradio as gr

PASSWORD = "correct horse"
HOSTILE = '<img src="x" onerror="window.ran = 1"><script>window.ran = 2</script>'
LIMIT = 1024**2  # bytes of a megabyte, as Gradio counts


def library(folder: Path) -> rag.News:
    settings = load(overrides=["fetch.max_megabytes=1", "embedder.engine=hash"])
    return rag.open(folder / "index", settings=settings, generator=ScriptedGenerator("No."))


def stub(_: rag.News) -> "gr.Blocks":
    """A small page: a box and a button, a file, and HTML that means harm."""
    import gradio as gr

    page = gr.Blocks(title="stub")
    with page:
        with warnings.catch_warnings(action="ignore"):  # of the script, which is the point
            gr.HTML(HOSTILE)
        said = gr.Textbox(label="said", elem_id="said")
        heard = gr.Textbox(label="heard", elem_id="heard")
        file = gr.File(label="file")
        gr.Button("Go", elem_id="go").click(str.upper, said, heard)
        file.change(lambda path: Path(path).read_text("utf-8") if path else "", file, heard)
        gr.Button("Here", elem_id="here").click(None, None, None, js="() => {window.here = 1}")
    return page


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The stub page, served on any free port."""
    os.environ |= {"GRADIO_ALLOWED_PATHS": "/etc", "GRADIO_SHARE": "True"}  # not to be obeyed
    news = library(tmp_path_factory.mktemp("page"))
    served = serve(news, port=0, build=stub, notify=lambda _: None)
    yield served
    served.close()


def visitor(page: Served) -> httpx.Client:
    """Plain HTTP without the proxies of the environment and without certificates."""
    return httpx.Client(base_url=page.url, trust_env=False, verify=False, timeout=20)


@pytest.fixture
def ask(page: Served) -> Iterator[httpx.Client]:
    with visitor(page) as client:
        yield client


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Serves the stub page as wanted, and closes it."""
    started: list[Served] = []

    def start(**wanted: Any) -> Served:
        wanted.setdefault("port", 0)
        wanted.setdefault("notify", lambda _: None)
        news = library(tmp_path)
        wanted.setdefault("build", stub)
        started.append(serve(news, **wanted))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("rag.server.hashes._N", 2)  # passwords are hashed at once
    Users(tmp_path / "users.txt").add("ida", PASSWORD)
    return tmp_path / "users.txt"


# What is refused before anything is served


def test_what_would_be_open_to_others_is_refused(served: Callable[..., Served]) -> None:
    with pytest.raises(ConfigError, match=r"at 0\.0\.0\.0 others on the network"):
        served(host="0.0.0.0")


# What is served


def test_the_page_has_a_content_security_policy(ask: httpx.Client) -> None:
    answer = ask.get("/")
    assert answer.status_code == 200
    assert "stub" in answer.text
    policy = dict(
        part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe-inline" not in policy["script-src"]
    assert "sha256-" in policy["script-src"]
    assert "http" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/theme.css", "/nowhere", "/gradio_api/file=/etc/passwd"])
def test_every_response_has_the_security_headers(ask: httpx.Client, path: str) -> None:
    headers = ask.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "server" not in headers


def test_only_files_whose_names_have_hashes_are_kept_by_browsers(
    page: Served, ask: httpx.Client
) -> None:
    script = re.search(r"/assets/[^\"']+\.js", ask.get("/").text)
    assert script is not None
    assert "immutable" in ask.get(script[0]).headers["cache-control"]
    assert "immutable" not in ask.get("/").headers.get("cache-control", "")
    with suppress(httpx.RemoteProtocolError):  # of an unknown session, which has no end
        ask.get("/gradio_api/queue/data", params={"session_hash": "x"})
    assert page.visited.is_set()


def test_foreign_names_and_pages_are_refused(ask: httpx.Client) -> None:
    assert ask.get("/", headers={"host": "evil.example"}).status_code == 421
    join = {"data": ["x"], "fn_index": 0, "session_hash": "x"}
    assert ask.post("/gradio_api/queue/join", json=join).status_code == 200
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        refused = ask.post("/gradio_api/queue/join", json=join, headers=headers)
        assert refused.status_code == 403
    followed = {"sec-fetch-site": "cross-site"}
    assert ask.get("/", headers=followed).status_code == 200
    assert ask.get("/logout", headers=followed).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/openapi.json",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/token",
        "/gradio_api/runs",
        "/gradio_api/run-history/buckets",
        "/gradio_api/proxy=https://x.hf.space/",
        "/gradio_api/file=https://example.org/x.txt",
        "/gradio_api/file=%68ttps://example.org/x.txt",
        "/gradio_api/file=/etc/hostname",
        "/gradio_api/vibe-code",
        "/gradio_api/dev/reload",
        "/monitoring",
        "/monitoring/summary",
        "/static/../../../../etc/passwd",
    ],
)
def test_other_addresses_of_gradio_are_not_found(ask: httpx.Client, path: str) -> None:
    assert ask.get(path).status_code in {403, 404}


def test_gradios_api_calls_are_not_found(ask: httpx.Client) -> None:
    for path in ("/gradio_api/call/upper", "/gradio_api/run/upper", "/gradio_api/api/upper"):
        assert ask.post(path, json={"data": ["x"]}).status_code == 404


def test_large_and_endless_requests_are_refused(page: Served, ask: httpx.Client) -> None:
    url = httpx.URL(page.url)
    with closing(http.client.HTTPConnection(url.host, url.port, timeout=10)) as raw:
        raw.putrequest("POST", "/gradio_api/queue/join")
        raw.putheader("content-length", "16000001")
        raw.endheaders()  # it is refused before the body comes
        assert raw.getresponse().status == 413
    assert ask.post("/gradio_api/queue/join", content=iter([b"{}"])).status_code == 411


@pytest.mark.parametrize("path", ["queue/join", "upload"])
def test_a_body_that_drips_is_refused(
    page: Served, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("app.guard._BODY_SECONDS", 0.3)
    url = httpx.URL(page.url)
    with closing(http.client.HTTPConnection(url.host, url.port, timeout=10)) as raw:
        raw.putrequest("POST", f"/gradio_api/{path}")
        raw.putheader("content-type", "multipart/form-data; boundary=b")
        raw.putheader("content-length", "1000")
        raw.endheaders(b"--b\r\n")
        begun = time.monotonic()
        while not select.select([raw.sock], [], [], 0.05)[0]:
            raw.send(b"x")
            assert time.monotonic() - begun < 5, "the server reads on"
        assert raw.getresponse().status == 400


def upload(ask: httpx.Client, text: bytes) -> httpx.Response:
    return ask.post("/gradio_api/upload", files={"files": ("news.txt", text, "text/plain")})


def result(ask: httpx.Client, event: int, *data: object) -> dict[str, Any]:
    """Send an event as the page does, and return how it ended."""
    body = {"data": data, "fn_index": event, "session_hash": f"s{event}"}
    joined = ask.post("/gradio_api/queue/join", json=body)
    assert joined.status_code == 200, joined.text
    with ask.stream("GET", f"/gradio_api/queue/data?session_hash=s{event}") as lines:
        for line in lines.iter_lines():
            message = json.loads(line.removeprefix("data: ")) if line else {}
            if message.get("msg") == "process_completed":
                return dict(message)
    raise AssertionError("the event did not end")


def test_no_record_of_events_is_kept(served: Callable[..., Served]) -> None:
    pages: list[gr.Blocks] = []

    def build(news: rag.News) -> "gr.Blocks":
        pages.append(stub(news))
        return pages[0]

    with visitor(served(build=build)) as client:
        assert [result(client, 0, word)["output"]["data"] for word in "abc"] == [
            ["A"],
            ["B"],
            ["C"],
        ]
    queue = pages[0]._queue
    assert len(queue.event_analytics) <= 1
    assert not queue.cached_event_analytics_summary["functions"]


def file_of(path: str) -> dict[str, object]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_uploads_are_read_within_limits_and_gone_once_the_page_is_closed(
    served: Callable[..., Served],
) -> None:
    one = served()
    with visitor(one) as ask:
        (path,) = upload(ask, b"Two boats.").json()
        done = result(ask, 1, file_of(path))
        assert done["success"] is True
        assert done["output"]["data"] == ["Two boats."]
        assert ask.get(f"/gradio_api/file={path}").text == "Two boats."
        assert upload(ask, b"x" * (LIMIT + 1)).status_code == 413
        folder = Path(os.environ["GRADIO_TEMP_DIR"])
        before = sum(each.is_file() for each in folder.rglob("*"))
        files = [("files", (f"{number}.txt", b"Two boats.")) for number in range(MOST_FILES + 1)]
        refused = ask.post("/gradio_api/upload", files=files)
        assert refused.status_code == 400
        assert refused.text == "The limit is 50 files at a time."
        assert len(ask.post("/gradio_api/upload", files=files[1:]).json()) == MOST_FILES
        assert sum(each.is_file() for each in folder.rglob("*")) == before + MOST_FILES
    one.close()
    one.close()
    assert not Path(path).exists()
    assert "GRADIO_TEMP_DIR" not in os.environ
    with pytest.raises(httpx.ConnectError):
        httpx.get(one.url, trust_env=False, verify=False)


def test_no_file_is_read_or_fetched_for_a_browser(
    ask: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    resolve = socket.getaddrinfo

    def noted(host: str, *rest: Any, **named: Any) -> Any:
        if host == "127.0.0.1":
            return resolve(host, *rest, **named)
        asked.append(host)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    for path in ("https://example.org/x.txt", "http://127.0.0.1:1/x.txt", "/etc/hostname"):
        assert result(ask, 1, file_of(path))["success"] is False
    assert asked == []


def test_no_other_server_is_contacted_while_the_page_starts(
    served: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[object] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        connected.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:3128")
    served()
    assert connected == []
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


# Users


def test_only_users_are_admitted_as_the_file_names_them_now(
    served: Callable[..., Served], users: Path
) -> None:
    one = served(auth_file=users)
    own = {"origin": one.url.rstrip("/")}
    with visitor(one) as client:
        first = client.get("/")
        assert "Log in to read the news" in first.text
        assert "window.ran" not in first.text
        assert "'sha256-" in first.headers["content-security-policy"]
        assert client.get("/config").status_code == 401
        assert upload(client, b"x").status_code == 401
        for name, password in (("ida", "wrong"), ("eva", PASSWORD)):
            form = {"username": name, "password": password}
            assert client.post("/login", data=form, headers=own).status_code == 400
        assert client.get("/config").status_code == 401
        form = {"username": "ida", "password": PASSWORD}
        assert client.post("/login", data=form, headers={"origin": "null"}).status_code == 403
        assert client.post("/login", data=form, headers=own).status_code == 200
        assert client.get("/config").json()["username"] == "ida"
        Users(users).add("jon", PASSWORD)
        Users(users).remove("ida")
        assert client.get("/config").status_code == 401, "whoever was removed is still logged in"
        assert client.post("/login", data=form, headers=own).status_code == 400
        form["username"] = "jon"
        assert client.post("/login", data=form, headers=own).status_code == 200
        assert "window.ran" in client.get("/").text


@pytest.mark.parametrize("removed", [False, True])
def test_a_new_password_ends_the_sessions_of_that_user_alone(
    served: Callable[..., Served], users: Path, removed: bool
) -> None:
    Users(users).add("jon", PASSWORD)
    one = served(auth_file=users)
    with visitor(one) as ida, visitor(one) as jon:
        for client, name in ((ida, "ida"), (jon, "jon")):
            form = {"username": name, "password": PASSWORD}
            assert client.post("/login", data=form).status_code == 200
        if removed:
            Users(users).remove("ida")
        Users(users).add("ida", "battery staple")
        assert ida.get("/config").status_code == 401
        assert upload(ida, b"x").status_code == 401
        assert jon.get("/config").json()["username"] == "jon"
        assert ida.post("/login", data={"username": "ida", "password": "battery staple"}).is_success
        assert ida.get("/config").json()["username"] == "ida"


def test_on_the_network_any_name_is_served_but_no_foreign_page(
    served: Callable[..., Served], users: Path
) -> None:
    lines: list[str] = []
    users.chmod(0o644)
    one = served(host="0.0.0.0", auth_file=users, notify=lines.append)
    assert "chmod 600" in lines[0]
    assert "unencrypted" in lines[1]
    assert lines[2] == f"The page is at {one.url} (Ctrl-C to stop)"
    with visitor(one) as client:
        headers = {"host": "news.example"}
        assert client.get("/", headers=headers).status_code == 200
        headers["origin"] = "https://news.example"
        assert client.get("/", headers=headers).status_code == 200
        headers["origin"] = "https://evil.example"
        assert client.get("/", headers=headers).status_code == 403
