"""JSON, JSON Lines, CSV and TSV: one page per record, addresses that last, failures by line."""

import gzip
import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from rag.ingest.cleaning import extract
from rag.ingest.sources import fetch
from rag.types import Failure, Page


def read(path: Path, body: bytes | str, max_bytes: int = 100_000) -> list[Page | Failure]:
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return list(fetch([str(path)], max_bytes=max_bytes))


def records(found: list[Page | Failure]) -> list[object]:
    assert all(item.content_type == "application/json" for item in found if isinstance(item, Page))
    return [json.loads(item.body) for item in found if isinstance(item, Page)]


def reasons(found: list[Page | Failure]) -> list[str]:
    return [item.reason for item in found if isinstance(item, Failure)]


def urls(found: list[Page | Failure]) -> list[str]:
    return [item.url for item in found if isinstance(item, Page)]


A, B = {"title": "A", "text": "Ærø at dawn"}, {"title": "B", "text": "two\nlines"}


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.jsonl", f"{json.dumps(A)}\n{json.dumps(B)}\n"),
        ("a.ndjson", f"\ufeff{json.dumps(A)}\r\n\r\n{json.dumps(B)}"),
        ("a.jsonl", json.dumps([A, B], indent=1)),
        ("a.jsonl", json.dumps([A, B])),
        ("a.json", json.dumps([A, B])),
        ("a.json", "\ufeff" + json.dumps([A, B], indent=2, ensure_ascii=False)),
        ("a.json", json.dumps({"status": "ok", "articles": [A, B]})),
        ("a.json", json.dumps({"data": [A, B]}, indent=0)),
        ("a.json", json.dumps({"items": [A, B]})),
        ("a.json", json.dumps({"docs": [A, B]})),
        ("a.json", json.dumps({"results": [A, B]})),
        ("a.json", f"{json.dumps(A)}\n{json.dumps(B)}\n"),
        ("a.csv", 'title,text\nA,Ærø at dawn\nB,"two\nlines"\n'),
        ("a.csv", '\ufefftitle;text\r\nA;Ærø at dawn\r\n\r\nB;"two\r\nlines"\r\n'),
        ("a.csv", 'title|text\nA|Ærø at dawn\nB|"two\nlines"'),
        ("a.csv", 'title\ttext\nA\tÆrø at dawn\nB\t"two\nlines"'),
        ("a.tsv", 'title\ttext\nA\tÆrø at dawn\nB\t"two\nlines"'),
        ("a.csv", ',title,text\n0,A,Ærø at dawn\n1,B,"two\nlines"\n'),
        ("a.csv", 'title,text,note\nA,Ærø at dawn,\nB,"two\nlines",\n'),
    ],
)
def test_every_way_to_write_two_records(tmp_path: Path, name: str, body: str, suffix: str) -> None:
    data = gzip.compress(body.encode()) if suffix else body.encode()
    found = read(tmp_path / f"{name}{suffix}", data)
    assert records(found) == [A, B], found
    assert len(found) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize(
    ("name", "body"),
    [("a.jsonl", json.dumps(A, ensure_ascii=False)), ("a.csv", "title,text\nA,Ærø at dawn\n")],
)
def test_encodings_with_a_mark(tmp_path: Path, name: str, body: str, encoding: str) -> None:
    assert records(read(tmp_path / name, body.encode(encoding))) == [A]


