"""An index rebuilt, also with another embedder, also after an interrupt."""

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from opened_news import BRIDGE, Counting, counting, dumped, records, statuses

from rag.errors import EmbedderMismatch, IndexMissing, IndexProblem
from rag.library import News


def test_rebuilding_embeds_nothing(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    before = news.search("Harrow bridge")
    embedded = counting(news).documents
    for file in news.folder.glob("*.faiss"):
        file.write_bytes(b"torn")
    assert news.rebuild() == news.info().chunks
    assert counting(news).documents == embedded
    assert news.search("Harrow bridge") == before
    assert opened().search("Harrow bridge") == before


def test_another_embedder_takes_over(opened: Callable[..., News], feed: Path) -> None:
    opened().ingest([feed])
    other = opened("index.chunk_words=20", embedder=Counting(32))
    articles = dumped(other)
    chunks = other.rebuild(embed=True)
    info = other.info()
    assert (info.embedder, info.dimension, info.chunk_words) == ("hash-32", 32, 20)
    assert info.chunks == chunks == counting(other).documents > 3
    assert dumped(other) == articles
    assert other.search("Harrow bridge")[0].article.text == BRIDGE
    assert sorted(path.name for path in other.folder.parent.iterdir() if path.is_dir()) == ["index"]
    assert statuses(other.ingest([feed]).outcomes) == ["unchanged"] * 3
    with pytest.raises(EmbedderMismatch):
        opened().search("Harrow bridge")


def test_rebuilding_in_place_keeps_everything(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    before = {(a.id, news.source(a.id)) for a in news.articles()}
    assert news.rebuild(embed=True) == 3
    assert {(a.id, news.source(a.id)) for a in news.articles()} == before


def test_an_interrupted_rebuild_leaves_the_index_and_goes_on(
    opened: Callable[..., News], feed: Path
) -> None:
    opened().ingest([feed])
    other = opened(embedder=Counting(32))
    counting(other).fails_after = 1
    with pytest.raises(KeyboardInterrupt):
        other.rebuild(embed=True)
    assert opened().search("Harrow bridge")[0].article.text == BRIDGE
    assert other.info().embedder == "hash-64"

    counting(other).fails_after = None
    assert other.rebuild(embed=True) == 3
    assert counting(other).documents == 3, "what was embedded before was embedded again"
    assert other.info().embedder == "hash-32"


def test_an_interrupted_rebuild_does_not_bind_the_next_one(
    opened: Callable[..., News], feed: Path
) -> None:
    opened().ingest([feed])
    first = opened(embedder=Counting(32))
    counting(first).fails_after = 1
    with pytest.raises(KeyboardInterrupt):
        first.rebuild(embed=True)
    third = opened(embedder=Counting(48))
    assert third.rebuild(embed=True) == 3
    assert third.info().embedder == "hash-48"


def test_an_article_deleted_between_stays_deleted(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    other = opened(embedder=Counting(32))
    counting(other).fails_after = 2
    with pytest.raises(KeyboardInterrupt):
        other.rebuild(embed=True)
    gone = {a.id for a in news.delete([article.id for article in news.articles()[1:]])}
    counting(other).fails_after = None
    other.rebuild(embed=True)
    assert len(other.articles()) == 1
    assert not gone & {article.id for article in other.articles()}


def test_litter_beside_the_index_does_not_stop_a_rebuild(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened()
    news.ingest([feed])
    for name in ("index.rebuild", "index.old"):
        litter = news.folder.with_name(name)
        litter.mkdir()
        (litter / "news.sqlite").write_bytes(b"no database at all" * 100)
    assert news.rebuild(embed=True) == 3
    assert not news.folder.with_name("index.rebuild").exists()


def ending_at_rename(opened: Callable[..., News], which: int) -> int:
    """Rebuild in a process that ends just before its rename of this number; return its status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    renames = itertools.count(1)
    rename = Path.rename

    def counted(path: Path, target: Path) -> Path:
        if next(renames) == which:
            os._exit(9)
        return rename(path, target)

    Path.rename = counted  # type: ignore[method-assign, assignment]
    try:
        opened(embedder=Counting(32)).rebuild(embed=True)
    finally:
        os._exit(0)


@pytest.mark.parametrize("which", [1, 2])
def test_a_rebuild_killed_between_its_renames_loses_no_article(
    opened: Callable[..., News], feed: Path, tmp_path: Path, which: int
) -> None:
    with opened() as news:
        news.ingest([feed])
        before = dumped(news)
    assert ending_at_rename(opened, which) == 9
    news = opened()
    assert dumped(news) == before
    more = records(tmp_path / "more.jsonl", "The old lighthouse of Harrow was sold. " * 4)
    assert statuses(news.ingest([more]).outcomes) == ["added"]
    assert opened(embedder=Counting(32)).rebuild(embed=True) == 4
    assert dumped(opened(embedder=Counting(32))) > before
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["index"]


def test_a_second_rename_that_fails_leaves_the_index(
    opened: Callable[..., News], feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = opened()
    news.ingest([feed])
    before = dumped(news)
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name.endswith(".rebuild"):
            raise OSError(5, "Input/output error")
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", failing)
        with pytest.raises(IndexProblem, match="Input/output error"):
            news.rebuild(embed=True)
    assert dumped(news) == before
    assert news.rebuild(embed=True) == 3


def test_an_index_that_was_deleted_stays_deleted(opened: Callable[..., News], feed: Path) -> None:
    with opened() as news:
        news.ingest([feed])
    shutil.copytree(news.folder, news.folder.with_name("index.old"))  # as a kill may leave it
    shutil.rmtree(news.folder)
    with pytest.raises(IndexMissing):
        opened().articles()
