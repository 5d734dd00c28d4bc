"""Bytes to text, whatever the encoding: byte-order mark, then what HTML declares, then UTF-8."""

import codecs
import re

from rag.errors import ExtractError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]{2,40})", re.I
)
_HEAD = 4096  # bytes in which HTML must declare its encoding
_ODD_SHARE = 0.02  # of control characters that only a binary file has
_ODD = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def decode(body: bytes) -> str:
    """The text of a page's bytes.

    UTF-8 wins over a declared encoding where the bytes are valid UTF-8, since a page that was
    saved anew keeps its old declaration; Windows-1252 is the last resort.

    Raises:
        ExtractError: the bytes are no text.
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
        if error.reason == "unexpected end of data":  # cut off in the middle of a character
            return body.decode("utf-8", "ignore")
    declared = _DECLARED.search(body[:_HEAD])
    name = declared[1].decode("ascii") if declared else "cp1252"
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = "cp1252"
    # What calls itself Latin-1 or ASCII on the web is Windows-1252; UTF-8 has failed already.
    return body.decode("cp1252" if known in {"iso8859-1", "ascii", "utf-8"} else known, "replace")
