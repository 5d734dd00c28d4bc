"""State of the browser tabs: kept for so many, and not growing with each answer."""

from typing import Any

from gradio.blocks import Block
from gradio.state_holder import SessionState, StateHolder

_TABS = 400  # whose state is kept, 0.2 MB each; no more can be connected


class Tabs(StateHolder):
    """Gradio's states, by tab, with :class:`Tab` for each."""

    def __init__(self, page: Any) -> None:
        """Take the place of the page's own states."""
        super().__init__()  # type: ignore[no-untyped-call]
        page.state_session_capacity = _TABS
        self.set_blocks(page)

    def __getitem__(self, session_id: str) -> SessionState:
        """Return the state of a tab, new if there is none."""
        if session_id not in self.session_data:
            self.session_data[session_id] = Tab(self.blocks)
        return super().__getitem__(session_id)


class Tab(SessionState):
    """State of a tab, in which an updated component replaces the one before.

    Gradio makes a component anew for each update, with a new id, and stores that under both ids once
    it is the input of an event: 20 kB for each answer, as long as the tab is kept.
    """

    def __setitem__(self, key: int, value: Any) -> None:
        """Store a component, or a value, under the id of the component in the page."""
        if isinstance(value, Block):
            value._id = key
        super().__setitem__(key, value)
