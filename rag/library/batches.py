"""A batch: its job, its output file, and its rows as they are produced."""

import threading
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Generator as Stream
from contextlib import ExitStack
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

_WRITER_SECONDS = 10.0  # how long the end of a job waits for another process that writes its file
Begin = Literal["", "resume", "restart"]
Reading = Callable[[int], None]


class BatchOptions(TypedDict, total=False):
    """How a batch is begun and monitored; see :meth:`rag.News.batch`."""

    out: str | Path | None
    begin: Begin
    progress: Progress | None
    reading: Reading | None
    cancel: threading.Event | None
    streams: int | None


class Batch(Generic[Row]):
    """The rows of a batch, in input order, as they are made. Close it, or consume all of them."""

    def __init__(self, plan: Plan[Row], options: BatchOptions, *, streams: int) -> None:
        """Begin or resume the job; ``streams`` is how many items are worked on at once."""
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
            self.job = self._opened(table, out.name if out else "batch", options)
            self._file: RowFile[Row] | None = None
            if out is not None:
                self._file = RowFile(out, plan.kind, folder / "output.lock", self._settled)
                stack.callback(self._close_file)
                self._file.write()  # report problems with the file before the work
            self._rows = self._made()
            stack.callback(self._rows.close)
            self._resources = stack.pop_all()

    def _opened(self, table: JobTable, name: str, options: BatchOptions) -> Job:
        begin, fingerprint = options.get("begin", ""), self._plan.fingerprint
        if begin == "resume":
            return table.resume(name, fingerprint)
        items = _counted(self._plan.items(), options.get("reading"))
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
        """Stop the items in progress, which then wait for the next run; closing twice is fine."""
        self._cancel.set()
        self._resources.close()

    def cancel(self) -> None:
        """Stop: no further item is begun, and the rows end when those in progress have ended."""
        self._cancel.set()

    @property
    def status(self) -> Status:
        """How many items are in which state, including those of other processes."""
        return self.job.status()

    def retry(self) -> None:
        """Requeue the failed items, except those that could not be read."""
        self.job.retry()

    def _made(self) -> Stream[Row, None, None]:
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
        """Work on an item; if the batch is cancelled meanwhile, it waits for the next run."""
        with cancelled_by(self._cancel.is_set):
            return self._plan.work(payload)

    def _settled(self) -> Iterator[tuple[int, Row]]:
        return ((result.place, self._plan.row(result)) for result in self.job.settled())

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close(wait=_WRITER_SECONDS if self.status.complete else 0.0)


def _check_file(path: Path, begin: Begin, folder: Path) -> None:
    """Raise JobProblem if the rows cannot be written there."""
    if path.suffix.lower() not in ENDINGS:
        raise JobProblem(
            f"{path}: rows are written to {', '.join(ENDINGS)}; give it such an ending."
        )
    if path.suffix.lower() == ".parquet":
        require("parquet", "a Parquet file", "pyarrow")  # now, not after hours
    if path.is_dir():
        raise JobProblem(f"{path} is a folder; give the file another name.")
    if not path.parent.is_dir():
        raise JobProblem(f"{path.parent} is no folder; create it, or write to another file.")
    known = _holds(folder, path.name)
    if path.exists() and begin != "restart" and not known:
        raise JobProblem(
            f"{path} exists and no batch has written it. Use another name, or"
            " overwrite it (--restart)."
        )
    if begin == "resume" and not known:
        raise JobUnknown(
            f"there is no batch at {path} to continue; leave out --resume to begin one."
        )


def _holds(folder: Path, name: str) -> bool:
    if not (folder / "jobs.sqlite").is_file():
        return False
    with JobTable(folder) as table:
        return table.holds(name)


def _counted(items: Iterable[Item], reading: Reading | None) -> Iterator[Item]:
    for number, item in enumerate(items, start=1):
        if reading:
            reading(number)
        yield item
