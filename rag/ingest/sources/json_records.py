"""Read JSON and JSON Lines: one page per record, with an address that survives reordering."""

import codecs
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from rag.ingest.sources.origin import Origin, both_sizes, megabytes
from rag.ingest.sources.stream import lines
from rag.types import Failure, Page

_LISTS = ("articles", "data", "items", "docs", "results")
_BODIES = ("text", "body", "content", "articleBody")
_NAMES = ("id", "guid", "uuid")
_MISSING = frozenset({"NaT", "<NA>", "nan"})  # as pandas writes what is missing
_LONGEST_ID = 200
_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON may hold half of a pair, UTF-8 cannot
# A JSON document is parsed as a whole: it may be this many times larger than a record.
_WHOLE = 10


def json_lines(stream: io.BufferedReader, origin: Origin, limit: int) -> Iterator[Page | Failure]:
    """Yield the records of each line, reading line by line; a bad line does not stop the others.

    Args:
        stream: Bytes of JSON Lines (jsonlines.org), UTF-8.
        origin: Names the pages and failures.
        limit: Maximum size of a line in bytes.
    """
    empty = True
    for number, line in enumerate(lines(stream, limit), start=1):
        if line is not None and not line.strip():
            continue
        empty = False
        if line is None:
            yield origin.failure(
                f"is longer than {megabytes(limit)}, the limit for one record; split it, or raise "
                "max_bytes",
                number,
            )
            continue
        value = _parsed(line.rstrip(), origin, number)
        if isinstance(value, Failure):
            yield value
        else:
            yield from _unwrapped(value, origin, limit, number)
    if empty:
        yield origin.failure("contains no records; expected one JSON object a line")


def json_document(
    stream: io.BufferedReader, origin: Origin, limit: int
) -> Iterator[Page | Failure]:
    """Yield the records of one JSON document: an object, a list of objects, or a wrapped list.

    Args:
        stream: Bytes of one JSON document, UTF-8.
        origin: Names the pages and failures.
        limit: Maximum size of a record in bytes; the whole document may be ten times as large.
    """
    data = stream.read(_WHOLE * limit + 1)
    if len(data) > _WHOLE * limit:
        yield origin.failure(
            f"is longer than {megabytes(_WHOLE * limit)}, the limit for one JSON document; save it "
            "as JSON Lines (.jsonl, one object a line), which may be of any length"
        )
        return
    value = _parsed(data, origin)
    if isinstance(value, Failure):
        yield value
    else:
        yield from _unwrapped(value, origin, limit)


def record_pages(
    records: Iterable[Mapping[str, object]], name: str, limit: int
) -> Iterator[Page | Failure]:
    """Yield a page for each record in memory; values that JSON lacks, such as dates, become text.

    Args:
        records: Mappings, such as the rows of a table.
        name: What the user calls them; their address is ``records:`` and this.
        limit: Maximum size of a record in bytes.
    """
    origin = Origin(name, f"records:{quote(name, safe='')}")
    for place, given in enumerate(records, start=1):
        if not isinstance(given, Mapping):
            kind = type(given).__name__
            yield origin.failure(f"is a {kind}; expected a mapping with a title and a text", place)
            continue
        try:
            text = json.dumps({str(key): value for key, value in given.items()}, default=_written)
            value = json.loads(text, parse_constant=lambda _: None)
        except (TypeError, ValueError, RecursionError) as error:
            yield origin.failure(f"cannot be written as JSON ({error}); leave it out", place)
            continue
        yield record(value, origin, limit, place)


def _written(value: object) -> str | None:
    text = str(value)
    return None if text in _MISSING else text


def record(value: dict[str, object], origin: Origin, limit: int, line: int = 0) -> Page | Failure:
    """Build the page of one record, identified by its own id or else a hash of its content."""
    value = dict(sorted(value.items()))  # as in the body, so that both give the same article
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
        body = text.encode("utf-8", "replace")
        if not text.isascii() and _SURROGATE.search(text):
            value = json.loads(body)
    except RecursionError:
        return origin.failure("is nested too deeply to be an article; leave it out", line)
    if len(body) > limit:
        size, most = both_sizes(len(body), limit)
        return origin.failure(
            f"contains a record of {size}; the limit is {most}; split it, or raise fetch.max_megabytes",
            line,
        )
    return origin.record(value, body, _name(value, body))


def _name(value: dict[str, object], body: bytes) -> str:
    for key in _NAMES:
        name = value.get(key)
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)
        if isinstance(name, str) and 0 < len(name.strip()) <= _LONGEST_ID:
            return name.strip().encode("utf-8", "replace").decode("utf-8")
    return hashlib.sha256(body).hexdigest()[:16]


def _parsed(data: bytes, origin: Origin, line: int = 0) -> object:
    """Return the parsed value, or a ``Failure`` that locates the error."""
    if b"\0" in data:
        return origin.failure(
            "contains NUL bytes: it is damaged or not JSON; fix or remove it", line
        )
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
        # NaN and Infinity are not JSON, but programs write them into tables for missing values.
        value: object = json.loads(text, parse_constant=lambda _: None)
    except UnicodeDecodeError as error:
        seen = f"is not UTF-8 (byte 0x{data[error.start]:02x}); save it in UTF-8"
    except json.JSONDecodeError as error:
        place = f"column {error.colno}" if line else f"line {error.lineno} column {error.colno}"
        seen = f"is not JSON ({error.msg} at {place}); fix or remove it"
    except (ValueError, RecursionError):
        seen = "is JSON with numbers too long or nesting too deep; fix or remove it"
    else:
        return value
    return origin.failure(seen, line)


def _unwrapped(
    value: object, origin: Origin, limit: int, line: int = 0
) -> Iterator[Page | Failure]:
    held = _listed(value)
    if not held:
        yield origin.failure("contains no articles: its list of records is empty", line)
    for place, item in enumerate(held, start=1):
        if isinstance(item, dict) and item:
            yield record(item, origin, limit, line)
        else:
            where = f"item {place} is" if len(held) > 1 or isinstance(value, list) else "holds"
            yield origin.failure(
                f"{where} {_kind_of(item)}; expected an object with a title and a text", line
            )


def _listed(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and not any(isinstance(value.get(key), str) for key in _BODIES):
        for key in _LISTS:
            held = value.get(key)
            if isinstance(held, list) and (not held or isinstance(held[0], dict)):
                return held
    return [value]


def _kind_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an empty object"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "a number"
