"""The result type of every cleaner, and the minimum length of an article."""

from dataclasses import dataclass
from datetime import date

from rag.errors import ExtractError
from rag.ingest.cleaning.line_scores import count_words

MIN_WORDS = 25  # in an article found on a page
MIN_RECORD_WORDS = 5  # in a declared article: a record, a clean text


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The parts of an article found on a page; unknown parts are empty.

    ``unread_date`` is the date as the page states it, if that cannot be read; ``date_field`` is the
    record's field that holds a date but has no known name, if no other states one.
    """

    title: str
    text: str
    publisher: str = ""
    authors: tuple[str, ...] = ()
    published: date | None = None
    language: str = ""
    url: str = ""
    unread_date: str = ""
    date_field: str = ""


def require_words(text: str, least: int = MIN_WORDS) -> None:
    """Reject a text that is too short to be an article.

    Raises:
        ExtractError: The text contains fewer than ``least`` words.
    """
    found = count_words(text)
    if found < least:
        raise ExtractError(
            f"the page has only {found} word{'' if found == 1 else 's'} of article text; "
            f"an article needs {least}"
        )
