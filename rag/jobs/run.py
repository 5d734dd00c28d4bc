"""Drain a job: several items at a time, results in input order, whatever happens on the way."""

import threading
import time
from collections.abc import Callable
from collections.abc import Generator as Stream
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

Work = Callable[[str], str]  # from the payload of an item to the text that is kept of it
Progress = Callable[[Status], None]
_POLL = 0.5  # seconds between two looks at what other processes have done
_IN_A_ROW = 5  # failures of the engine after which it is asked whether it works at all


def run(
    job: Job,
    work: Work,
    *,
    streams: int = 1,
    cancel: threading.Event | None = None,
    progress: Progress | None = None,
    probe: Callable[[], None] | None = None,
) -> Stream[Result, None, None]:
    """Work on a job until it is complete, and yield its results in input order.

    What was settled before is yielded too, and what other processes settle meanwhile. An item
    whose work raises becomes a failed one; what would make every other item fail as well (no
    model, no index, an engine that is down) ends the run instead, and the items in work wait for
    the next. Closing the iterator, or ``cancel``, ends it as well.

    Args:
        job: as :meth:`rag.jobs.JobTable.open` gives it.
        work: called in threads of its own; where it raises after ``cancel`` was set, its item
            waits again.
        streams: how many items are worked on at once.
        cancel: set it to stop.
        progress: called between results and about twice a second with the status of the job.
        probe: called where the engine has failed at several items in a row. If it raises, the
            engine is down: these items wait again, and the run ends. Else they are to blame.

    Raises:
        RagError: what ends the run; what is done by then is kept.
    """
    with _Crew(job, work, streams, cancel or threading.Event(), probe) as crew:
        place = 0
        while True:
            finished = crew.finished()  # before the look, so that nothing settled is missed
            ready = list(takewhile(lambda each: each.settled, job.results(place)))
            for result in ready:
                place = result.place + 1
                yield result
            if progress:
                progress(job.status())
            if finished and not ready:
                break
            if not ready:
                crew.wait(_POLL)
    if crew.failure is not None:
        raise crew.failure


class _Crew:
    """The threads that work on a job, under one lease."""

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
            threading.Thread(target=self._labour, name=f"batch {number}", daemon=True)
            for number in range(1, streams + 1)
        ]

    def __enter__(self) -> "_Crew":
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

    def _labour(self) -> None:
        try:
            while not self._stopped():
                item = self.job.claim(self.lease)
                if item is not None:
                    self._do(item)
                elif self._nothing_left():
                    break
                else:
                    self.wait(_POLL)
        except BaseException as error:  # noqa: BLE001 - raised again where the results are read
            self.failure = self.failure or error
            self._ended.set()
        finally:
            self._tell()

    def _nothing_left(self) -> bool:
        status = self.job.status()
        return status.complete or status.cancelled

    def _tell(self) -> None:
        with self._settled:
            self._settled.notify_all()

    def _do(self, item: Result) -> None:
        start = time.perf_counter()
        text = ""
        try:
            text, error = self.work(item.payload), None
        except Exception as raised:  # noqa: BLE001 - one bad item never stops the others
            error = raised
        except BaseException:
            self.job.release(item.place, self.lease)
            raise
        if error is not None and (self._stopped() or _ends_all(error)):
            self.job.release(item.place, self.lease)
            if not self._stopped():
                raise error
            return
        seconds = time.perf_counter() - start
        reason = _told(error) if error else ""
        self.job.settle(item.place, self.lease, text=text, error=reason, seconds=seconds)
        self._count(item.place, error)
        self._tell()

    def _count(self, place: int, error: Exception | None) -> None:
        """Give up where the engine is down; what it failed at waits for the next run."""
        with self._settled:
            self._streak = [*self._streak, place] if _is_engine(error) else []
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


def _is_engine(error: Exception | None) -> bool:
    return isinstance(error, GenerateError) and not isinstance(error, PromptTooLong)


def _ends_all(error: Exception) -> bool:
    if isinstance(error, GenerateError):
        return False
    return isinstance(error, ModelError | IndexProblem | ConfigError)


def _told(error: Exception) -> str:
    words = " ".join(str(error).split())
    return words if isinstance(error, RagError) and words else f"{type(error).__name__}: {words}"
