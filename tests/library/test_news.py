"""The library as a whole: opening, closing, warming, threads, and the models that it needs."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from opened_news import CHEESE, OPENED, Counting, copied, records

import rag
from rag.config import load
from rag.errors import ConfigError, IndexProblem, ModelError, ModelMissing
from rag.library import News
from rag.library.components import build_generator, default_models
from rag.llm.scripted import ScriptedGenerator


def test_the_front_door(tmp_path: Path, feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_EMBEDDER_ENGINE", "hash")
    monkeypatch.delenv("RAG_PROFILE", raising=False)
    generator = ScriptedGenerator([f"{OPENED} [1]."])
    with rag.open(tmp_path / "index", generator=generator) as news:
        news.ingest([feed])
        assert news.ask("Who opened the Harrow bridge?").text == f"{OPENED}. [1]"
    with pytest.raises(ConfigError, match="no profile"):
        rag.open(tmp_path / "index", profile="nope")


def test_closing_twice_and_going_on(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.close()
    news.ingest([feed])
    news.close()
    news.close()
    assert news.info().articles == 3


def test_a_damaged_index_is_reported(opened: Callable[..., News]) -> None:
    news = opened()
    news.folder.mkdir()
    (news.folder / "news.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(IndexProblem, match="is damaged or not an SQLite file"):
        news.articles()


def test_warming_loads_both_models(opened: Callable[..., News]) -> None:
    loaded: list[str] = []

    class Slow(ScriptedGenerator):
        def load(self) -> None:
            loaded.append("generator")

    class Heavy(Counting):
        def load(self) -> None:
            loaded.append("embedder")

    news = opened(embedder=Heavy())
    news._generator = Slow([])
    news.warm()
    assert sorted(loaded) == ["embedder", "generator"]


def test_a_model_that_cannot_be_loaded_is_reported_by_warming(opened: Callable[..., News]) -> None:
    class Broken(ScriptedGenerator):
        def load(self) -> None:
            raise ModelError("the file is torn")

    news = opened()
    news._generator = Broken([])
    with pytest.raises(ModelError, match="torn"):
        news.warm()


def test_many_threads_may_ask_while_one_writes(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    news = opened(replies=copied)
    news.ingest([feed])
    wrong: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(4):
                assert not news.ask("Who opened the Harrow bridge?").refused
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(5):
        news.ingest([records(tmp_path / f"{number}.jsonl", f"{CHEESE} It was day {number}.")])
    for thread in threads:
        thread.join()
    assert wrong == []
    assert news.info().articles == 8


def test_which_models_a_profile_needs() -> None:
    def needed(*overrides: str) -> tuple[str, ...]:
        return default_models(load("default", overrides=overrides, environment={}))

    parser = "en-core-web-sm"
    assert needed() == ("all-minilm-l6-v2", "qwen2.5-coder-1.5b-instruct-q4_k_m", parser)
    assert needed("embedder.engine=hash", "generator.engine=openai") == (parser,)
    assert needed("embedder.engine=hash", "generator.model=./my.gguf", "check.parser=") == ()


def test_a_model_may_be_a_path(tmp_path: Path) -> None:
    settings = load("default", overrides=["generator.model=~nobody-at-all/x.gguf"], environment={})
    with pytest.raises(ModelMissing, match="gguf"):
        build_generator(settings)
