"""Jobs as files beside the index, in ``NAME.jobs``: task, rows and job table of each job."""

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from rag.errors import JobProblem, JobUnknown
from rag.files import replacing
from rag.jobs import Job, JobTable, job_folder
from rag.types import Answers, Summaries

Task = Summaries | Answers


@dataclass(frozen=True, slots=True)
class _SummariesFile:
    task: Summaries
    kind: Literal["summaries"] = "summaries"


@dataclass(frozen=True, slots=True)
class _AnswersFile:
    task: Answers
    kind: Literal["answers"] = "answers"


_FILE: TypeAdapter[_SummariesFile | _AnswersFile] = TypeAdapter(
    Annotated[_SummariesFile | _AnswersFile, Field(discriminator="kind")]
)


class JobFiles:
    """The files of all jobs of an index."""

    def __init__(self, index: Path) -> None:
        """Name the folder; nothing is read or written yet."""
        index = index.resolve()
        self._folder = index.with_name(index.name + ".jobs")
        self._lock = threading.Lock()
        self._tables: dict[str, JobTable] = {}
        self._closed = False

    def close(self) -> None:
        """Close all job tables, and open no more."""
        with self._lock:
            self._closed = True
            for table in self._tables.values():
                table.close()
            self._tables.clear()

    def ids(self) -> list[str]:
        """Return the ids of all jobs."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def rows(self, job: str) -> Path:
        """Return the file of a job's rows."""
        return self._folder / f"{job}.jsonl"

    def items(self, job: str) -> Job:
        """Return the items of a job, in its open table. Raises JobUnknown or JobProblem."""
        self.task(job)
        with self._lock:
            if self._closed:
                raise JobProblem("the server is shutting down")
            if job not in self._tables:
                self._tables[job] = JobTable(job_folder(self.rows(job)))
            return self._tables[job].job(self.rows(job).name)

    def task(self, job: str) -> Task:
        """Read the task of a job. Raises JobUnknown or JobProblem."""
        path = self._task_file(job)
        try:
            return _FILE.validate_json(path.read_bytes()).task
        except FileNotFoundError:
            raise JobUnknown(f"there is no job {job}") from None
        except (OSError, ValidationError) as error:
            raise JobProblem(f"the job {path} cannot be read: {error}") from error

    def create(self, job: str, task: Task, begin: Callable[[Path], None]) -> None:
        """Begin the rows of a job and save its task; if either fails, nothing remains."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = _SummariesFile(task) if isinstance(task, Summaries) else _AnswersFile(task)
        try:
            begin(self.rows(job))
            with replacing(self._task_file(job)) as beside:
                beside.write_bytes(_FILE.dump_json(file))
        except BaseException:
            self.delete(job)
            raise

    def forget(self, job: str) -> None:
        """Delete the task of a job, so that nobody works on it any more."""
        self._task_file(job).unlink(missing_ok=True)

    def delete(self, job: str) -> None:
        """Delete all files of a job."""
        self.forget(job)
        with self._lock:
            table = self._tables.pop(job, None)
            if table is not None:
                table.close()
        shutil.rmtree(job_folder(self.rows(job)), ignore_errors=True)
        self.rows(job).unlink(missing_ok=True)

    def _task_file(self, job: str) -> Path:
        return self._folder / f"{job}.json"
