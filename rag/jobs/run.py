"""Process the items of a job concurrently; yield results in input order, despite failures."""

import threading
import time
from collections.abc import Callable
from collections.abc import Generator as Stream
from contextvars import copy_context
from itertools import takewhile

from rag.errors import (
    ConfigError,
    GenerateError,
    IndexProblem,
    ModelError,
    PromptTooLong,
    RagError,
)
from rag.jobs.items import Result, Status
from rag.jobs.job import Job

Work = Callable[[str], str]  # from an item's payload to its result text
Progress = Callable[[Status], None]
_POLL = 0.5  # seconds between checks for results of other processes
_IN_A_ROW = 5  # consecutive engine failures that trigger a probe


def run(
    job: Job,
    work: Work,
    *,
    streams: int = 1,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
    probe: Callable[[], None] | None = None,
) -> Stream[Result, None, None]:
    """Process a job until it is complete or cancelled, and yield its results in input order.

    Results from earlier runs and from other processes are yielded too. An item whose work raises
    an exception becomes failed. An error that would make every other item fail (no model, no
    index, an engine that is down) ends the run instead, and the claimed items are returned to the
    waiting state. Closing the iterator or setting ``cancel`` also ends the run.

    Args:
        job: the job, see :meth:`rag.jobs.JobTable.open`.
        work: called in worker threads with the caller's context; if it raises after ``cancel`` was
            set, its item returns to the waiting state.
        streams: number of items processed concurrently.
        cancel: an event that stops the run when it is set.
        progress: called with the job's status between results and about twice a second.
        probe: called when the engine has failed on several items in a row. If it raises, or is
            None, the engine is considered down: these items return to the waiting state, and the run
            ends. Otherwise they stay failed.

    Raises:
        RagError: the error that ended the run; finished items are saved.
    """
    with _Workers(job, work, streams, cancel or threading.Event(), probe) as workers:
        place = 0
        while True:
            finished = workers.finished()  # before reading results, so that none is missed
            ready = list(takewhile(lambda each: each.settled, job.results(place)))
            for result in ready:
                place = result.place + 1
                yield result
            if progress:
                progress(job.status())
            if finished and not ready:
                break
            if not ready:
                workers.wait(_POLL)
    if workers.failure is not None:
        raise workers.failure


class _Workers:
    """Worker threads of a job, under one lease."""

    def __init__(
        self,
        job: Job,
        work: Work,
        streams: int,
        cancel: threading.Event,
        probe: Callable[[], None] | None,
    ) -> None:
        self.job, self.work, self.cancel, self.probe = job, work, cancel, probe
        self.failure: BaseException | None = None
        self._ended = threading.Event()
        self._settled = threading.Condition()
        self._streak: list[int] = []
        self._threads = [
            threading.Thread(
                target=copy_context().run,
                args=[self._process],
                name=f"batch {number}",
                daemon=True,
            )
            for number in range(1, streams + 1)
        ]

    def __enter__(self) -> "_Workers":
        self.lease = self.job.table.lease()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if not self.finished():
            self.cancel.set()
        for thread in self._threads:
            thread.join()
        self.lease.close()

    def finished(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def wait(self, seconds: float) -> None:
        with self._settled:
            if not self.finished():
                self._settled.wait(seconds)

    def _stopped(self) -> bool:
        return self.cancel.is_set() or self._ended.is_set()

    def _process(self) -> None:
        try:
            while not self._stopped():
                if item := self.job.claim(self.lease):
                    self._process_item(item)
                    continue
                status = self.job.status()
                if status.complete or status.cancelled:
                    break
                self.wait(_POLL)
        except BaseException as error:  # noqa: BLE001 - raised again where the results are read
            self.failure = self.failure or error
            self._ended.set()
        finally:
            self._notify()

    def _notify(self) -> None:
        with self._settled:
            self._settled.notify_all()

    def _process_item(self, item: Result) -> None:
        """Process an item; if interrupted, it returns to the waiting state, at the latest with the lease."""
        start = time.perf_counter()
        text = ""
        error: Exception | None = None
        try:
            text = self.work(item.payload)
        except Exception as raised:
            if self._stopped() or _ends_run(raised):
                self.job.release(item.place, self.lease)
                if self._stopped():
                    return
                raise
            error = raised
        seconds = time.perf_counter() - start
        reason = _reason(error) if error else ""
        self.job.settle(item.place, self.lease, text=text, error=reason, seconds=seconds)
        self._count(item.place, error)
        self._notify()

    def _count(self, place: int, error: Exception | None) -> None:
        """Count consecutive engine failures; if the engine is down, return the items to waiting and raise."""
        with self._settled:
            self._streak = [*self._streak, place] if _is_engine_error(error) else []
            if error is None or len(self._streak) < _IN_A_ROW:
                return
            streak, self._streak = self._streak, []
        try:
            if self.probe is None:
                raise error
            self.probe()
        except Exception:
            self.job.retry(streak)
            raise


def _is_engine_error(error: Exception | None) -> bool:
    return isinstance(error, GenerateError) and not isinstance(error, PromptTooLong)


def _ends_run(error: Exception) -> bool:
    if isinstance(error, GenerateError):
        return False
    return isinstance(error, ModelError | IndexProblem | ConfigError)


def _reason(error: Exception) -> str:
    message = " ".join(str(error).split())
    known = isinstance(error, RagError) and message
    return message if known else f"{type(error).__name__}: {message}"
