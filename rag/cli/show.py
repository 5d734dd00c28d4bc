"""How commands write to the terminal. Text is never interpreted as markup or control codes."""

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn

_LINE_SECONDS = 60.0  # between two progress lines where the bar is not visible
_FIRST_LINE = 15.0  # seconds until the first one
# Steps may take minutes each: the time left is estimated from those of this last while.
_RATE_SECONDS = 1800.0
# Control characters, except line ends, and text direction marks.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Return untrusted text without terminal control codes."""
    return _CONTROLS.sub("", text)


def one_line(text: str) -> str:
    """Return untrusted text on one line, without terminal control codes."""
    return " ".join(plain(text).split())


def plural(number: int, one: str, several: str = "") -> str:
    """Return ``1 article`` or ``2 articles``; ``several`` is needed for ``stories`` alone."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def duration(seconds: float) -> str:
    """Return ``40 s``, ``12 min`` or ``3 h 20 min``."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


@lru_cache(maxsize=2)
def console(*, stderr: bool = False) -> "Console":
    """Return the user's terminal: results on standard output, all else on standard error."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # handled in one place, for every way to print

    stream = sys.stderr if stderr else sys.stdout
    # A file or pipe gets unwrapped lines: its reader wraps them.
    return Terminal(
        stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=not stream.isatty()
    )


def say(text: str = "", style: str = "", *, label: str = "", label_style: str = "") -> None:
    """Print a result on standard output, after a label, without the control codes in it."""
    from rich.text import Text

    console().print(Text.assemble((label, label_style), (plain(text), style)))


def note(text: str, style: str = "") -> None:
    """Print a message on standard error, without the control codes in it."""
    from rich.text import Text

    console(stderr=True).print(Text(plain(text), style))


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print a result as JSON for other programs; without ``indent`` it is one line."""
    from rag.export import as_json

    print(as_json(value, indent=indent), flush=True)  # noqa: T201


def print_table(
    columns: Mapping[str, Literal["left", "right"]], rows: Iterable[Iterable[str]]
) -> None:
    """Print rows below the names of their columns, each aligned as given."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, side in columns.items():
        table.add_column(name, justify=side, overflow="fold")
    for row in rows:
        table.add_row(*map(plain, row))
    console().print(table)


@contextmanager
def replaced_text() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows a text, dim, in place of the one before; only on a terminal."""
    from rich.live import Live
    from rich.text import Text

    screen = console(stderr=True)
    with Live(console=screen, transient=True, auto_refresh=screen.is_terminal) as live:

        def replace(text: str) -> None:
            if screen.is_terminal:
                live.update(Text(plain(text), style="dim"))

        yield replace


@contextmanager
def starting() -> Iterator[None]:
    """Say on a terminal that the command is starting, while imports take a second."""
    shown = sys.stderr.isatty()
    if shown:
        print("Loading ...", end="\r", file=sys.stderr, flush=True)  # noqa: T201
    try:
        yield
    finally:
        if shown:
            print("\x1b[2K", end="\r", file=sys.stderr, flush=True)  # noqa: T201


def progress_bar(unit: str, total: float | None) -> "Progress":
    """Return a bar with rate and time left on standard error; silent if that is not a terminal."""
    from rich.progress import MofNCompleteColumn, TextColumn, TimeElapsedColumn

    bar = _bar(
        MofNCompleteColumn(),
        TextColumn(f"{unit} {{task.fields[rate]}}"),
        TimeElapsedColumn(),
        transient=True,
    )
    bar.add_task("", total=total, rate="")
    return bar


def download_bar() -> "Progress":
    """Return a download bar in megabytes on standard error; silent if that is not a terminal."""
    from rich.progress import DownloadColumn, TransferSpeedColumn

    return _bar(DownloadColumn(), TransferSpeedColumn(), transient=False)


def _bar(*columns: "ProgressColumn", transient: bool) -> "Progress":
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    screen = console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        TimeRemainingColumn(),
        console=screen,
        disable=not screen.is_terminal,
        speed_estimate_period=_RATE_SECONDS,
        transient=transient,
    )


def advance(bar: "Progress", what: str, done: int, total: int | None, *, note: str = "") -> None:
    """Update the progress; a new ``what`` restarts the bar, so that the time left is its own.

    Where the bar is not visible, as in a log, lines are printed instead: one soon, then one a
    minute. ``note`` is shown as well, such as the number of failures.
    """
    task, now = bar.tasks[0], time.monotonic()
    if task.description != what:
        line = now + _FIRST_LINE - _LINE_SECONDS
        bar.reset(task.id, total=total, description=what, rate="", begun=now, line=line, known=done)
    fresh = done - task.fields["known"]
    seconds = (now - task.fields["begun"]) / fresh if fresh else None
    rate = f"{60 / seconds:,.1f}/min" if seconds else ""
    bar.update(task.id, completed=done, total=total, rate=", ".join(filter(None, (rate, note))))
    if bar.disable and now - task.fields["line"] >= _LINE_SECONDS:
        bar.update(task.id, line=now)
        # The first item also waits for the models.
        minutes = ceil(seconds * (total - done) / 60) if seconds and fresh > 1 and total else None
        left = f"{minutes} min left" if minutes is not None else ""
        text = ", ".join(filter(None, (f"{what}: {done} of {total or '?'}", left, note)))
        console(stderr=True).print(plain(text))
