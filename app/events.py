"""Which events wait for what: light ones for nothing, heavy ones in one queue for each scarce thing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import gradio as gr

# Each event of these is free to run beside all others, and shows no progress of Gradio's.
LIGHT: Final[dict[str, Any]] = {"show_progress": "hidden", "concurrency_limit": None}
# One at a time over all people: what needs the language model. They wait in app.queue, where each is
# told their place; it is full before these are so many, so that who comes then is told at once.
MODEL: Final[dict[str, Any]] = {
    "show_progress": "hidden",
    "concurrency_id": "model",
    "concurrency_limit": 24,
}
# The page's own part of an event that is given a conversation: what the browser keeps, as it is now.
FILLED: Final = "(...given) => window.newsrag.filled(given)"
# One at a time as well: what writes to the index.
INTAKE: Final[dict[str, Any]] = {
    "show_progress": "minimal",
    "concurrency_id": "intake",
    "concurrency_limit": 1,
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one place of the page does when something happens to all of it."""

    does: Callable[..., Sequence[Any]]
    takes: Sequence[Any]
    gives: Sequence[Any]


def together(event: Callable[..., object], *parts: Part) -> None:
    """Let the parts answer an event as one.

    One event for each would begin at once, and Gradio's page may miss the answer of one that begins
    just when another has ended.
    """

    def answer(*values: Any) -> tuple[Any, ...]:
        left = iter(values)
        return tuple(given for part in parts for given in part.does(*islice(left, len(part.takes))))

    takes = [each for part in parts for each in part.takes]
    gives = [each for part in parts for each in part.gives]
    event(answer, takes, gives, js=FILLED, **LIGHT)


def told(event: gr.EventData, name: str) -> object:
    """What the page said with an event; it comes from a browser, so it may be anything."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None
