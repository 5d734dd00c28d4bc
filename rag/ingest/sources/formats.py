"""Detect a file's format by its name or, if the name does not reveal it, by its first bytes."""

import codecs
import json
import re
from pathlib import PurePath
from typing import Literal

Kind = Literal["text", "markdown", "html", "json", "jsonl", "csv", "tsv"]

_KINDS: dict[str, Kind] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
}
READABLE = ".html, .txt, .md, .json, .jsonl, .csv or .tsv, each also with .gz"

# Extensions of files that hold articles in forms that are not read: failures wherever they are.
_CONTAINERS = frozenset(".eml .mbox .msg .warc .rss .atom .opml .mht .mhtml".split())
# Extensions of files that are no articles: in a folder, each is a failure without being read.
_FOREIGN = (
    frozenset(
        ".png .jpg .jpeg .gif .webp .bmp .tif .tiff .ico .svg .heic .avif .psd .mp3 .mp4 .m4a .wav "
        ".ogg .flac .avi .mov .mkv .webm .pdf .doc .docx .odt .rtf .ppt .pptx .odp .xls .xlsx .ods "
        ".epub .mobi .zip .tar .tgz .bz2 .xz .zst .7z .rar .jar .whl .exe .dll .so .dylib .bin .iso "
        ".dmg .o .a .class .pyc .py .ipynb .js .mjs .ts .css .scss .map .c .h .cpp .rs .go .java .sh "
        ".bat .ps1 .xml .yaml .yml .toml .ini .cfg .lock .log .sql .sqlite .sqlite3 .db "
        ".parquet .arrow .feather .npy .npz .pkl .pickle .pt .safetensors .gguf .faiss .woff .woff2 "
        ".ttf .otf .ics .vcf .rdf".split()
    )
    | _CONTAINERS
)
# Formats whose first bytes can pass for text.
_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "an RTF document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"SQLite format 3", "an SQLite database"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\b\x1b")) + b"\x7f"
# Without backtracking into comments, which would take a time exponential in their number.
_HTML = re.compile(
    rb"\s*+(?><\?xml[^>]*>\s*+)?(?><!--.*?-->\s*+)*+"
    rb"<(!doctype\s+html|(html|head|body|meta|title|link|article|main|section|div|p|h[1-6])[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_JSON = re.compile(rb'\s*(\{\s*["}]|\[\s*[{\]])')
_NEXT_OBJECT = re.compile(rb'\n\{[ \t]*"')


def kind_of(name: str) -> Kind | None:
    """Return the format implied by a file name, ignoring ``.gz``, or ``None``."""
    return _KINDS.get(_suffix(name))


def is_foreign(name: str) -> bool:
    """Return whether the name implies something other than news, such as a picture."""
    return _suffix(name) in _FOREIGN


def is_container(name: str) -> bool:
    """Return whether the name implies mail, a feed or a web archive, which are not read."""
    return _suffix(name) in _CONTAINERS


def sniff(head: bytes) -> Kind:
    """Detect the format of text from its first bytes: HTML, JSON, JSON Lines or else plain text."""
    head = head.removeprefix(codecs.BOM_UTF8)
    if _HTML.match(head):
        return "html"
    return json_layout(head, "jsonl") if _JSON.match(head) else "text"


def json_layout(head: bytes, promised: Literal["json", "jsonl"]) -> Literal["json", "jsonl"]:
    """Distinguish a JSON document from JSON Lines; each occurs under the other's extension."""
    head = head.removeprefix(codecs.BOM_UTF8).strip()
    first, broken, _ = head.partition(b"\n")
    if not broken or first[:1] not in (b"{", b"["):
        return promised  # one long line gives the same records either way
    if first[:1] == b"{" and _NEXT_OBJECT.search(head):
        return "jsonl"
    return "jsonl" if _is_json(first) else "json"


def binary(head: bytes) -> str:
    """Describe the first bytes if they are not text ("a PDF"); empty for text in any encoding."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    # Compressed data has about 10 % control characters, text in any encoding almost none.
    control = len(head) - len(head.translate(None, _CONTROL))
    return "binary data" if control > max(3, len(head) // 100) else ""


def _suffix(name: str) -> str:
    path = PurePath(name.lower())
    return PurePath(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
