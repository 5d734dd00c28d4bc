"""A plugin of pytest: real servers on 127.0.0.1 over the sample news, with a scripted model."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from asking import client
from scripted_model import PausableGenerator

import rag
from rag import samples
from rag.config import load
from rag.llm import Generator
from rag.server.api import Served, serve

# What the scripted model says is given, unless it refuses: it has no probabilities to judge by.
SETTINGS = (
    *("embedder.engine=hash", "retrieve.first_tokens=300", "retrieve.source_tokens=300"),
    *("answer.sure=0.01", "answer.maybe=0.01"),
)


class Serve(Protocol):
    """Serves an index until the test has ended."""

    def __call__(
        self, model: Generator | None = None, *overrides: str, **wanted: Any
    ) -> Served: ...


def opened(folder: Path, model: Generator | None = None, *overrides: str) -> rag.News:
    """The library over a folder, with a scripted model and without any file of models."""
    settings = load("default", overrides=[*SETTINGS, *overrides], environment={})
    return rag.open(folder, settings=settings, generator=model or PausableGenerator())


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index of the sample news; never written to again."""
    folder = tmp_path_factory.mktemp("served") / "samples"
    with opened(folder) as news:
        news.ingest([samples.folder()])
    return folder


@pytest.fixture
def served(shelf: Path) -> Iterator[Serve]:
    """Serves the sample news, or another folder, as wanted."""
    started: list[Served] = []

    def start(
        model: Generator | None = None,
        *overrides: str,
        folder: Path = shelf,
        notify: Callable[[str], object] = lambda _: None,
        **wanted: Any,
    ) -> Served:
        wanted.setdefault("port", 0)
        started.append(serve(opened(folder, model, *overrides), notify=notify, **wanted))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture(scope="module")
def api(shelf: Path) -> Iterator[Served]:
    """One server for tests that leave it as it was."""
    one = serve(opened(shelf), port=0, notify=lambda _: None)
    yield one
    one.close()


@pytest.fixture
def ask(api: Served) -> Iterator[httpx.Client]:
    """A client of it."""
    with client(api) as opened_client:
        yield opened_client
