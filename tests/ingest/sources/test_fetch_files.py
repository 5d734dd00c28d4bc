"""Documents, folders, standard input and the dispatch between them, on real files."""

import gzip
import io
import json
import os
import random
import socket
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rag.ingest.sources import fetch
from rag.ingest.sources.formats import sniff
from rag.types import Failure, Page

HTML = b"<!doctype html><html><head><title>Tide</title></head><body><p>The tide rose.</p></body>"
TEXT = b"Harbour reopens\n\nThe harbour reopened on Monday after repairs.\n"


def only_page(*sources: str, **limits: int) -> Page:
    (found,) = fetch(sources, **limits)  # type: ignore[arg-type]
    assert isinstance(found, Page), found
    return found


def only_failure(
    *sources: str, stdin: io.BytesIO | None = None, max_bytes: int = 10_000
) -> Failure:
    (found,) = fetch(sources, stdin=stdin, max_bytes=max_bytes)
    assert isinstance(found, Failure), found
    assert "\n" not in found.reason
    assert "Traceback" not in found.reason
    assert "Errno" not in found.reason
    return found


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("name", "body", "content_type"),
    [
        ("a.txt", TEXT, "text/plain"),
        ("a.text", TEXT, "text/plain"),
        ("a.md", TEXT, "text/markdown"),
        ("a.MARKDOWN", TEXT, "text/markdown"),
        ("a.html", HTML, "text/html"),
        ("a.htm", HTML, "text/html"),
        ("a.xhtml", HTML, "text/html"),
        ("without_extension", TEXT, "text/plain"),
        ("page.aspx", HTML, "text/html"),
        ("story.story", TEXT, "text/plain"),
        ("by-name.log", TEXT, "text/plain"),
        ("latin.txt", "Café très bon".encode("latin-1"), "text/plain"),
        ("with a space é#?.txt", TEXT, "text/plain"),
    ],
)
def test_a_document_is_one_page(
    tmp_path: Path, name: str, body: bytes, content_type: str, packed: bool
) -> None:
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(body) if packed else body)
    page = only_page(str(path))
    assert page.body == body
    assert page.content_type == content_type
    assert page.url == path.resolve().as_uri()
    assert page.fetched.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - page.fetched) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("body", "content_type", "pages"),
    [
        (b"\xef\xbb\xbf  <!-- saved --><HTML lang=en><p>x</p>", "text/html", 1),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html><html/>', "text/html", 1),
        (b"<p>A bare paragraph.</p>", "text/html", 1),
        (b"< 3 of us stayed", "text/plain", 1),
        (b"[Agency] The minister left.", "text/plain", 1),
        (b"{not JSON at all", "text/plain", 1),
        (b'{"title": "a", "text": "b"}', "application/json", 1),
        (b'{\n "title": "a",\n "text": "b"\n}\n', "application/json", 1),
        (b'{"title": "a",\n "text": "b"}', "application/json", 1),
        (b'[{"text": "a"},\n{"text": "b"}]', "application/json", 2),
        (b'[{"text": "a"}, {"text": "b"}]', "application/json", 2),
        (b'{"text": "a"}\n\n{"text": "b"}\n', "application/json", 2),
        (b'{"articles": [{"text": "a"}, {"text": "b"}]}', "application/json", 2),
    ],
)
@pytest.mark.parametrize("from_stdin", [False, True])
def test_unknown_formats_are_recognised_by_their_bytes(
    tmp_path: Path, body: bytes, content_type: str, pages: int, from_stdin: bool
) -> None:
    path = tmp_path / "unknown"
    path.write_bytes(body)
    found = list(fetch(["-"], stdin=io.BytesIO(body)) if from_stdin else fetch([str(path)]))
    assert [page.content_type for page in found if isinstance(page, Page)] == [content_type] * pages


