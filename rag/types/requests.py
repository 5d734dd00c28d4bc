"""What a reader asks for: filters, orders, lengths and styles, and the tasks of a batch."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

# Of a list of articles; "-" reverses, and "undated" puts articles without a date first.
Order = Literal[
    "newest", "oldest", "added", "undated", "title", "-title", "publisher", "-publisher"
]
Length = Literal["short", "medium", "long"]  # of a summary
# Running sentences, one sentence per line, or text below a headline. All are checked alike.
Style = Literal["paragraph", "bullets", "headline"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may be searched. ``since`` and ``until`` are inclusive days.

    ``publishers`` are compared case-insensitively; an empty tuple admits all. Articles without a
    date are excluded if ``since`` or ``until`` is given. With ``as_of`` the news is read as of that
    day: later articles are excluded, and among equally good matches those of the week before it
    come first.
    """

    since: date | None = None
    until: date | None = None
    publishers: tuple[str, ...] = ()
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Summaries:
    """A batch of summaries, one for each article.

    The articles are those of ``sources`` (files, folders, web addresses, ``-``), else those of the
    index by ``ids``, else those of the index that ``query`` and ``filters`` admit, at most
    ``limit``. ``fields`` holds (ours, theirs) names of a record's fields; ``instruction`` is a
    request of the reader that is added to the prompt.
    """

    sources: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    query: str = ""
    filters: Filters = Filters()
    limit: int | None = None
    fields: tuple[tuple[str, str], ...] = ()
    length: Length = "medium"
    style: Style = "paragraph"
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a batch, with an id that its row carries."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Answers:
    """A batch of answers from the index: questions, or a file of them (.txt, .csv, .jsonl, -)."""

    questions: tuple[Question, ...] = ()
    file: str = ""
    filters: Filters = Filters()
    k: int | None = None
