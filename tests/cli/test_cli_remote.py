"""``rag ask --server``: a running server answers, as the command itself would; and the first look."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import Run, speaks
from scripted_model import QUOTE, TITLE, WHO, PausableGenerator

import rag
import rag.library
from rag import samples
from rag.cli import show
from rag.config import load
from rag.errors import GenerateError
from rag.server.api import Served, serve

SETTINGS = ("embedder.engine=hash", "answer.sure=0.01", "answer.maybe=0.01")


@pytest.fixture
def model(place: object, monkeypatch: pytest.MonkeyPatch) -> PausableGenerator:
    model = PausableGenerator()
    speaks(monkeypatch, model)
    return model


@pytest.fixture
def server(model: PausableGenerator) -> Iterator[Served]:
    settings = load("default", overrides=SETTINGS, environment={})
    news = rag.open("indexes/demo", settings=settings, generator=model)
    news.ingest([samples.folder()])
    found = serve(news, port=0, notify=lambda _: None)
    yield found
    found.close()


def test_a_running_server_answers_as_the_command_does(
    run: Run, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run("ask", WHO, "--show-sources")

    def loads(_: object) -> None:
        raise AssertionError("the command has loaded a model")

    monkeypatch.setattr(rag.News, "warm", loads)
    there = run("ask", WHO, "--show-sources", "--server", server.url)
    assert there.code == 0
    assert QUOTE in there.out
    assert TITLE in there.out
    assert there.out == here.out
    answer = json.loads(run("ask", WHO, "--json", "--server", server.url).out)
    assert answer["citations"][0]["quote"] == QUOTE
    assert len(answer["passages"]) > 0


def test_what_the_server_refuses_is_one_line(
    run: Run, server: Served, model: PausableGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*options: str, url: str = server.url) -> str:
        ended = run("ask", WHO, "--server", url, *options)
        assert (ended.code != 0, ended.out, ended.err.count("\n")) == (True, "", 1)
        return ended.err

    def down(*_: object, **__: object) -> Iterator[str]:
        raise GenerateError("the engine is down")

    assert "none of the 21 articles" in told("--until", "2001-01-01")
    Path("a.txt").write_text("The lamp burns at night in Harrow.\n")
    assert run("ingest", "a.txt", "--index", "other").code == 0
    assert "serves the index 'demo', not 'other'" in told("--index", "other")
    assert "expected one here" in told(url="http://192.0.2.1:8000")
    assert "there is no rag serve at" in told(url="http://127.0.0.1:9")
    monkeypatch.setattr(model, "stream", down)
    assert "The language model failed" in told()


def test_the_nearest_sentences_are_shown_before_a_model_is_loaded(
    run: Run, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = list[str]()

    @contextmanager
    def replaced_text() -> Iterator[object]:
        yield shown.append

    def loads(_: object) -> None:
        shown.append("LOADED")

    monkeypatch.setattr(show, "replaced_text", replaced_text)
    monkeypatch.setattr(rag.News, "warm", loads)
    assert run("ask", WHO).code == 0
    assert shown[0].startswith("Loading the models ...\n  “")
    assert QUOTE in shown[0]
    assert shown[1] == "LOADED"
    shown.clear()
    assert run("ask", WHO, "--server", server.url).code == 0
    assert shown[0].startswith("Asking the server ...\n  “")
    assert shown[1].startswith(QUOTE)
    assert "LOADED" not in shown
