"""Folders: order, hidden files, foreign files, links; and how many pages names promise."""

import gzip
from pathlib import Path

import pytest

from rag.index import Index
from rag.ingest.sources import count, fetch
from rag.types import Failure, Page

HTML = b"<!doctype html><title>Tide</title><p>The tide rose.</p>"
TEXT = b"Harbour reopens\n\nThe harbour reopened on Monday after repairs.\n"


def only_page(source: str) -> Page:
    (found,) = fetch([source])
    assert isinstance(found, Page), found
    return found


def only_failure(source: str) -> Failure:
    (found,) = fetch([source])
    assert isinstance(found, Failure), found
    return found


def names_of(folder: Path) -> list[str]:
    return [
        item.url.rpartition("/")[2] if isinstance(item, Page) else item.reason
        for item in fetch([str(folder)])
    ]


def test_a_folder_is_read_in_order_and_hidden_files_are_not(tmp_path: Path) -> None:
    for name in (
        "b.txt",
        "a/z.txt",
        "a/deep/er/y.md",
        "c.html.gz",
        "B.txt",
        "plain",
        ".DS_Store",
        ".hidden/x.txt",
        "a/.git/config",
        "Thumbs.db",
        "__MACOSX/a.txt",
        "~$draft.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(HTML) if name.endswith("gz") else TEXT)
    expected = ["B.txt", "y.md", "z.txt", "b.txt", "c.html.gz", "plain"]
    assert names_of(tmp_path) == expected
    assert count([str(tmp_path)]) == len(expected)


@pytest.mark.parametrize("name", ["a.png", "a.PDF", "a.docx", "a.zip", "a.js", "a.css", "a.xml"])
def test_foreign_files_in_a_folder_are_failures_unread(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(TEXT)
    failure = only_failure(str(tmp_path))
    assert failure.source == str(tmp_path / name)
    assert "is not a news format; expected .html" in failure.reason
    assert only_page(str(tmp_path / name)).body == TEXT  # by name, text is text


def test_an_index_among_the_articles_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT)
    with Index(tmp_path / "index", create=True) as index, index.writing():
        assert names_of(tmp_path) == ["a.txt"]
        assert count([str(tmp_path)]) == 1


def test_a_folder_without_articles(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden.txt").write_bytes(TEXT)
    failure = only_failure(str(tmp_path))
    assert failure.source == str(tmp_path)
    assert "contains no articles; expected files such as .html" in failure.reason
    assert count([str(tmp_path)]) == 1


def test_links_stay_in_the_folder(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.txt").write_bytes(TEXT)
    (root / "sub" / "a.txt").write_bytes(TEXT)
    (root / "1-out.txt").symlink_to(outside / "secret.txt")
    (root / "2-out").symlink_to(outside)
    (root / "3-same").symlink_to(root / "sub")
    (root / "4-file.txt").symlink_to(root / "sub" / "a.txt")
    (root / "5-dead.txt").symlink_to(root / "nothing.txt")
    (root / "sub" / "loop").symlink_to(root)
    (root / "sub" / "self").symlink_to(root / "sub" / "self")
    found = list(fetch([str(root)]))
    pages = [item.url for item in found if isinstance(item, Page)]
    assert pages == [(root / "sub" / "a.txt").resolve().as_uri()] * 2
    reasons = {Path(item.source).name: item.reason for item in found if isinstance(item, Failure)}
    assert sorted(reasons) == ["1-out.txt", "2-out", "5-dead.txt", "loop", "self"]
    assert "is a link out of this folder" in reasons["1-out.txt"]
    assert "is a link out of this folder" in reasons["2-out"]
    assert "broken link" in reasons["5-dead.txt"]
    assert "is a link to a folder above it" in reasons["loop"]
    assert "broken link" in reasons["self"] or "link to itself" in reasons["self"]


def test_a_folder_may_itself_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_bytes(TEXT)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert only_page(str(tmp_path / "link")).url == (tmp_path / "real/a.txt").resolve().as_uri()


@pytest.mark.parametrize(
    ("sources", "number"),
    [
        ([], 0),
        (["missing.txt"], 1),
        (["a.html", "https://example.org/a", "b.json"], 3),
        (["-"], None),
        (["a.txt", "b.jsonl"], 2),
        (["", "a\0b", "ftp://x/y"], 3),
    ],
)
def test_count(sources: list[str], number: int | None) -> None:
    assert count(sources) == number


def test_count_looks_into_folders(tmp_path: Path) -> None:
    for name in ("a.txt", "b.json", "c.png"):
        (tmp_path / name).write_bytes(TEXT)
    assert count([str(tmp_path), "d.txt"]) == 4
    (tmp_path / "d.jsonl").write_bytes(b"{}\n\n{}\n{}")
    assert count([str(tmp_path)]) == 6


def test_the_rows_of_tables_are_counted(tmp_path: Path) -> None:
    table = b'title,text\r\nA,"Two\nlines, \xe9"\r\n\r\nB,"One"\r\n'
    (tmp_path / "a.csv").write_bytes(table)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(table))
    (tmp_path / "c.tsv").write_bytes(b"title\ttext\nA\tB\n")
    assert [count([str(path)]) for path in sorted(tmp_path.iterdir())] == [2, 2, 1]
    (tmp_path / "d.jsonl.gz").write_bytes(b"no gzip")
    assert count([str(tmp_path / "d.jsonl.gz")]) is None
