"""What each cleaner hands to :func:`rag.ingest.cleaning.extract`, and the one way an article is built."""

from dataclasses import dataclass
from datetime import date

from rag.errors import ExtractError
from rag.ingest.cleaning.line_scores import count_words

MIN_WORDS = 25  # of an article found in a page
MIN_RECORD_WORDS = 5  # of what calls itself an article: a record, a clean text


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An article's parts as found on a page; what is not known is empty."""

    title: str
    text: str
    publisher: str = ""
    authors: tuple[str, ...] = ()
    published: date | None = None
    language: str = ""
    url: str = ""


def require_words(text: str, least: int = MIN_WORDS) -> None:
    """Refuse a text that is too short to be an article.

    Raises:
        ExtractError: the text holds fewer than ``least`` words.
    """
    found = count_words(text)
    if found < least:
        raise ExtractError(
            f"the page holds {found} word{'' if found == 1 else 's'} of article text, "
            f"an article needs {least}"
        )
