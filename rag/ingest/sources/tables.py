"""Read CSV and TSV row by row, one page per row, whatever program wrote the file."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.ingest.cleaning.record import NAMES
from rag.ingest.encoding import UNKNOWN, is_unknown
from rag.ingest.sources.json_records import record
from rag.ingest.sources.origin import Origin, megabytes
from rag.ingest.sources.stream import BLOCK, lines
from rag.types import Failure, Page

_LONGEST_NAME = 100
_LONGEST_HEADER = 2_000
_SEPARATOR = re.compile(r"[,;\t|]")
_COLUMN = re.compile(r"\w[\w .-]{0,39}")
_USUAL = frozenset(name for names in NAMES.values() for name in names)


@dataclass(frozen=True, slots=True)
class _Dialect:
    delimiter: str
    quoted: bool

    def rows(self, text: Iterator[str]) -> Iterator[tuple[int, list[str] | str]]:
        """Yield (first line, cells) of each non-blank row; a bad row has an error for cells."""
        # Strict: a stray quote must fail its own row, not swallow the rows after it.
        reader = csv.reader(
            text,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            strict=True,
        )
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, str(error)
            else:
                if row:
                    yield line, row


# Tab-separated text is often written without quoting; a quote is then an ordinary character.
_DIALECTS = (
    _Dialect(",", quoted=True),
    _Dialect(";", quoted=True),
    _Dialect("\t", quoted=True),
    _Dialect("\t", quoted=False),
    _Dialect("|", quoted=True),
)


def table(
    stream: io.BufferedReader, origin: Origin, limit: int, *, tabs: bool = False
) -> Iterator[Page | Failure]:
    """Yield each row as a record keyed by the header; a bad row does not stop the others.

    Args:
        stream: Bytes of the table. Lines that are not UTF-8 are read as Windows-1252.
        origin: Names the pages and failures.
        limit: Maximum size of a line or row in bytes.
        tabs: Whether the file name implies tab-separated columns.
    """
    # The csv module's field limit (128 KB) is global; only ever raise it.
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    head = stream.peek(BLOCK)[:BLOCK]
    if not _is_utf8(head) and is_unknown(head):
        yield origin.failure(UNKNOWN)
        return
    dialect = _dialect(_whole_lines(head), tabs=tabs)
    dropped: list[int] = []
    rows = dialect.rows(_text(stream, limit, dropped))
    names = _header(rows, origin)
    if isinstance(names, Failure):
        yield names
        return
    empty = True
    for line, row in rows:
        empty = False
        yield from _dropped(dropped, origin, limit)
        # A row that spans a dropped line is incomplete; the failure just yielded covers it.
        if not dropped or line > dropped.pop():
            yield _row(row, names, origin, limit, line)
        dropped.clear()
    yield from _dropped(dropped, origin, limit)
    if empty and not dropped:
        yield origin.failure("has a header but no rows")


def _dropped(numbers: list[int], origin: Origin, limit: int) -> Iterator[Failure]:
    for number in numbers:
        yield origin.failure(
            f"is longer than {megabytes(limit)}, the limit for one row; split it, or raise "
            "max_bytes",
            number,
        )


def _header(rows: Iterator[tuple[int, list[str] | str]], origin: Origin) -> list[str] | Failure:
    _, row = next(rows, (1, []))
    if isinstance(row, str):
        return origin.failure(f"does not begin with a row of column names ({row})", 1)
    names = [name.strip() for name in row]
    named = [name for name in names if name]
    if not named or max(map(len, named)) > _LONGEST_NAME or "\0" in "".join(named):
        return origin.failure("does not name the columns; expected a first line like title,text", 1)
    for name in named:
        if named.count(name) > 1:
            return origin.failure(f"names the column {name!r} twice; rename one of them", 1)
    return names


def _row(
    row: list[str] | str, names: list[str], origin: Origin, limit: int, line: int
) -> Page | Failure:
    if isinstance(row, str):
        return origin.failure(f"is not a row of this table ({row}); fix or remove it", line)
    if len(row) != len(names):
        return origin.failure(
            f"has {len(row)} columns, but the header has {len(names)}; quote values that contain the "
            "separator, or fix the row",
            line,
        )
    if any("\0" in cell for cell in row):
        return origin.failure("contains NUL bytes: it is damaged; fix or remove it", line)
    value: dict[str, object] = {
        name: cell for name, cell in zip(names, row, strict=True) if name and cell
    }
    return record(value, origin, limit, line) if value else origin.failure("is empty", line)


def _text(stream: io.BufferedReader, limit: int, dropped: list[int]) -> Iterator[str]:
    """Yield decoded lines; append the numbers of lines over ``limit`` bytes to ``dropped``."""
    for number, line in enumerate(lines(stream, limit), start=1):
        if line is None:
            dropped.append(number)
            yield "\n"
        else:
            yield from _decoded(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line)


def _is_utf8(head: bytes) -> bool:
    """Return whether the first bytes of a file are UTF-8; the last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(line: bytes) -> list[str]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    # Older spreadsheets end lines with a bare carriage return.
    return io.StringIO(text, newline=None).readlines()


def _whole_lines(head: bytes) -> list[str]:
    """Decode the first bytes of a table, without a last line that is cut off."""
    whole = head[: head.rfind(b"\n") + 1] if len(head) >= BLOCK else head
    return _decoded(whole.removeprefix(codecs.BOM_UTF8))


def _dialect(text: Sequence[str], *, tabs: bool) -> _Dialect:
    """Return the first dialect in which most rows of the head are as wide as the header."""
    best = _DIALECTS[2] if tabs else _DIALECTS[0]
    score = 0.0
    for dialect in sorted(_DIALECTS, key=lambda item: item != best):
        rows = [row for _, row in dialect.rows(iter(text))]
        width = len(rows[0]) if rows and not isinstance(rows[0], str) else 0
        fits = sum(not isinstance(row, str) and len(row) == width for row in rows)
        if width > 1 and fits / len(rows) > score:
            best, score = dialect, fits / len(rows)
    return best


def looks_like_table(head: bytes) -> Literal["csv", "tsv"] | None:
    """Return the kind of table that the first bytes of an unnamed text are, or ``None``.

    The first line must name columns, one of them as records usually do, and most of the rows
    below must be as wide.
    """
    first = _decoded(head.removeprefix(codecs.BOM_UTF8).partition(b"\n")[0])
    cells = _SEPARATOR.split(first[0][:_LONGEST_HEADER].lower()) if first else []
    if len(cells) < 2 or _USUAL.isdisjoint(cell.strip(' "\r\n') for cell in cells):
        return None
    text = _whole_lines(head)
    dialect = _dialect(text, tabs=False)
    rows = [row for _, row in dialect.rows(iter(text))]
    header = rows[0] if rows and isinstance(rows[0], list) else []
    names = {name.strip().lower() for name in header}
    if len(names) < 2 or not all(map(_COLUMN.fullmatch, names)) or names.isdisjoint(_USUAL):
        return None
    fits = sum(len(row) == len(header) and isinstance(row, list) for row in rows[1:])
    if fits < max(1, len(rows[1:]) / 2):
        return None
    return "tsv" if dialect.delimiter == "\t" else "csv"
