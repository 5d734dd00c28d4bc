"""Timeline of a story: what changed from day to day, each sentence with the day it is about."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from rag.check.fresh import already_said, verbatim
from rag.llm.portions import excerpt
from rag.summarizing.digest.central import Central
from rag.summarizing.digest.reading import Reading, Statement
from rag.types import Event, Passage

_MOST = 8  # maximum events
_CHANGED = 10.0  # weight of a figure that differs on a later day; other sentences weigh up to 1.6


def timeline(
    readings: Sequence[Reading], central: Central, changed: Sequence[Statement]
) -> tuple[Event, ...]:
    """Return one event per day, oldest first, each a verbatim sentence.

    Empty if there is only one day or only one article, which has its own order.

    Args:
        readings: articles of the story; ``readings[n]`` has the number n + 1.
        central: candidate sentences; those in ``apart`` are skipped.
        changed: sentences with a figure that differs on another day.
    """
    numbers = {reading.article.id: number for number, reading in enumerate(readings, start=1)}
    statements = {(s.article.id, s.start): s for each in readings for s in each.statements}
    found: list[tuple[date, float, Passage]] = []
    for each in changed:
        passage = excerpt(each.article, numbers[each.article.id], each.start, each.end)
        found += [(each.day, _CHANGED, passage)] if each.day else []
    for passage in central.passages:
        own = statements.get((passage.article.id, passage.chunk.start))
        if own and own.day and passage.chunk.text not in central.apart:
            found.append((own.day, passage.score, passage))
    found.sort(key=lambda each: (each[0], -each[1]))
    events: list[tuple[float, Event]] = []
    for day, candidates in groupby(found, key=lambda each: each[0]):
        events += _of_day(day, [(score, passage) for _, score, passage in candidates], events)
    best = sorted(events, key=lambda each: -each[0])[:_MOST]
    days = sorted((event for _, event in best), key=lambda event: event.day)
    return tuple(days) if len(days) > 1 and len(readings) > 1 else ()


def _of_day(
    day: date, candidates: Sequence[tuple[float, Passage]], before: Sequence[tuple[float, Event]]
) -> list[tuple[float, Event]]:
    """Return the best sentence of a day that is a changed figure or repeats no earlier day."""
    known = [event.claim for _, event in before]
    for score, passage in candidates:
        if score == _CHANGED or not already_said(passage.chunk.text, known):
            claim = verbatim(passage)
            if claim.supported:
                return [(score, Event(day, claim))]
    return []
