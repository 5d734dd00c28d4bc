"""The guard in a real browser: Gradio works behind it, strangers do not, and nothing leaves."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import rag
from app.guard import inline_scripts, policy
from app.serve import Served, serve
from rag.config import load
from rag.llm.scripted import ScriptedGenerator
from rag.server.accounts import Users

if TYPE_CHECKING:
    import gradio as gr
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse"
_WAIT = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """The Chromium of this machine."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("needs chromium or google-chrome")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])


@pytest.fixture
def calls() -> list[str]:
    """What the page's button was pressed with."""
    return []


@pytest.fixture
def page(tmp_path: Path, calls: list[str]) -> Iterator[Served]:
    """A small page, for one user."""

    def shout(said: str) -> str:
        calls.append(said)
        return said.upper()

    def build(_: rag.News) -> "gr.Blocks":
        import gradio as gr

        page = gr.Blocks()
        with page:
            gr.HTML('<b onclick="window.ran = 1">harm</b><img src="x" onerror="window.ran = 1">')
            said, heard = gr.Textbox(label="said"), gr.Textbox(label="heard", elem_id="heard")
            gr.Button("Go").click(shout, said, heard)
            gr.Button("Here").click(None, None, None, js="() => {window.here = 1}")
        return page

    Users(tmp_path / "users.txt").add("ida", PASSWORD)
    news = rag.open(
        tmp_path / "index",
        settings=load(overrides=["embedder.engine=hash"]),
        generator=ScriptedGenerator("No."),
    )
    served = serve(
        news,
        port=0,
        auth_file=tmp_path / "users.txt",
        build=build,
        notify=lambda _: None,
    )
    yield served
    served.close()


@pytest.fixture
def stranger(tmp_path: Path, page: Served) -> Iterator[str]:
    """A page of another server on this machine, which sends what the page's button would send."""
    folder = tmp_path / "stranger"
    folder.mkdir()
    script = f"""
      const body = JSON.stringify({{data: ['evil'], fn_index: 0, session_hash: 'evil'}});
      const send = (mode, type) => fetch('{page.url}gradio_api/queue/join',
        {{method: 'POST', mode, credentials: 'include', headers: {{'Content-Type': type}}, body}})
        .then((answer) => answer.type + ' ' + answer.status, (error) => 'failed');
      window.done = Promise.all([send('cors', 'application/json'), send('no-cors', 'text/plain'),
        fetch('{page.url}config', {{credentials: 'include'}}).then(() => 'read', () => 'failed')]);
    """
    (folder / "index.html").write_text(f"<script>{script}</script>", "utf-8")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def log_in(tab: "Page", page: Served) -> None:
    tab.goto(page.url)
    tab.get_by_label("Name").fill("ida")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
    tab.get_by_role("button", name="Go").wait_for(timeout=_WAIT)


@pytest.mark.slow
def test_a_user_works_with_the_page_and_nothing_leaves_it(browser: "Browser", page: Served) -> None:
    tab = browser.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    log_in(tab, page)
    tab.get_by_label("said").fill("boats")
    tab.get_by_role("button", name="Go").click()
    tab.wait_for_function("document.querySelector('#heard textarea').value == 'BOATS'")
    tab.get_by_role("button", name="Here").click()
    tab.wait_for_function("window.here == 1")
    tab.get_by_text("harm").click()
    assert tab.evaluate("window.ran") is None
    assert [url for url in asked if not url.startswith((page.url, "data:", "blob:"))] == []
    tab.close()


@pytest.mark.slow
def test_injected_code_cannot_load_or_send_anything(browser: "Browser", page: Served) -> None:
    tab = browser.new_page()
    tab.goto(page.url)
    refused = tab.evaluate(
        """async () => {
          const seen = [];
          document.addEventListener('securitypolicyviolation',
            (event) => seen.push(event.effectiveDirective));
          await fetch('http://192.0.2.1/').catch(() => 0);
          new Image().src = 'http://192.0.2.1/x.png';
          for (const [tag, name] of [['script', 'src'], ['iframe', 'src'], ['link', 'href']]) {
            const made = document.createElement(tag);
            made.rel = 'stylesheet';
            made[name] = 'http://192.0.2.1/';
            document.head.append(made);
          }
          const script = document.createElement('script');
          script.textContent = 'window.ran = 1';
          document.head.append(script);
          await new Promise((after) => setTimeout(after, 300));
          return [...new Set(seen)].sort();
        }"""
    )
    assert refused == [
        "connect-src",
        "frame-src",
        "img-src",
        "script-src-elem",
        "style-src-elem",
    ]
    assert tab.evaluate("window.ran") is None
    tab.close()


@pytest.mark.slow
def test_a_foreign_page_gets_nothing_done(
    browser: "Browser", page: Served, stranger: str, calls: list[str]
) -> None:
    visit = browser.new_context()  # one set of cookies, so the stranger has the user's
    log_in(visit.new_page(), page)
    other = visit.new_page()
    other.goto(stranger)
    assert other.evaluate("window.done") == ["failed", "failed", "failed"]
    assert calls == []
    visit.close()


def test_the_policy_allows_scripts_by_their_hash() -> None:
    html = b'<script>a()</script><script src="x.js">b()</script><SCRIPT type="module">c()</SCRIPT >'
    hashes = inline_scripts(html)
    assert len(hashes) == 2
    assert all(name in policy(hashes) for name in hashes)
    assert inline_scripts(b"<script>a()</script>") < hashes
