"""Users of the page and clients of the API: files with a name and a hash on each line.

A users file has lines ``name:scrypt:N:r:p:salt:hash``, a tokens file ``name:sha256:hash``; neither
contains a password or a token.
"""

import logging
import secrets
import stat
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, TypeVar

from rag.errors import ConfigError
from rag.files import replacing
from rag.server.hashes import Hash, Scrypt, Sha256
from rag.server.network import is_loopback

_log = logging.getLogger(__name__)
_MOST_NAME = 64
_LEAST_PASSWORD = 8
_TOKEN_BYTES = 32
_TOKEN_PREFIX = "newsrag-"  # noqa: S105 - makes a leaked token recognizable


class Accounts:
    """The accounts of a file, which is read again whenever it has changed.

    Attributes:
        plural: what is listed, as in the command ``rag users``.
        holder: what a name stands for.
        admitted: who gets in.
        option: the command-line option that names the file.
        form: the form of a line.
        hashing: makes and reads the hashes.
    """

    plural: ClassVar[str]
    holder: ClassVar[str]
    admitted: ClassVar[str]
    option: ClassVar[str]
    form: ClassVar[str]
    hashing: ClassVar[type[Hash]]

    def __init__(self, path: str | Path) -> None:
        """Name the file; it is read at the first use."""
        self._path = Path(path)
        self._command = f"rag {self.plural} add NAME {self.option} {path}"
        self._lock = threading.Lock()
        self._state: tuple[int, ...] = ()
        self._known: Mapping[str, Hash] = {}

    @classmethod
    def check_name(cls, name: str) -> None:
        """Raise ConfigError if ``name`` is invalid."""
        usable = name.isprintable() and name == name.strip() and ":" not in name
        if not (usable and 0 < len(name) <= _MOST_NAME):
            raise ConfigError(
                f"the {cls.holder} name {name!r} is not allowed: expected 1 to {_MOST_NAME}"
                " characters, without ':' and without spaces at its ends."
            )

    def names(self) -> list[str]:
        """Return all names, in the order of the file.

        Raises:
            ConfigError: if the file is missing, empty or damaged; names the line and the remedy.
        """
        return list(self._read())

    @property
    def warning(self) -> str:
        """A warning about the permissions of the file; empty if there is none."""
        if stat.S_IMODE(self._path.stat().st_mode) & 0o077:
            return (
                f"others on this machine may read or change {self._path}. Fix this with:"
                f" chmod 600 {self._path}"
            )
        return ""

    def remove(self, name: str) -> None:
        """Remove a name; a running server no longer admits it.

        Raises:
            ConfigError: if there is no such name, or the file is damaged or cannot be written.
        """
        known = self._read()
        if name not in known:
            raise ConfigError(
                f"{self._path} has no {self.holder} {name!r}, but: {', '.join(known)}."
            )
        self._write({each: hashed for each, hashed in known.items() if each != name})

    def _current(self) -> Mapping[str, Hash]:
        """Return the accounts as the file has them now; none if it cannot be read."""
        with self._lock:
            state: tuple[int, ...] = ()
            with suppress(OSError):
                found = self._path.stat()
                state = (found.st_mtime_ns, found.st_size, found.st_ino)
            if state != self._state:
                self._state = state
                try:
                    self._known = self._read()
                except ConfigError as error:  # somebody may have been removed: admit nobody
                    _log.error("%s Until then, nobody has access.", error)
                    self._known = {}
            return self._known

    def _read_or_begin(self) -> dict[str, Hash]:
        return self._read() if self._path.exists() and self._lines() else {}

    def _read(self) -> dict[str, Hash]:
        found: dict[str, Hash] = {}
        for number, line in self._lines():
            where = f"{self._path}, line {number}"
            name, _, hashed = line.partition(":")
            if name in found:
                raise ConfigError(
                    f"{where}: the name {name!r} appears twice. Delete one of the lines."
                )
            found[name] = self._parsed(name, hashed, where)
        if not found:
            raise ConfigError(f"{self._path} names no {self.holder}. Add one with: {self._command}")
        return found

    def _parsed(self, name: str, hashed: str, where: str) -> Hash:
        try:
            if name:
                return self.hashing.parse(hashed)
        except ValueError:
            pass
        # The content of the line is not shown: it may be a password or a token.
        raise ConfigError(
            f"{where}: expected {self.form}. Delete the line, and add the"
            f" {self.holder} with: {self._command}"
        )

    def _lines(self) -> list[tuple[int, str]]:
        """Return the lines that are not blank, with their numbers."""
        path, plural = self._path, self.plural
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            raise ConfigError(
                f"there is no {plural} file {path}. Create it with: {self._command}"
            ) from None
        except UnicodeDecodeError:
            raise ConfigError(
                f"{path} is not a text file. Name another file with {self.option}, or create"
                f" one with: {self._command}"
            ) from None
        except OSError as error:
            raise ConfigError(
                f"the {plural} file {path} cannot be read: {error.strerror}."
            ) from error
        stripped = ((number, line.strip()) for number, line in enumerate(lines, start=1))
        return [(number, line) for number, line in stripped if line]

    def _write(self, accounts: Mapping[str, Hash]) -> None:
        """Write the file atomically, readable only by its owner."""
        try:
            with replacing(self._path, mode=0o600) as beside:
                text = "".join(f"{name}:{hashed}\n" for name, hashed in accounts.items())
                beside.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be written: {error.strerror}.") from error


