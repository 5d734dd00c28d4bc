"""One browser, and one server with the sample news, for all tests of the page."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import rag
from browser.visits import SharedPage, Site, Visits
from rag import samples
from rag.config import load
from rag.index.embedding import Embedder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
def first_context(chromium: "Browser") -> "BrowserContext":
    """Where the first page of each test is opened: Gradio's files are fetched there once."""
    return chromium.new_context()


@pytest.fixture(scope="package")
def embedder(minilm_path: Path) -> Embedder:
    """The real one, loaded once for all."""
    from rag.index.embedding import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(minilm_path, identity="all-minilm-l6-v2")


@pytest.fixture(scope="package")
def sample_index(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of the sample news; never written to again."""
    folder = tmp_path_factory.mktemp("sample_index") / "samples"
    with rag.open(folder, settings=load("tiny"), embedder=embedder) as news:
        assert news.ingest([samples.folder()]).count("added") == 21
    return folder


@pytest.fixture(scope="package")
def shared(sample_index: Path, embedder: Embedder) -> Iterator[SharedPage]:
    """The page over the sample news."""
    page = SharedPage(sample_index, embedder)
    yield page
    page.close()


@pytest.fixture
def site(
    tmp_path: Path, sample_index: Path, embedder: Embedder, shared: SharedPage
) -> Iterator[Site]:
    """Serves the page."""
    opened = Site(tmp_path, sample_index, embedder, shared)
    yield opened
    opened.close()


@pytest.fixture
def visit(site: Site, chromium: "Browser", first_context: "BrowserContext") -> Iterator[Visits]:
    """Opens pages; they are closed before the servers."""
    visits = Visits(chromium, first_context)
    yield visits
    visits.end()
