"""Fingerprints of what determines a job's rows, and readable differences between them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]
_LONG = 40  # characters of a value in a report


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A kind of work and everything that determines its output, except the items themselves.

    ``options`` and ``settings`` are (name, value) pairs in any order. ``reads`` is the state of
    what the work reads besides its items, such as an index; like the items, it is input.
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
    return Fingerprint(kind, _pairs(options), _pairs(settings), model, reads)


def _pairs(found: list[list[str]]) -> Pairs:
    return tuple((name, value) for name, value in found)


def differences(before: Fingerprint, now: Fingerprint) -> tuple[str, ...]:
    """List all differences except ``reads``, each as ``name old, now new``; the model last."""
    if before.kind != now.kind:
        return (_told("kind", before.kind, now.kind),)
    told = [
        *_differing(dict(before.options), dict(now.options)),
        *_differing(dict(before.settings), dict(now.settings)),
    ]
    if before.model != now.model:
        told.append(_told("model", before.model, now.model))
    return tuple(told)


def _differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [
        _told(name, before.get(name, ""), now.get(name, ""))
        for name in dict.fromkeys([*before, *now])
        if before.get(name, "") != now.get(name, "")
    ]


def _told(name: str, before: str, now: str) -> str:
    return f"{name} {_short(before)}, now {_short(now)}"


def _short(value: str) -> str:
    line = " ".join(value.split()) or "none"
    return line if len(line) <= _LONG else line[: _LONG - 3] + "..."
