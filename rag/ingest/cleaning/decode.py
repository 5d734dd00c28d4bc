"""Decode bytes in any encoding: byte-order mark, then UTF-8, then the declared encoding."""

import codecs
import re

from rag.errors import ExtractError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]{2,40})", re.I
)
_HEAD = 4096  # bytes within which HTML must declare its encoding
_ODD_SHARE = 0.02  # a larger fraction of control characters means a binary file
_ODD = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def decode(body: bytes) -> str:
    """Decode the bytes of a page.

    Valid UTF-8 takes precedence over a declared encoding, since a page that was saved again keeps
    its old declaration; Windows-1252 is the last resort.

    Raises:
        ExtractError: The bytes are not text.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return (
                body[len(codecs.BOM_UTF8) :].decode("utf-8", "replace")
                if encoding == "utf-8"
                else body.decode(encoding, "replace")
            )
    if b"\0" in body:
        raise ExtractError(
            "the file is binary (NUL bytes), wanted text, HTML or JSON; convert it to text first"
        )
    text = _text(body)
    if len(_ODD.findall(text[:_HEAD])) > _ODD_SHARE * min(len(text), _HEAD):
        raise ExtractError(
            "the file is binary (control characters), wanted text, HTML or JSON; convert it to text first"
        )
    return text


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":  # truncated within a character
            return body.decode("utf-8", "ignore")
    declared = _DECLARED.search(body[:_HEAD])
    name = declared[1].decode("ascii") if declared else "cp1252"
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = "cp1252"
    # Pages declared as Latin-1 or ASCII are Windows-1252 in practice; UTF-8 has already failed.
    return body.decode("cp1252" if known in {"iso8859-1", "ascii", "utf-8"} else known, "replace")
