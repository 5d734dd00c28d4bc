"""The job table: one SQLite file with all jobs, their items in input order, and item states.

Layout of ``jobs.sqlite`` (format 1): ``jobs`` with one fingerprint each, and ``items`` with their
input (``payload``) and result (``text`` or ``error``). Beside it are the workers' lock files
(:mod:`rag.jobs.leases`).
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from rag.errors import JobChanged, JobProblem, JobUnknown
from rag.jobs.fingerprint import Fingerprint, differences, read_fingerprint
from rag.jobs.items import Item
from rag.jobs.job import Job
from rag.jobs.leases import Lease, forget_if_dead
from rag.sqlite import SqliteFile

_FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL,
    reads TEXT NOT NULL, begun TEXT NOT NULL, filler INTEGER, cancelled INTEGER NOT NULL DEFAULT 0,
    published INTEGER NOT NULL DEFAULT -1);
CREATE TABLE IF NOT EXISTS items (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, place INTEGER NOT NULL,
    key TEXT NOT NULL, label TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
    owner INTEGER, text TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    seconds REAL NOT NULL DEFAULT 0, final INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (job, place));
CREATE INDEX IF NOT EXISTS item_state ON items (job, state, place);
"""
_INSERT = """
INSERT INTO items (job, place, key, label, payload, error, state, final)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_ANEW = " (anew)"  # name suffix of a job that will replace another
_FILLED = 200  # items stored per transaction
_POLL = 0.2  # seconds between two checks of a job that another process is filling


class JobTable(SqliteFile):
    """A thread-safe connection to the table in a folder; created if it does not exist."""

    def __init__(self, folder: Path) -> None:
        """Open the table. Raises JobProblem if it is not usable."""
        self.folder = folder
        self._locks = folder / "locks"
        self._locks.mkdir(parents=True, exist_ok=True)
        super().__init__(folder / "jobs.sqlite", _SCHEMA, patience=60.0)
        ((version,),) = self.rows("PRAGMA user_version")
        if version not in {0, _FORMAT}:
            raise JobProblem(f"{folder} was made by another version; use another folder.")
        self.rows(f"PRAGMA user_version = {_FORMAT}")

    def __enter__(self) -> "JobTable":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn SQLite's errors into JobProblem."""
        try:
            yield
        except sqlite3.Error as error:
            raise JobProblem(
                f"the job table in {self.folder} cannot be used: {error}. Free space or rights if"
                " those are missing; a damaged table can only be removed, and the job begun anew."
            ) from error

    def lease(self) -> Lease:
        """Acquire a lease for claiming items; close it when done."""
        return Lease(self._locks, self._forget)

    def _forget(self, number: int) -> None:
        """Release items claimed under a dead lease, and delete jobs that it was filling."""
        with self.transaction():
            self.rows("DELETE FROM jobs WHERE filler = ?", (number,))
            self.rows(
                "UPDATE items SET state = 'waiting', owner = NULL"
                " WHERE state = 'claimed' AND owner = ?",
                (number,),
            )

    def recover(self, number: int, ours: int) -> None:
        """Release items of a job that are claimed by dead processes; ``ours`` is our own lease."""
        found = self.rows(
            "SELECT DISTINCT owner FROM items WHERE job = ? AND state = 'claimed' AND owner != ?",
            (number, ours),
        )
        for (lease,) in found:
            forget_if_dead(self._locks, lease, self._forget)

    def holds(self, name: str) -> bool:
        """Return whether a job of this name exists, even if it is still being filled."""
        return bool(self.rows("SELECT 1 FROM jobs WHERE name = ?", (name,)))

    def names(self) -> tuple[str, ...]:
        """Return the names of the jobs that are ready, oldest first."""
        rows = self.rows("SELECT name FROM jobs WHERE filler IS NULL ORDER BY number")
        return tuple(name for (name,) in rows)

    def job(self, name: str) -> Job:
        """Return the job of this name.

        Raises:
            JobUnknown: if there is none.
        """
        found = self.rows(
            "SELECT number, fingerprint, reads, begun FROM jobs WHERE name = ? AND filler IS NULL",
            (name,),
        )
        if not found:
            raise JobUnknown(f"there is no job {name!r} in {self.folder}.")
        number, text, reads, begun = found[0]
        fingerprint = read_fingerprint(text, reads)
        return Job(self, number, name, fingerprint, datetime.fromisoformat(begun))

    def open(
        self,
        name: str,
        fingerprint: Fingerprint,
        items: Iterable[Item],
        *,
        anew: bool = False,
        resume: bool = False,
    ) -> Job:
        """Begin the job of this name, or resume it if it exists.

        A cancelled job is no longer cancelled. If another process is filling the job, wait for it.
        Items claimed by dead processes are released by :meth:`Job.claim`.

        Args:
            name: name of the job in this table.
            fingerprint: what determines the rows.
            items: the items to process, in order; read to the end, unless an existing job is
                resumed with ``resume``.
            anew: replace the job of this name, if there is one.
            resume: continue with the stored items, without comparing them with ``items``.

        Raises:
            JobChanged: if the job of this name has another fingerprint or, without ``resume``,
                other items; the message names what differs.
            JobProblem: if the job is to be replaced while another process works on it or replaces
                it.
        """
        with self.lease() as lease:
            job = self._known(name)
            if job is not None and anew:
                return self._replaced(job, fingerprint, items, lease)
            while job is None and not self._begun(name, fingerprint, lease):
                time.sleep(_POLL)
                job = self._known(name)
            if job is None:
                self._fill(name, items)
                return self.job(name)
        _check(job, fingerprint, None if resume else items)
        self.rows("UPDATE jobs SET cancelled = 0, published = -1 WHERE number = ?", (job.number,))
        return job

    def _replaced(
        self, old: Job, fingerprint: Fingerprint, items: Iterable[Item], lease: Lease
    ) -> Job:
        """Replace an old job with a new one; the old one stays until all items are read."""
        old.require_idle()
        fresh = old.name + _ANEW
        self._known(fresh)
        if not self._begun(fresh, fingerprint, lease):
            raise JobProblem(f"another process begins the job {old.name!r} anew; wait for it.")
        self._fill(fresh, items, ready=False)
        old.require_idle()
        with self.transaction():
            self.rows("DELETE FROM jobs WHERE number = ?", (old.number,))
            self.rows("UPDATE jobs SET name = ?, filler = NULL WHERE name = ?", (old.name, fresh))
        return self.job(old.name)

    def _known(self, name: str) -> Job | None:
        """Return the job if it is ready; remove it if a dead process left it half filled."""
        for (filler,) in self.rows(
            "SELECT filler FROM jobs WHERE name = ? AND filler IS NOT NULL", (name,)
        ):
            forget_if_dead(self._locks, filler, self._forget)
        try:
            return self.job(name)
        except JobUnknown:
            return None

    def _begun(self, name: str, fingerprint: Fingerprint, lease: Lease) -> bool:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        values = (name, fingerprint.as_text(), fingerprint.reads, now, lease.number)
        return bool(
            self.rows(
                "INSERT INTO jobs (name, fingerprint, reads, begun, filler) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING RETURNING number",
                values,
            )
        )

    def _fill(self, name: str, items: Iterable[Item], *, ready: bool = True) -> None:
        ((number,),) = self.rows("SELECT number FROM jobs WHERE name = ?", (name,))
        rows = ((number, place, *_columns(item)) for place, item in enumerate(items))
        try:
            while batch := list(islice(rows, _FILLED)):
                with self.transaction():
                    self.connection.executemany(_INSERT, batch)
        except BaseException:
            self.rows("DELETE FROM jobs WHERE number = ?", (number,))
            raise
        if ready:
            self.rows("UPDATE jobs SET filler = NULL WHERE number = ?", (number,))


def _columns(item: Item) -> tuple[object, ...]:
    state = "failed" if item.error else "waiting"
    return item.key, item.label, item.payload, item.error, state, bool(item.error)


def _check(job: Job, fingerprint: Fingerprint, items: Iterable[Item] | None) -> None:
    """Raise JobChanged if the fingerprint differs, or if ``items`` are given and differ."""
    begun = f"the job {job.name} was begun on {job.begun:%Y-%m-%d %H:%M} UTC with another"
    if different := differences(job.fingerprint, fingerprint):
        raise JobChanged(
            f"{begun} configuration: {'; '.join(different)}. Repeat that one to go on, begin anew"
            " (--anew), or write to another file (--out)."
        )
    if items is None:
        return
    changed = job.compared(items)
    if job.fingerprint.reads != fingerprint.reads:
        changed = changed or f"{fingerprint.reads}, it was {job.fingerprint.reads}"
    if changed:
        raise JobChanged(
            f"{begun} input: {changed}. Go on with the items as they were read then (--resume),"
            " begin anew (--anew), or write to another file (--out)."
        )
