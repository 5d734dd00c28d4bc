"""Turns of a conversation: as they are stored in :mod:`app.history`, and as readers see them."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from app.history import NewTurn, SavedTurn
from app.messages import explained
from rag import News, export
from rag.errors import RagError
from rag.export.saved import MOST_CHARACTERS
from rag.types import Answer, Citation, Claim, Filters

MOST_TURNS = 40  # shown; older ones are in the saved file
REMEMBERED = 4  # turns before a question that the model sees
_MARK = re.compile(r"\[(\d{1,4})\]")
_FILTERS = TypeAdapter(Filters)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, its answer, and the filters it was searched with.

    ``answer`` is None if it can no longer be read; ``problem`` says why. ``number`` and
    ``versions`` are those of :class:`app.history.SavedTurn`.
    """

    question: str
    answer: Answer | None
    filters: Filters
    problem: str = ""
    number: int = 0
    versions: tuple[int, ...] = ()


def read(news: News, saved: SavedTurn) -> Turn:
    """Read a stored turn; its quotes come from the index."""
    shown = (saved.number, saved.versions)
    try:
        filters = _FILTERS.validate_json(saved.filters)
        return Turn(saved.question, news.recalled(saved.answer), filters, "", *shown)
    except (RagError, ValidationError) as error:
        problem = explained(error) if isinstance(error, RagError) else "Its filters cannot be read."
        return Turn(saved.question, None, Filters(), problem, *shown)


def to_save(answer: Answer, filters: Filters) -> NewTurn:
    """Return what is stored of an answer."""
    return NewTurn(
        answer.question,
        answer.text,
        export.saved(answer),
        _FILTERS.dump_json(filters).decode(),
    )


def from_browser(saved: str) -> Iterator[NewTurn]:
    """Yield the turns that an earlier release stored in a browser, which may hold anything."""
    try:
        listed = json.loads(saved)
    except (ValueError, RecursionError):
        return
    for each in listed if isinstance(listed, list) else ():
        try:
            answer = str(each["answer"])[:MOST_CHARACTERS]
            question = str(json.loads(answer)["question"])
            yield NewTurn(question, "", answer, json.dumps(each["filters"]))
        except (ValueError, RecursionError, KeyError, TypeError):
            continue


def answers(turns: Iterable[Turn]) -> list[Answer]:
    """Return the answers that can be read, for an export."""
    return [export.without_folders(numbered(turn.answer)) for turn in turns if turn.answer]


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
