"""A turn at work: the answer as far as it is written and checked."""

import time
from collections.abc import Sequence

from app import render
from app.conversation import in_order
from rag.export import unmarked
from rag.types import Checked, Citation, Claim, Draft, Found

_TICK = 0.08  # seconds between two pictures of a view answer


class DraftView:
    """Takes the steps of an answer, and shows how far it has come.

    Where the model reads on and writes anew, what was checked before stays until the answer is
    there, which decides between the two.
    """

    def __init__(self, question: str) -> None:
        """Nothing is found yet."""
        self._question = question
        self._checked: list[Claim] = []
        self._draft = ""  # all of it
        self._unchecked = ""  # the end of it
        self._looks = 0
        self._anew = False  # whether something is written beside what stands here
        self._look = ""
        self._shown = 0.0  # when the text was last shown

    def takes(self, event: Found | Draft | Checked) -> str:
        """What happens now, in words; empty where it is too early for another picture."""
        match event:
            case Found(passages, nearest):
                self._looks += 1
                self.found(nearest)
                self._anew = any(claim.citations for claim in self._checked)
                if not self._anew:
                    self._checked, self._draft, self._unchecked = [], "", ""
                return f"Reading {len(passages)} passages{' in all' if self._looks > 1 else ''} …"
            case Draft(text):
                if not self._anew:
                    self._draft += text
                    self._unchecked += text
                if time.monotonic() - self._shown < _TICK:
                    return ""
                self._shown = time.monotonic()
                return "Writing it anew with what was read …" if self._anew else "Writing …"
            case Checked(claim):
                if not self._anew:
                    self._checked.append(claim)
                    self._unchecked = self._unchecked.partition(claim.text)[2].lstrip(". ")
                return "Checking …"

    def found(self, nearest: Sequence[Citation]) -> None:
        """Take the sentences nearest to the question, for a first look."""
        self._look = render.first_look(nearest)

    def look(self) -> str:
        """The first look at the articles, once each time that there is a new one; else empty."""
        look, self._look = self._look, ""
        return look

    def picture(self, state: str, note: str = "") -> str:
        """The turn as it stands."""
        body = render.draft(
            unmarked(self._draft), in_order(self._checked), unmarked(self._unchecked)
        )
        return render.working(self._question, body, state, note)

    def stopped(self) -> str:
        """The turn as it was stopped."""
        checked = "What stands here was checked, but not kept."
        return self.ended(f"Stopped. {checked if self._checked else 'Nothing of it was kept.'}")

    def ended(self, message: str) -> str:
        """The turn as it was left, and why."""
        checked = in_order(self._checked)
        so_far = render.draft(unmarked(self._draft), checked, "") if checked else ""
        return render.trouble(message, self._question, so_far + render.legend(checked))
