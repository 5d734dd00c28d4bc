"""Operations on an index in a process whose disk fails at one call, or that is killed there.

Every call that changes the disk is counted: statements of SQLite, synchronising, renaming, opening
a file for writing, making and removing folders, and writing the vector file. At the chosen one the
process is killed, before or after it, or the call fails with a full disk or an input/output error.
"""

import builtins
import errno
import io
import json
import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import faiss

import rag.index
from rag.config import load
from rag.errors import RagError
from rag.index.embedding import HashEmbedder
from rag.library import News
from rag.llm.scripted import ScriptedGenerator

Fault = Literal["", "killed before", "killed after", "full", "broken"]
FAILING: tuple[Fault, ...] = ("full", "broken")
_REAL_OPEN = io.open
_ERRORS = {"full": errno.ENOSPC, "broken": errno.EIO}


def opened(folder: Path, *overrides: str) -> News:
    """The library over the folder ``index``, with the hash embedder."""
    return News(
        folder / "index",
        load("default", overrides=overrides, environment={}),
        embedder=HashEmbedder(32),
        generator=ScriptedGenerator([]),
    )


def ingest(folder: Path) -> None:
    with opened(folder) as news:
        news.ingest([folder / "old.jsonl", folder / "new.jsonl"])


def update(folder: Path) -> None:
    """The vector file is written again each time, as when it lacks much."""
    rag.index._FEW = 0
    with opened(folder) as news:
        news.ingest([folder / "new.jsonl"])


def delete(folder: Path) -> None:
    with opened(folder) as news:
        news.delete([article.id for article in news.articles() if "ferry" in article.text])


def rebuild(folder: Path) -> None:
    with opened(folder) as news:
        news.rebuild()


def reembed(folder: Path) -> None:
    with opened(folder, "index.chunk_words=20") as news:
        news.rebuild(embed=True)


def backup(folder: Path) -> None:
    with opened(folder) as news:
        news.backup(folder / "copy.backup")


def restore(folder: Path) -> None:
    with opened(folder) as news:
        if not news.folder.exists():
            news.restore(folder / "saved.backup")


OPERATIONS: dict[str, Callable[[Path], None]] = {
    each.__name__: each for each in (ingest, update, delete, rebuild, reembed, backup, restore)
}


def run(name: str, folder: Path, fault: Fault, at: int) -> None:
    """Run an operation; write to ``folder/report.json`` how it ended and how many calls it made."""
    calls = _Calls(fault, at)
    calls.watch()
    report: dict[str, object] = {"error": "", "unforeseen": ""}
    try:
        OPERATIONS[name](folder)
    except RagError as error:
        report["error"] = str(error)
    except BaseException:  # noqa: BLE001 - reported to the test
        report["unforeseen"] = traceback.format_exc()
    calls.at = 0
    with _REAL_OPEN(folder / "report.json", "w") as file:
        file.write(json.dumps(report | {"calls": calls.count}))
    sys.stdout.flush()
    os._exit(0)


class _Calls:
    """Counts calls, and causes the fault at one of them."""

    def __init__(self, fault: Fault, at: int) -> None:
        self.fault, self.at, self.count = fault, at, 0

    def counted(self, call: Callable[..., Any], *, may_fail: bool = True) -> Callable[..., Any]:
        def watched(*arguments: Any, **options: Any) -> Any:
            self.count += 1
            if self.count != self.at:
                return call(*arguments, **options)
            if self.fault == "killed before":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.fault in _ERRORS and may_fail:
                raise self.error(call)
            try:
                return call(*arguments, **options)
            finally:
                if self.fault == "killed after":
                    os.kill(os.getpid(), signal.SIGKILL)

        return watched

    def error(self, call: Callable[..., Any]) -> Exception:
        if call is _execute:
            what = "database or disk is full" if self.fault == "full" else "disk I/O error"
            return sqlite3.OperationalError(what)
        if call is faiss.write_index:
            return RuntimeError("Error in write: short write")
        number = _ERRORS[self.fault]
        return OSError(number, os.strerror(number))

    def watch(self) -> None:
        """Replace the calls of this process."""
        for name in ("fsync", "replace", "rename", "mkdir"):
            setattr(os, name, self.counted(getattr(os, name)))
        for name in ("unlink", "rmdir"):
            setattr(os, name, self.counted(getattr(os, name), may_fail=False))
        opening = self.counted(_REAL_OPEN)

        def opened_file(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            chosen = opening if set(mode) & set("wax+") else _REAL_OPEN
            return chosen(file, mode, *arguments, **options)

        io.open = builtins.open = opened_file
        # The file is there, cut short, when the process is killed after this.
        writing = self.counted(faiss.write_index)
        faiss.write_index = writing
        executing = self.counted(_execute)

        class Connection(sqlite3.Connection):
            def execute(self, *arguments: Any) -> sqlite3.Cursor:
                return executing(self, *arguments)  # type: ignore[no-any-return]

        connect = sqlite3.connect
        sqlite3.connect = lambda *a, **k: connect(*a, factory=Connection, **k)  # type: ignore[assignment]


def _execute(connection: sqlite3.Connection, *arguments: Any) -> sqlite3.Cursor:
    return sqlite3.Connection.execute(connection, *arguments)
