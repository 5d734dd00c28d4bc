"""Hashes of passwords and tokens, as the standard library makes them.

People choose passwords that can be guessed, so theirs are salted and slow (scrypt). A token is 256
random bits, so a fast digest (SHA-256) is enough.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Protocol, Self

_N, _R, _P = 2**15, 8, 1  # about 32 MiB and 0.1 s per guess
_MOST_MEMORY = 256 * 1024 * 1024
_SALT_BYTES, _HASH_BYTES = 16, 32
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


class Hash(Protocol):
    """The hash of a secret; its text is what a file has."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what :meth:`__str__` returns. Raises ValueError if it is damaged."""

    def matches(self, secret: str) -> bool:
        """Check a secret in constant time."""


@dataclass(frozen=True, slots=True)
class Scrypt:
    """A salted password hash with its cost parameters."""

    n: int
    r: int
    p: int
    salt: bytes
    value: bytes = field(repr=False)

    @classmethod
    def of(cls, password: str) -> Self:
        """Hash a password with a new salt."""
        salt = secrets.token_bytes(_SALT_BYTES)
        value = _scrypt(password, salt, n=_N, r=_R, p=_P, length=_HASH_BYTES)
        return cls(_N, _R, _P, salt, value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what :meth:`__str__` returns. Raises ValueError if it is damaged or too costly."""
        scheme, *costs, salt_text, value_text = text.split(":")
        n, r, p = map(int, costs)
        salt, value = (base64.b64decode(each, validate=True) for each in (salt_text, value_text))
        possible = n > 1 and n & (n - 1) == 0 and r > 0 and p > 0
        affordable = 128 * n * r * p <= _MOST_MEMORY
        long_enough = len(salt) >= _SALT_BYTES and len(value) >= _HASH_BYTES
        if not (scheme == "scrypt" and possible and affordable and long_enough):
            raise ValueError(text)
        return cls(n, r, p, salt, value)

    def matches(self, secret: str) -> bool:
        """Check a password in constant time."""
        length = len(self.value)
        found = _scrypt(secret, self.salt, n=self.n, r=self.r, p=self.p, length=length)
        return hmac.compare_digest(found, self.value)

    def __str__(self) -> str:
        salt, value = (base64.b64encode(part).decode("ascii") for part in (self.salt, self.value))
        return f"scrypt:{self.n}:{self.r}:{self.p}:{salt}:{value}"


def _scrypt(password: str, salt: bytes, *, n: int, r: int, p: int, length: int) -> bytes:
    # Half a surrogate pair, which a broken client may send, is a wrong password, not an error.
    secret = password.encode("utf-8", "surrogatepass")
    memory = 128 * r * (n + p) + 1_000_000  # what scrypt needs, and some for the library itself
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=length)


@dataclass(frozen=True, slots=True)
class Sha256:
    """The digest of a token."""

    digest: str

    @classmethod
    def of(cls, token: str) -> Self:
        """Hash a token."""
        return cls(hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what :meth:`__str__` returns. Raises ValueError if it is damaged."""
        found = _DIGEST.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return cls(found[1])

    def matches(self, secret: str) -> bool:
        """Check a token in constant time."""
        return hmac.compare_digest(self.of(secret).digest, self.digest)

    def __str__(self) -> str:
        return f"sha256:{self.digest}"