def test_one_object_is_one_record(tmp_path: Path) -> None:
    value: dict[str, object] = {"title": "T", "text": "x", "items": [{"related": 1}]}
    assert records(read(tmp_path / "a.json", json.dumps(value))) == [value]
    value = {"title": "T", "data": [1, 2]}
    assert records(read(tmp_path / "a.json", json.dumps(value, indent=1))) == [value]


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        ({"id": 12, "text": "a"}, "12"),
        ({"id": "x-1", "guid": "no"}, "x-1"),
        ({"guid": "https://example.org/a?b#c d"}, "https%3A%2F%2Fexample.org%2Fa%3Fb%23c%20d"),
        ({"id": "", "uuid": "u 1"}, "u%201"),
        ({"id": None, "uuid": "é"}, "%C3%A9"),
    ],
)
def test_a_record_is_called_by_its_id(
    tmp_path: Path, value: dict[str, object], fragment: str
) -> None:
    path = tmp_path / "a.jsonl"
    assert urls(read(path, json.dumps(value))) == [f"{path.resolve().as_uri()}#{fragment}"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_without_ids_sorting_a_file_changes_no_address(tmp_path: Path, name: str) -> None:
    rows = [{"title": f"T{n}", "text": f"Text {n}"} for n in range(20)]
    mixed = random.Random(1).sample(rows, len(rows))
    turned = [dict(reversed(row.items())) for row in mixed]

    def written(items: list[dict[str, str]]) -> str:
        if name == "a.json":
            return json.dumps(items)
        if name == "a.jsonl":
            return "\n".join(json.dumps(item) for item in items)
        names = list(items[0])
        return "\n".join([",".join(names)] + [",".join(item[n] for n in names) for item in items])

    before = urls(read(tmp_path / name, written(rows)))
    assert len(set(before)) == 20
    assert sorted(before) == sorted(urls(read(tmp_path / name, written(mixed))))
    assert sorted(before) == sorted(urls(read(tmp_path / name, written(turned))))


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_a_record_is_parsed_once_on_its_way_to_an_article(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = {"title": "Ærø at dawn", "text": "The first ferry left with nobody on board at all."}
    body = {
        "a.jsonl": json.dumps(value) + "\n",
        "a.json": json.dumps([value]),
        "a.csv": f"title,text\n{value['title']},{value['text']}\n",
    }[name]
    parsed: list[object] = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda *a, **b: parsed.append(a) or loads(*a, **b))  # type: ignore[func-returns-value]
    (page,) = read(tmp_path / name, body)
    assert isinstance(page, Page)
    article = extract(page)
    assert len(parsed) == (name != "a.csv")
    monkeypatch.undo()
    assert article == extract(replace(page, record=None))  # as from the stored body
    assert article.text == value["text"]


@pytest.mark.parametrize("value", [True, 1.5, "", "x" * 201, ["a"], {"$oid": "1"}])
def test_an_id_that_is_none_gives_way_to_the_hash(tmp_path: Path, value: object) -> None:
    (url,) = urls(read(tmp_path / "a.jsonl", json.dumps({"id": value, "text": "t"})))
    assert len(url.partition("#")[2]) == 16


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"text": "a"', "is not JSON (Expecting ',' delimiter at column 13)"),
        (b"not json", "is not JSON (Expecting value at column 1)"),
        (b'{"text": "a\x00b"}', "contains NUL bytes"),
        (b'{"text": "caf\xe9"}', "is not UTF-8 (byte 0xe9)"),
        (b'"a string"', "holds a string; expected an object"),
        (b"12", "holds a number"),
        (b"null", "holds null"),
        (b"false", "holds true or false"),
        (b"{}", "holds an empty object"),
        (b"[]", "its list of records is empty"),
        (b"[1]", "item 1 is a number"),
        (b'{"text": "' + b"x" * 1000 + b'"}', "is longer than 1,000 bytes"),
        (b"[" * 900, "nesting too deep"),
        (b'{"n": ' + b"9" * 900 + b"}", ""),
    ],
)
def test_a_bad_line_does_not_stop_the_others(tmp_path: Path, line: bytes, said: str) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps(A).encode()
    found = read(path, good + b"\n\n" + line + b"\n" + good + b"\n", max_bytes=1000)
    if not said:
        assert len(records(found)) == 3
        return
    assert records(found) == [A, A]
    (failure,) = [item for item in found if isinstance(item, Failure)]
    assert failure.source == f"{path}:3"
    assert failure.reason.startswith(f"{path} line 3 ")
    if said != "nesting too deep":
        assert said in failure.reason


def test_nesting_and_numbers_without_end(tmp_path: Path) -> None:
    deep = b'{"a":' * 100_000
    wide = b'{"n": ' + b"9" * 5000 + b"}"
    found = read(tmp_path / "a.jsonl", deep + b"\n" + wide + b"\n", max_bytes=1_000_000)
    assert len(found) == 2
    assert all("too deep" in reason for reason in reasons(found))


def test_a_bad_first_line_is_one_failure(tmp_path: Path) -> None:
    good = json.dumps(A)
    for bad in ("oops", '{"title": "unclosed'):
        found = read(tmp_path / "a.jsonl", f"{bad}\n{good}\n{good}\n")
        assert records(found) == [A, A]
        assert len(found) == 3


def test_values_that_json_does_not_have(tmp_path: Path) -> None:
    found = read(tmp_path / "a.jsonl", '{"text": "a", "score": NaN, "max": -Infinity}')
    assert records(found) == [{"text": "a", "score": None, "max": None}]
    (page,) = read(tmp_path / "b.jsonl", '{"id": "\\ud800", "text": "half \\ud83d"}')
    assert isinstance(page, Page)
    assert json.loads(page.body)["text"] == "half ?"
    assert page.record == json.loads(page.body)
    page.url.encode("ascii")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"articles": [', "is not JSON (Expecting value at line 1 column 15)"),
        ('{"articles": []}', "contains no articles"),
        ("[]", "contains no articles"),
        ('["a", "b"]', "item 1 is a string"),
        ("3", "holds a number"),
        (b'[{"text": "a\0"}]', "contains NUL bytes"),
        (b'{"text": "\xff\xe9"}', "is not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_json_document(tmp_path: Path, body: bytes | str, said: str) -> None:
    path = tmp_path / "a.json"
    found = read(path, body)
    assert not records(found)
    assert said in reasons(found)[0]
    assert reasons(found)[0].startswith(str(path))


def test_json_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    item = {"text": "x" * 600}
    assert len(records(read(path, json.dumps([item] * 10, indent=0), max_bytes=1000))) == 10
    (reason,) = reasons(read(path, json.dumps([item] * 20), max_bytes=1000))
    assert (
        "is longer than 10,000 bytes, the limit for one JSON document; save it as JSON Lines"
        in reason
    )
    found = read(path, json.dumps([A, {"text": "x" * 1500}, B]), max_bytes=1000)
    assert records(found) == [A, B]
    assert "contains a record of 1,512 bytes; the limit is 1,000 bytes" in reasons(found)[0]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("only one", "has 1 columns, but the header has 2"),
        ("a,b,c", "has 3 columns, but the header has 2"),
        ('x,"a"b', "is not a row of this table"),
        ("x,a\0b", "contains NUL bytes"),
        (",", "is empty"),
        ("x," + "y" * 3000, "is longer than 1,000 bytes"),
    ],
)
def test_a_bad_row_does_not_stop_the_others(tmp_path: Path, row: str, said: str) -> None:
    path = tmp_path / "a.csv"
    found = read(path, f'title,text\nA,"x\ny"\n\n{row}\nB,z\n', max_bytes=1000)
    assert records(found) == [{"title": "A", "text": "x\ny"}, {"title": "B", "text": "z"}]
    (failure,) = [item for item in found if isinstance(item, Failure)]
    assert failure.source == f"{path}:5"
    assert failure.reason.startswith(f"{path} line 5 ")
    assert said in failure.reason


