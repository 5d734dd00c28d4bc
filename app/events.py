"""Event settings: light events wait for nothing, heavy ones queue per scarce resource."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import gradio as gr

# These events run concurrently with all others and show no Gradio progress.
LIGHT: Final[dict[str, Any]] = {"show_progress": "hidden", "concurrency_limit": None}
# One at a time across all users: what needs the language model. They wait in app.queue, which shows
# each its place and is full before this limit is reached, so that newcomers are refused at once.
MODEL: Final[dict[str, Any]] = {
    "show_progress": "hidden",
    "concurrency_id": "model",
    "concurrency_limit": 24,
}
# The page's own part of an event that takes a conversation: the id of the one that is open.
FILLED: Final = "(...given) => window.newsrag.filled(given)"
# Also one at a time: what writes to the index.
INTAKE: Final[dict[str, Any]] = {
    "show_progress": "minimal",
    "concurrency_id": "intake",
    "concurrency_limit": 1,
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the page does on an event that concerns the whole page.

    If it is ``personal``, it takes the request first.
    """

    does: Callable[..., Sequence[Any]]
    takes: Sequence[Any]
    gives: Sequence[Any]
    personal: bool = False


def together(event: Callable[..., object], *parts: Part) -> None:
    """Let the parts handle an event as one.

    Separate events would begin at once, and Gradio's page may miss the response of one that begins
    just when another has ended.
    """

    def all_parts(request: gr.Request, *values: Any) -> tuple[Any, ...]:
        left = iter(values)
        return tuple(
            given
            for part in parts
            for given in part.does(*[request] * part.personal, *islice(left, len(part.takes)))
        )

    takes = [each for part in parts for each in part.takes]
    gives = [each for part in parts for each in part.gives]
    event(all_parts, takes, gives, js=FILLED, **LIGHT)


def sent(event: gr.EventData, name: str) -> object:
    """Return a value that the page sent with an event; it may be anything, as from any browser."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None
