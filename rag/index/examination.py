"""Examine an index, and repair it: is every article wholly there, and do its derived parts agree?

SQLite's own check comes first. Then the rows of one table are held against those of the others, the
full-text index against its text, each passage against its article, each vector against the
dimension and unit length it must have, and the vector file against the stored vectors.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rag.errors import IndexProblem
from rag.index import Entry, Index
from rag.types import Article, Finding

_UNIT = 1e-3  # allowed deviation of a vector's length
_NAMED = 3  # articles named in a problem
_STRAYS = (
    "chunks WHERE article_id NOT IN (SELECT id FROM articles)",
    "sources WHERE article_id NOT IN (SELECT id FROM articles)",
    "chunk_text WHERE rowid NOT IN (SELECT number FROM chunks)",
)


def examine(index: Index) -> tuple[Finding, ...]:
    """Return one finding for each part of an index; only the first if SQLite finds damage."""
    database = integrity(index)
    if database.problem:
        return (database,)
    return (database, _rows(index), _words(index), *_articles(index), _file(index))


def integrity(index: Index) -> Finding:
    """Return whether SQLite finds damage in its file."""
    try:
        damage = [str(row[0]) for row in index.rows(f"PRAGMA integrity_check({_NAMED})")]
    except IndexProblem as error:
        damage = [str(error)]
    problem = "" if damage == ["ok"] else " ".join("; ".join(damage).split())
    return Finding("database", problem)


def mend(index: Index, findings: Sequence[Finding], made: Callable[[Article], Entry]) -> None:
    """Repair what was found, with the writer lock held; ``made`` chunks and embeds an article.

    Raises:
        IndexProblem: if the index cannot be written.
    """
    parts = {finding.part for finding in findings if finding.problem}
    if "words" in parts:
        index.rows("INSERT INTO chunk_text (chunk_text) VALUES ('rebuild')")
    if "rows" in parts:
        with index.transaction():
            for stray in _STRAYS:
                index.rows(f"DELETE FROM {stray}")  # noqa: S608
    for article_id in dict.fromkeys(each for finding in findings for each in finding.articles):
        if article := index.article(article_id):
            index.add([made(article)])
    index.forget_vector_file()


def _rows(index: Index) -> Finding:
    strays = sum(index.rows(f"SELECT count(*) FROM {stray}")[0][0] for stray in _STRAYS)  # noqa: S608
    return Finding("rows", f"belonging to no article: {strays:,}" if strays else "")


def _words(index: Index) -> Finding:
    if index.read_only:
        return Finding("words")  # FTS5 checks itself by a command that counts as writing
    try:
        index.rows("INSERT INTO chunk_text (chunk_text) VALUES ('integrity-check')")
    except IndexProblem:
        return Finding("words", "the full-text index does not match its text")
    return Finding("words")


def _articles(index: Index) -> Iterator[Finding]:
    passages, vectors, pages = list[Article](), list[Article](), list[Article]()
    for (article_id,) in index.rows("SELECT id FROM articles ORDER BY rowid"):
        article = index.article(article_id)
        if article is None:
            continue
        rows = index.rows(
            "SELECT chunks.position, chunks.start, chunks.end, chunks.vector, chunk_text.text"
            " FROM chunks LEFT JOIN chunk_text ON chunk_text.rowid = chunks.number"
            " WHERE article_id = ? ORDER BY position",
            (article_id,),
        )
        if not _cut_well(
            article, [(place, start, end, text) for place, start, end, _, text in rows]
        ):
            passages.append(article)
        if not all(_is_unit(vector, index.dimension) for *_, vector, _ in rows):
            vectors.append(article)
        if index.source(article_id) is None:
            pages.append(article)
    yield _of("passages", "not in the text of their article", passages)
    yield _of("vectors", "of a wrong length, for passages of", vectors)
    yield _of("pages", "missing or damaged; a repair stores the text instead, for", pages)


def _cut_well(article: Article, rows: Sequence[tuple[int, int, int, str]]) -> bool:
    """Return whether the passages are the article's text, in order and stored for search."""
    places = [place for place, *_ in rows]
    return (
        (bool(rows) or not article.text.strip())
        and places == list(range(len(rows)))
        and all(
            0 <= start < end <= len(article.text) and article.text[start:end] == text
            for _, start, end, text in rows
        )
    )


def _is_unit(vector: bytes, dimension: int) -> bool:
    if len(vector) != 4 * dimension:
        return False
    length = float(np.linalg.norm(np.frombuffer(vector, dtype="<f4")))
    return abs(length - 1) < _UNIT  # false for a vector that is not finite, too


def _of(part: str, what: str, articles: Sequence[Article]) -> Finding:
    if not articles:
        return Finding(part)
    names = ", ".join(repr(article.title or article.url) for article in articles[:_NAMED])
    more = f" and {len(articles) - _NAMED:,} more" if len(articles) > _NAMED else ""
    return Finding(part, f"{what} {names}{more}", tuple(article.id for article in articles))


def _file(index: Index) -> Finding:
    if not index.counts()[1]:
        return Finding("vector file")
    saved = index.saved_vectors()
    if saved is None:
        problem = "missing or damaged; each process builds it again before it searches"
        return Finding("vector file", problem)
    try:
        differing = saved.differing(index.stored_vectors())
    except IndexProblem:
        return Finding("vector file")  # reported with the vectors
    problem = f"{differing:,} vectors are not those of the database" if differing else ""
    return Finding("vector file", problem)
