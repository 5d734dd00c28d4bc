"""A turn at work: the answer as far as it is written and checked."""

import time

from app import render
from app.conversation import in_order
from rag.export import unmarked
from rag.types import Checked, Claim, Draft, Found

_TICK = 0.08  # seconds between two pictures of a growing answer


class Growing:
    """Takes the steps of an answer, and shows how far it has come.

    Where the model reads on and writes anew, what was checked before stays until the answer is
    there, which decides between the two.
    """

    def __init__(self, question: str) -> None:
        """Nothing is found yet."""
        self._question = question
        self._checked: list[Claim] = []
        self._written = ""
        self._looks = 0
        self._anew = False  # whether this is written beside what stands here
        self._look = ""
        self._shown = 0.0  # when the text was last shown

    @property
    def so_far(self) -> list[Claim]:
        """The sentences that were checked."""
        return in_order(self._checked)

    def takes(self, event: Found | Draft | Checked) -> str:
        """What happens now, in words; empty where it is too early for another picture."""
        match event:
            case Found(passages, nearest):
                self._written = ""
                self._looks += 1
                self._anew = bool(self._checked)
                self._look = render.first_look(nearest)
                return f"Reading {len(passages)} {'more ' if self._looks > 1 else ''}passages …"
            case Draft(text):
                if not self._anew:
                    self._written += text
                if time.monotonic() - self._shown < _TICK:
                    return ""
                self._shown = time.monotonic()
                return "Writing it anew with what was read …" if self._anew else "Writing …"
            case Checked(claim):
                if not self._anew:
                    self._checked.append(claim)
                    self._written = self._written.partition(claim.text)[2]
                return "Checking …"

    def look(self) -> str:
        """The first look at the articles, once each time that there is a new one; else empty."""
        look, self._look = self._look, ""
        return look

    def picture(self, state: str, note: str = "") -> str:
        """The turn as it stands."""
        body = render.draft(self.so_far, unmarked(self._written))
        return render.working(self._question, body, state, note)

    def stopped(self) -> str:
        """The turn as it was stopped."""
        checked = "What stands here was checked, but not kept."
        return self.ended(f"Stopped. {checked if self.so_far else 'Nothing of it was kept.'}")

    def ended(self, message: str) -> str:
        """The turn as it was left, and why."""
        return render.trouble(message, self._question, self.so_far)
