"""The file that a job writes: whole at every moment, and never behind for long.

It is made from the table anew each time, beside the old one, which it then replaces. So there is
no half-written row to mend after a kill, and each format can be written in input order though
items are done in any. What that costs is bounded: the pauses grow with the time that writing takes.
"""

import time
from collections.abc import Callable
from pathlib import Path

from rag.jobs.job import Job

_PAUSE = 10.0  # seconds between two versions of the file, at least
_SHARE = 20  # times as long as the writing takes, at least


class Output:
    """The file of a job. Several processes may publish it; one at a time does."""

    def __init__(self, job: Job, write: Callable[[], None]) -> None:
        """``write`` makes the file from the settled items of the job, whole or not at all."""
        from filelock import FileLock

        self._job, self._write = job, write
        self._lock = FileLock(job.table.folder / "output.lock", thread_local=False)
        self._due = 0.0

    def publish(self, *, now: bool = False) -> None:
        """Write the file if there is something new and it is time; with ``now`` in any case.

        Where another process is writing it, that is waited for only with ``now``.
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
    """Where the job of an output file keeps its table: ``summaries.csv.job`` beside it."""
    return path.with_name(path.name + ".job")
