"""Numbers and times as text for people."""

import math
import time


def count(number: int, noun: str) -> str:
    """Format a count: ``1 article``, ``1,200 articles``."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


class TimeLeft:
    """An estimate of the time left, which only ever falls."""

    def __init__(self) -> None:
        """Start without an estimate."""
        self._end = math.inf

    def update(self, seconds: float, share: float) -> None:
        """Note that this share of the work took so long; a longer estimate is not taken."""
        if share > 0:
            self._end = min(self._end, time.monotonic() + seconds * (1 - share) / share)

    def pause(self, seconds: float) -> None:
        """Leave out time that was not spent on the work."""
        self._end += seconds

    def __str__(self) -> str:
        """Format the estimate; empty if there is none."""
        if self._end == math.inf:
            return ""
        rest = self._end - time.monotonic()
        if rest < 0:
            return "taking longer than expected"
        amount, unit = (rest / 60, "minute") if rest > 90 else (rest, "second")
        return f"about {count(max(1, round(amount)), unit)} left"
