"""Interface of the evaluation tasks, and their results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Record = Mapping[str, Json]  # the measurements of one item: one line of items.jsonl


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to measure; ``run`` does it and may take a minute.

    ``key`` is unique within the task and the same in every run, since runs are resumed by it.
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
        """The name on the command line."""

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """List what to measure, in an order that depends only on the data and the seed.

        ``limit`` is the most items per dataset, as a random sample drawn with ``seed``.
        """

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute the metrics over the records measured so far, which may not be all."""
