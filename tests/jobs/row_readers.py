"""Readers of the files of a batch, which accept only whole rows."""

import csv
import io
import json
import re
from collections.abc import Callable

ROW_ENDS = {
    ".jsonl": rb"\n",
    ".csv": rb"\r\n",
    ".md": rb"(?m)^(# Summaries|\*id .*\*)\n",
    ".parquet": rb"\Z",  # is never appended to
}


def whole_rows(body: bytes, ending: str) -> bytes:
    """The file without a last row that is cut off."""
    ends = [each.end() for each in re.finditer(ROW_ENDS[ending], body)]
    return body[: ends[-1]] if ends else b""


def read_jsonl(body: bytes) -> list[str]:
    assert not body or body.endswith(b"\n")
    rows = [json.loads(line) for line in body.splitlines()]
    assert all(row["summary"] and row["claims"] and not row["error"] for row in rows)
    return [row["title"] for row in rows]


def read_csv(body: bytes) -> list[str]:
    assert body.endswith(b"\r\n")
    head, *rows = list(csv.reader(body.decode("utf-8-sig").splitlines(keepends=True), strict=True))
    assert all(len(row) == len(head) for row in rows)
    return [row[head.index("title")] for row in rows]


def read_parquet(body: bytes) -> list[str]:
    from pyarrow import parquet

    return list(parquet.read_table(io.BytesIO(body))["title"].to_pylist())


def read_markdown(body: bytes) -> list[str]:
    text = body.decode()
    assert text.startswith("# Summaries\n")
    assert text.endswith("\n")
    sections = text.split("\n## ")[1:]
    assert all("\n> " in section for section in sections)
    return [section.partition("\n")[0] for section in sections]


READERS: dict[str, Callable[[bytes], list[str]]] = {
    ".jsonl": read_jsonl,
    ".csv": read_csv,
    ".parquet": read_parquet,
    ".md": read_markdown,
}
