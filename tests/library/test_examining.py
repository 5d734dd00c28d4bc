"""An index is examined and repaired; backups are complete and restored without loss."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from opened_news import BRIDGE, counting

from rag.errors import EmbedderMismatch, IndexProblem
from rag.index.embedding import HashEmbedder
from rag.library import News

DAMAGES = {
    "rows": ("DELETE FROM articles WHERE id = (SELECT min(id) FROM articles)",),
    "words": ("DELETE FROM chunk_text_data WHERE id > 10",),
    "a passage too long": ("UPDATE chunks SET end = end + 1000 WHERE number = 1",),
    "a passage that is gone": ("DELETE FROM chunks WHERE number = 1",),
    "a passage without words": ("DELETE FROM chunk_text WHERE rowid = 1",),
    "vectors": ("UPDATE chunks SET vector = zeroblob(256) WHERE number = 2",),
    "a vector cut off": ("UPDATE chunks SET vector = zeroblob(12) WHERE number = 2",),
    "pages": ("UPDATE sources SET body = x'00'",),
    "another vector": ("UPDATE chunks SET vector = (SELECT vector FROM chunks WHERE number = 2)",),
}


def changed(news: News, *statements: str) -> None:
    """Change the database behind the library's back."""
    with sqlite3.connect(news.folder / "news.sqlite") as database:
        for statement in statements:
            database.execute(statement)
    database.close()


def problems(news: News) -> list[str]:
    return [finding.part for finding in news.examine() if finding.problem]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_found_and_repaired(
    opened: Callable[..., News], feed: Path, damage: str
) -> None:
    news = opened()
    news.ingest([feed])
    assert problems(news) == []
    articles = news.count() - (damage == "rows")
    changed(news, *DAMAGES[damage])
    assert problems(news)
    repaired = news.examine(repair=True)
    assert not any(finding.problem for finding in repaired)
    assert any(finding.repaired for finding in repaired)
    assert problems(opened()) == []
    assert news.count() == articles
    for article in news.articles():
        passage = news.search(article.text)[0]
        assert passage.article == article
        assert passage.chunk.text in article.text


def test_articles_with_damaged_pages_can_be_embedded_again(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened()
    news.ingest([feed])
    texts = {article.text for article in news.articles()}
    changed(news, *DAMAGES["pages"])
    assert news.rebuild(embed=True) == 3
    assert {article.text for article in news.articles()} == texts
    assert problems(news) == []


def test_a_vector_file_cut_short_is_written_again(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    (file,) = news.folder.glob("vectors-*.faiss")
    file.write_bytes(file.read_bytes()[:50])
    assert problems(news) == ["vector file"]
    embedded = counting(news).documents
    news.examine(repair=True)
    assert problems(news) == []
    assert counting(news).documents == embedded


def test_a_database_cut_in_half_is_reported_and_not_touched(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened()
    news.ingest([feed])
    news.close()
    file = news.folder / "news.sqlite"
    half = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(half)
    with opened() as damaged:
        try:
            (finding,) = damaged.examine(repair=True)
            assert finding.problem
        except IndexProblem as error:
            assert "rag doctor" in str(error)  # noqa: PT017 - SQLite may notice at once, or later
    assert file.read_bytes() == half


def test_articles_are_not_embedded_again_by_another_embedder(
    opened: Callable[..., News], feed: Path
) -> None:
    opened().ingest([feed])
    other = opened(embedder=HashEmbedder(32))
    assert problems(other) == []
    changed(other, *DAMAGES["vectors"])
    with pytest.raises(EmbedderMismatch):
        other.examine(repair=True)


def test_a_backup_made_during_a_write_is_complete(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    news, other = opened(), opened()
    news.ingest([feed])
    with other._writing() as index:
        index.delete([news.articles()[0].id])
        copy = news.backup(tmp_path / "copy.backup")
    again = opened(folder="again")
    assert again.restore(copy) == 2
    assert problems(again) == []
    assert again.search(BRIDGE)[0].article in other.articles()
    assert sorted(article.id for article in again.articles()) == sorted(
        article.id for article in other.articles()
    )


def test_what_is_no_backup_is_refused_and_nothing_is_replaced(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    news = opened()
    news.ingest([feed])
    copy = news.backup(tmp_path / "copy.backup")
    with pytest.raises(IndexProblem, match="already is an index"):
        news.restore(copy)
    assert news.count() == 3
    for name, content in (("no.backup", b"no database" * 500), ("half", copy.read_bytes()[:9000])):
        (tmp_path / name).write_bytes(content)
        other = opened(folder=f"from {name}")
        with pytest.raises(IndexProblem):
            other.restore(tmp_path / name)
        assert not other.folder.exists()
    with pytest.raises(IndexProblem, match="No such file"):
        opened(folder="new").restore(tmp_path / "absent")
    assert not (tmp_path / "new").exists()
    with pytest.raises(IndexProblem, match="cannot be written"):
        news.backup(copy / "in a file")