class Users(Accounts):
    """The users of the page, with their passwords."""

    plural, holder, admitted, option = "users", "user", "users", "--auth-file"
    form, hashing = "name:scrypt:N:r:p:salt:hash", Scrypt
    _nobody: Hash | None = None

    def allows(self, name: str, password: str) -> bool:
        """Check a user's password; an unknown name takes as long as a wrong password."""
        known = self._current().get(name)
        self._nobody = self._nobody or Scrypt.of(secrets.token_hex())
        matches = (known or self._nobody).matches(password)
        # The password may have been changed meanwhile.
        return known is not None and matches and self.hashed(name) == known

    def hashed(self, name: str) -> Hash | None:
        """Return the hash of this user's password as the file has it now; None: no such user."""
        return self._current().get(name)

    def add(self, name: str, password: str) -> bool:
        """Add a user, or set the new password of a known one; return whether it was known.

        Raises:
            ConfigError: if name or password is invalid, or the file is damaged or cannot be written.
        """
        self.check_name(name)
        if len(password) < _LEAST_PASSWORD:
            raise ConfigError(
                f"the password has {len(password)} characters, expected at least {_LEAST_PASSWORD}."
            )
        known = self._read_or_begin()
        self._write({**known, name: Scrypt.of(password)})
        return name in known


class Tokens(Accounts):
    """The clients of the API, with their tokens."""

    plural, holder, admitted, option = "tokens", "client", "holders of a token", "--tokens"
    form, hashing = "name:sha256:hash", Sha256

    def client(self, token: str) -> str:
        """Return the name of the client with this token; empty if there is none."""
        found = ""
        for name, known in self._current().items():  # check all, so that timing reveals nothing
            if known.matches(token):
                found = name
        return found

    def add(self, name: str) -> str:
        """Make a token for a client and return it.

        Raises:
            ConfigError: if the name is invalid or has a token already, or the file is damaged or
                cannot be written.
        """
        self.check_name(name)
        known = self._read_or_begin()
        if name in known:
            raise ConfigError(
                f"{name!r} has a token already. Remove it first: rag tokens remove {name}"
                f" --tokens {self._path}"
            )
        token = _TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
        self._write({**known, name: Sha256.of(token)})
        return token


_Accounts = TypeVar("_Accounts", bound=Accounts)


def admitted(
    kind: type[_Accounts],
    path: str | Path | None,
    *,
    host: str,
    open_to_network: bool,
    notify: Callable[[str], object],
) -> _Accounts | None:
    """Return who is admitted at ``host``, and warn of risks; None: everybody who can reach it.

    Raises:
        ConfigError: if others on the network would be admitted without ``open_to_network``, or the
            file cannot be used.
    """
    loopback = is_loopback(host)
    if not loopback and not path and not open_to_network:
        raise ConfigError(
            f"at {host} others on the network could read, add and delete articles. Admit only"
            f" {kind.admitted} with {kind.option} FILE (made with: rag {kind.plural} add NAME"
            f" {kind.option} FILE), or everybody with --open-to-network."
        )
    accounts = kind(path) if path else None
    if accounts is not None:
        accounts.names()  # report a damaged file
        if accounts.warning:
            notify(f"Warning: {accounts.warning}")
    if not loopback:
        notify("Warning: everything, passwords and tokens too, crosses the network unencrypted.")
    return accounts
