"""Which events wait for what: light ones for nothing, heavy ones in one queue for each scarce thing."""

from typing import Any, Final

import gradio as gr

# Each event of these is free to run beside all others, and shows no progress of Gradio's.
LIGHT: Final[dict[str, Any]] = {"show_progress": "hidden", "concurrency_limit": None}
# One at a time over all people: what needs the language model. So many may wait in app.line, where
# each is told their place; those beyond wait in Gradio's queue.
MODEL: Final[dict[str, Any]] = {
    "show_progress": "hidden",
    "concurrency_id": "model",
    "concurrency_limit": 24,
}
# One at a time as well: what writes to the index.
INTAKE: Final[dict[str, Any]] = {
    "show_progress": "minimal",
    "concurrency_id": "intake",
    "concurrency_limit": 1,
}


def told(event: gr.EventData, name: str) -> object:
    """What the page said with an event; it comes from a browser, so it may be anything."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None
