"""Recode a body from the character encoding that a web server declares to UTF-8."""

import codecs
import re

# Only encodings used on the web (WHATWG Encoding Standard): Python also has codecs such as
# punycode, whose running time a hostile page could exploit.
_KNOWN = re.compile(
    r"utf-?16(le|be)?|us-ascii|ascii|iso-?8859-?\d{1,2}|latin-?\d|(windows|cp)-?\d{3,4}|koi8-[ru]|"
    r"gbk|gb2312|gb18030|big5(-?hkscs)?|euc-?(jp|kr)|x-sjis|shift[-_]jis|iso-2022-jp|macintosh",
    re.IGNORECASE,
)
_DECLARED = re.compile(rb"<meta[^>]{1,200}charset|<\?xml[^>]{1,200}encoding", re.IGNORECASE)
_HEAD = 4096
# What servers call ASCII or Latin-1 is Windows-1252 in practice; browsers treat it so.
_WESTERN = frozenset({"ascii", "iso8859-1"})
# Encodings whose bytes can be valid UTF-8, because they are ASCII or contain NUL characters.
_LOOKALIKE = re.compile(r"utf-?16|iso2022", re.IGNORECASE)


def to_utf8(body: bytes, charset: str | None) -> bytes:
    """Recode a response body, unless it is already UTF-8 or the page declares its own encoding.

    ``charset`` is the encoding that the server declares. If it is unknown or does not fit the
    bytes, they stay unchanged.
    """
    if charset is None or not _KNOWN.fullmatch(charset) or _DECLARED.search(body[:_HEAD]):
        return body
    try:
        name = codecs.lookup("shift_jis" if charset.lower() == "x-sjis" else charset).name
    except LookupError:
        return body
    if not _LOOKALIKE.match(name) and _is_utf8(body):
        return body
    try:
        return body.decode("cp1252" if name in _WESTERN else name).encode("utf-8")
    except UnicodeError:
        return body


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
