"""Floors of the quality gate: the least value of each figure, and how floors are raised.

A floor is tied to the exact data it was measured on: each kind of set has a digest beside its
floors, and figures of other data are not compared with them.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ConfigError
from rag.evals.journal import write_whole
from rag.evals.task import Json

_FORMAT = 1
_DECIMALS = 4
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Floor:
    """The least value allowed for a figure, and its value when the floor was set."""

    floor: float
    measured: float
    n: int


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure that the gate watches; higher is better.

    ``name`` is task, dataset, variants and metric, joined by slashes; ``part`` is the task and the
    kind of set; ``slack`` is how far the floor lies below the value.
    """

    part: tuple[str, str]
    name: str
    value: float
    n: int
    slack: float

    def floor(self) -> Floor:
        """Compute the floor that this figure would set, at least 0."""
        low = max(0.0, round(self.value - self.slack, _DECIMALS))
        return Floor(low, round(self.value, _DECIMALS), self.n)


@dataclass(frozen=True, slots=True)
class Guarded:
    """The floors of a kind of set, by figure name, and the digest of its files."""

    digest: str
    floors: Mapping[str, Floor]


Baseline = Mapping[str, Guarded]  # by the kind of set, as in rag.evals.sets


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a comparison, as lines of text."""

    held: tuple[str, ...]
    broken: tuple[str, ...]
    uncompared: tuple[str, ...]


def read(path: Path) -> Baseline:
    """Read the baseline from a file; empty if there is no file.

    Raises:
        ConfigError: if the file is not a baseline.
    """
    if not path.is_file():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["format"] != _FORMAT:
            raise ValueError(f"format {known['format']!r}, wanted {_FORMAT}")
        return {
            kind: Guarded(
                str(table["digest"]),
                {
                    name: Floor(float(each["floor"]), float(each["measured"]), int(each["n"]))
                    for name, each in table["figures"].items()
                },
            )
            for kind, table in known["sets"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path} is no baseline of the gate ({error!r}); restore it from version control."
        ) from error


def write(path: Path, baseline: Baseline) -> None:
    """Write a baseline atomically, in an order that depends only on its content."""
    tables: dict[str, Json] = {
        kind: {
            "digest": guarded.digest,
            "figures": {
                name: {"floor": each.floor, "measured": each.measured, "n": each.n}
                for name, each in sorted(guarded.floors.items())
            },
        }
        for kind, guarded in sorted(baseline.items())
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    whole: dict[str, Json] = {"format": _FORMAT, "sets": tables}
    write_whole(path, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def compare(
    baseline: Baseline,
    gauges: Sequence[Gauge],
    *,
    parts: Collection[tuple[str, str]],
    digests: Mapping[str, str],
) -> Verdict:
    """Compare the measured figures with the floors.

    Args:
        baseline: as returned by :func:`read`.
        gauges: the measured figures.
        parts: task and kind of set of all that should have been measured: a floor of one of
            these without a figure is broken.
        digests: of the files of each available kind of set.
    """
    held, broken, uncompared = list[str](), list[str](), list[str]()
    found = {(gauge.part[1], gauge.name): gauge for gauge in gauges}
    for kind in dict.fromkeys(kind for _, kind in parts):
        guarded = baseline.get(kind)
        if guarded is None:
            if kind in digests:
                uncompared.append(f"{kind}: no floors yet; --update sets them.")
            continue
        if kind in digests and digests[kind] != guarded.digest:
            uncompared.append(
                f"{kind}: other data than the floors were measured on (digest"
                f" {digests[kind][:12]}, baseline {guarded.digest[:12]}); not compared."
            )
            continue
        for name, floor in guarded.floors.items():
            if (name.partition("/")[0], kind) in parts:
                line, good = _judged(name, floor, found.get((kind, name)))
                (held if good else broken).append(line)
        uncompared += [
            f"{gauge.name}: measured {gauge.value:.4f}, no floor yet; --update sets one."
            for gauge in gauges
            if gauge.part[1] == kind and gauge.name not in guarded.floors
        ]
    return Verdict(tuple(held), tuple(broken), tuple(uncompared))


def _judged(name: str, floor: Floor, gauge: Gauge | None) -> tuple[str, bool]:
    if gauge is None:
        return f"{name}: not measured, floor {floor.floor:.4f}, n {floor.n}.", False
    said = f"{name}: measured {gauge.value:.4f}, floor {floor.floor:.4f}, n {gauge.n}"
    if gauge.n != floor.n:
        return f"{said}, but the floor is of {floor.n} items.", False
    return f"{said}.", gauge.value >= floor.floor - _ROUNDING


def update(
    baseline: Baseline,
    gauges: Sequence[Gauge],
    *,
    parts: Collection[tuple[str, str]],
    digests: Mapping[str, str],
    lower: bool,
) -> tuple[Baseline, tuple[str, ...]]:
    """Update the floors of what was measured; return the baseline and a line per floor retained.

    Floors of parts that were not measured stay. Without ``lower`` no floor is lowered, dropped, or
    replaced by that of other data or another number of items; with ``lower`` all of that is done.
    """
    new, kept = dict(baseline), list[str]()
    for kind in dict.fromkeys(gauge.part[1] for gauge in gauges):
        own = [gauge for gauge in gauges if gauge.part[1] == kind]
        known = baseline.get(kind, Guarded(digests[kind], {}))
        if known.digest != digests[kind]:
            if not lower:
                kept.append(f"{kind}: floors of other data kept; --lower replaces them.")
                continue
            known = Guarded(digests[kind], {})
        floors = dict(known.floors)
        if lower:
            measured = {part for part in parts if part[1] == kind}
            floors = {
                n: f for n, f in floors.items() if (n.partition("/")[0], kind) not in measured
            }
        for gauge in own:
            floors[gauge.name], line = _raised(floors.get(gauge.name), gauge)
            kept += [line] if line else []
        new[kind] = Guarded(digests[kind], floors)
    return new, tuple(kept)


def _raised(old: Floor | None, gauge: Gauge) -> tuple[Floor, str]:
    """Return the higher of the old floor and the figure's, and a note if the old one stays."""
    new = gauge.floor()
    if old is None:
        return new, ""
    if old.n != gauge.n:
        return old, f"{gauge.name}: the floor of {old.n} items kept; --lower replaces it."
    if new.floor < old.floor:
        line = (
            f"{gauge.name}: floor {old.floor:.4f} kept, though {gauge.value:.4f} would set"
            f" {new.floor:.4f}; --lower lowers it."
        )
        return Floor(old.floor, new.measured, new.n), line
    return new, ""
