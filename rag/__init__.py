"""Ask the news on your own machine: answers and summaries in which every sentence has a quote.

    import rag

    news = rag.open("indexes/demo")
    news.ingest(["articles/"])
    answer = news.ask("Who will Blinken meet in Berlin?")
    answer.text, answer.citations[0].quote

See :class:`News` for all that an open index can do, :mod:`rag.types` for the results, and
:mod:`rag.errors` for the exceptions.
"""

from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.types import Answer, Article, Checked, Citation, Claim, Draft, Filters, Found, Summary

if TYPE_CHECKING:
    __version__: str
    from rag.library import News
    from rag.library import open_news as open  # noqa: A004 - rag.open reads as it should

__all__ = [
    "Answer",
    "Article",
    "Checked",
    "Citation",
    "Claim",
    "Draft",
    "Filters",
    "Found",
    "News",
    "RagError",
    "Summary",
    "open",
]


def __getattr__(name: str) -> object:
    """Import on first use what is slow to import: numpy and pydantic, our version."""
    if name == "__version__":
        from rag.version import own_version

        return own_version()
    if name in {"News", "open"}:
        from rag import library

        return library.News if name == "News" else library.open_news
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
