"""Summaries of articles, and digests of many."""

from dataclasses import dataclass
from datetime import date

from rag.types.answers import Claim, Disagreement, Timing
from rag.types.articles import Citation


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of one or more articles, every sentence of it cited."""

    article_ids: tuple[str, ...]
    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    model: str
    timing: Timing


@dataclass(frozen=True, slots=True)
class Source:
    """An article of a story, with the number that its citations carry.

    ``copies`` are articles that say the same in the same words; they are not counted again.
    """

    number: int
    article_id: str
    url: str
    title: str
    publisher: str
    published: date | None
    copies: tuple["Source", ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A sentence of a story with the day of the event, or of the report."""

    day: date
    claim: Claim


@dataclass(frozen=True, slots=True)
class Story:
    """What several articles report about one event.

    ``headline`` and ``claims`` are checked like the sentences of an answer; ``text`` is the claims
    with their citation marks. ``sources`` are its articles, oldest first, numbered from 1.
    ``timeline`` is what changed, oldest first; empty if all was reported on one day, or no day is
    known.
    """

    headline: Claim
    text: str
    claims: tuple[Claim, ...]
    citations: tuple[Citation, ...]
    sources: tuple[Source, ...]
    timeline: tuple[Event, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """The stories in a set of articles, the most important first.

    ``articles`` is how many were read, ``copies`` how many of them say the same as others in the
    same words. ``found`` is how many stories they contain, of which the first ones are here.
    ``matching`` is how many articles matched: more than ``articles`` if the rest was left out.
    """

    query: str
    stories: tuple[Story, ...]
    articles: int
    copies: int
    found: int
    model: str
    timing: Timing
    matching: int = 0
