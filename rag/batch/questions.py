"""Questions from a file: a line each in .txt, a row each in .csv, a record each in .jsonl."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from rag.errors import SourceError
from rag.text import normalise
from rag.types import Failure, Question

QUESTION_FILES = (".txt", ".csv", ".jsonl")
_COLUMNS = ("question", "query", "text")
_MOST_BYTES = 100_000_000
_NO_TEXT = "\ufffd"  # what decoding leaves where bytes are no text


def read_questions(path: Path) -> Iterator[Question | Failure]:
    """The questions of a file, in order; one that has no ``id`` of its own is called by its line.

    A ``.csv`` has a column ``question`` (or ``query``, ``text``), or a single column without a
    heading; a line of ``.jsonl`` is a text or a record with such a key. Empty lines are left out;
    a line that is none of these is a failure among the questions.

    Raises:
        SourceError: if the file cannot be read.
    """
    ending = path.suffix.lower()
    if ending not in QUESTION_FILES:
        raise SourceError(f"{path} is no file of questions; wanted {', '.join(QUESTION_FILES)}.")
    read = {".txt": _lines, ".csv": _table, ".jsonl": _records}[ending]
    for number, own, text in read(_text(path), path):
        if _NO_TEXT in text or "\0" in text:
            yield _failure(path, number, "is not text in UTF-8; convert the file")
        elif isinstance(text, _Bad):
            yield _failure(path, number, text)
        else:
            yield Question(_plain(own) or str(number), _plain(text))


class _Bad(str):
    """Why a line holds no question."""


_Line = tuple[int, str, str]  # its number, the id that it gives, the question


def _plain(text: str) -> str:
    return " ".join(normalise(text).split())


def _failure(path: Path, number: int, seen: str) -> Failure:
    name = _plain(path.name)
    return Failure(f"{name}:{number}", f"{name} line {number} {seen}.")


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SourceError(f"{path} has more than {_MOST_BYTES // 1_000_000} MB; split it.")
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not text.strip():
        raise SourceError(f"{path} is empty; wanted questions.")
    return text


def _lines(text: str, _: Path) -> Iterator[_Line]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, "", line.strip()


def _table(text: str, path: Path) -> Iterator[_Line]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise SourceError(f"{path} is no sound CSV: {error}.") from None
    heads = [head.strip().lower() for head in rows[0]]
    column = next((heads.index(name) for name in _COLUMNS if name in heads), None)
    if column is None and any(len(row) > 1 for row in rows):
        raise SourceError(
            f"{path} has several columns ({', '.join(heads)}) and none of them is called"
            f" {' or '.join(_COLUMNS)}; name the column of the questions so."
        )
    names = heads.index("id") if "id" in heads and column is not None else len(heads)
    for number, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row) or (number == 1 and column is not None):
            continue
        asked, own = ([cell.strip() for cell in row[at : at + 1]] for at in (column or 0, names))
        yield number, "".join(own), "".join(asked) or _Bad("has no question")


def _records(text: str, _: Path) -> Iterator[_Line]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            yield number, "", _Bad("is no sound JSON")
            continue
        record = found if isinstance(found, dict) else {"question": found}
        asked = next((record[name] for name in _COLUMNS if isinstance(record.get(name), str)), "")
        own = record.get("id", "")
        yield number, str(own).strip(), asked.strip() or _Bad("has no question")
