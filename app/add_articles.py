"""Add articles from the page: files, pasted text or a web address, each with its outcome."""

import contextlib
import io
import re
import time
from bisect import insort
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import gradio as gr

from app import offline
from app.background import stepped
from app.formatting import TimeLeft, count
from app.messages import explained
from app.render import render, trouble
from app.uploads import MOST_FILES
from rag import News
from rag.server.queue import Slot
from rag.types import IngestReport, Outcome

_MOST_PASTED = 1_000_000  # characters
_MOST_FAILURES = 1_000  # in one file, after which the rest of it is skipped
_LISTED = 200  # outcomes shown one by one
_LINE = re.compile(r":\d+\Z")  # line number of a file
_LABELS = {
    "added": "added",
    "updated": "updated",
    "unchanged": "already in the index",
    "duplicate": "already in the index",
    "failed": "not read",
}

Shown = tuple[str, Any]  # the outcomes, and the new value of the input: None clears it


class Tally:
    """Outcomes of an ingestion so far: all are counted, some are listed."""

    def __init__(self, sources: Iterable[str]) -> None:
        """Start with no outcomes from these sources."""
        self.counts: Counter[str] = Counter()  # by what became of them
        self._sources = frozenset(sources)
        self._listed: list[Outcome] = []

    def take(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self.counts[_LABELS[outcome.status]] += 1
        insort(self._listed, outcome, key=self._rank)
        del self._listed[_LISTED:]

    def html(self, state: str) -> str:
        """Render ``state`` and the counts, and below them outcomes, unread sources first."""
        names = dict.fromkeys(_LABELS.values())
        known = ", ".join(f"{self.counts[name]:,} {name}" for name in names if self.counts[name])
        return render(
            "outcomes",
            state=": ".join(filter(None, (state, known))) + " …" * bool(state),
            listed=[_described(each) for each in self._listed],
            more=self.counts.total() - len(self._listed),
        )

    def _rank(self, outcome: Outcome) -> int:
        """Sources not read, or not to the end, come first; then other failures."""
        if outcome.status != "failed":
            return 2
        return 0 if outcome.source in self._sources else 1


def _described(outcome: Outcome) -> tuple[str, str, str, str | None]:
    """Describe an outcome, without the local folder that its file was put into for reading."""
    file = _LINE.sub("", outcome.source)
    name = file if file.startswith("http") else unquote(file.rsplit("/", 1)[-1])
    reason = outcome.reason.replace(file, name)
    if reason.startswith(name):
        return outcome.status, _LABELS[outcome.status], reason, None
    return outcome.status, _LABELS[outcome.status], outcome.title or name, reason


class Files:
    """Paths read one after the other, with progress."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Start with no path read."""
        self.paths = paths
        self._sizes = [_size(path) for path in paths]
        self._begun, self._since, self._left = 0, time.monotonic(), TimeLeft()
        self._records = _records(paths[0]) if len(paths) == 1 else 0
        self._taken = 0

    def __iter__(self) -> Iterator[str]:
        """Yield each path when its turn comes."""
        for path in self.paths:
            yield path
            self._begun += 1
            share = sum(self._sizes[: self._begun]) / max(1, sum(self._sizes))
            self._left.update(time.monotonic() - self._since, share)

    def take(self) -> None:
        """Note that one more article has an outcome."""
        self._taken += 1
        if self._records:
            share = min(1, self._taken / self._records)
            self._left.update(time.monotonic() - self._since, share)

    @property
    def state(self) -> str:
        """How many files, or articles of one file, are read, and the time left."""
        total = len(self.paths)
        if self._records:
            read = f"{self._taken:,} of {count(self._records, 'article')} read"
            rest = str(self._left) if self._taken < self._records else ""
            return ", ".join(filter(None, (read, rest)))
        if total == 1:
            return "Reading"
        rest = str(self._left) if self._begun < total else "saving the last ones"
        return ", ".join(filter(None, (f"{self._begun} of {total} files read", rest)))


class Adding:
    """Event handlers that add articles."""

    def __init__(self, news: News) -> None:
        """Read nothing yet."""
        self._news = news

    def files(self, paths: Sequence[str] | None) -> Iterator[Shown]:
        """Read uploaded files, then delete them; yield the outcomes as they come."""
        chosen = list(paths or ())
        if len(chosen) > MOST_FILES:
            yield _refused(
                f"You chose {len(chosen):,} files; the limit is {MOST_FILES} at a time."
                " Add them in several batches."
            )
        elif chosen:
            yield from self._added(Files(chosen), emptied=True)
        else:
            yield _refused("Choose at least one file.")

    def text(self, text: str) -> Iterator[Shown]:
        """Read a pasted article."""
        if not text.strip():
            yield _refused("Paste some text first.")
        elif len(text) > _MOST_PASTED:
            yield _refused(
                f"The text has {len(text):,} characters; the limit is {_MOST_PASTED:,}."
                " Save it as a file and upload it instead."
            )
        else:
            yield from self._added(Files(["-"]), stdin=io.BytesIO(text.encode()))

    def address(self, address: str) -> Iterator[Shown]:
        """Fetch a web address only, never a file of this machine."""
        address = address.strip()
        if not address.lower().startswith(("http://", "https://")):
            yield _refused(
                f"{address[:80]!r} is not a web address. Enter one that starts with https://"
            )
        else:
            yield from self._added(Files([address]))

    def _added(
        self, files: Files, *, stdin: io.BytesIO | None = None, emptied: bool = False
    ) -> Iterator[Shown]:
        tally = Tally(files.paths)

        def take(outcome: Outcome) -> None:
            tally.take(outcome)
            files.take()

        def work() -> Generator[IngestReport, None, None]:
            yield self._news.ingest(
                files,
                stdin=stdin,
                temporary=offline.uploads(),
                progress=take,
                soon=True,
                most_failures=_MOST_FAILURES,
            )

        yield tally.html(files.state), gr.skip()
        try:
            for _ in stepped(work(), Slot(), name="intake"):
                yield tally.html(files.state), gr.skip()
        except Exception as error:  # noqa: BLE001 - shown in place, and the app goes on
            yield tally.html("") + trouble(explained(error)), gr.skip()
            return
        if emptied:
            _deleted(files.paths)
        taken = emptied or set(tally.counts) - {_LABELS["failed"]}
        yield tally.html(""), None if taken else gr.skip()


def _refused(message: str) -> Shown:
    return trouble(message), gr.skip()


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0  # an address, or gone, which its outcome reports


def _records(path: str) -> int:
    """Return how many articles a file of one a line has; 0 if it may be another kind of file."""
    if not path.lower().endswith((".jsonl", ".ndjson")):
        return 0
    with contextlib.suppress(OSError), Path(path).open("rb") as lines:
        return sum(bool(line.strip()) for line in lines)
    return 0


def _deleted(paths: Iterable[str]) -> None:
    """Delete uploads, which are useless once read; never delete anything else."""
    folder = offline.uploads()
    for path in map(Path, paths):
        if folder and path.resolve().is_relative_to(folder.resolve()):
            with contextlib.suppress(OSError):
                path.unlink()
