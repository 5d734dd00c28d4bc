"""What a reader asks for: filters, orders, lengths and styles, and the tasks of a batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from rag.errors import ConfigError

# Of a list of articles; "-" reverses, and "undated" puts articles without a date first.
Order = Literal[
    "newest", "oldest", "added", "undated", "title", "-title", "publisher", "-publisher"
]
Length = Literal["short", "medium", "long"]  # of a summary
# Running sentences, one sentence per line, or text below a headline. All are checked alike.
Style = Literal["paragraph", "bullets", "headline"]


@dataclass(frozen=True, slots=True, init=False)
class Filters:
    """Which articles may be searched. ``since`` and ``until`` are inclusive days.

    ``publishers`` are compared as people write them (:func:`rag.text.publishers.key`); an empty
    tuple admits all. Articles without a date are excluded if ``since`` or ``until`` is given. With
    ``as_of`` the news is read as of that day: later articles are excluded, and among equally good
    matches those of the week before it come first. ``articles`` are ids; an empty tuple admits all.
    """

    since: date | None = None
    until: date | None = None
    publishers: tuple[str, ...] = ()
    as_of: date | None = None
    articles: tuple[str, ...] = ()

    def __init__(
        self,
        since: date | str | None = None,
        until: date | str | None = None,
        publishers: str | Iterable[str] = (),
        as_of: date | str | None = None,
        articles: str | Iterable[str] = (),
    ) -> None:
        """Accept dates, datetimes (also pandas') and ISO 8601 text, and one or several publishers and ids.

        Raises:
            ConfigError: if a day cannot be read, or ``since`` is after ``until``.
        """
        for name, value in (("since", since), ("until", until), ("as_of", as_of)):
            object.__setattr__(self, name, _day(name, value))
        for name, several in (("publishers", publishers), ("articles", articles)):
            listed = (several,) if isinstance(several, str) else tuple(several)
            object.__setattr__(self, name, listed)
        if self.since and self.until and self.since > self.until:
            raise ConfigError(f"since {self.since} is after until {self.until}. Swap them.")


def _day(name: str, value: date | str | None) -> date | None:
    """Return the calendar day of a value, without its time."""
    given: date | str | None = value
    try:
        given = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
        if given is None or isinstance(given, date):
            return given.date() if isinstance(given, datetime) else given
    except ValueError:  # also of a pandas NaT, which is a datetime without a day
        pass
    raise ConfigError(f"{name} {value!r} is not a day. Use a date, or text like 2022-01-19.")


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
class Estimate:
    """What a batch will take. Unless ``measured`` on this machine, ``seconds`` is a guess.

    ``unreadable`` items become rows with an error; ``tokens`` are read and written.
    """

    items: int
    unreadable: int
    tokens: int
    seconds: float
    measured: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a batch, with an id that its row carries."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, init=False)
class Answers:
    """A batch of answers from the index: questions, or a file of them (.txt, .csv, .jsonl, -)."""

    questions: tuple[Question, ...] = ()
    file: str = ""
    filters: Filters = Filters()
    k: int | None = None

    def __init__(
        self,
        questions: str | Iterable[Question | str] = (),
        file: str = "",
        filters: Filters = filters,
        k: int | None = None,
    ) -> None:
        """A question given as text has its place as id: "1" is the first."""
        given = [questions] if isinstance(questions, str) else questions
        numbered = (
            Question(str(place), each) if isinstance(each, str) else each
            for place, each in enumerate(given, start=1)
        )
        for name, value in (("questions", tuple(numbered)), ("file", file), ("filters", filters)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "k", k)
