"""Folder of a run: what it measures, and a line for each finished item.

``run.json`` is written first and names what is measured; ``items.jsonl`` grows by a line per item,
so that a kill loses at most the current item. Everything else is computed from these two.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rag.errors import ConfigError
from rag.evals.task import Record
from rag.files import replacing

Fingerprint = Mapping[str, Any]  # JSON
_RUN, _ITEMS = "run.json", "items.jsonl"
_CODE = "code"  # recorded, but no reason to refuse: see Journal


class Journal:
    """The records of one run. One process at a time; use it as a context manager."""

    def __init__(self, folder: Path, fingerprint: Fingerprint, *, fresh: bool = False) -> None:
        """Open the folder of a run, or begin one.

        Args:
            folder: created if missing.
            fingerprint: what is measured and how. Two runs are the same if it is equal except for
                ``code``, the state of the project's code, whose change is reported by
                :attr:`older_code`.
            fresh: discard any run in the folder.

        Raises:
            ConfigError: if the folder belongs to another run, if another process is writing to it,
                or if any line but the last is damaged.
        """
        self.folder = folder
        self.older_code = False
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(folder / ".lock", timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise ConfigError(
                f"another run is writing to {folder}. Wait for it, or give another --out FOLDER."
            ) from None
        try:
            self._begin(fingerprint, fresh=fresh)
            self._records = _read_items(folder / _ITEMS)
            self._file = (folder / _ITEMS).open("ab")
        except BaseException:
            self._lock.release()
            raise

    def _begin(self, fingerprint: Fingerprint, *, fresh: bool) -> None:
        run, items = self.folder / _RUN, self.folder / _ITEMS
        if fresh:
            for name in (_RUN, _ITEMS, "summary.json", "report.html"):
                (self.folder / name).unlink(missing_ok=True)
        if run.is_file():
            known = _fingerprint(run)
            self.older_code = known.get(_CODE) != fingerprint.get(_CODE)
            differing = [
                _difference(key, known.get(key), fingerprint.get(key))
                for key in sorted({*known, *fingerprint} - {_CODE})
                if known.get(key) != fingerprint.get(key)
            ]
            if differing:
                raise ConfigError(
                    f"{self.folder} holds another run: {'; '.join(differing)}. Give another --out"
                    " FOLDER, repeat that run's options to continue it, or add --fresh to start over."
                )
        elif items.is_file():
            raise ConfigError(
                f"{self.folder} holds {_ITEMS} without {_RUN}, so what was measured is unknown."
                " Give another --out FOLDER, or add --fresh to start over."
            )
        else:
            write_whole(run, json.dumps(fingerprint, indent=2, ensure_ascii=False) + "\n")

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._lock.release()

    @property
    def records(self) -> Sequence[Record]:
        """The records so far, in the order they were measured."""
        return tuple(self._records)

    def forget(self, unwanted: Callable[[Record], bool]) -> None:
        """Drop records, also on disk, so that their items are measured again."""
        remaining = [record for record in self._records if not unwanted(record)]
        if len(remaining) == len(self._records):
            return
        self._file.close()
        path = self.folder / _ITEMS
        write_whole(path, b"".join(map(_line, remaining)))
        self._records, self._file = remaining, path.open("ab")

    def add(self, record: Record) -> None:
        """Write the record of an item; it is on disk when this returns."""
        self._file.write(_line(record))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._records.append(record)


def write_whole(path: Path, body: str | bytes) -> None:
    """Write a file atomically, through a temporary file and a rename."""
    with replacing(path) as beside:
        beside.write_bytes(body if isinstance(body, bytes) else body.encode("utf-8", "replace"))


def _line(record: Record) -> bytes:
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace") + b"\n"


def _fingerprint(path: Path) -> Fingerprint:
    known = _object(path.read_bytes())
    if known is None:
        raise ConfigError(f"{path} is damaged. Give another --out FOLDER, or add --fresh.")
    return known


def _difference(key: str, there: Any, here: Any) -> str:
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        names = [name for name in sorted({*there, *here}) if there.get(name) != here.get(name)]
        return f"the {key} differ ({', '.join(names[:3])}{' ...' if len(names) > 3 else ''})"
    if isinstance(there, str) and isinstance(here, str):
        return f"{key} {there[:12]}, now {here[:12]}"
    return f"{key} {json.dumps(there)}, now {json.dumps(here)}"


def _read_items(path: Path) -> list[Record]:
    """Read the records of a file, truncating a torn last line."""
    if not path.is_file():
        return []
    body, records, end = path.read_bytes(), list[Record](), 0
    for number, line in enumerate(body.splitlines(keepends=True), start=1):
        record = _object(line) if line.endswith(b"\n") else None
        if record is None or not isinstance(record.get("key"), str):
            if end + len(line) < len(body):
                raise ConfigError(
                    f"{path}, line {number} is damaged. Remove the line and its item is measured"
                    " again, or add --fresh to start over."
                )
            with path.open("r+b") as file:
                file.truncate(end)
            break
        records.append(record)
        end += len(line)
    return records


def _object(text: bytes) -> dict[str, Any] | None:
    """Return a JSON object; None if the text is something else."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
