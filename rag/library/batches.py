"""A batch: its job, its output file, and its rows as they are produced."""

import threading
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Generator as Stream
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Generic, Literal, TypedDict

from rag.errors import JobProblem, JobUnknown
from rag.export import ENDINGS
from rag.export.rows import Row
from rag.extras import require
from rag.jobs import Item, Job, JobTable, Progress, Status, job_folder, run
from rag.library.plans import Plan
from rag.library.row_file import RowFile
from rag.llm.cancelling import cancelled_by

_WRITER_SECONDS = 10.0  # time to wait for another process to finish writing the output file
Begin = Literal["", "resume", "restart"]
Reading = Callable[[int], None]


class BatchOptions(TypedDict, total=False):
    """How a batch is started and monitored; see :meth:`rag.News.batch`."""

    out: str | Path | None
    begin: Begin
    progress: Progress | None
    reading: Reading | None
    cancel: threading.Event | None
    streams: int | None


class Batch(Generic[Row]):
    """An iterator over the rows of a batch in input order. Close it or consume it."""

    def __init__(self, plan: Plan[Row], options: BatchOptions, *, streams: int) -> None:
        """Start or resume the job; ``streams`` is the number of items processed at once."""
        self._plan, self._streams = plan, streams
        self._cancel = options.get("cancel") or threading.Event()
        self._progress = options.get("progress")
        out = Path(given) if (given := options.get("out")) else None
        with ExitStack() as stack:
            if out is None:
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="newsrag-batch-")))
            else:
                folder = job_folder(out)
                _check_file(out, options.get("begin", ""), folder)
            table = stack.enter_context(JobTable(folder))
            self.job = self._open_job(table, out.name if out else "batch", options)
            self._file: RowFile[Row] | None = None
            if out is not None:
                self._file = RowFile(out, plan.kind, folder / "output.lock", self._finished_rows)
                stack.callback(self._close_file)
                self._file.write()  # report problems with the file before starting
            self._rows = self._produce()
            stack.callback(self._rows.close)
            self._resources = stack.pop_all()

    def _open_job(self, table: JobTable, name: str, options: BatchOptions) -> Job:
        begin, fingerprint = options.get("begin", ""), self._plan.fingerprint
        if begin == "resume":
            return table.resume(name, fingerprint)
        items = _count_items(self._plan.items(), options.get("reading"))
        return table.open(name, fingerprint, items, restart=begin == "restart")

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        return next(self._rows)

    def __enter__(self) -> "Batch[Row]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop; items in progress are left for the next run. May be called twice."""
        self._cancel.set()
        self._resources.close()

    def cancel(self) -> None:
        """Stop: no further items are started; the rows end once those in progress have stopped."""
        self._cancel.set()

    @property
    def status(self) -> Status:
        """The number of items in each state, including those of other processes."""
        return self.job.status()

    def retry(self) -> None:
        """Queue failed items again, except those that could not be read."""
        self.job.retry()

    def _produce(self) -> Stream[Row, None, None]:
        try:
            for result in run(
                self.job,
                self._work,
                streams=self._streams,
                cancel=self._cancel,
                progress=self._progress,
                probe=self._plan.probe,
            ):
                row = self._plan.row(result)
                if self._file is not None:
                    self._file.add(result.place, row)
                yield row
        finally:
            self._close_file()

    def _work(self, payload: str) -> str:
        """Process an item; if the batch is cancelled meanwhile, it is left for the next run."""
        with cancelled_by(self._cancel.is_set):
            return self._plan.work(payload)

    def _finished_rows(self) -> Iterator[tuple[int, Row]]:
        return ((result.place, self._plan.row(result)) for result in self.job.settled())

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close(wait=_WRITER_SECONDS if self.status.complete else 0.0)


@contextmanager
def job_of(out: Path) -> Iterator[Job]:
    """Open the job of an output file, whether or not a process is working on it.

    Raises:
        JobUnknown: if there is none.
    """
    folder = job_folder(out)
    if not _has_job(folder, out.name):
        raise JobUnknown(f"there is no batch that writes {out}. Name its output file, as in --out.")
    with JobTable(folder) as table:
        yield table.job(out.name)


def _check_file(path: Path, begin: Begin, folder: Path) -> None:
    """Raise JobProblem if rows cannot be written to this path."""
    if path.suffix.lower() not in ENDINGS:
        raise JobProblem(
            f"{path} has an unsupported extension; expected one of {', '.join(ENDINGS)}."
        )
    if path.suffix.lower() == ".parquet":
        require("parquet", "a Parquet file", "pyarrow")  # fail now, not after hours
    if path.is_dir():
        raise JobProblem(f"{path} is a folder; choose another file name.")
    if not path.parent.is_dir():
        raise JobProblem(f"{path.parent} is not a folder; create it or choose another file.")
    known = _has_job(folder, path.name)
    if path.exists() and begin != "restart" and not known:
        raise JobProblem(
            f"{path} exists and was not written by a batch. Choose another name, or"
            " overwrite it (--restart)."
        )
    if begin == "resume" and not known:
        raise JobUnknown(f"there is no batch to resume at {path}; omit --resume to start one.")


def _has_job(folder: Path, name: str) -> bool:
    if not (folder / "jobs.sqlite").is_file():
        return False
    with JobTable(folder) as table:
        return table.holds(name)


def _count_items(items: Iterable[Item], reading: Reading | None) -> Iterator[Item]:
    for number, item in enumerate(items, start=1):
        if reading:
            reading(number)
        yield item
