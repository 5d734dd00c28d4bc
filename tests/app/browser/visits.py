"""The page as the tests serve it, and the people who visit it.

Every request that a page makes is noted, and so is what it complains of: a test in which something
was requested from another server, or went wrong unseen, fails.
"""

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripted_model import PausableGenerator

import rag
from app.serve import Served, serve
from browser.acts import until
from rag.config import Settings, load
from rag.errors import ConfigError
from rag.index.embedding import Embedder
from rag.llm import Generator

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# Answers of a scripted model are always given: it has no probabilities to judge them by.
GIVEN = ("answer.sure=0.01", "answer.maybe=0.01")
WAIT = 60_000  # milliseconds; a failure shows late, a busy machine does not fail
# What Gradio says of a page that is left or loaded again while something is on its way to it.
LEFT = "AbortError|BodyStreamBuffer was aborted|Connection errored out"
USABLE = "#transcript .turn, #transcript .welcome"  # is there once the page is


class Relay:
    """A language model that is another one in each test."""

    model = PausableGenerator()

    def __getattr__(self, name: str) -> Any:
        """All that a model has."""
        return getattr(self.model, name)


class SharedPage:
    """One server for many tests, which change neither articles nor settings."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Serve a page over the index in the folder."""
        self._relay = Relay()
        model: Any = self._relay
        news = rag.open(
            folder, settings=load("tiny", overrides=GIVEN), embedder=embedder, generator=model
        )
        self._served = started(news)

    def url(self, model: PausableGenerator) -> str:
        """The page's address, with this model from now on."""
        self._relay.model = model
        return self._served.url

    def rest(self) -> None:
        """Let the model finish what the last test has begun."""
        self._relay.model.go()
        until(lambda: self._relay.model.writing == 0)

    def close(self) -> None:
        """Close page and library."""
        self._served.close()


def started(news: rag.News, port: int = 0, auth_file: Path | None = None) -> Served:
    """Serve the page over this library."""
    return serve(
        news,
        port=port,
        auth_file=auth_file,
        notify=lambda _: None,
        profile="tiny",
    )


class Site:
    """Gives a test its page: the shared one, or servers of its own over a copy of the articles."""

    def __init__(self, folder: Path, index: Path, embedder: Embedder, shared: SharedPage) -> None:
        """Serve nothing yet."""
        self.folder = folder
        self._index, self._embedder, self._shared, self._port = index, embedder, shared, 0
        self._served: list[Served] = []

    def page(self, model: PausableGenerator) -> str:
        """The address of the shared page, on which this model answers."""
        return self._shared.url(model)

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
            shutil.copytree(self._index, folder, dirs_exist_ok=True)
        settings = settings or load("tiny", overrides=GIVEN)
        return rag.open(folder, settings=settings, embedder=self._embedder, generator=generator)

    def serve(self, news: rag.News, auth_file: Path | None = None) -> Served:
        """The page over it, at the same port each time if it is free."""
        try:
            served = started(news, self._port, auth_file)
        except ConfigError:
            served = started(news, 0, auth_file)
        self._port = int(served.url.rstrip("/").rpartition(":")[2])
        self._served.append(served)
        return served

    def close(self) -> None:
        """Close what the test has opened."""
        self._shared.rest()
        for served in self._served:
            served.close()


class Visits:
    """Opens pages for one person each, and notes what each requests and complains of."""

    def __init__(self, browser: "Browser", first: "BrowserContext") -> None:
        """Nobody visits; the first, if nothing special is asked for, uses the context given."""
        self.strange: list[str] = []  # requests to others than the server
        self.wrong: list[str] = []
        self.expected = LEFT  # a pattern of complaints that belong to the test
        self._browser, self._first = browser, first
        self._contexts: list[BrowserContext] = []

    def __call__(self, url: str, *, ready: str = USABLE, **options: Any) -> "Page":
        """A page of somebody who has not been there before, once ``ready`` is there."""
        fresh = bool(options or self._first in self._contexts)
        context = self._browser.new_context(**options) if fresh else self._first
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
        """Close the pages, and fail where one requested another server or complained."""
        for context in self._contexts:
            context.remove_listener("page", self._watch)
            if context is not self._first:
                context.close()
        for page in self._first.pages:
            page.close()
        assert self.strange == []
        assert [each for each in self.wrong if not re.search(self.expected, each)] == []
