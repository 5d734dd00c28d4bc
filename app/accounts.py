"""User accounts: a file with one ``name:scrypt:N:r:p:salt:hash`` line per user, no passwords."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import ConfigError
from rag.server.network import check_name as check_name_of
from rag.server.network import read_lines, warning, write_lines

LEAST_CHARACTERS = 8
_N, _R, _P = 2**15, 8, 1  # about 32 MiB and 0.1 s per guess
_MOST_MEMORY = 256 * 1024 * 1024
_SALT_BYTES, _HASH_BYTES = 16, 32
_FIELDS = 7


@dataclass(frozen=True)
class _Hash:
    """Salted password hash with the cost parameters it was made with."""

    n: int
    r: int
    p: int
    salt: bytes
    value: bytes = field(repr=False)

    def matches(self, password: str) -> bool:
        made = _scrypt(password, self.salt, n=self.n, r=self.r, p=self.p, length=len(self.value))
        return hmac.compare_digest(made, self.value)


@dataclass(frozen=True)
class Accounts:
    """Users of a file, as of when it was read."""

    users: Mapping[str, _Hash] = field(repr=False)
    warning: str = ""  # a problem with a file that is still usable; empty: none
    _nobody: _Hash = field(default_factory=lambda: _hashed(secrets.token_hex()), repr=False)

    def allows(self, name: str, password: str) -> bool:
        """Check a user's password; an unknown name takes as long as a wrong password."""
        known = self.users.get(name)
        matches = (known or self._nobody).matches(password)
        return known is not None and matches


def read(path: str | Path) -> Accounts:
    """Read the users from a file.

    Raises:
        ConfigError: if the file is missing, empty or damaged; names the line and the fix.
    """
    path = Path(path)
    mend = f"rag users add NAME --auth-file {path}"
    users: dict[str, _Hash] = {}
    for number, line in enumerate(_lines(path, mend), start=1):
        if not line.strip():
            continue
        name, found = _parse(line, f"{path}, line {number}", mend)
        if name in users:
            raise ConfigError(
                f"{path}, line {number}: the user {name!r} stands there twice. Delete one of the"
                " lines."
            )
        users[name] = found
    if not users:
        raise ConfigError(f"{path} names no user. Add one with: {mend}")
    return Accounts(users, warning(path))


def add(path: str | Path, name: str, password: str) -> bool:
    """Add a user or set a known user's new password; return True if the user was known.

    The file is written to a temporary file and renamed; only its owner may read it.

    Raises:
        ConfigError: if name or password is not usable, or the existing file is damaged.
    """
    path = Path(path)
    check_name(name)
    check_password(password)
    lines: list[str] = []
    if path.exists():
        lines = [line for line in _lines(path, "") if line.strip()]
    if lines:
        read(path)  # report a damaged file instead of overwriting it
    kept = [line for line in lines if line.partition(":")[0] != name]
    write_lines(path, [*kept, _line(name, _hashed(password))])
    return len(kept) < len(lines)


def check_name(name: str) -> None:
    """Raise ConfigError if this is not a valid user name."""
    check_name_of(name, "user")


def check_password(password: str) -> None:
    """Raise ConfigError if the password is too short."""
    if len(password) < LEAST_CHARACTERS:
        raise ConfigError(
            f"the password has {len(password)} characters, wanted at least {LEAST_CHARACTERS}."
        )


def _lines(path: Path, mend: str) -> list[str]:
    return read_lines(path, what="users", option="--auth-file", mend=mend)


def _parse(line: str, where: str, mend: str) -> tuple[str, _Hash]:
    """Parse the user on a line. Errors never show the line's content: it may be a password."""
    fields = line.strip().split(":")
    if len(fields) != _FIELDS or fields[1] != "scrypt":
        seen = "a password in plain text, or something else" if len(fields) < _FIELDS else "a line"
        raise ConfigError(
            f"{where}: found {seen} that is no name:scrypt:N:r:p:salt:hash. Delete the line, and"
            f" add the user with: {mend}"
        )
    try:
        n, r, p = (int(number) for number in fields[2:5])
        salt, value = (base64.b64decode(text, validate=True) for text in fields[5:7])
    except (ValueError, binascii.Error) as error:
        raise _damaged(where, mend) from error
    possible = n > 1 and n & (n - 1) == 0 and r > 0 and p > 0 and 128 * n * r * p <= _MOST_MEMORY
    if not (fields[0] and possible and len(salt) >= _SALT_BYTES and len(value) >= _HASH_BYTES):
        raise _damaged(where, mend)
    return fields[0], _Hash(n, r, p, salt, value)


def _damaged(where: str, mend: str) -> ConfigError:
    return ConfigError(
        f"{where}: the hash is damaged. Delete the line, and add the user with: {mend}"
    )


def _hashed(password: str) -> _Hash:
    salt = secrets.token_bytes(_SALT_BYTES)
    return _Hash(_N, _R, _P, salt, _scrypt(password, salt, n=_N, r=_R, p=_P, length=_HASH_BYTES))


def _scrypt(password: str, salt: bytes, *, n: int, r: int, p: int, length: int) -> bytes:
    # Half a surrogate pair, which a broken client may send, is a wrong password, not an error.
    secret = password.encode("utf-8", "surrogatepass")
    memory = 128 * r * (n + p) + 1_000_000  # what scrypt needs, and some for the library itself
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=length)


def _line(name: str, made: _Hash) -> str:
    salt, value = (base64.b64encode(part).decode("ascii") for part in (made.salt, made.value))
    return f"{name}:scrypt:{made.n}:{made.r}:{made.p}:{salt}:{value}"
