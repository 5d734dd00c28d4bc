"""Decode bytes in any encoding of the web, for files, web pages and standard input alike."""

import codecs
import re

from rag.errors import ExtractError

# Byte-order marks and the codecs that read them; that of UTF-16 is a prefix of one of UTF-32.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Only encodings used on the web (WHATWG Encoding Standard), by Python's names: Python also has
# codecs that are not for text, such as hex, and punycode, whose running time a hostile page could
# exploit.
_OF_THE_WEB = re.compile(
    r"utf-8|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp\d{3,4}|koi8-[ru]|mac-(roman|cyrillic)|gbk|gb2312|"
    r"gb18030|big5(hkscs)?|euc_(jp|kr)|shift_jis|iso2022_jp"
)
_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE
)
_JAPANESE = re.compile(rb"\x1b\$[@B]")  # ISO-2022-JP, which is ASCII bytes and also valid UTF-8
_HEAD = 4096  # bytes within which a page must declare its encoding
_WESTERN = "cp1252"
# Accented letters of Western languages stand among ASCII; those of other scripts form long runs.
_RUN = re.compile(rb"[\x80-\xff]{4,}")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_FEWEST_LETTERS = 8  # different bytes in such runs; dashes and bullets also form runs
UNKNOWN = (
    "is in an encoding that it does not declare, neither UTF-8 nor Windows-1252; save it in UTF-8"
)
_ODD_SHARE = 0.02  # a larger fraction of control characters means a binary file
_ODD = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def decode(body: bytes) -> str:
    """Decode the bytes of a page.

    Valid UTF-8 takes precedence over a declared encoding, since a page that was saved again keeps
    its old declaration; Windows-1252 is the last resort.

    Raises:
        ExtractError: The bytes are not text, or their encoding cannot be detected.
    """
    for mark, codec in MARKS:
        if body.startswith(mark):
            return body.decode(codec, "replace")
    if b"\0" in body:
        raise ExtractError(
            "the file is binary (NUL bytes), expected text, HTML or JSON; convert it to text first"
        )
    text = _decoded(body)
    if len(_ODD.findall(text[:_HEAD])) > _ODD_SHARE * min(len(text), _HEAD):
        raise ExtractError(
            "the file is binary (control characters), expected text, HTML or JSON; convert it to text first"
        )
    return text


def is_unknown(body: bytes) -> bool:
    """Return whether bytes that are not UTF-8 are not Windows-1252 either, such as Shift-JIS."""
    runs = b"".join(_RUN.findall(body))
    return len(set(runs)) >= _FEWEST_LETTERS and 4 * len(runs) > len(_NOT_ASCII.findall(body))


def to_utf8(body: bytes, charset: str | None) -> bytes:
    """Recode a response body from the encoding that the server declares to UTF-8.

    If the body is already UTF-8 or the page declares its own encoding, or if ``charset`` is unknown
    or does not fit the bytes, they stay unchanged.
    """
    codec = _codec(charset or "")
    if not codec or _DECLARED.search(body[:_HEAD]):
        return body
    try:
        # The bytes of these may be valid UTF-8: they are ASCII or contain NUL characters.
        if not codec.startswith(("utf-16", "iso2022")):
            body.decode("utf-8")
            return body
    except UnicodeDecodeError:
        pass
    try:
        return body.decode(codec).encode("utf-8")
    except UnicodeError:
        return body


def _decoded(body: bytes) -> str:
    try:
        if _JAPANESE.search(body):
            return body.decode("iso2022_jp")
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # Truncated within a character; but a lone last letter may as well be of another encoding.
        if error.reason == "unexpected end of data" and not body[: error.start].isascii():
            return body[: error.start].decode("utf-8")
    declared = _DECLARED.search(body[:_HEAD])
    codec = _codec(declared[1].decode("ascii")) if declared else ""
    if not codec and is_unknown(body):
        raise ExtractError(f"the text {UNKNOWN}")
    # A declaration that can be read as ASCII is not in UTF-16, and UTF-8 has already failed.
    return body.decode(_WESTERN if not codec or codec.startswith("utf") else codec, "replace")


def _codec(label: str) -> str:
    """Return Python's name of an encoding of the web, or ''."""
    try:
        codec = codecs.lookup("shift_jis" if label.lower() == "x-sjis" else label).name
    except (LookupError, ValueError):
        return ""
    # What servers and pages call ASCII or Latin-1 is Windows-1252; browsers read it so.
    if codec in ("ascii", "iso8859-1"):
        return _WESTERN
    return codec if _OF_THE_WEB.fullmatch(codec) else ""
