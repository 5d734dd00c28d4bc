"""A turn at work: the answer as far as it is written and checked."""

import time

from app import render
from app.conversation import in_order
from rag.types import Checked, Claim, Draft, Found

_TICK = 0.08  # seconds between two pictures of a growing answer


class Growing:
    """Takes the steps of an answer, and shows how far it has come."""

    def __init__(self, question: str) -> None:
        """Nothing is found yet."""
        self._question = question
        self._checked: list[Claim] = []
        self._written = ""
        self._looks = 0
        self._shown = 0.0  # when the text was last shown

    @property
    def so_far(self) -> list[Claim]:
        """The sentences that were checked and hold."""
        return in_order([claim for claim in self._checked if claim.supported])

    def takes(self, event: Found | Draft | Checked) -> str:
        """What happens now, in words; empty where it is too early for another picture."""
        match event:
            case Found(passages):
                self._checked, self._written = [], ""
                self._looks += 1
                return f"Reading {len(passages)} {'more ' if self._looks > 1 else ''}passages …"
            case Draft(text):
                self._written += text
                if time.monotonic() - self._shown < _TICK:
                    return ""
                self._shown = time.monotonic()
                return "Writing …"
            case Checked(claim):
                self._checked.append(claim)
                self._written = ""
                return "Checking …"

    def picture(self, state: str, note: str = "") -> str:
        """The turn as it stands."""
        body = render.draft(in_order(self._checked), self._written)
        return render.working(self._question, body, state, note)

    def stopped(self) -> str:
        """The turn as it was stopped."""
        checked = "What stands here was checked, but not kept."
        return self.ended(f"Stopped. {checked if self.so_far else 'Nothing of it was kept.'}")

    def ended(self, message: str) -> str:
        """The turn as it was left, and why."""
        return render.trouble(message, self._question, self.so_far)
