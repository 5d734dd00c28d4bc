"""Write rows as JSON Lines, CSV, Parquet or Markdown, one at a time."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rag.export.escaping import escaped, link, with_marks
from rag.export.escaping import source as named
from rag.export.rows import AnswerRow, Quote, Row, Sentence, SummaryRow, summary_row
from rag.export.values import as_json
from rag.text import written_date
from rag.types import Article, Summary

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = 500  # rows of Parquet written at once
_BULLET = "• "
# Prefixes that a spreadsheet may run as a formula, also full-width (OWASP, "CSV Injection").
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_Pairs = Iterable[tuple[Article, Summary]]


def as_jsonl(pairs: _Pairs) -> str:
    """Return one line of JSON per summary; ``claims`` are its sentences with their quotes."""
    return "".join(_json_line(summary_row(*pair)) for pair in pairs)


def as_csv(pairs: _Pairs) -> str:
    """Return summaries as CSV, like :func:`write_rows` but without a byte-order mark."""
    rows = (_cells(summary_row(*pair)) for pair in pairs)
    return _csv_line(_columns(SummaryRow)) + "".join(map(_csv_line, rows))


def _json_line(row: SummaryRow | AnswerRow) -> str:
    return as_json(_values(row), indent=None) + "\n"


def _columns(kind: type[Row]) -> list[str]:
    """Return the column names: the fields of a row, plus one for the quotes."""
    names = [field.name for field in fields(kind)]
    names.insert(names.index("claims"), "quotes")
    return names


def _values(row: SummaryRow | AnswerRow) -> dict[str, object]:
    """Return the values of the columns, in their order."""
    quotes = (" ".join(each.quote.split()) for claim in row.claims for each in claim.quotes)
    values = {name: getattr(row, name, None) for name in _columns(type(row))}
    return values | {"quotes": list(dict.fromkeys(quotes))}


def _cells(row: SummaryRow | AnswerRow) -> list[str]:
    return [_cell(value) for value in _values(row).values()]


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)  # ends with CR LF
    return line.getvalue()


def _cell(value: object) -> str:
    """Return a cell: one quote per line, claims and sources as JSON, formulas escaped."""
    if isinstance(value, list):
        value = "\n".join(value)
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA) else value
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else as_json(value, indent=None)


def _write_parquet(rows: Iterable[Row], kind: type[Row], path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(kind)
    left = iter(rows)
    with parquet.ParquetWriter(path, schema) as writer:
        while group := [_values(row) | asdict(row) for row in islice(left, _GROUP)]:
            writer.write_table(pa.Table.from_pylist(group, schema=schema))


def _schema(kind: type[Row]) -> "pa.Schema":
    import pyarrow as pa

    text, day, real, count = pa.string(), pa.date32(), pa.float64(), pa.int64()
    place = [("start", count), ("end", count)]
    quote = pa.struct([("article_id", text), ("quote", text), *place, ("field", text)])
    words = pa.list_(pa.struct([*place, ("text", text)]))
    claim = [("text", text), ("quotes", pa.list_(quote)), ("status", text), ("unbacked", words)]
    claims = [("quotes", pa.list_(text)), ("claims", pa.list_(pa.struct(claim)))]
    article = [("url", text), ("title", text), ("publisher", text), ("published", day)]
    sources = pa.list_(pa.struct([("number", count), ("article_id", text), *article]))
    origin = [("model", text), ("config", text), ("seconds", real)]
    origin += [("prompt_tokens", count), ("output_tokens", count), ("error", text)]
    if kind is SummaryRow:
        return pa.schema([("id", text), *article, ("summary", text), *claims, *origin])
    answer = [(name, text) for name in ("id", "question", "short", "answer", "status")]
    answer += [("refused", pa.bool_()), ("confidence", real)]
    return pa.schema([*answer, *claims, ("sources", sources), *origin])


def _summary_section(row: SummaryRow) -> Iterator[str]:
    yield f"## {escaped(row.title or row.url or row.id)}"
    about = (row.publisher, written_date(row.published))
    if known := ", ".join(filter(None, (*map(escaped, about), link(row.url)))):
        yield known
    yield from _text(row.summary, row.error)
    yield from _unsupported(row.claims)
    yield from _located_quotes(quote for claim in row.claims for quote in claim.quotes)
    yield _origin(row)


def _answer_section(row: AnswerRow) -> Iterator[str]:
    yield f"## {escaped(row.question or row.id)}"
    yield from _text(row.answer, row.error)
    yield from _unsupported(row.claims)
    quotes = [quote for claim in row.claims for quote in claim.quotes]
    for source in row.sources:
        yield f"- [{source.number}] {named(source)}"
        own = (each for each in quotes if each.article_id == source.article_id)
        yield from (f"  {line}" for line in _located_quotes(own))
    yield _origin(row)


def _unsupported(claims: Iterable[Sentence]) -> Iterator[str]:
    """Yield a line with the unsupported words, if any."""
    doubted = (claim for claim in claims if claim.status != "supported")
    words = [
        span
        for claim in doubted
        for span in ([each.text for each in claim.unbacked] or [claim.text])
    ]
    if words:
        yield f"*Not supported by any quote: {', '.join(f'“{escaped(each)}”' for each in words)}*"


def _located_quotes(quotes: Iterable[Quote]) -> Iterator[str]:
    """Yield each distinct quote with its offsets in the article's text or title."""
    for each in dict.fromkeys(quotes):
        place = f"{'headline, ' * (each.field == 'title')}characters {each.start:,}–{each.end:,}"
        yield f"> {escaped(' '.join(each.quote.split()))} ({place})"


