"""Background jobs: batches that run one at a time and survive server restarts.

Jobs are saved beside the index, in ``NAME.jobs``: for each job, the task as JSON, the rows, and the
job table (:mod:`rag.jobs`). A job resumes where a stopped or killed server left it. Several servers
on one index share the same jobs, and no item is processed twice. Requests have priority: a job
calls the model only when no request is using or waiting for it, or when the job itself has waited
long.
"""

import json
import logging
import secrets
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

import rag
from rag.errors import GenerateError, JobProblem, JobUnknown, RagError
from rag.files import replacing
from rag.jobs import JobTable, Result, Status, job_folder
from rag.server.api.cancellable import CancellableGenerator
from rag.server.api.errors import ApiError, api_error_of
from rag.server.api.metrics import Metrics
from rag.server.api.queue import Queue
from rag.types import Answers, Summaries

_log = logging.getLogger(__name__)
MOST_JOBS = 100  # saved jobs
_LOOK = 5.0  # seconds between two checks for jobs begun by another server
_PATIENCE = 60.0  # maximum seconds a job yields to requests before one model call
_STEP = 0.05
_END_SECONDS = 10.0
Task = Summaries | Answers
State = Literal["waiting", "running", "done", "cancelled", "stopped"]
_SUMMARIES, _ANSWERS = TypeAdapter(Summaries), TypeAdapter(Answers)


@dataclass(frozen=True, slots=True)
class Entry:
    """The current state of a job; ``trouble`` says why it is stopped."""

    id: str
    task: Task
    status: Status
    state: State
    trouble: str


