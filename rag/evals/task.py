"""What every task of the evaluation looks like, and what it reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Record = Mapping[str, Json]  # what was measured of one item: one line of items.jsonl


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to measure; ``run`` does it and may take a minute.

    ``key`` is unique within the task and the same in every run, for a run is resumed by it.
    """

    key: str
    dataset: str
    run: Callable[[], Record]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with the number of items behind it and its bootstrap 95 % interval."""

    path: tuple[str, ...]  # dataset, variants, metric: ("realtimeqa_2022", "hybrid", "hit@1")
    value: float
    n: int
    low: float
    high: float


class Task(Protocol):
    """One thing that ``rag eval`` measures."""

    @property
    def name(self) -> str:
        """As it is called on the command line."""

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """What to measure, in an order that depends on the data and the seed alone.

        ``limit`` is the most items a dataset; a random sample drawn with ``seed``.
        """

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """The metrics over the records of all items that were run; may be asked for half of them."""