@pytest.mark.parametrize("scrap", [b"<!---->", b"<!--", b"<?xml ", b" ", b"{", b'[{"', b"\n{"])
def test_the_format_of_hostile_repetition_is_found_as_quickly_as_it_is_read(scrap: bytes) -> None:
    start = time.process_time()
    assert sniff(scrap * 10_000 + b"x") in {"text", "json", "jsonl"}
    assert time.process_time() - start < 2  # it took a year where each comment doubled the time


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b'<?xml version="1.0"?>\n<!-- a --> <!-- b --><html lang="en">', "html"),
        (b"<!-- a --> <!-- b --> Notes on the storm", "text"),
    ],
)
def test_comments_before_a_page_are_passed_over(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_utf_16_and_32_with_a_mark_become_utf_8(tmp_path: Path, encoding: str) -> None:
    text = "Ærø – naïve 🛳 " * 20_000  # longer than a block, so that characters straddle blocks
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    assert only_page(str(path)).body.decode("utf-8") == text


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.txt", b"", "is empty"),
        ("a.jsonl", b"", "is empty"),
        ("a.txt.gz", b"", "is empty"),
        ("a.txt.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("a.html", b" \n\t ", "contains only white space"),
        ("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a PNG picture"),
        ("a.txt", b"%PDF-1.7 all text", "a PDF"),
        ("a.rtf", b"{\\rtf1 text}", "an RTF document"),
        ("a.docx", b"PK\x03\x04word", "a ZIP archive or office document"),
        ("unknown", bytes(range(256)) * 40, "binary data"),
        ("a.html", bytes(range(256)) * 20, "binary data"),
        ("a.txt.gz", TEXT, "is not gzip"),
        ("a.txt.gz", gzip.compress(TEXT * 99, mtime=0)[:-12], "is damaged gzip"),
        ("a.txt.gz", gzip.compress(TEXT, mtime=0)[:20] + b"garbage!" * 9, "is damaged gzip"),
        ("a.txt.gz", gzip.compress(TEXT, mtime=0)[:-8] + b"\0" * 8, "CRC check failed"),
        ("a.txt", b"x" * 12_345, "is 12,345 bytes; the limit for one article is 10,000 bytes"),
        (
            "a.txt.gz",
            gzip.compress(random.Random(0).randbytes(9_000).hex().encode(), mtime=0),
            "is larger than",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, name: str, body: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    failure = only_failure(str(path))
    assert failure.source == str(path)
    assert failure.reason.startswith(str(path))
    assert said in failure.reason


def test_sizes_are_named_in_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(b"<p>" + b"x" * 2_500_000)
    reason = only_failure(str(path), max_bytes=2_000_000).reason
    assert (
        "is 2.5 MB; the limit for one article is 2 MB; split it, or raise fetch.max_megabytes"
        in reason
    )


def test_a_document_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 100)
    assert len(only_page(str(path), max_bytes=100).body) == 100


@pytest.mark.parametrize("name", ["bomb.txt.gz", "bomb.jsonl.gz", "bomb.json.gz", "bomb.csv.gz"])
def test_a_gzip_bomb_is_given_up_early(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    head = b"a,b\n" if ".csv" in name else b"[" if ".json." in name else b""
    with gzip.open(path, "wb") as stream:
        stream.write(head)
        for _ in range(15):
            stream.write(b" " * 1_000_000)
    assert path.stat().st_size < 100_000
    found = list(fetch([str(path)], max_bytes=100_000))
    assert found
    assert all(isinstance(item, Failure) for item in found)
    reasons = " ".join(item.reason for item in found if isinstance(item, Failure))
    assert "gzip bomb" in reasons or "is larger than 0.1 MB" in reasons or "1 MB" in reasons


def test_a_bomb_of_one_long_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 30_000_000))
    assert "gzip bomb" in only_failure(str(path), max_bytes=100_000).reason


def test_well_packed_records_are_no_bomb(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    lines = (f'{{"id": {n}, "text": "{os.urandom(20).hex()} {"news " * 40}"}}' for n in range(3000))
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert sum(isinstance(page, Page) for page in fetch([str(path)], max_bytes=1000)) == 3000


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("no/such/file.txt", "does not exist"),
        ("example.org/news", "a web address begins with https://"),
        ("", "the name is empty"),
        ("  ", "the name is empty"),
        ("a\0b.txt", "NUL"),
        ("x" * 5000, "too long"),
        ("ftp://example.org/a.txt", "has the scheme 'ftp'; only http, https and file"),
        ("javascript:alert(1)", "has the scheme 'javascript'"),
        ("s3://bucket/key", "has the scheme 's3'"),
        ("file://elsewhere/a.txt", "names another machine"),
        ("file:///no/such/file.txt", "does not exist"),
        ("file://[x/a", "is not an address"),
    ],
)
def test_names_that_lead_nowhere(source: str, said: str) -> None:
    assert said in only_failure(source).reason


