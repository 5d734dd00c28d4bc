"""The job table: one SQLite file with all jobs, their items in input order, and item states.

Layout of ``jobs.sqlite`` (format 2): ``jobs`` with one fingerprint each, and ``items`` with their
input (``payload``) and result (``text`` or ``error``). The workers' lock files are beside it
(:mod:`rag.jobs.leases`).
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import JobChanged, JobProblem, JobUnknown
from rag.jobs.fingerprint import Fingerprint, differences, read_fingerprint
from rag.jobs.items import Item
from rag.jobs.job import Job
from rag.jobs.leases import Lease, take, take_any
from rag.sqlite import SqliteFile

_FORMAT = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL,
    reads TEXT NOT NULL, begun TEXT NOT NULL, cancelled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS items (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, place INTEGER NOT NULL,
    key TEXT NOT NULL, label TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
    owner INTEGER, text TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    seconds REAL NOT NULL DEFAULT 0, final INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (job, place));
CREATE INDEX IF NOT EXISTS item_state ON items (job, state, place);
CREATE TEMP TABLE given (place INTEGER PRIMARY KEY, key, label, payload, error);
"""


def job_folder(path: Path) -> Path:
    """Return the table folder of an output file's job: ``summaries.csv.job`` beside it."""
    return path.with_name(path.name + ".job")


