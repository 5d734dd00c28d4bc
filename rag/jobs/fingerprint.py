"""Fingerprints of a job's configuration and input, and readable differences between them."""

import hashlib
import json
from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]
_LONG = 40  # maximum characters of a value in a message


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A kind of work and everything that determines its output, except the items themselves.

    ``options`` and ``settings`` are (name, value) pairs in any order. ``reads`` describes the
    state of any other input, such as the index that the work searches.
    """

    kind: str
    options: Pairs
    settings: Pairs
    model: str
    reads: str = ""

    @property
    def config(self) -> str:
        """Hash of kind, options, settings and model, as 16 hexadecimal digits."""
        return hashlib.sha256(self.as_text().encode()).hexdigest()[:16]

    def as_text(self) -> str:
        """Serialize for storage, without ``reads``; equal texts mean equal work."""
        return json.dumps(
            [self.kind, sorted(self.options), sorted(self.settings), self.model], ensure_ascii=False
        )


def read_fingerprint(text: str, reads: str) -> Fingerprint:
    """Parse the output of :meth:`Fingerprint.as_text`."""
    kind, options, settings, model = json.loads(text)
    return Fingerprint(kind, tuple(map(tuple, options)), tuple(map(tuple, settings)), model, reads)


def differences(before: Fingerprint, now: Fingerprint) -> tuple[str, ...]:
    """List all differences except ``reads``, each as ``name old, now new``."""
    if before.kind != now.kind:
        return (f"kind {before.kind}, now {now.kind}",)
    old, new = (
        {**dict(each.options), **dict(each.settings), "model": each.model} for each in (before, now)
    )
    return tuple(
        f"{name} {_short(old.get(name, ''))}, now {_short(new.get(name, ''))}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name, "") != new.get(name, "")
    )


def _short(value: str) -> str:
    line = " ".join(value.split()) or "none"
    return line if len(line) <= _LONG else line[: _LONG - 3] + "..."
