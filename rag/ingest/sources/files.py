"""Read files and folders on this machine, and standard input."""

import hashlib
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from rag.ingest.sources.formats import READABLE, is_container, is_foreign, kind_of
from rag.ingest.sources.origin import Origin, both_sizes, trouble
from rag.ingest.sources.pages import pages
from rag.types import Failure, Page

_DOCUMENTS = ("text", "markdown", "html")
_FOREIGN = f"is not a news format; expected {READABLE}"
_SYSTEM = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "icon\r"})


def local(
    name: str, path: Path, max_bytes: int, temporary: Path | None = None
) -> Iterator[Page | Failure]:
    """Yield the pages of a file, or of every file below a folder.

    See :func:`rag.ingest.sources.fetch` for the arguments.
    """
    origin = Origin(name, "")
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield origin.failure(trouble(error))
        return
    except ValueError:
        yield origin.failure("contains a NUL character, which file names cannot")
        return
    if not stat.S_ISDIR(mode):
        yield from file(name, path, max_bytes, temporary)
        return
    empty = True
    for found in walk(name, path):
        empty = False
        if isinstance(found, Failure):
            yield found
        else:
            yield from file(str(found), found, max_bytes, temporary)
    if empty:
        yield origin.failure(f"contains no articles; expected files such as {READABLE}")


def file(
    name: str, path: Path, max_bytes: int, temporary: Path | None = None
) -> Iterator[Page | Failure]:
    """Yield the pages of one regular file; ``name`` is its name in messages."""
    try:
        state = path.stat()
        origin = Origin(name, _address(path.resolve(), temporary))
        if not stat.S_ISREG(state.st_mode):
            yield origin.failure("is a pipe, socket or device, not a file; pipe it in as `-`")
            return
        if is_container(name):
            yield origin.failure(_FOREIGN)
            return
        kind = kind_of(name)
        packed = name.lower().endswith(".gz")
        if kind in _DOCUMENTS and not packed and state.st_size > max_bytes:
            size, limit = both_sizes(state.st_size, max_bytes)
            yield origin.failure(
                f"is {size}; the limit for one article is {limit}; split it, or raise fetch.max_megabytes"
            )
            return
        with path.open("rb") as stream:
            if packed and state.st_size and stream.peek(2)[:2] != b"\x1f\x8b":
                yield origin.failure("is not gzip although its name says so; rename or repack it")
                return
            yield from pages(stream, kind, origin, max_bytes)
    except OSError as error:
        yield Origin(name, "").failure(trouble(error))


def _address(path: Path, temporary: Path | None) -> str:
    if temporary and path.is_relative_to(temporary.resolve()):
        return f"upload:{quote(path.relative_to(temporary.resolve()).as_posix())}"
    return path.as_uri()


def gone(url: str, folders: Iterable[Path]) -> bool:
    """Return whether an address is that of a file in one of these folders that is not there."""
    if not url.startswith("file:///"):
        return False
    path = Path(unquote(urlsplit(url).path))
    return any(path.is_relative_to(each) for each in folders) and not path.exists()


def standard_input(stream: BinaryIO, max_bytes: int) -> Iterator[Page | Failure]:
    """Yield the pages of an unnamed stream; a document's address is a hash of its bytes."""
    for page in pages(stream, None, Origin("standard input", "stdin:"), max_bytes):
        if isinstance(page, Page) and page.url == "stdin:":
            digest = hashlib.sha256(page.body).hexdigest()[:16]
            yield replace(page, url=f"stdin:{digest}")
        else:
            yield page


def walk(name: str, folder: Path) -> Iterator[Path | Failure]:
    """Yield the files below a folder in order of name, with failures in their place.

    Skips silently what is hidden, the system's, an index, or written by batches. Does not follow
    links to folders: a target inside this folder is found anyway; a loop or a link out of the folder is a
    failure. Follows links to files that stay inside the folder.
    """
    root = folder.resolve()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            if path != folder and path.is_symlink():
                found = _link(path, root)
                if found is not None:
                    yield found
            elif path == folder or path.is_dir():
                waiting += sorted(filter(_is_visible, path.iterdir()), reverse=True)
            else:
                yield _news(path)
        except (OSError, RuntimeError) as error:
            reason = trouble(error) if isinstance(error, OSError) else "is a link to itself"
            yield Origin(name if path == folder else str(path), "").failure(reason)


def _link(path: Path, root: Path) -> Path | Failure | None:
    origin = Origin(str(path), "")
    if not path.exists():
        return origin.failure("is a broken link; fix or remove it")
    target = path.resolve()
    if not target.is_relative_to(root):
        return origin.failure("is a link out of this folder, not followed; add its target itself")
    if target.is_dir():
        loop = path.parent.resolve().is_relative_to(target)
        return origin.failure("is a link to a folder above it, not followed") if loop else None
    return _news(path)


def _news(path: Path) -> Path | Failure:
    if is_foreign(path.name):
        return Origin(str(path), "").failure(_FOREIGN)
    return path


def _is_visible(path: Path) -> bool:
    hidden = path.name.startswith((".", "~$")) or path.name.lower() in _SYSTEM
    return not (hidden or _is_of_a_batch(path) or _is_an_index(path))


def _is_an_index(path: Path) -> bool:
    """Return whether the path is the folder of an index, which may lie among the articles."""
    return (path / "news.sqlite").is_file()


def _is_of_a_batch(path: Path) -> bool:
    """Return whether the path is a batch's job folder or output file, which are not news."""
    name = path.name.removesuffix(".part").removesuffix(".job")
    return (path.with_name(f"{name}.job") / "jobs.sqlite").is_file()
