"""Conversation as the browser saves it: a list of saved turns, read back from the index.

The page reads it from the browser's store with each event and adds each new turn, so that several
tabs of one person add to the same conversation; see ``filled`` and ``keep`` in page.js.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from rag import News, export
from rag.errors import RagError
from rag.types import Answer, Citation, Claim, Filters

MOST_TURNS = 40  # saved; older ones are dropped
REMEMBERED = 4  # turns before a question that the model sees
_MARK = re.compile(r"\[(\d{1,4})\]")
_FILTERS = TypeAdapter(Filters)


@dataclass(frozen=True, slots=True)
class Turn:
    """An answer and the filters it was searched with."""

    answer: Answer
    filters: Filters


def turns(news: News, saved: object) -> tuple[Turn, ...]:
    """Read the turns of a conversation, oldest first; skip those no longer readable.

    ``saved`` comes from the browser, so it may be anything.
    """
    found: list[Turn] = []
    listed = _read(saved)
    for each in listed[-MOST_TURNS:] if isinstance(listed, list) else ():
        try:
            filters = _FILTERS.validate_python(each["filters"])
            found.append(Turn(news.recalled(str(each["answer"])), filters))
        except (RagError, ValidationError, KeyError, TypeError):
            continue
    return tuple(found)


def to_save(turns: Sequence[Turn]) -> list[object]:
    """Return what the browser is to save of a conversation."""
    return [
        {
            "answer": export.saved(turn.answer),
            "filters": _FILTERS.dump_python(turn.filters, mode="json"),
        }
        for turn in turns[-MOST_TURNS:]
    ]


def numbered(answer: Answer) -> Answer:
    """Renumber the sources of an answer from 1 in the order they are cited.

    Only for readers: the model uses the numbers that its sources had in the prompt.
    """
    places = _places(answer.claims)
    for passage in answer.passages:
        places.setdefault(passage.number, len(places) + 1)
    return replace(
        answer,
        text=_MARK.sub(lambda mark: f"[{places.get(int(mark[1]), mark[1])}]", answer.text),
        claims=tuple(_renumbered(claim, places) for claim in answer.claims),
        citations=_placed(answer.citations, places),
        passages=tuple(replace(each, number=places[each.number]) for each in answer.passages),
    )


def in_order(claims: Sequence[Claim]) -> list[Claim]:
    """Renumber the sources of these sentences in the same way."""
    places = _places(claims)
    return [_renumbered(claim, places) for claim in claims]


def _places(claims: Iterable[Claim]) -> dict[int, int]:
    """Map each number to its place in citation order."""
    places: dict[int, int] = {}
    for claim in claims:
        for citation in claim.citations:
            places.setdefault(citation.number, len(places) + 1)
    return places


def _renumbered(claim: Claim, places: dict[int, int]) -> Claim:
    return replace(claim, citations=_placed(claim.citations, places))


def _placed(citations: Sequence[Citation], places: dict[int, int]) -> tuple[Citation, ...]:
    return tuple(replace(each, number=places.get(each.number, each.number)) for each in citations)


def _read(saved: object) -> object:
    try:
        return json.loads(saved) if isinstance(saved, str) else None
    except (ValueError, RecursionError):
        return None
