"""A batch: its plan, its job, its output file, and its rows as they are produced."""

import threading
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Generator as Stream
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Generic, Literal, TypedDict

from rag.errors import JobProblem, JobUnknown
from rag.export import ENDINGS, write_rows
from rag.export.rows import Row
from rag.extras import require
from rag.files import replacing
from rag.jobs import (
    Fingerprint,
    Item,
    JobTable,
    Output,
    Progress,
    Result,
    Status,
    Work,
    job_folder,
    run,
)
from rag.llm.cancelling import cancelled_by

Begin = Literal["", "resume", "anew"]
Reading = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Plan(Generic[Row]):
    """What to do: the items, the work on each, and how to make rows of completed or failed items.

    ``probe`` raises if the engine is down.
    """

    kind: type[Row]
    fingerprint: Fingerprint
    items: Callable[[], Iterable[Item]]
    work: Work
    read: Callable[[str], Row]
    failed: Callable[[Result], Row]
    probe: Callable[[], None]


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
        self._plan, self._streams = plan, options.get("streams") or streams
        self._cancel = options.get("cancel") or threading.Event()
        given, begin = options.get("out"), options.get("begin", "")
        out = self._out = Path(given) if given else None
        self._progress = options.get("progress")
        self._discarded = None if out else TemporaryDirectory(prefix="newsrag-batch-")
        folder = Path(self._discarded.name) if self._discarded else Path()
        if out is not None:
            folder = job_folder(out)
            _check_file(out, begin, folder)
        self._table = JobTable(folder)
        try:
            self.job = self._table.open(
                out.name if out else "batch",
                plan.fingerprint,
                _counted(plan.items, options.get("reading")),
                anew=begin == "anew",
                resume=begin == "resume",
            )
            self._output = Output(self.job, self._write)
            self._output.publish(now=True)  # report problems with the file before the work
        except BaseException:
            self._table.close()
            raise
        self._rows = self._made()

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
        self._rows.close()
        self._table.close()
        if self._discarded is not None:
            self._discarded.cleanup()

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
                progress=self._pulse,
                probe=self._plan.probe,
            ):
                yield self._row(result)
        finally:
            self._output.publish(now=True)

    def _work(self, payload: str) -> str:
        """Work on an item; if the batch is cancelled meanwhile, it waits for the next run."""
        with cancelled_by(self._cancel.is_set):
            return self._plan.work(payload)

    def _pulse(self, status: Status) -> None:
        self._output.publish()
        if self._progress:
            self._progress(status)

    def _row(self, result: Result) -> Row:
        if result.state == "failed":
            return self._plan.failed(result)
        return self._plan.read(result.text)

    def _write(self) -> None:
        if self._out is None:
            return
        rows = (self._row(result) for result in self.job.settled())
        with replacing(self._out) as beside:
            write_rows(rows, self._plan.kind, beside, ending=self._out.suffix.lower())


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
    if path.exists() and begin != "anew" and not known:
        raise JobProblem(
            f"{path} exists and no batch has written it. Give another name, or begin anew"
            " (--anew), which overwrites it."
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


def _counted(items: Callable[[], Iterable[Item]], reading: Reading | None) -> Iterator[Item]:
    for number, item in enumerate(items(), start=1):
        if reading:
            reading(number)
        yield item