class JobRunner:
    """The jobs of an index, and their worker thread."""

    def __init__(self, news: rag.News, line: Queue, metrics: Metrics) -> None:
        """Create an idle runner, see :meth:`start`; ``line`` is the queue of the requests."""
        one_at_a_time = news.settings.batch.model_copy(update={"streams": 1})
        self._news = rag.open(
            news.folder,
            settings=news.settings.model_copy(update={"batch": one_at_a_time}),
            embedder=news.embedder,
            generator=CancellableGenerator(
                news.generator, begin=self._wait, go_on=self._go_on, spent=metrics.job
            ),
            reranker=news.reranker,
        )
        folder = news.folder.resolve()
        self._folder = folder.with_name(folder.name + ".jobs")
        self._line = line
        self._lock = threading.Lock()
        self._tables: dict[str, JobTable] = {}
        self._troubles: dict[str, str] = {}
        self._at_work = ""
        self._stop = threading.Event()  # stops the running job
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._labour, name="jobs", daemon=True)

    def start(self) -> None:
        """Start the worker thread."""
        self._thread.start()

    def halt(self) -> None:
        """Stop calling the model; the current item waits for the next start."""
        self._ended.set()
        self._stop.set()
        self._wake.set()

    def close(self) -> None:
        """Halt, and close the library and the job tables; calling it twice is safe."""
        self.halt()
        if self._thread.is_alive():
            self._thread.join(_END_SECONDS)
        with self._lock:
            for table in self._tables.values():
                table.close()
            self._tables.clear()
        self._news.close()

    def begin(self, task: Task) -> Entry:
        """Begin a job.

        Raises:
            ApiError: if there are too many jobs, or the job has no items.
            RagError: if the job cannot be saved or its articles cannot be read.
        """
        if len(self._ids()) >= MOST_JOBS:
            what = f"{MOST_JOBS} jobs are kept already. Delete one with DELETE /jobs/ID."
            raise ApiError(429, "too_many_jobs", what)
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(2)}"  # sorts by start time
        try:
            with self._news.batch(task, out=self._rows(name)) as batch:
                if not batch.status.total:
                    what = "No article matches, so there is nothing to do."
                    raise ApiError(400, "nothing_to_do", what)
            self._write(name, task)
        except BaseException:
            self._remove(name)
            raise
        self._wake.set()
        return self.entry(name)

    def entries(self) -> list[Entry]:
        """Return all jobs, newest first."""
        found: list[Entry] = []
        for name in reversed(self._ids()):
            try:
                found.append(self.entry(name))
            except JobUnknown:
                continue  # deleted in the meantime
        return found

    def entry(self, name: str) -> Entry:
        """Return the current state of a job. Raises JobUnknown if there is none."""
        task = self._task(name)
        status = self._table(name).job(self._rows(name).name).status()
        trouble = self._troubles.get(name, "")
        return Entry(name, task, status, self._state(name, status, trouble), trouble)

    def results(self, name: str, start: int, most: int) -> tuple[Result, ...]:
        """Return up to ``most`` items from position ``start`` on, in order. Raises JobUnknown."""
        self._task(name)
        return self._table(name).job(self._rows(name).name).results(start, most=most)

    def cancel(self, name: str) -> Entry:
        """Cancel a job; finished items stay saved. Raises JobUnknown."""
        self._task(name)
        self._table(name).job(self._rows(name).name).cancel()
        if self._at_work == name:
            self._stop.set()
        return self.entry(name)

    def delete(self, name: str) -> Entry:
        """Cancel a job and delete it with its rows. Raises JobUnknown."""
        last = self.cancel(name)
        self._spec(name).unlink(missing_ok=True)
        end = time.monotonic() + _END_SECONDS
        while self._at_work == name and time.monotonic() < end:
            time.sleep(_STEP)
        self._remove(name)
        return last

    # Worker thread

    def _labour(self) -> None:
        while not self._ended.is_set():
            self._wake.clear()
            name = self._next()
            if not name:
                self._wake.wait(_LOOK)
                continue
            try:
                self._work_on(name)
            except Exception as error:  # noqa: BLE001 - one bad job never stops the others
                self._troubles[name] = str(api_error_of(error))

    def _next(self) -> str:
        """Return the oldest job with unfinished items; empty if there is none."""
        for name in self._ids():
            try:
                if name not in self._troubles and self.entry(name).state in {"waiting", "running"}:
                    return name
            except RagError as error:
                self._troubles[name] = str(api_error_of(error))
        return ""

    def _work_on(self, name: str) -> None:
        self._stop = threading.Event()
        self._at_work = name
        try:
            if self._ended.is_set():
                return
            task, rows = self._task(name), self._rows(name)
            with self._news.batch(task, out=rows, begin="resume", cancel=self._stop) as batch:
                for _ in batch:
                    pass
        finally:
            self._at_work = ""

    def _wait(self) -> None:
        """Yield to requests for a limited time."""
        end = time.monotonic() + _PATIENCE
        while (self._line.working or self._line.waiting) and time.monotonic() < end:
            self._go_on()
            time.sleep(_STEP)
        self._go_on()

    def _go_on(self) -> None:
        if self._stop.is_set() or self._ended.is_set():
            raise GenerateError("the job was stopped")

    # Job folder

    def _state(self, name: str, status: Status, trouble: str) -> State:
        if status.complete:
            return "done"
        if status.cancelled:
            return "cancelled"
        if trouble:
            return "stopped"
        return "running" if status.claimed or name == self._at_work else "waiting"

    def _ids(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def _rows(self, name: str) -> Path:
        return self._folder / f"{name}.jsonl"

    def _spec(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _table(self, name: str) -> JobTable:
        with self._lock:
            if self._ended.is_set():
                raise JobProblem("the server is ending")
            if name not in self._tables:
                self._tables[name] = JobTable(job_folder(self._rows(name)))
            return self._tables[name]

    def _task(self, name: str) -> Task:
        try:
            kept = json.loads(self._spec(name).read_text("utf-8"))
            form = _SUMMARIES if kept["kind"] == "summaries" else _ANSWERS
            return form.validate_python(kept["task"])
        except FileNotFoundError:
            raise JobUnknown(f"there is no job {name}") from None
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise JobProblem(f"the job {self._spec(name)} cannot be read: {error}") from error

    def _write(self, name: str, task: Task) -> None:
        """Write the task atomically (temporary file, then rename); the job exists from then on."""
        if isinstance(task, Summaries):
            kind, plain = "summaries", _SUMMARIES.dump_python(task, mode="json")
        else:
            kind, plain = "answers", _ANSWERS.dump_python(task, mode="json")
        with replacing(self._spec(name)) as beside:
            beside.write_text(json.dumps({"kind": kind, "task": plain}), encoding="utf-8")

    def _remove(self, name: str) -> None:
        with self._lock:
            table = self._tables.pop(name, None)
            if table is not None:
                table.close()
        shutil.rmtree(job_folder(self._rows(name)), ignore_errors=True)
        self._rows(name).unlink(missing_ok=True)
        self._troubles.pop(name, None)
