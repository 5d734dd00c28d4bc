"""Feeds, mail and other files that are not articles: reported as failures, never stored."""

import io
from pathlib import Path

import pytest

from rag.ingest.sources import fetch
from rag.types import Failure, Page

TEXT = b"Harbour reopens\n\nThe harbour reopened on Monday after repairs.\n"
XML = '<?xml version="1.0" encoding="utf-8"?>\n<!-- a > b -->'
MAIL = "From: a@example.org\nSubject: Tide\nMIME-Version: 1.0\n\nThe tide rose.\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (XML + "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title></feed>", "an Atom feed"),
        ("<rss version='2.0'><channel><title>T</title></channel></rss>", "an RSS feed"),
        (XML + "<opml version='2.0'><head/></opml>", "a list of feeds (OPML)"),
        (XML + "<urlset><url><loc>https://e.org</loc></url></urlset>", "a sitemap"),
        (XML + "<nitf><body>The tide rose.</body></nitf>", "XML (nitf)"),
        ("<svg><text>The tide rose.</text></svg>", "a picture (SVG)"),
        (MAIL, "an e-mail"),
        ("From a@example.org Wed Jan 19 10:00:00 2022\n" + MAIL, "a mailbox"),
        ("BEGIN:VCALENDAR\nSUMMARY:Tide\n", "a calendar"),
        ("WARC/1.0\r\nWARC-Type: response\r\n", "a web archive"),
    ],
)
@pytest.mark.parametrize("name", ["-", "a", "a.xml", "a.txt", "a.html"])
def test_feeds_and_mail_are_no_articles(tmp_path: Path, name: str, body: str, said: str) -> None:
    source = name if name == "-" else str(tmp_path / name)
    if name != "-":
        (tmp_path / name).write_text(body)
    (failure,) = fetch([source], stdin=io.BytesIO(body.encode()))
    assert isinstance(failure, Failure)
    assert f"contains {said}" in failure.reason


@pytest.mark.parametrize("suffix", ["eml", "mbox", "atom", "rss", "opml", "mht", "warc.gz"])
def test_names_of_feeds_and_mail_are_refused_unread(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(TEXT)
    for source in (path, tmp_path):
        (failure,) = fetch([str(source)])
        assert isinstance(failure, Failure)
        assert "is not a news format; expected .html" in failure.reason


@pytest.mark.parametrize(
    "body",
    [
        "From: the mayor\nTo: all\nDate: 3 May 2021\nSubject: Tide\n\nThe tide rose.",
        "From the harbour: the tide rose.",
        "<?xml version='1.0'?><!DOCTYPE html><html><p>The tide rose.</p></html>",
        "<?xml version='1.0'?><article><p>The tide rose.</p></article>",
        "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a 'b'>]><html><p>The tide rose.</p></html>",
        "<!-- a --><!-- b --><p>The tide rose.</p>",
        "<feedback>I liked it.</feedback>",
        "<!-- never closed",
        "<",
    ],
)
def test_what_only_looks_like_a_feed_or_mail_is_read(body: str) -> None:
    (page,) = fetch(["-"], stdin=io.BytesIO(body.encode()))
    assert isinstance(page, Page)
