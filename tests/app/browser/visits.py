"""A plugin of pytest: the real page with its server, and the browsers that visit it.

Every request that a page makes is noted, and so is what it complains of: a test in which something
was asked of another server, or went wrong unseen, has failed.
"""

import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import rag
from app.serve import Served, serve
from rag import samples
from rag.config import Settings, load
from rag.errors import ConfigError
from rag.index.embedding import Embedder
from rag.llm import Generator

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# What a scripted model says is given: it has no probabilities to judge it by.
GIVEN = ("answer.sure=0.01", "answer.maybe=0.01")
WAIT = 20_000  # milliseconds
# What Gradio says of a page that is left or asked for anew while something is on its way to it.
LEFT = "AbortError|BodyStreamBuffer was aborted|Connection errored out"
USABLE = "#transcript .turn, #transcript .welcome"  # is there once the page is
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """The Chromium of this machine."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        reason = f"needs a browser on the path, one of: {', '.join(BROWSERS)}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=arguments)


@pytest.fixture(scope="module")
def lounge(chromium: "Browser") -> "BrowserContext":
    """Where the first page of each test is opened: what Gradio is made of is fetched there once."""
    return chromium.new_context()


@pytest.fixture(scope="session")
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def embedder(minilm_path: Path) -> Embedder:
    """The real one, loaded once for all."""
    from rag.index.embedding import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(minilm_path, identity="all-minilm-l6-v2")


@pytest.fixture(scope="session")
def table(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of the sample news; never written to again."""
    folder = tmp_path_factory.mktemp("table") / "samples"
    with rag.open(folder, settings=load("tiny"), embedder=embedder) as news:
        assert news.ingest([samples.folder()]).count("added") == 21
    return folder


class House:
    """Serves pages, each over a copy of the sample news, and closes them in the end."""

    def __init__(self, folder: Path, table: Path, embedder: Embedder, port: int) -> None:
        """Nothing is served yet; ``port`` is used if it can be had."""
        self.folder = folder
        self._shelf, self._embedder, self._port = table, embedder, port
        self._served: list[Served] = []

    def news(
        self,
        generator: Generator | None = None,
        *,
        settings: Settings | None = None,
        folder: Path | None = None,
    ) -> rag.News:
        """A library over a copy of the sample news, or over a folder."""
        if folder is None:
            folder = self.folder / "samples"
            shutil.copytree(self._shelf, folder, dirs_exist_ok=True)
        settings = settings or load("tiny", overrides=GIVEN)
        return rag.open(folder, settings=settings, embedder=self._embedder, generator=generator)

    def serve(self, news: rag.News, auth_file: Path | None = None) -> Served:
        """The page over it, at the same port each time if it is free."""

        def at(port: int) -> Served:
            return serve(
                news,
                port=port,
                auth_file=auth_file,
                tell=lambda _: None,
                profile="tiny",
            )

        try:
            served = at(self._port)
        except ConfigError:
            served = at(0)
        self._port = int(served.url.rstrip("/").rpartition(":")[2])
        self._served.append(served)
        return served

    def page(self, generator: Generator, **wanted: Any) -> str:
        """The address of a page over a copy of the sample news."""
        return self.serve(self.news(generator, **wanted)).url

    def close(self) -> None:
        """Close what is open."""
        for served in self._served:
            served.close()


@pytest.fixture
def house(tmp_path: Path, table: Path, embedder: Embedder, port: int) -> Iterator[House]:
    """Serves the page."""
    opened = House(tmp_path, table, embedder, port)
    yield opened
    opened.close()


class Visits:
    """Opens pages for one person each, and notes what each asks for and complains of."""

    def __init__(self, browser: "Browser", lounge: "BrowserContext") -> None:
        """Nobody visits; the first, if nothing special is wanted, comes into the lounge."""
        self.strange: list[str] = []  # requests to others than the server
        self.wrong: list[str] = []
        self.expected = LEFT  # a pattern of complaints that belong to the test
        self._browser, self._lounge = browser, lounge
        self._contexts: list[BrowserContext] = []

    def __call__(self, url: str, *, ready: str = USABLE, **wanted: Any) -> "Page":
        """A page of somebody who has not been there before, once ``ready`` is there."""
        fresh = bool(wanted or self._lounge in self._contexts)
        context = self._browser.new_context(**wanted) if fresh else self._lounge
        context.set_default_timeout(WAIT)
        self._contexts.append(context)
        context.on("page", self._watch)
        self._home = url
        page = context.new_page()
        if not fresh:
            page.goto(f"{url}theme.css")
            page.evaluate("localStorage.clear()")  # what the test before has left
        page.goto(url)
        page.locator(ready).first.wait_for()
        return page

    def beside(self, page: "Page") -> "Page":
        """Another tab of the same person."""
        other = page.context.new_page()
        other.goto(self._home)
        other.locator(USABLE).first.wait_for()
        return other

    def _watch(self, page: "Page") -> None:
        home = (self._home, "data:", "blob:", "about:blank")
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(home) else self.strange.append(asked.url),
        )
        page.on("websocket", lambda socket: self.strange.append(socket.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on(
            "console",
            lambda said: self.wrong.append(said.text) if said.type == "error" else None,
        )

    def end(self) -> None:
        """Close the pages, and fail where one asked a stranger or complained."""
        for context in self._contexts:
            context.remove_listener("page", self._watch)
            if context is not self._lounge:
                context.close()
        for page in self._lounge.pages:
            page.close()
        assert self.strange == []
        assert [each for each in self.wrong if not re.search(self.expected, each)] == []


@pytest.fixture
def visit(house: House, chromium: "Browser", lounge: "BrowserContext") -> Iterator[Visits]:
    """Opens pages; they are closed before the servers."""
    visits = Visits(chromium, lounge)
    yield visits
    visits.end()