def test_a_row_around_a_dropped_line_is_dropped_with_it(tmp_path: Path) -> None:
    body = 'title,text\nA,"x\n' + "y" * 3000 + '\nz"\nB,b\n'
    found = read(tmp_path / "a.csv", body, max_bytes=1000)
    assert records(found) == [{"title": "B", "text": "b"}]
    assert len(reasons(found)) == 1
    assert "line 3 is longer than" in reasons(found)[0]


def test_a_quote_that_is_never_closed_is_a_failure(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", 'title,text\nA,a\nB,"open\nC,c\n')
    assert records(found) == [{"title": "A", "text": "a"}]
    assert len(reasons(found)) == 1
    assert "line 3 is not a row of this table" in reasons(found)[0]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("title,text\n", "has a header but no rows"),
        ("\n\n", "does not name the columns"),
        (",,\n1,2,3\n", "does not name the columns"),
        (f"{'A long sentence. ' * 20},x\n1,2\n", "does not name the columns"),
        ("text,text\n1,2\n", "names the column 'text' twice"),
        ('"title"x,text\n1,2\n', "does not begin with a row of column names"),
    ],
)
def test_a_table_needs_a_header(tmp_path: Path, body: str, said: str) -> None:
    (reason,) = reasons(read(tmp_path / "a.csv", body))
    assert said in reason


def test_fields_over_the_csv_module_s_limit(tmp_path: Path) -> None:
    text = "word " * 100_000
    found = read(tmp_path / "a.csv", f'title,text\nA,"{text}"\n', max_bytes=1_000_000)
    assert records(found) == [{"title": "A", "text": text}]


def test_windows_encodings_and_old_line_ends(tmp_path: Path) -> None:
    body = "title;text\nCafé;“Très bien”, dit-il – 5 €\n".encode("cp1252")
    expected = [{"title": "Café", "text": "“Très bien”, dit-il – 5 €"}]
    assert records(read(tmp_path / "a.csv", body)) == expected
    assert records(read(tmp_path / "a.csv", body.replace(b"\n", b"\r"))) == expected


def test_tabs_without_quoting(tmp_path: Path) -> None:
    body = 'title\ttext\n"Yes" she said\t"No" he said\n"half\tquoted\n'
    assert records(read(tmp_path / "a.tsv", body)) == [
        {"title": '"Yes" she said', "text": '"No" he said'},
        {"title": '"half', "text": "quoted"},
    ]


def test_a_table_of_one_column(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", 'text\n"One, two"\nthree\n')
    assert records(found) == [{"text": "One, two"}, {"text": "three"}]


def test_columns_are_not_guessed_from_the_text(tmp_path: Path) -> None:
    rows = "".join(f'T{n},"a; b; c | d; e"\n' for n in range(50))
    found = read(tmp_path / "a.csv", f"title,text\n{rows}")
    assert len(records(found)) == 50


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_files_longer_than_the_limit_are_read_line_by_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    text = os.urandom(400).hex()
    with path.open("w") as stream:
        if name == "a.csv":
            stream.write("id,text\n")
        for n in range(2000):
            row = f"{n},{text}" if name == "a.csv" else json.dumps({"id": n, "text": text})
            stream.write(f"{row}\n")
    pages = fetch([str(path)], max_bytes=1000)
    assert isinstance(next(pages), Page)
    assert sum(isinstance(page, Page) for page in pages) == 1999


def test_damage_in_the_middle_keeps_what_was_read_before(tmp_path: Path) -> None:
    lines = b"".join(
        b'{"id": %d, "text": "%s"}\n' % (n, os.urandom(200).hex().encode()) for n in range(2000)
    )
    packed = gzip.compress(lines)
    found = read(tmp_path / "a.jsonl.gz", packed[: len(packed) // 2])
    assert len(records(found)) > 500
    assert len(reasons(found)) == 1
    assert "is damaged gzip" in reasons(found)[0]
