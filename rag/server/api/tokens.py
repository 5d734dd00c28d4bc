"""Who may ask: a file with one line a client, ``name:sha256:hash``, never a token.

Tokens are random and long, so that a fast digest is enough: there is nothing to guess.
"""

import hashlib
import hmac
import logging
import re
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path

from rag.errors import ConfigError
from rag.server.network import check_name, read_lines, warning, write_lines

_log = logging.getLogger(__name__)
_MARK = "newsrag-"  # so that a token is known for one where it should not stand
_BYTES = 32
_LINE = re.compile(r"(?P<name>[^:]+):sha256:(?P<digest>[0-9a-f]{64})")
_OPTION = "--tokens"


class Tokens:
    """The clients of a file; it is read again when it has changed."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            ConfigError: if it is missing, empty or damaged; it names the line and what mends it.
        """
        self._path = path
        self._lock = threading.Lock()
        self._seen = _state(path)
        self._digests: Mapping[str, str] = read(path)
        self.warning = warning(path)

    def client(self, token: str) -> str:
        """The name of the client that has this token; empty: nobody has it."""
        digest = _digest(token)
        found = ""
        for name, known in self._current().items():  # all of them: time tells nothing
            if hmac.compare_digest(known, digest):
                found = name
        return found

    def _current(self) -> Mapping[str, str]:
        with self._lock:
            state = _state(self._path)
            if state != self._seen:
                self._seen = state
                try:
                    self._digests = read(self._path)
                except ConfigError as error:
                    # A file that cannot be read lets nobody in; whom it named may be locked out.
                    _log.error("%s Nobody is let in until then.", error)
                    self._digests = {}
            return self._digests


def read(path: Path) -> dict[str, str]:
    """The digest of each client's token.

    Raises:
        ConfigError: if the file is missing, empty or damaged.
    """
    mend = f"rag tokens add NAME {_OPTION} {path}"
    found: dict[str, str] = {}
    for number, line in enumerate(_lines(path, mend), start=1):
        parts = _LINE.fullmatch(line.strip())
        if not line.strip():
            continue
        if parts is None:  # what the line holds is never told: it may be a token
            raise ConfigError(
                f"{path}, line {number}: wanted name:sha256:hash. Delete the line, and make a"
                f" token with: {mend}"
            )
        if parts["name"] in found:
            raise ConfigError(
                f"{path}, line {number}: the name {parts['name']!r} stands there twice. Delete one"
                " of the lines."
            )
        found[parts["name"]] = parts["digest"]
    if not found:
        raise ConfigError(f"{path} names no client. Add one with: {mend}")
    return found


def add(path: Path, name: str) -> str:
    """Make a token for a client, and return it: the file keeps its digest alone.

    Raises:
        ConfigError: if the name cannot be used or has a token, or the file is damaged.
    """
    check_name(name, "client")
    known = read(path) if path.exists() and path.stat().st_size else {}
    if name in known:
        raise ConfigError(
            f"{name!r} has a token already. Take it away first: rag tokens remove {name}"
            f" {_OPTION} {path}"
        )
    token = _MARK + secrets.token_urlsafe(_BYTES)
    _write(path, {**known, name: _digest(token)})
    return token


def remove(path: Path, name: str) -> None:
    """Take a client's token away; a running server lets it in no more.

    Raises:
        ConfigError: if there is no such client, or the file is damaged.
    """
    known = read(path)
    if name not in known:
        raise ConfigError(f"{path} knows no client {name!r}. It knows: {', '.join(known)}.")
    _write(path, {each: digest for each, digest in known.items() if each != name})


def _lines(path: Path, mend: str) -> list[str]:
    return read_lines(path, what="tokens", option=_OPTION, mend=mend)


def _write(path: Path, digests: Mapping[str, str]) -> None:
    write_lines(path, [f"{name}:sha256:{digest}" for name, digest in digests.items()])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _state(path: Path) -> tuple[int, int, int]:
    """What changes with the file; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
