"""Re-chunk and re-embed all articles of an index into a folder beside it, and exchange the two."""

import shutil
import time
from pathlib import Path

from rag.errors import IndexBusy, IndexProblem
from rag.index import Entry, Index
from rag.index.chunking import chunk, embedding_text
from rag.index.embedding import Embedder
from rag.index.writer_lock import writer_lock
from rag.types import Article, Page

_WAIT_SECONDS = 0.01


def beside(folder: Path) -> Path:
    """Return the folder in which the successor of an index is built."""
    return folder.with_name(folder.name + ".rebuild")


def reembed(index: Index, folder: Path, *, embedder: Embedder, chunk_words: int) -> int:
    """Fill ``folder`` with a copy of ``index`` made with ``embedder``; return its chunk count.

    Resumes an interrupted call if it used the same parameters.

    Raises:
        IndexProblem: if the folder cannot be written.
    """
    _discard_unless(folder, (embedder.identity, embedder.dimension, chunk_words))
    with Index(folder, create=True) as new, new.writing():
        new.bind(embedder=embedder.identity, dimension=embedder.dimension, chunk_words=chunk_words)
        copied = (article.id for article, _ in new.pages())
        new.delete([article_id for article_id in copied if index.article(article_id) is None])
        for article, page in index.pages():
            if new.status_of(article) == "unchanged":
                continue
            new.add([embedded(article, page, embedder, new.chunk_words)])
        new.copy_edits(index)
    with Index(folder) as new:
        return new.info().chunks


def embedded(article: Article, page: Page, embedder: Embedder, chunk_words: int) -> Entry:
    """Chunk and embed an article."""
    cut = chunk(article, words=chunk_words)
    texts = [embedding_text(part, article) for part in cut]
    return Entry(article, page, cut, embedder.encode_documents(texts))


def exchange(folder: Path) -> None:
    """Replace an index by its complete successor, with the writer lock held.

    Raises:
        OSError: if a folder cannot be renamed; :func:`undo_exchange` then puts the index back.
    """
    old = _old(folder)
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    beside(folder).rename(folder)


def discard_old(folder: Path) -> None:
    """Delete the index that :func:`exchange` has replaced."""
    shutil.rmtree(_old(folder), ignore_errors=True)


def undo_exchange(folder: Path) -> None:
    """Put the old index back if its process ended between the two renames of an exchange.

    Waits for a process that is between them now.

    Raises:
        IndexProblem: if the folder cannot be written.
    """
    old = _old(folder)
    while _interrupted(folder):
        try:
            # The process that exchanges them holds the lock file, which the old folder contains.
            with writer_lock(old):
                if _interrupted(folder):
                    old.rename(folder)
        except IndexBusy:
            time.sleep(_WAIT_SECONDS)


def _interrupted(folder: Path) -> bool:
    """Return whether the index is gone while its predecessor and its successor are there."""
    return not folder.exists() and _old(folder).is_dir() and beside(folder).is_dir()


def _old(folder: Path) -> Path:
    return folder.with_name(folder.name + ".old")


def _discard_unless(folder: Path, made_with: tuple[str, int, int]) -> None:
    """Delete the remains of an interrupted rebuild that used other parameters."""
    if not folder.exists():
        return
    try:
        with Index(folder) as partial:
            found = partial.info()
    except IndexProblem:
        shutil.rmtree(folder)
        return
    if (found.embedder, found.dimension, found.chunk_words) != made_with:
        shutil.rmtree(folder)
