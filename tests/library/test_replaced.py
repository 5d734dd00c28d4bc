"""An index that another process puts in another's place, or takes away, while it is open here."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.config import load
from rag.errors import IndexBusy, IndexMissing, IndexProblem
from rag.index import Index
from rag.index.embedding import HashEmbedder
from rag.library import News
from rag.llm.scripted import ScriptedGenerator

LAMP = "The lamp of Farrow Point was lit on Monday by the keeper Ada Quill. Nine ships saw it."
BOATS = "Two boats sank off Farrow Point on Tuesday. Nobody on board of them was hurt at all."
HARBOUR = "The harbour of Farrow Point was closed on Friday. The master gave the storm as a reason."
REBUILD = """
import sys
from pathlib import Path
from rag.config import load
from rag.index.embedding import HashEmbedder
from rag.library import News
settings = load(environment={})
with News(Path(sys.argv[1]), settings, embedder=HashEmbedder(64)) as news:
    news.rebuild(embed=True)
"""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[], News]]:
    """Opens newsrooms on one folder that are closed after the test."""
    made: list[News] = []

    def make() -> News:
        settings = load(environment={})
        generator = ScriptedGenerator("No.")
        news = News(tmp_path / "index", settings, embedder=HashEmbedder(64), generator=generator)
        made.append(news)
        return news

    yield make
    for news in made:
        news.close()


def added(news: News, name: str, text: str) -> None:
    """Put an article into the index."""
    file = news.folder.with_name(name + ".md")
    file.write_text(f"# {name}\n\n{text}", encoding="utf-8")
    assert news.ingest([file]).count("added") == 1


def titles(news: News) -> set[str]:
    return {article.title for article in news.articles()}


@pytest.mark.slow
def test_what_is_added_after_a_rebuild_elsewhere_is_there_for_all(
    opened: Callable[[], News],
) -> None:
    news = opened()
    added(news, "Lamp", LAMP)
    subprocess.run([sys.executable, "-c", REBUILD, str(news.folder)], check=True, timeout=60)
    added(news, "Boats", BOATS)
    assert titles(news) == {"Lamp", "Boats"}
    assert titles(opened()) == {"Lamp", "Boats"}
    assert news.search("boats")[0].article.title == "Boats"


def test_what_others_add_after_a_rebuild_is_seen(opened: Callable[[], News]) -> None:
    news, other = opened(), opened()
    added(news, "Lamp", LAMP)
    other.rebuild(embed=True)
    added(other, "Boats", BOATS)
    assert titles(news) == {"Lamp", "Boats"}
    assert news.suggestions() == other.suggestions()
    news.delete([article.id for article in news.articles(query="Boats")])
    assert titles(other) == {"Lamp"}


def test_what_reads_the_old_index_reads_it_to_the_end(opened: Callable[[], News]) -> None:
    news, other = opened(), opened()
    added(news, "Lamp", LAMP)
    added(news, "Boats", BOATS)
    index = news._open()
    pages = index.pages()
    first, _ = next(pages)
    other.rebuild(embed=True)
    assert len(news.articles()) == 2  # which opens the new one
    assert {first.title, *(article.title for article, _ in pages)} == {"Lamp", "Boats"}
    assert index.vectors_of([first.id])


def test_nobody_writes_between_the_end_of_a_rebuild_and_its_taking_place(
    opened: Callable[[], News], monkeypatch: pytest.MonkeyPatch
) -> None:
    news, other = opened(), opened()
    added(news, "Lamp", LAMP)
    refused: list[bool] = []
    rename = Path.rename

    def watched(self: Path, target: Path) -> Path:
        if self == news.folder:
            with pytest.raises(IndexBusy):
                added(news, "Boats", BOATS)
            refused.append(True)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", watched)
    other.rebuild(embed=True)
    assert refused == [True]
    news.folder.with_name("Boats.md").unlink()
    added(news, "Boats", BOATS)
    assert titles(other) == {"Lamp", "Boats"}


def test_a_writer_who_had_opened_the_old_index_writes_to_the_new_one(
    opened: Callable[[], News], monkeypatch: pytest.MonkeyPatch
) -> None:
    news, other = opened(), opened()
    added(news, "Lamp", LAMP)
    load_embedder = news.embedder.load

    def slow() -> None:  # long enough for a rebuild
        load_embedder()
        other.rebuild(embed=True)

    monkeypatch.setattr(news.embedder, "load", slow)
    added(news, "Boats", BOATS)
    assert titles(other) == titles(opened()) == {"Lamp", "Boats"}


def test_questions_and_rebuilds_at_once_end_in_good_order(opened: Callable[[], News]) -> None:
    news, other = opened(), opened()
    added(news, "Lamp", LAMP)
    failed: list[Exception] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                assert news.search("lamp")[0].article.title == "Lamp"
                assert news.info().articles == 1
            except IndexMissing:
                continue  # between the two names of a folder there is none
            except Exception as error:  # noqa: BLE001 - told below
                failed.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(2):
        other.rebuild(embed=True)
    over.set()
    for reader in readers:
        reader.join()
    assert failed == []


def test_an_index_that_is_gone_is_missing_until_it_comes_back(opened: Callable[[], News]) -> None:
    news = opened()
    added(news, "Lamp", LAMP)
    away = news.folder.with_name("away")
    news.folder.rename(away)
    for call in (news.info, news.articles, news.suggestions, lambda: news.check("Who?")):
        with pytest.raises(IndexMissing, match="there is no index"):
            call()
    away.rename(news.folder)
    assert news.info().articles == 1
    shutil.rmtree(news.folder)
    added(news, "Boats", BOATS)
    assert titles(news) == titles(opened()) == {"Boats"}


def test_an_empty_file_is_no_index(opened: Callable[[], News]) -> None:
    news = opened()
    news.folder.mkdir()
    (news.folder / "news.sqlite").touch()
    with pytest.raises(IndexMissing):
        news.count()
    added(news, "Lamp", LAMP)
    assert titles(news) == {"Lamp"}


def test_an_index_that_may_not_be_written_is_read(
    opened: Callable[[], News], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = opened()
    added(writer, "Lamp", LAMP)
    writer.close()
    files = sorted(writer.folder.iterdir())
    access = os.access
    with monkeypatch.context() as patched:  # the super-user may write to any folder
        patched.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
        reader = opened()
        assert titles(reader) == {"Lamp"}
        assert [passage.article.title for passage in reader.search("keeper")] == ["Lamp"]
        assert reader.info().integrity == "ok"
        assert sorted(writer.folder.iterdir()) == files
        with pytest.raises(IndexProblem, match=r"readonly.*you may write to it"):
            reader.delete([article.id for article in reader.articles()])
    with opened() as owner:
        added(owner, "Boats", BOATS)
        assert titles(reader) == {"Lamp", "Boats"}, "what its owner adds meanwhile is not seen"
    with opened() as owner:
        added(owner, "Harbour", HARBOUR)
    assert titles(reader) == {"Lamp", "Boats", "Harbour"}


def test_a_folder_that_goes_while_it_is_looked_at_is_a_missing_index(tmp_path: Path) -> None:
    with Index(tmp_path / "news", create=True) as index:
        shutil.rmtree(tmp_path / "news")
        with pytest.raises(IndexMissing, match="there is no index"):
            index.info()
