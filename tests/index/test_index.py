"""SQLite is the truth, FAISS follows: on real files, with the hash embedder."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

import rag.index as index_module
from rag.errors import EmbedderMismatch, IndexBusy, IndexMissing, IndexProblem
from rag.index import Entry, Index
from rag.index import vectors as vectors_module
from rag.index.chunking import chunk, embedding_text
from rag.index.embedding import HashEmbedder
from rag.index.vectors import Vectors
from rag.text import content_id
from rag.types import Article, Filters, Order, Page

EMBEDDER = HashEmbedder(64)
WEIGHTS = (1.0, 2.0, 0.5)
NOW = datetime(2022, 1, 20, tzinfo=UTC)


def make(number: int, text: str = "", publisher: str = "Echo", day: int = 1) -> Article:
    title = f"Story {number}"
    text = text or f"Mayor number{number} opened the harbour. The band played for an hour."
    return Article(
        content_id(title, text),
        f"https://echo.example/{number}",
        title,
        text,
        publisher,
        ("Ada Quill",),
        date(2022, 1, day),
        "en",
        NOW,
    )


def entry(article: Article) -> Entry:
    cut = chunk(article, words=40)
    vectors = EMBEDDER.encode_documents([embedding_text(part, article) for part in cut])
    return Entry(article, Page(article.url, article.text.encode(), "text/plain", NOW), cut, vectors)


def opened(folder: Path) -> Index:
    index = Index(folder, create=True)
    index.bind(embedder=EMBEDDER.identity, dimension=64, chunk_words=40)
    return index


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with opened(tmp_path / "news") as index:
        with index.writing():
            index.add([entry(make(number)) for number in range(5)])
        yield index


def nearest(index: Index, text: str, filters: Filters | None = None) -> str:
    vector = EMBEDDER.encode_queries([text])[0]
    found = index.dense(vector, filters=filters or Filters(), limit=1)
    return index.chunks([found[0][0]])[found[0][0]][1].title


def test_both_searches_find_an_article(index: Index) -> None:
    article = make(3)
    assert nearest(index, embedding_text(chunk(article)[0], article)) == "Story 3"
    found = index.lexical('"number3"', weights=WEIGHTS, filters=Filters(), limit=5)
    assert [index.chunks([n])[n][1].title for n, _ in found] == ["Story 3"]


def test_stored_articles_come_back_whole_with_their_source(index: Index) -> None:
    article = make(2)
    assert index.article(article.id) == article
    assert index.article(article.id[:6]) == article
    assert index.source(article.id) == article.text.encode()
    assert index.article("nothing like it") is None


def test_the_chunks_of_an_article_come_in_the_order_of_its_text(index: Index) -> None:
    (article,) = index.articles(filters=Filters(), limit=1)
    assert index.cut(article) == chunk(article, words=index.chunk_words)
    index.delete([article.id])
    assert index.cut(article) == ()


def test_the_status_of_an_article(index: Index) -> None:
    same = make(1)
    assert index.status_of(same) == "unchanged"
    assert index.status_of(make(9)) == "added"
    elsewhere = Article(same.id, "https://other.example/", same.title, same.text)
    assert (index.status_of(elsewhere), index.repeated_by(elsewhere)) == ("added", same)
    changed = make(1, text="The harbour closed again. Nobody knows why it did so.")
    assert index.status_of(changed) == "updated"
    redated = Article(
        **{name: getattr(same, name) for name in same.__slots__} | {"published": None}
    )
    assert index.status_of(redated) == "updated"


def test_an_update_replaces_text_words_and_vectors(index: Index) -> None:
    with index.writing():
        index.add([entry(make(1, text="Zebras left the zoo. They came back by bus."))])
    info = index.info()
    assert (info.articles, info.chunks) == (5, len(index.vectors()))
    assert not index.lexical('"number1"', weights=WEIGHTS, filters=Filters(), limit=5)
    assert nearest(index, "Story 1 Zebras left the zoo") == "Story 1"


def test_a_deleted_article_is_gone_from_all_three(index: Index) -> None:
    article = make(4)
    with index.writing():
        index.delete([article.id])
    assert index.article(article.id) is None
    assert not index.lexical('"number4"', weights=WEIGHTS, filters=Filters(), limit=5)
    assert len(index.vectors()) == index.info().chunks == 4


def test_filters_are_applied_before_the_cut(tmp_path: Path) -> None:
    with opened(tmp_path / "news") as index, index.writing():
        many = [entry(make(n, publisher="Echo", day=1)) for n in range(60)]
        few = entry(make(99, "A dull note on drains was filed.", publisher="ÉCLAIR", day=9))
        index.add([*many, few])
        for filters in (
            Filters(publishers=("éclair",)),
            Filters(since=date(2022, 1, 9)),
            Filters(articles=few.article.id),
            Filters(since=date(2022, 1, 2), until=date(2022, 1, 9)),
        ):
            vector = EMBEDDER.encode_queries(["Mayor number7 opened the harbour"])[0]
            dense = index.dense(vector, filters=filters, limit=3)
            words = index.lexical(
                '"harbour" OR "drains"', weights=WEIGHTS, filters=filters, limit=3
            )
            assert {index.chunks([n])[n][1].title for n, _ in dense + words} == {"Story 99"}
        nobody = Filters(publishers=("Nobody",))
        assert index.dense(vector, filters=nobody, limit=3) == []


@pytest.mark.parametrize("damage", ["missing", "torn", "foreign", "stale"])
def test_a_bad_vector_file_is_built_again_without_embedding(
    tmp_path: Path, index: Index, damage: str
) -> None:
    folder = index.folder
    (file,) = folder.glob("vectors-*.faiss")
    if damage == "missing":
        file.unlink()
    elif damage == "torn":
        file.write_bytes(file.read_bytes()[:100])
    elif damage == "foreign":
        with opened(tmp_path / "other") as other, other.writing():
            other.add([entry(make(n, f"Other words {n} stand here.")) for n in range(5)])
        (foreign,) = (tmp_path / "other").glob("vectors-*.faiss")
        file.write_bytes(foreign.read_bytes())
    else:  # a kill between the commit and the writing of the file
        index.add([entry(make(8))])
    index.close()
    with Index(folder) as again:
        expected = 6 if damage == "stale" else 5
        assert len(again.vectors()) == again.info().chunks == expected
        article = make(3)
        assert nearest(again, embedding_text(chunk(article)[0], article)) == "Story 3"


def _added_and_deleted(index: Index, expected: dict[str, str]) -> None:
    """Every expected article is the nearest to its own words; nothing else is found."""
    assert len(index.vectors()) == index.info().chunks
    for words, title in expected.items():
        assert nearest(index, words) == title
    (query,) = EMBEDDER.encode_queries(["Mayor opened the harbour"])
    found = index.dense(query, filters=Filters(), limit=1000)
    assert len(found) == index.info().chunks
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    own = index.dense(query, filters=Filters(since=date(2022, 1, 9)), limit=1000)
    assert {index.chunks([n])[n][1].title for n, _ in own} == {"Story 9"}


def test_adding_an_article_leaves_the_vector_file_alone(index: Index) -> None:
    (file,) = index.folder.glob("vectors-*.faiss")
    written = file.stat()
    index.vectors()  # a reader that has read them
    with Index(index.folder) as writer, writer.writing():
        writer.add([entry(make(9, "Zebras left the zoo by bus.", day=9)), entry(make(8))])
        writer.delete([make(3).id, make(8).id])
    expected = {"Story 9 Zebras left the zoo by bus.": "Story 9", "Story 1 number1": "Story 1"}
    _added_and_deleted(index, expected)
    with Index(index.folder) as later:
        _added_and_deleted(later, expected)
    with Index(index.folder) as writer, writer.writing():
        writer.add([entry(make(1, "Ducks took the tram home."))])
    expected = {"Story 1 Ducks took the tram home.": "Story 1"}
    _added_and_deleted(index, expected)
    assert file.stat().st_mtime_ns == written.st_mtime_ns


def test_a_vector_file_that_lacks_much_is_written_again(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_FEW", 2)
    (file,) = index.folder.glob("vectors-*.faiss")
    reader = Index(index.folder)
    for number in (6, 7):
        with index.writing():
            index.add([entry(make(number))])
    assert file.is_file()
    with index.writing():
        index.delete([make(0).id])
    assert not file.is_file()
    assert len(index.vectors()) == len(reader.vectors()) == reader.info().chunks == 6
    reader.close()


def test_a_second_writer_gets_the_name_of_the_first(index: Index) -> None:
    code = (
        "import sys; from pathlib import Path; from rag.index import Index\n"
        "with Index(Path(sys.argv[1])) as index, index.writing(): pass"
    )
    with index.writing():
        command = [sys.executable, "-c", code, str(index.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        reader = Index(index.folder)
        assert reader.info().articles == 5
        reader.close()
    assert done.returncode != 0
    assert IndexBusy.__name__ in done.stderr
    assert "is being written by process" in done.stderr


def test_another_embedder_is_an_error_that_names_both(index: Index) -> None:
    with Index(index.folder) as other, pytest.raises(EmbedderMismatch) as caught:
        other.bind(embedder="mini", dimension=384, chunk_words=40)
    assert "hash-64" in str(caught.value)
    assert "mini" in str(caught.value)
    assert "rag index rebuild --embed" in str(caught.value)


def test_a_folder_without_an_index_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="rag ingest"):
        Index(tmp_path / "none")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "news.sqlite").write_bytes(b"this is no database at all" * 50)
    with pytest.raises(IndexProblem, match="is damaged or not an SQLite file"):
        Index(tmp_path / "bad")


def test_a_full_disk_loses_nothing(index: Index) -> None:
    ((pages,),) = index.rows("PRAGMA page_count")
    index.rows(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(IndexProblem, match="full"):
        index.add([entry(make(50)), entry(make(51, "Long words. " * 2000))])
    assert index.info().articles == 5
    assert index.info().integrity == "ok"


def test_an_index_of_an_earlier_release_opens_unchanged(tmp_path: Path) -> None:
    """The fixture holds two of the sample articles, indexed at commit 1953c57."""
    with zipfile.ZipFile(Path(__file__).parent / "fixtures" / "index-of-1953c57.zip") as packed:
        packed.extractall(tmp_path)
    (file,) = tmp_path.glob("vectors-*.faiss")
    before = file.read_bytes()
    embedder = HashEmbedder()
    with Index(tmp_path) as index:
        index.bind(embedder=embedder.identity, dimension=256, chunk_words=120)
        info = index.info()
        assert (info.articles, info.chunks, info.generation) == (2, 6, 2)
        assert (info.vector_file, info.integrity) == (file.name, "ok")
        assert info.publishers == {"Lindenplatz Report": 1, "The Meridian Courier": 1}
        newest, oldest = index.articles(filters=Filters())
        assert [newest.published, oldest.published] == [date(2022, 1, 24), date(2022, 1, 13)]
        assert newest.title == "Embassy families told to leave Kyiv as NATO sends jets east"
        assert index.cut(newest) == chunk(newest, words=120)
        assert json.loads(index.source(newest.id) or b"")["title"] == newest.title
        (vector,) = embedder.encode_queries([embedding_text(index.cut(newest)[0], newest)])
        words = index.lexical('"embassy"', limit=1)
        dense = index.dense(vector, filters=Filters(), limit=1)
        assert set(index.article_ids([dense[0][0], words[0][0]]).values()) == {newest.id}
        with index.writing():
            pass
    assert file.read_bytes() == before


def test_large_indexes_search_approximately_and_find_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dice = np.random.default_rng(5)
    rows = dice.normal(size=(800, 32)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    numbers = np.arange(1, 801, dtype=np.int64)
    exact = Vectors.build([(numbers, rows)], dimension=32, total=800)
    monkeypatch.setattr(vectors_module, "EXACT_BELOW", 100)
    quick = Vectors.build([(numbers, rows)], dimension=32, total=800)
    some = numbers[::7].copy()
    for query in rows[:20]:
        assert quick.search(query, limit=1)[0][0] == exact.search(query, limit=1)[0][0]
        found = quick.search(query, limit=5, among=some)
        assert {number for number, _ in found} <= set(some.tolist())
        assert found[0][0] == exact.search(query, limit=5, among=some)[0][0]


def test_articles_are_listed_by_words_of_their_text_and_in_every_order(index: Index) -> None:
    undated = replace(make(60, "The goats left the harbour of Sarn."), published=None)
    with index.writing():
        index.add([entry(undated)])
    last = make(61, "A goat of Sarn was seen on the bridge.", publisher="Zeit")
    with index.writing():
        index.add([entry(last)])

    def listed(order: Order, query: str = "") -> list[str]:
        return [each.id for each in index.articles(filters=Filters(), query=query, order=order)]

    assert listed("added", "goat sar") == [last.id, undated.id]
    assert index.count(filters=Filters(), query="goat sar") == 2
    assert listed("added", '" OR *') == []
    assert listed("added")[:2] == [last.id, undated.id]
    assert listed("undated")[:2] == [undated.id, last.id]
    assert listed("-title") == listed("title")[::-1]
    assert listed("-publisher")[0] == last.id


def test_vectors_that_do_not_fit_on_the_disk_are_an_error_with_its_reason(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")  # not on Windows
    batch = np.arange(9), np.ones((9, 1_000), np.float32)
    vectors = Vectors.build([batch], dimension=1_000, total=9)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OSError, match=r"not be written to v\.faiss: File too large$"):
            vectors.write(tmp_path / "v.faiss")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())
