"""Run a batch: progress bar, helper processes, interruption, and the final report."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import typer

from rag.cli import show
from rag.cli.options import news_of, settings_of
from rag.errors import RagError
from rag.types import Answers, Summaries

if TYPE_CHECKING:
    from rich.progress import Progress

    from rag.export import AnswerRow, SummaryRow
    from rag.jobs import Status
    from rag.library import News
    from rag.library.batches import Batch, Begin

_MOST_LISTED = 10  # maximum failures listed at the end
_LONGEST_NAME = 100  # maximum characters of the name of a failed item
_STOPPED = 130
# Without the working directory on the path, whose rag.py would be run instead.
_RAG = (sys.executable, "-P", "-m", "rag")
_HELPER_SECONDS = 30.0  # time for a helper to exit


@dataclass(frozen=True, slots=True)
class Run:
    """How to run a batch; ``helper_of`` is the id of the process that started this one."""

    out: Path
    resume: bool | None
    retry: bool
    workers: int
    helper_of: int
    index: str
    profile: str
    overrides: tuple[str, ...]

    @property
    def begin(self) -> "Begin":
        """How to begin: continue (the default), resume or restart."""
        return "" if self.resume is None else "resume" if self.resume else "restart"


def work(task: Summaries | Answers, run: Run) -> None:
    """Run a batch to its end, alone or with helpers."""
    cancel = threading.Event()
    failures = list[str]()
    with (
        news_of(run.index, run.profile, _overrides(run)) as news,
        show.progress_bar("items", None) as bar,
    ):
        batch = _open_batch(news, task, run, bar, cancel)
        failure: RagError | None = None
        with batch:
            if run.retry and not run.helper_of:
                batch.retry()
            before, start = batch.status, time.monotonic()
            try:
                with _helpers(run), _graceful_stop(cancel):
                    for row in batch:
                        if row.error and len(failures) < _MOST_LISTED:
                            failures.append(_failure(row))
            except RagError as error:  # raised again below, after the report
                failure = error
            after, seconds = batch.status, time.monotonic() - start
    if not run.helper_of:
        _report(run, failures, before, after, seconds)
    if failure is not None:
        raise failure
    if not run.helper_of:
        if not after.complete:
            raise typer.Exit(_STOPPED)
        if after.failed:
            raise typer.Exit(1)


def dry_run(task: Summaries | Answers, run: Run) -> None:
    """Print what the batch would take."""
    with news_of(run.index, run.profile, list(run.overrides)) as news:
        found = news.estimate(task, out=run.out)
    figures = {
        "items": f"{found.items:,}",
        "unreadable": f"{found.unreadable:,}",
        "tokens": f"{found.tokens:,}",
        "time": show.duration(found.seconds),
    }
    show.print_table(dict.fromkeys(figures, "right"), [figures.values()])
    if found.measured:
        show.note(f"At the speed of earlier batches in {run.out.parent.resolve()}.")
    else:
        show.note("The time is a guess: no batch in this folder has used this model yet.")


def _open_batch(
    news: "News",
    task: Summaries | Answers,
    run: Run,
    bar: "Progress",
    cancel: threading.Event,
) -> "Batch[SummaryRow] | Batch[AnswerRow]":
    what = "Summarising" if isinstance(task, Summaries) else "Answering"

    def advance(status: "Status") -> None:
        notes = f"{status.failed} failed" * bool(status.failed), "paused" * status.paused
        note = ", ".join(filter(None, notes))
        show.advance(bar, what, status.settled, status.total, note=note)

    def end_with_parent(_: "Status") -> None:
        if os.getppid() != run.helper_of:
            cancel.set()

    return news.batch(
        task,
        out=run.out,
        begin=run.begin,
        reading=lambda count: show.advance(bar, "Reading", count, None),
        progress=end_with_parent if run.helper_of else advance,
        cancel=cancel,
    )


def _overrides(run: Run) -> list[str]:
    """Return the settings overrides, preceded by those implied by the batch options."""
    from rag.cpu import available_processors

    settings = settings_of(run.profile, list(run.overrides))
    given = [f"generator.parallel={settings.batch.streams}"]
    if run.workers > 1 and not settings.generator.threads:
        given.append(f"generator.threads={max(1, available_processors() // run.workers)}")
    return [*given, *run.overrides]


@contextmanager
def _helpers(run: Run) -> Iterator[None]:
    """Run the helper processes; they end with the batch, or when this process does.

    Each runs this same command, but takes the items as this process has read them.
    """
    started = list[subprocess.Popen[bytes]]()
    command = [*_RAG, *sys.argv[1:]]
    end = command.index("--") if "--" in command else len(command)
    command[end:end] = ["--resume", "--helper-of", str(os.getpid())]
    try:
        for _ in range(0 if run.helper_of else run.workers - 1):
            # In its own session, so that it gets Ctrl-C only once, from this process.
            started.append(
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, start_new_session=True, env=_environment()
                )
            )
        yield
    finally:
        for code in filter(None, [helper.poll() for helper in started]):
            show.note(f"A worker process ended early, with code {code}; others did its share.")
        for helper in started:
            with suppress(OSError):
                helper.send_signal(signal.SIGINT)
        for helper in started:
            try:
                helper.wait(_HELPER_SECONDS)
            except subprocess.TimeoutExpired:
                helper.kill()
                helper.wait()


def _environment() -> dict[str, str]:
    """Return the environment in which a helper imports the package that runs here."""
    folders = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, folders))}


@contextmanager
def _graceful_stop(cancel: threading.Event) -> Iterator[None]:
    """Make SIGINT and SIGTERM stop the work gracefully; a second signal stops it at once."""

    def stop(*_: object) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _failure(row: "SummaryRow | AnswerRow") -> str:
    name = row.question if hasattr(row, "question") else row.title or row.url
    file = unquote(name.rpartition("/")[2]) if name.startswith("file:") else name
    if file in row.error:
        return row.error
    return f"{name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + '…'}: {row.error}"


def _report(
    run: Run, failures: Sequence[str], before: "Status", after: "Status", seconds: float
) -> None:
    """Print what failed, the counts, and how to continue."""
    for failure in failures:
        show.say(f"  {show.one_line(failure)}", "red")
    if after.failed > len(failures):
        show.say(f"  and {after.failed - len(failures)} more; see the errors in the output file")
    processed = after.settled - before.settled
    figures = {
        "items": after.total,
        "done": after.done,
        "failed": after.failed,
        "left": after.total - after.settled,
        "this run": processed,
        "minutes": f"{seconds / 60:.1f}",
        "per hour": f"{3600 * processed / seconds:.0f}" if processed else "-",
    }
    show.print_table(dict.fromkeys(figures, "right"), [map(str, figures.values())])
    show.say(str(run.out))
    if not after.complete:
        show.note("Run the same command again to continue.")
