"""Recognise text that holds no article as it is: XML such as feeds, and mail."""

import codecs
import re

_XML = {
    b"feed": "an Atom feed",
    b"rss": "an RSS feed",
    b"rdf": "an RSS feed",
    b"opml": "a list of feeds (OPML)",
    b"urlset": "a sitemap",
    b"sitemapindex": "a sitemap",
    b"svg": "a picture (SVG)",
    b"plist": "a property list",
    b"kml": "a map (KML)",
    b"gpx": "a map (GPX)",
}
_HTML = frozenset((b"html", b"head", b"body", b"article", b"main", b"section", b"div", b"p"))
_OPENED = re.compile(rb"<([a-z][\w.-]*)", re.IGNORECASE)
_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):[ \t]*\S|[ \t]+\S")
# What mail programs write; memos and press releases have only From, To, Date and Subject.
_OF_MAIL = {
    *(b"message-id", b"mime-version", b"received", b"return-path", b"delivered-to"),
    *(b"content-type", b"content-transfer-encoding", b"dkim-signature"),
}
_MOST_HEADERS = 200  # lines


def foreign(head: bytes) -> str:
    """Describe the first bytes of a text that is no article ("an Atom feed"); empty for others."""
    head = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if head.startswith(b"<"):
        return _foreign_xml(head)
    if head.startswith((b"BEGIN:VCALENDAR", b"BEGIN:VCARD")):
        return "a calendar or address card"
    if head.startswith(b"WARC/"):
        return "a web archive (WARC)"
    if head.startswith(b"From ") and _is_mail(head.partition(b"\n")[2]):
        return "a mailbox"
    return "an e-mail" if _is_mail(head) else ""


def _foreign_xml(head: bytes) -> str:
    root = _root(head)
    declared = head[:5].lower() == b"<?xml"
    named = f"XML ({root.decode()})" if declared and root and root not in _HTML else ""
    return _XML.get(root, named)


def _root(head: bytes) -> bytes:
    """Return the local name of the first element in lower case, after comments and declarations."""
    place = 0
    while head[place : place + 2] in (b"<?", b"<!"):
        comment = head.startswith(b"<!--", place)
        closed = head.find(b"-->" if comment else b">", place)
        if closed < 0:
            return b""
        place = closed + (3 if comment else 1)
        while head[place : place + 1].isspace():
            place += 1
    opened = _OPENED.match(head, place)
    return opened[1].lower() if opened else b""


def _is_mail(head: bytes) -> bool:
    names = set[bytes]()
    for line in head.splitlines()[:_MOST_HEADERS]:
        header = _HEADER.match(line)
        if not header:
            break
        names.add((header[1] or b"").lower())
    return b"from" in names and not names.isdisjoint(_OF_MAIL)
