"""Bearer tokens: a file with one line per client, ``name:sha256:hash``, never the token itself.

Tokens are long and random, so a fast digest is enough: they cannot be guessed.
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
_MARK = "newsrag-"  # makes a leaked token recognizable
_BYTES = 32
_LINE = re.compile(r"(?P<name>[^:]+):sha256:(?P<digest>[0-9a-f]{64})")
_OPTION = "--tokens"


class Tokens:
    """Clients of a token file, which is reread when it changes."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            ConfigError: if it is missing, empty or damaged; the message names the line and the fix.
        """
        self._path = path
        self._lock = threading.Lock()
        self._seen = _state(path)
        self._digests: Mapping[str, str] = read(path)
        self.warning = warning(path)

    def client(self, token: str) -> str:
        """Return the name of the client with this token; empty if there is none."""
        digest = _digest(token)
        found = ""
        for name, known in self._current().items():  # check all, so timing reveals nothing
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
                    # If the file cannot be read, admit nobody: a client may have been removed.
                    _log.error("%s Nobody is let in until then.", error)
                    self._digests = {}
            return self._digests


def read(path: Path) -> dict[str, str]:
    """Read the digest of each client's token.

    Raises:
        ConfigError: if the file is missing, empty or damaged.
    """
    mend = f"rag tokens add NAME {_OPTION} {path}"
    found: dict[str, str] = {}
    for number, line in enumerate(_lines(path, mend), start=1):
        parts = _LINE.fullmatch(line.strip())
        if not line.strip():
            continue
        if parts is None:  # never report the line's content: it may be a token
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
    """Create a token for a client and return it; the file stores only its digest.

    Raises:
        ConfigError: if the name is invalid or already has a token, or the file is damaged.
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
    """Remove a client's token; a running server no longer admits the client.

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
    """Return a value that changes with the file; zeros if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
