"""Turn in progress: the answer as far as it is written and checked."""

import time
from collections.abc import Sequence

from app.conversation import in_order
from app.render import render
from rag.export import unmarked
from rag.text.citations import distinct
from rag.types import Checked, Citation, Claim, Draft, Found

_TICK = 0.08  # seconds between two updates of a growing answer
_SHORT = 60  # characters of a first line that may still become a short answer


class DraftView:
    """Takes the events of an answer and renders its progress."""

    def __init__(self, question: str) -> None:
        """Start with nothing found."""
        self._question = question
        self._checked: list[Claim] = []
        self._draft = ""  # all of it
        self._unchecked = ""  # the end of it
        self._rounds = 0  # of reading
        self._look = ""
        self._shown = 0.0  # when the text was last shown

    def take(self, event: Found | Draft | Checked) -> str:
        """Describe what happens now; empty if it is too early for another update."""
        match event:
            case Found(passages, nearest):
                self._rounds += 1
                self.found(nearest)
                # More is read only where no answer was found.
                self._checked, self._draft, self._unchecked = [], "", ""
                return (
                    f"Reading {len(passages)} passages{' in total' if self._rounds > 1 else ''} …"
                )
            case Draft(text):
                self._draft += text
                self._unchecked += text
                if time.monotonic() - self._shown < _TICK:
                    return ""
                self._shown = time.monotonic()
                return "Writing …"
            case Checked(claim):
                self._checked.append(claim)
                self._unchecked = self._unchecked.partition(claim.text)[2].lstrip(". ")
                return "Checking …"

    def found(self, nearest: Sequence[Citation]) -> None:
        """Take the sentences nearest to the question, for a first look."""
        self._look = render("first_look", quotes=nearest)

    def look(self) -> str:
        """Return the first look at the articles once per new one; otherwise an empty string."""
        look, self._look = self._look, ""
        return look

    def picture(self, state: str, note: str = "") -> str:
        """Render the turn as it is now."""
        unchecked = unmarked(self._unchecked)
        if unchecked.isupper():  # how the model says that it has found no answer
            unchecked = ""
        written = self._written(in_order(self._checked), unchecked)
        return render("working", question=self._question, state=state, note=note, **written)

    def stopped(self) -> str:
        """Render the turn as it was stopped."""
        checked = "This text was checked but not saved."
        return self.ended(f"Stopped. {checked if self._checked else 'There is no answer.'}")

    def ended(self, message: str) -> str:
        """Render the turn as it was left, and why."""
        checked = in_order(self._checked)
        written = self._written(checked, "")
        return render(
            "trouble", message=message, question=self._question, checked=checked, **written
        )

    def sources(self) -> str:
        """Render the quotes of the sentences that were checked."""
        empty = "No sentences were checked."
        return render("sources", quotes=distinct(in_order(self._checked)), empty=empty)

    def _written(self, checked: Sequence[Claim], unchecked: str) -> dict[str, object]:
        """Separate the short answer, if there is one, from the rest: each claims and then text."""
        first, newline, _ = unmarked(self._draft).partition("\n")
        short, rest = "", unchecked
        headed = bool(checked) and _bare(checked[0].text) == _bare(first)
        if not checked and (newline or len(first) <= _SHORT):
            short, _, rest = unchecked.partition("\n")
        return {"short": (checked[:headed], short), "rest": (checked[headed:], rest)}


def _bare(text: str) -> str:
    return text.strip().rstrip(". ")
