"""Re-chunk and re-embed all articles of an index into a folder beside it."""

import shutil
from pathlib import Path

from rag.errors import IndexProblem
from rag.index import Entry, Index
from rag.index.chunking import chunk, embedding_text
from rag.index.embedding import Embedder


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
            cut = chunk(article, words=new.chunk_words)
            texts = [embedding_text(part, article) for part in cut]
            new.add([Entry(article, page, cut, embedder.encode_documents(texts))])
    with Index(folder) as new:
        return new.info().chunks


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
