"""Floors of the quality gate: the least value of each figure, and how floors are raised.

A floor is tied to the exact data it was measured on: each kind of set has a digest beside its
floors, and figures of other data are not compared with them.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from rag.errors import ConfigError
from rag.evals.journal import write_whole

_DECIMALS = 4
_ROUNDING = 1e-9


class Floor(BaseModel, frozen=True):
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
        return Floor(floor=low, measured=round(self.value, _DECIMALS), n=self.n)


class Guarded(BaseModel, frozen=True):
    """The floors of a kind of set, by figure name, and the digest of its files."""

    digest: str
    figures: dict[str, Floor]


Baseline = Mapping[str, Guarded]  # by the kind of set, as in rag.evals.sets


class _File(BaseModel):
    format: Literal[1]
    sets: dict[str, Guarded]


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
        return _File.model_validate_json(path.read_bytes()).sets
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise ConfigError(
            f"{path} is not a baseline of the gate ({place}: {problem['msg']}); restore it from"
            " version control."
        ) from error


def write(path: Path, baseline: Baseline) -> None:
    """Write a baseline atomically, in an order that depends only on its content."""
    ordered = {
        kind: Guarded(digest=guarded.digest, figures=dict(sorted(guarded.figures.items())))
        for kind, guarded in sorted(baseline.items())
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    table = _File(format=1, sets=ordered).model_dump()
    write_whole(path, json.dumps(table, indent=1, ensure_ascii=False) + "\n")


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
        for name, floor in guarded.figures.items():
            if (name.partition("/")[0], kind) in parts:
                line, good = _judged(name, floor, found.get((kind, name)))
                (held if good else broken).append(line)
        uncompared += [
            f"{gauge.name}: measured {gauge.value:.4f}, no floor yet; --update sets one."
            for gauge in gauges
            if gauge.part[1] == kind and gauge.name not in guarded.figures
        ]
    return Verdict(tuple(held), tuple(broken), tuple(uncompared))


def _judged(name: str, floor: Floor, gauge: Gauge | None) -> tuple[str, bool]:
    if gauge is None:
        return f"{name}: not measured, floor {floor.floor:.4f}, n {floor.n}.", False
    result = f"{name}: measured {gauge.value:.4f}, floor {floor.floor:.4f}, n {gauge.n}"
    if gauge.n != floor.n:
        return f"{result}, but the floor is of {floor.n} items.", False
    return f"{result}.", gauge.value >= floor.floor - _ROUNDING


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
    new, retained = dict(baseline), list[str]()
    for kind in dict.fromkeys(gauge.part[1] for gauge in gauges):
        known = baseline.get(kind)
        same_data = known is not None and known.digest == digests[kind]
        if known and not same_data and not lower:
            retained.append(f"{kind}: floors of other data kept; --lower replaces them.")
            continue
        floors = dict(known.figures) if known and same_data else {}
        if lower:
            floors = {n: f for n, f in floors.items() if (n.partition("/")[0], kind) not in parts}
        for gauge in gauges:
            if gauge.part[1] == kind:
                floors[gauge.name], note = _raised(floors.get(gauge.name), gauge)
                retained += [note] if note else []
        new[kind] = Guarded(digest=digests[kind], figures=floors)
    return new, tuple(retained)


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
        return Floor(floor=old.floor, measured=new.measured, n=new.n), line
    return new, ""