def _origin(row: SummaryRow | AnswerRow) -> str:
    """Return the other fields of a row on one line: id, model, configuration and costs."""
    known = {
        "id": row.id,
        "model": row.model,
        "config": row.config,
        "seconds": f"{row.seconds:.1f}" if row.seconds else "",
        "prompt tokens": f"{row.prompt_tokens:,}" if row.prompt_tokens else "",
        "output tokens": f"{row.output_tokens:,}" if row.output_tokens else "",
    }
    shown = (f"{name} {escaped(value)}" for name, value in known.items() if value)
    return f"*{' · '.join(shown)}*"


def _text(text: str, error: str) -> Iterator[str]:
    if error:
        yield f"*Failed: {escaped(error)}*"
    if items := [line for line in text.splitlines() if line.startswith(_BULLET)]:
        yield "\n".join(f"- {with_marks(line.removeprefix(_BULLET))}" for line in items)
    else:
        yield from (with_marks(line) for line in text.splitlines() if line.strip())


ENDINGS = (".jsonl", ".csv", ".parquet", ".md")


def write_rows(rows: Iterable[Row], kind: type[Row], path: Path, *, ending: str) -> None:
    """Write rows in the format of a file extension, one of :data:`ENDINGS`.

    JSON Lines: an object per row, keyed by field name. CSV: a table for spreadsheets that begins
    with a UTF-8 BOM; cells that look like a formula get a leading apostrophe. Parquet: a
    table with nested columns for claims and sources; dates have a date type. Markdown: a section
    per row.
    """
    if ending == ".parquet":
        _write_parquet(rows, kind, path)
        return
    with path.open("wb") as file:
        file.write(_heading(kind, ending))
        file.writelines(row_bytes(row, ending) for row in rows)


def _heading(kind: type[Row], ending: str) -> bytes:
    """Return the beginning of a text file of rows."""
    match ending:
        case ".csv":  # Without the BOM, Excel decodes the file with the local code page.
            return codecs.BOM_UTF8 + _csv_line(_columns(kind)).encode()
        case ".md":
            return b"# Answers\n" if kind is AnswerRow else b"# Summaries\n"
        case _:
            return b""


def row_bytes(row: SummaryRow | AnswerRow, ending: str) -> bytes:
    """Return a row encoded for appending to a text file with this extension.

    Parquet files cannot be appended to.
    """
    match ending:
        case ".jsonl":
            text = _json_line(row)
        case ".csv":
            text = _csv_line(_cells(row))
        case _:
            parts = _answer_section(row) if isinstance(row, AnswerRow) else _summary_section(row)
            text = "\n" + "\n\n".join(parts) + "\n"
    return text.encode("utf-8", "replace")
