"""Read questions from a file: one per line (.txt), row (.csv) or JSON value (.jsonl)."""

import codecs
import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from rag.errors import SourceError
from rag.text import normalise
from rag.types import Failure, Question

QUESTION_FILES = (".txt", ".csv", ".jsonl")
_COLUMNS = ("question", "query", "text")
_STANDARD_INPUT = Path("-")
_MOST_BYTES = 100_000_000
_NO_TEXT = "\ufffd"  # replacement character for undecodable bytes


def read_questions(path: Path) -> Iterator[Question | Failure]:
    """Yield the questions of a file in order; the default ``id`` is the line number.

    A ``.csv`` has a column ``question`` (or ``query``, ``text``), or a single column without a
    header; columns are separated by commas, semicolons or tabs. A line of ``.jsonl`` is a string or
    an object with one of these keys. ``-`` is standard input, as JSON Lines or one question per
    line. Empty lines are skipped; an invalid line yields a Failure in its place.

    Raises:
        SourceError: if the file cannot be read.
    """
    ending = path.suffix.lower()
    if path != _STANDARD_INPUT and ending not in QUESTION_FILES:
        expected = f"{', '.join(QUESTION_FILES)}, or - for standard input"
        raise SourceError(f"{path} is not a file of questions; expected {expected}.")
    content = _text(path)
    if path == _STANDARD_INPUT:
        path = Path("standard input")
        ending = ".jsonl" if content.lstrip().startswith("{") else ".txt"
    parse = {".txt": _lines, ".csv": _table, ".jsonl": _records}[ending]
    for number, given_id, text in parse(content, path):
        if _NO_TEXT in text or "\0" in text:
            yield _failure(path, number, "is not UTF-8 text; convert the file")
        elif isinstance(text, _Bad):
            yield _failure(path, number, text)
        else:
            yield Question(_plain(given_id) or str(number), _plain(text))


class _Bad(str):
    """The reason why a line contains no question."""


_Line = tuple[int, str, str]  # line number, id or empty, question


def _plain(text: str) -> str:
    return " ".join(normalise(text).split())


def _failure(path: Path, number: int, problem: str) -> Failure:
    name = _plain(path.name)
    return Failure(f"{name}:{number}", f"{name} line {number} {problem}.")


def _body(path: Path) -> bytes:
    if path == _STANDARD_INPUT:
        return sys.stdin.buffer.read(_MOST_BYTES + 1)
    with path.open("rb") as file:
        return file.read(_MOST_BYTES + 1)


def _text(path: Path) -> str:
    """Read a file or standard input as UTF-8, or as UTF-16 if there is a byte order mark."""
    name = "standard input" if path == _STANDARD_INPUT else path
    try:
        body = _body(path)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}.") from error
    if len(body) > _MOST_BYTES:
        raise SourceError(f"{name} has more than {_MOST_BYTES // 1_000_000} MB; split it.")
    # Spreadsheets save UTF-16.
    wide = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = body.decode("utf-16" if wide else "utf-8-sig", "replace")
    if not text.strip():
        raise SourceError(f"{name} is empty; expected questions.")
    return text


def _lines(text: str, _: Path) -> Iterator[_Line]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, "", line.strip()


def _table(text: str, path: Path) -> Iterator[_Line]:
    csv.field_size_limit(_MOST_BYTES)  # an overlong question becomes a row with its error
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)))
    except csv.Error as error:
        raise SourceError(f"{path} is not valid CSV: {error}.") from None
    top = next(place for place, row in enumerate(rows) if any(cell.strip() for cell in row))
    heads = [head.strip().lower() for head in rows[top]]
    column = next((heads.index(name) for name in _COLUMNS if name in heads), None)
    if column is None and any(len(row) > 1 for row in rows):
        raise SourceError(
            f"{path} has several columns ({', '.join(heads)}) but none named"
            f" {' or '.join(_COLUMNS)}; rename the column that holds the questions."
        )
    ids = heads.index("id") if "id" in heads and column is not None else len(heads)
    for number, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row) or (number == top + 1 and column is not None):
            continue
        question, given_id = (
            [cell.strip() for cell in row[at : at + 1]] for at in (column or 0, ids)
        )
        yield number, "".join(given_id), "".join(question) or _Bad("has no question")


def _separator(text: str) -> str:
    """Detect the separator: a semicolon or tab if it yields a known column name, else a comma."""
    heading = text.lstrip().partition("\n")[0].lower()
    for mark in ";\t":
        if mark in heading and set(_COLUMNS) & {part.strip(' "\r') for part in heading.split(mark)}:
            return mark
    return ","


def _records(text: str, _: Path) -> Iterator[_Line]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            yield number, "", _Bad("is not valid JSON")
            continue
        record = found if isinstance(found, dict) else {"question": found}
        question = next(
            (record[name] for name in _COLUMNS if isinstance(record.get(name), str)), ""
        )
        given_id = record.get("id")
        yield (
            number,
            "" if given_id is None else str(given_id).strip(),
            question.strip() or _Bad("has no question"),
        )
