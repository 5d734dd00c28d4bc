"""A job: claim its items, store their results, and read them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rag.errors import JobProblem
from rag.jobs.fingerprint import Fingerprint
from rag.jobs.items import Result, Status
from rag.jobs.leases import Lease

if TYPE_CHECKING:
    from rag.jobs.table import JobTable

_CLAIM = """
UPDATE items SET state = 'claimed', owner = ? WHERE job = ? AND place =
    (SELECT place FROM items JOIN jobs ON jobs.number = items.job
     WHERE job = ? AND state = 'waiting' AND NOT cancelled ORDER BY place LIMIT 1)
RETURNING place, key, label, payload, state, text, error, seconds"""
_RESULTS = """
SELECT place, key, label, CASE state WHEN 'failed' THEN payload ELSE '' END, state, text, error,
    seconds FROM items WHERE job = ? AND place >= ? ORDER BY place LIMIT ?"""

_CANCELLED, _PAUSED = 1, 2  # what `jobs.cancelled` holds; 0: neither


class Job:
    """A job of a table."""

    def __init__(
        self, table: "JobTable", number: int, name: str, fingerprint: Fingerprint, begun: datetime
    ) -> None:
        """See :meth:`JobTable.open`, :meth:`JobTable.resume` and :meth:`JobTable.job`."""
        self.table, self.number, self.name = table, number, name
        self.fingerprint, self.begun = fingerprint, begun

    def claim(self, lease: Lease) -> Result | None:
        """Claim the first waiting item; None if there is none or the job is cancelled.

        Items claimed by dead processes are released first.
        """
        self.table.recover(self.number, lease.number)
        rows = self.table.rows(_CLAIM, (lease.number, self.number, self.number))
        return Result(*rows[0]) if rows else None

    def settle(
        self, place: int, lease: Lease, *, text: str = "", error: str = "", seconds: float = 0.0
    ) -> None:
        """Store the result of an item claimed under this lease: its text, or the error.

        The input is deleted when an item is done and kept when it failed, so that it can be retried.
        """
        state = "failed" if error else "done"
        self.table.rows(
            "UPDATE items SET state = ?, owner = NULL, text = ?, error = ?, seconds = ?,"
            " payload = CASE ? WHEN '' THEN '' ELSE payload END"
            " WHERE job = ? AND place = ? AND state = 'claimed' AND owner = ?",
            (state, text, error, seconds, error, self.number, place, lease.number),
        )

    def release(self, place: int, lease: Lease) -> None:
        """Return an item claimed under this lease to the waiting state."""
        self.table.rows(
            "UPDATE items SET state = 'waiting', owner = NULL"
            " WHERE job = ? AND place = ? AND state = 'claimed' AND owner = ?",
            (self.number, place, lease.number),
        )

    def retry(self, places: Iterable[int] | None = None) -> None:
        """Return failed items, all or those given, to the waiting state, unless they are unreadable."""
        chosen = None if places is None else json.dumps(list(places))
        self.table.rows(
            "UPDATE items SET state = 'waiting', error = ''"
            " WHERE job = ?1 AND state = 'failed' AND NOT final"
            " AND (?2 IS NULL OR place IN (SELECT value FROM json_each(?2)))",
            (self.number, chosen),
        )

    def status(self) -> Status:
        """Count the items in each state."""
        rows = self.table.rows(
            "SELECT state, count(*) FROM items WHERE job = ? GROUP BY state", (self.number,)
        )
        found = self.table.rows("SELECT cancelled FROM jobs WHERE number = ?", (self.number,))
        stopped = found[0][0] if found else _CANCELLED
        return Status(**dict(rows), cancelled=stopped == _CANCELLED, paused=stopped == _PAUSED)

    def seconds_an_item(self) -> float | None:
        """Return how long an item took on average; None if none is done yet."""
        ((seconds,),) = self.table.rows(
            "SELECT avg(seconds) FROM items WHERE job = ? AND state = 'done'", (self.number,)
        )
        return seconds if seconds is None else float(seconds)

    def results(self, start: int = 0, *, most: int = 100) -> tuple[Result, ...]:
        """Return up to ``most`` items from position ``start`` on, in any state, in input order."""
        rows = self.table.rows(_RESULTS, (self.number, start, most))
        return tuple(Result(*row) for row in rows)

    def settled(self) -> Iterator[Result]:
        """Iterate over all done or failed items in input order, reading them in batches."""
        start = 0
        while found := self.results(start):
            yield from (each for each in found if each.settled)
            start = found[-1].place + 1

    def cancel(self) -> None:
        """Stop all processes from claiming items; opening the job again resumes it."""
        self._stop(_CANCELLED)

    def pause(self) -> None:
        """Let all processes wait once the items in progress are done."""
        self._stop(_PAUSED)

    def go_on(self) -> None:
        """Undo :meth:`pause`."""
        self._stop(0)

    def _stop(self, how: int) -> None:
        """Set how the job is stopped; a cancelled one stays so."""
        self.table.rows(
            "UPDATE jobs SET cancelled = ? WHERE number = ? AND cancelled != ?",
            (how, self.number, _CANCELLED),
        )

    def recover(self) -> None:
        """Release the items that killed processes had claimed."""
        self.table.recover(self.number, 0)

    def require_idle(self) -> None:
        """Raise JobProblem if a running process is working on the job."""
        self.recover()
        if self.status().claimed:
            raise JobProblem(
                f"another process is working on the job {self.name!r}. Stop it, or wait until it ends."
            )

    def compared(self, given: Sequence[tuple[str, str]]) -> str:
        """Describe briefly how the given (key, label) pairs differ from the job's; empty if equal."""
        rows = self.table.rows(
            "SELECT key, label FROM items WHERE job = ? ORDER BY place", (self.number,)
        )
        if [key for key, _ in rows] == [key for key, _ in given]:
            return ""
        known, fresh = dict(rows), dict(given)
        removed = [label for key, label in known.items() if key not in fresh]
        new = [label for key, label in fresh.items() if key not in known]
        counted = [_count(new, "new"), _count(removed, "missing")]
        return (
            " and ".join(filter(None, counted)) or "the same items in a different order or number"
        )


def _count(labels: Sequence[str], what: str) -> str:
    if not labels:
        return ""
    verb = "item is" if len(labels) == 1 else "items are"
    return f"{len(labels)} {verb} {what} ({labels[0]}{', ...' if len(labels) > 1 else ''})"
