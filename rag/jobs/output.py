"""The output file of a job: never half-written, and never far behind the job table.

Each version is rebuilt from the table in a new file, which then replaces the old one. A kill thus
leaves no half-written row to repair, and every format can be written in input order although items
finish in any order. The cost is bounded: the pauses grow with the time that writing takes.
"""

import time
from collections.abc import Callable
from pathlib import Path

from rag.jobs.job import Job

_PAUSE = 10.0  # minimum seconds between two versions of the file
_SHARE = 20  # minimum pause, as a multiple of the writing time


class Output:
    """The output file of a job; several processes may publish it, one at a time."""

    def __init__(self, job: Job, write: Callable[[], None]) -> None:
        """Create it; ``write`` atomically writes the file from the job's settled items."""
        from filelock import FileLock

        self._job, self._write = job, write
        self._lock = FileLock(job.table.folder / "output.lock", thread_local=False)
        self._due = 0.0

    def publish(self, *, now: bool = False) -> None:
        """Write the file if items were settled since and a write is due.

        With ``now``, do not wait until a write is due, and wait for another process that is writing
        the file; without, leave the file to that process.
        """
        from filelock import Timeout

        if not now and time.monotonic() < self._due:
            return
        try:
            with self._lock.acquire(timeout=-1 if now else 0):
                self._publish()
        except Timeout:
            return

    def _publish(self) -> None:
        settled = self._job.status().settled
        if settled == self._job.published:
            return
        start = time.monotonic()
        self._write()
        self._job.published = settled
        end = time.monotonic()
        self._due = end + max(_PAUSE, _SHARE * (end - start))


def job_folder(path: Path) -> Path:
    """Return the table folder of an output file's job: ``summaries.csv.job`` beside it."""
    return path.with_name(path.name + ".job")
