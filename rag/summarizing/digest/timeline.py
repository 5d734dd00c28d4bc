"""Timeline of a story: what changed from day to day, each sentence with the day it is about."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from rag.check.fresh import said, verbatim
from rag.llm.portions import excerpt
from rag.summarizing.digest.central import Central
from rag.summarizing.digest.days import day_of
from rag.summarizing.digest.disagree import Fact
from rag.types import Article, Event, Passage

_MOST = 8  # maximum events
_CHANGED = 10.0  # weight of a figure that differs on a later day; other sentences weigh up to 1.6


def timeline(
    articles: Sequence[Article], central: Central, changed: Sequence[Fact]
) -> tuple[Event, ...]:
    """Return one event per day, oldest first, each a verbatim sentence.

    Empty if there is only one day or only one article, which has its own order.

    Args:
        articles: articles of the story; ``articles[n]`` has the number n + 1.
        central: candidate sentences; those in ``apart`` are skipped.
        changed: figures that differ on a later day; both facts of each pair are candidates.
    """
    found: list[tuple[date, float, Passage]] = []
    numbers = {article.id: number for number, article in enumerate(articles, start=1)}
    for fact in changed:
        passage = excerpt(fact.article, numbers[fact.article.id], fact.start, fact.end)
        found += [(fact.day, _CHANGED, passage)] if fact.day else []
    own = (each for each in central.passages if each.chunk.text not in central.apart)
    for passage in own:
        day = day_of(passage.chunk.text, passage.article.published)
        found += [(day, passage.score, passage)] if day else []
    found.sort(key=lambda each: (each[0], -each[1]))
    events: list[tuple[float, Event]] = []
    for day, told in groupby(found, key=lambda each: each[0]):
        events += _of_day(day, [(score, passage) for _, score, passage in told], events)
    kept = sorted(events, key=lambda each: -each[0])[:_MOST]
    days = sorted((event for _, event in kept), key=lambda event: event.day)
    return tuple(days) if len(days) > 1 and len(articles) > 1 else ()


def _of_day(
    day: date, told: Sequence[tuple[float, Passage]], before: Sequence[tuple[float, Event]]
) -> list[tuple[float, Event]]:
    """Return the best sentence of a day that is a changed figure or repeats no earlier day."""
    known = [event.claim for _, event in before]
    for score, passage in told:
        if score == _CHANGED or not said(passage.chunk.text, known):
            claim = verbatim(passage)
            if claim.supported:
                return [(score, Event(day, claim))]
    return []