def test_a_file_address_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a b.txt"
    path.write_bytes(TEXT)
    assert only_page(path.as_uri()).url == path.resolve().as_uri()


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "evil\x1b[31m\nname\u202e.txt"
    path.write_bytes(b"")
    failure = only_failure(str(path))
    assert failure.source.endswith("evil?[31m name?.txt")
    assert failure.source.isprintable()
    assert failure.reason.isprintable()


def test_names_that_are_not_unicode(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe.txt"
    try:
        with open(name, "wb") as stream:  # noqa: PTH123 - bytes are no Path
            stream.write(b"")
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    for source in (os.fsdecode(name), str(tmp_path)):
        failure = only_failure(source)
        assert "is empty" in failure.reason
        failure.source.encode("utf-8")
        failure.reason.encode("utf-8")


def test_one_bad_source_does_not_stop_the_others(tmp_path: Path) -> None:
    good = tmp_path / "good.txt"
    good.write_bytes(TEXT)
    found = list(fetch([str(good), "missing.txt", "ftp://x/", str(good)]))
    assert [type(item) for item in found] == [Page, Failure, Failure, Page]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_bytes(TEXT)
    path.chmod(0)
    assert "permission denied" in only_failure(str(path)).reason
    assert "permission denied" in only_failure(str(tmp_path)).reason


def test_permission_and_other_system_errors_are_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT)
    for error, said in [
        (PermissionError(13, "Permission denied", str(path)), "permission denied; check who"),
        (OSError(5, "Input/output error", str(path)), "cannot be read: input/output error"),
    ]:

        def fail(*_: object, error: OSError = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(Path, "open", fail)
        assert said in only_failure(str(path)).reason


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_and_sockets_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "is a pipe, socket or device" in only_failure(str(tmp_path / "pipe.txt")).reason
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's name may be about 100 bytes long
        try:
            server.bind("s.txt")
        finally:
            os.chdir(here)
        reasons = [item.reason for item in fetch([str(tmp_path)]) if isinstance(item, Failure)]
    assert len(reasons) == 2
    assert all("is a pipe, socket or device" in reason for reason in reasons)


def test_a_link_to_itself_by_name(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    assert "symbolic links" in only_failure(str(tmp_path / "loop.txt")).reason


def test_standard_input_has_an_address_of_its_content() -> None:
    (first,) = fetch(["-"], stdin=io.BytesIO(TEXT))
    (again,) = fetch(["-"], stdin=io.BytesIO(TEXT))
    (other,) = fetch(["-"], stdin=io.BytesIO(HTML))
    assert isinstance(first, Page)
    assert isinstance(again, Page)
    assert isinstance(other, Page)
    assert first.url == again.url != other.url
    assert first.url.startswith("stdin:")


def test_standard_input_is_left_open_and_may_be_gzip() -> None:
    stream = io.BytesIO(gzip.compress(b'{"id": 7, "text": "a"}\n'))
    (page,) = fetch(["-"], stdin=stream)
    assert isinstance(page, Page)
    assert page.url == "stdin:#7"
    assert json.loads(page.body) == {"id": 7, "text": "a"}
    assert not stream.closed


def test_the_process_s_own_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    assert only_page("-").body == TEXT
    assert not sys.stdin.closed


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "standard input is empty"),
        (b"x" * 20_000, "standard input is larger than 10,000 bytes"),
        (b"%PDF-1.4", "standard input contains a PDF"),
    ],
)
def test_what_is_wrong_with_standard_input(body: bytes, said: str) -> None:
    assert said in only_failure("-", stdin=io.BytesIO(body)).reason


def test_records_on_a_pipe_are_read_before_it_ends() -> None:
    """A page comes out as soon as a block of input is there, however much is still to come."""
    read_end, write_end = os.pipe()
    block = b'{"id": 1, "text": "%s"}\n{"id": 2, "text": "' % (b"x" * 40_000)
    block += b"y" * (65_536 - len(block))
    with os.fdopen(read_end, "rb") as reading, os.fdopen(write_end, "wb", buffering=0) as writing:
        writing.write(block)
        first = next(fetch(["-"], stdin=reading))
        assert isinstance(first, Page)
        assert first.url == "stdin:#1"


def test_nothing_happens_before_the_first_page_is_asked_for(tmp_path: Path) -> None:
    pages = fetch([str(tmp_path / "later.txt")])
    (tmp_path / "later.txt").write_bytes(TEXT)
    assert isinstance(next(pages), Page)
