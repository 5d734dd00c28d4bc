"""Background jobs: batches that run one at a time and survive server restarts.

A job resumes where a stopped or killed server left it. Several servers on one index share the same
jobs (:mod:`rag.server.api.job_files`), and no item is processed twice. Requests have priority: a
job calls the model only when no request is using or waiting for it, or when the job itself has
waited long.
"""

import math
import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import rag
from rag.errors import JobUnknown, ModelError, RagError
from rag.jobs import Result, Status
from rag.llm.cancelling import cancelled_by, check_cancelled
from rag.server.api.errors import ApiError, api_error_of
from rag.server.api.job_files import JobFiles, Task
from rag.server.api.metrics import Metrics
from rag.server.api.work_queue import WorkQueue

MOST_JOBS = 100  # saved jobs
_SCAN_SECONDS = 5.0  # between two checks for jobs begun by another server
_PATIENCE = 60.0  # maximum seconds a job yields to requests before one model call
_RETRY_SECONDS = 60.0  # until a job that the model's failure has stopped is tried again
_STEP = 0.05
_END_SECONDS = 10.0
State = Literal["waiting", "running", "done", "cancelled", "stopped"]


@dataclass(frozen=True, slots=True)
class Entry:
    """The current state of a job; ``problem`` says why it is stopped."""

    id: str
    task: Task
    status: Status
    state: State
    problem: str


@dataclass(frozen=True, slots=True)
class _Problem:
    """Why a job is stopped, and the monotonic time at which it is tried again."""

    reason: str
    retry_at: float

    @classmethod
    def of(cls, error: Exception) -> "_Problem":
        passing = isinstance(error, ModelError)
        return cls(
            str(api_error_of(error)), time.monotonic() + _RETRY_SECONDS if passing else math.inf
        )

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self.retry_at


class JobRunner:
    """The jobs of an index, and their worker thread."""

    def __init__(self, news: rag.News, requests: WorkQueue, metrics: Metrics) -> None:
        """Create an idle runner, see :meth:`start`; ``requests`` have priority."""
        self._news, self._requests, self._metrics = news, requests, metrics
        self._files = JobFiles(news.folder)
        self._problems: dict[str, _Problem] = {}
        self._running = ""  # the id of the job in progress
        self._stop = threading.Event()  # stops the job in progress
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        """Start the worker thread."""
        self._thread.start()

    def halt(self) -> None:
        """Stop calling the model; the current item waits for the next start."""
        self._ended.set()
        self._stop.set()
        self._wake.set()

    def close(self) -> None:
        """Halt, and close the job tables; calling it twice is safe."""
        self.halt()
        if self._thread.is_alive():
            self._thread.join(_END_SECONDS)
        self._files.close()

    def begin(self, task: Task) -> Entry:
        """Begin a job.

        Raises:
            ApiError: if there are too many jobs, or the job has no items.
            RagError: if the job cannot be saved or its articles cannot be read.
        """
        if len(self._files.ids()) >= MOST_JOBS:
            raise ApiError("too_many_jobs", most=MOST_JOBS)

        def begin_rows(path: Path) -> None:
            with self._news.batch(task, out=path) as batch:
                if not batch.status.total:
                    raise ApiError("nothing_to_do")

        job = f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(2)}"  # sorts by start time
        self._files.create(job, task, begin_rows)
        self._wake.set()
        return self.entry(job)

    def entries(self) -> list[Entry]:
        """Return all jobs, newest first."""
        found: list[Entry] = []
        for job in reversed(self._files.ids()):
            try:
                found.append(self.entry(job))
            except JobUnknown:
                continue  # deleted in the meantime
        return found

    def entry(self, job: str) -> Entry:
        """Return the current state of a job. Raises JobUnknown if there is none."""
        status = self._files.items(job).status()
        problem = self._problems.get(job)
        reason = problem.reason if problem else ""
        return Entry(job, self._files.task(job), status, self._state(job, status, reason), reason)

    def results(self, job: str, start: int, most: int) -> tuple[Result, ...]:
        """Return up to ``most`` items from position ``start`` on, in order. Raises JobUnknown."""
        return self._files.items(job).results(start, most=most)

    def resume(self, job: str) -> Entry:
        """Try a stopped job again; any other stays as it is. Raises JobUnknown."""
        self._files.items(job)
        self._problems.pop(job, None)
        self._wake.set()
        return self.entry(job)

    def cancel(self, job: str) -> Entry:
        """Cancel a job; finished items stay saved. Raises JobUnknown."""
        self._files.items(job).cancel()
        if self._running == job:
            self._stop.set()
        return self.entry(job)

    def delete(self, job: str) -> Entry:
        """Cancel a job and delete it with its rows. Raises JobUnknown."""
        last = self.cancel(job)
        self._files.forget(job)
        end = time.monotonic() + _END_SECONDS
        while self._running == job and time.monotonic() < end:
            time.sleep(_STEP)
        self._files.delete(job)
        self._problems.pop(job, None)
        return last

    def _state(self, job: str, status: Status, problem: str) -> State:
        if status.complete:
            return "done"
        if status.cancelled:
            return "cancelled"
        if problem:
            return "stopped"
        return "running" if status.claimed or job == self._running else "waiting"

    # Worker thread

    def _work(self) -> None:
        while not self._ended.is_set():
            self._wake.clear()
            job = self._next()
            if not job:
                self._wake.wait(_SCAN_SECONDS)
                continue
            try:
                self._work_on(job)
            except Exception as error:  # noqa: BLE001 - one bad job never stops the others
                self._problems[job] = _Problem.of(error)

    def _next(self) -> str:
        """Return the oldest job with unfinished items; empty if there is none."""
        for job in self._files.ids():
            try:
                problem = self._problems.get(job)
                if problem and problem.passed:
                    self._problems.pop(job, None)
                if job not in self._problems and self.entry(job).state in {"waiting", "running"}:
                    return job
            except RagError as error:
                self._problems[job] = _Problem.of(error)
        return ""

    def _work_on(self, job: str) -> None:
        self._stop = threading.Event()
        self._running = job
        try:
            if self._ended.is_set():
                return
            task, rows = self._files.task(job), self._files.rows(job)
            with (
                cancelled_by(
                    self._stop.is_set,
                    before_call=self._yield_to_requests,
                    spent=self._metrics.job,
                ),
                self._news.batch(
                    task, out=rows, begin="resume", streams=1, cancel=self._stop
                ) as batch,
            ):
                for _ in batch:
                    pass
        finally:
            self._running = ""

    def _yield_to_requests(self) -> None:
        """Wait while requests use or wait for the model, for a limited time."""
        end = time.monotonic() + _PATIENCE
        while (self._requests.working or self._requests.waiting) and time.monotonic() < end:
            check_cancelled()
            time.sleep(_STEP)