class JobTable(SqliteFile):
    """A thread-safe connection to the table in a folder; created if it does not exist."""

    def __init__(self, folder: Path) -> None:
        """Open the table. Raises JobProblem if it cannot be used."""
        self.folder = folder
        self._locks = folder / "locks"
        self._locks.mkdir(parents=True, exist_ok=True)
        super().__init__(folder / "jobs.sqlite", _SCHEMA, patience=60.0)
        ((version,),) = self.rows("PRAGMA user_version")
        if version not in {0, 1, _FORMAT}:
            raise JobProblem(f"{folder} was created by another version; use another folder.")
        if version == 1:  # drop jobs whose items were still being stored: they were never started
            self.rows("DELETE FROM jobs WHERE filler IS NOT NULL")
        if version != _FORMAT:
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
                f"the job table in {self.folder} cannot be used: {error}. Check the free space and the"
                " permissions; if the table is damaged, delete it and start over."
            ) from error

    def lease(self) -> Lease:
        """Acquire a lease for claiming items; close it when done."""
        lease = take_any(self._locks)
        self._release_items(lease)
        return lease

    def _release_items(self, lease: Lease) -> None:
        """Release the items that a dead process claimed under this number."""
        self.rows(
            "UPDATE items SET state = 'waiting', owner = NULL WHERE state = 'claimed' AND owner = ?",
            (lease.number,),
        )

    def recover(self, number: int, ours: int) -> None:
        """Release items of a job that are claimed by dead processes; ``ours`` is our own lease."""
        owners = self.rows(
            "SELECT DISTINCT owner FROM items WHERE job = ? AND state = 'claimed' AND owner != ?",
            (number, ours),
        )
        for (owner,) in owners:
            if dead := take(self._locks, owner):
                with dead:
                    self._release_items(dead)

    def workers(self) -> int:
        """Return how many leases are held by running processes."""
        held = 0
        for path in self._locks.glob("*.lock"):
            if free := take(self._locks, int(path.stem)):
                free.close()
            else:
                held += 1
        return held

    def holds(self, name: str) -> bool:
        """Return whether there is a job of this name."""
        return bool(self.rows("SELECT 1 FROM jobs WHERE name = ?", (name,)))

    def job(self, name: str) -> Job:
        """Return the job of this name.

        Raises:
            JobUnknown: if there is none.
        """
        found = self.rows(
            "SELECT number, fingerprint, reads, begun FROM jobs WHERE name = ?", (name,)
        )
        if not found:
            raise JobUnknown(f"there is no job {name!r} in {self.folder}.")
        number, text, reads, begun = found[0]
        fingerprint = read_fingerprint(text, reads)
        return Job(self, number, name, fingerprint, datetime.fromisoformat(begun))

    def open(
        self, name: str, fingerprint: Fingerprint, items: Iterable[Item], *, restart: bool = False
    ) -> Job:
        """Create the job of this name, or resume it if it exists, even if it was cancelled.

        The items are stored in a single transaction once all of them are read; until then, no new
        job exists and an old one is unchanged.

        Args:
            name: name of the job in this table.
            fingerprint: what determines the rows.
            items: the items to process, in order; read completely.
            restart: replace the job of this name, if there is one.

        Raises:
            JobChanged: if the job of this name has another fingerprint or other items; the message
                lists the differences.
            JobProblem: if the job would be replaced while another process is working on it.
        """
        self._require_ready(name, fingerprint, restart=restart)
        self._read(items)
        with self.transaction():
            # Another process may have created the job in the meantime.
            if self._require_ready(name, fingerprint, restart=restart):
                _check_input(self.job(name), fingerprint, self._given())
                self.rows("UPDATE jobs SET cancelled = 0 WHERE name = ?", (name,))
            else:
                self._store(name, fingerprint)
        return self.job(name)

    def resume(self, name: str, fingerprint: Fingerprint) -> Job:
        """Resume the job of this name with its items as they were first read.

        Raises:
            JobUnknown: if there is none.
            JobChanged: if it has another fingerprint; a change in ``reads`` is allowed.
        """
        job = self.job(name)
        _check_configuration(job, fingerprint)
        self.rows("UPDATE jobs SET cancelled = 0 WHERE number = ?", (job.number,))
        return job

    def _require_ready(self, name: str, fingerprint: Fingerprint, *, restart: bool) -> bool:
        """Return whether there is a job to resume; raise if it can be neither resumed nor replaced."""
        if not self.holds(name):
            return False
        if restart:
            self.job(name).require_idle()
        else:
            _check_configuration(self.job(name), fingerprint)
        return not restart

    def _read(self, items: Iterable[Item]) -> None:
        """Read the items into a temporary table, which locks nothing and needs no memory."""
        rows = (
            (place, each.key, each.label, each.payload, each.error)
            for place, each in enumerate(items)
        )
        with self.lock, self.explained():
            self.connection.execute("DELETE FROM given")
            self.connection.executemany("INSERT INTO given VALUES (?, ?, ?, ?, ?)", rows)

    def _given(self) -> list[tuple[str, str]]:
        return [tuple(row) for row in self.rows("SELECT key, label FROM given ORDER BY place")]

    def _store(self, name: str, fingerprint: Fingerprint) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.rows("DELETE FROM jobs WHERE name = ?", (name,))
        ((number,),) = self.rows(
            "INSERT INTO jobs (name, fingerprint, reads, begun) VALUES (?, ?, ?, ?)"
            " RETURNING number",
            (name, fingerprint.as_text(), fingerprint.reads, now),
        )
        self.rows(
            "INSERT INTO items (job, place, key, label, payload, error, state, final)"
            " SELECT ?, place, key, label, payload, error,"
            " CASE error WHEN '' THEN 'waiting' ELSE 'failed' END, error != ''"
            " FROM given ORDER BY place",
            (number,),
        )


def _check_configuration(job: Job, fingerprint: Fingerprint) -> None:
    if different := differences(job.fingerprint, fingerprint):
        raise JobChanged(
            f"{_started(job)} a different configuration: {'; '.join(different)}. Use the"
            " earlier configuration to resume, start over (--restart), or write to another file (--out)."
        )


def _check_input(job: Job, fingerprint: Fingerprint, given: list[tuple[str, str]]) -> None:
    changed = job.compared(given)
    if job.fingerprint.reads != fingerprint.reads:
        changed = changed or f"{fingerprint.reads}; before: {job.fingerprint.reads}"
    if changed:
        raise JobChanged(
            f"{_started(job)} different input: {changed}. Resume with the items as they were first read"
            " (--resume), start over (--restart), or write to another file (--out)."
        )


def _started(job: Job) -> str:
    return f"the job {job.name} was started on {job.begun:%Y-%m-%d %H:%M} UTC with"
