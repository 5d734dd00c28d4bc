"""A conversation as the browser keeps it: a list of saved answers, read back from the index."""

from collections.abc import Sequence

from rag import News
from rag.errors import RagError
from rag.export import saved
from rag.types import Answer

MOST_TURNS = 40  # that are kept; older ones go
REMEMBERED = 4  # turns before a question that the model is told of

Kept = list[str]  # each the JSON of rag.export.saved


def turns(news: News, kept: object) -> tuple[Answer, ...]:
    """The answers of a conversation, oldest first; what cannot be read any more is left out.

    ``kept`` comes from the browser, so it may be anything.
    """
    found: list[Answer] = []
    for each in kept[-MOST_TURNS:] if isinstance(kept, list) else ():
        if isinstance(each, str):
            try:
                found.append(news.recalled(each))
            except RagError:
                continue
    return tuple(found)


def kept(answers: Sequence[Answer]) -> Kept:
    """What the browser is to keep of a conversation."""
    return [saved(answer) for answer in answers[-MOST_TURNS:]]
