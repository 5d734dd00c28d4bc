"""Interface of the evaluation tasks, and their results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Record = Mapping[str, Any]  # the measurements of one item as JSON: one line of items.jsonl


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


def item_of(row: Any, run: Callable[[], Record], dataset: str = "") -> Item:
    """Return the item of a row of a data set; its key names the dataset too."""
    dataset = dataset or row.dataset
    return Item(f"{dataset}/{row.key}", dataset, run)


class Task(Protocol):
    """One thing that ``rag eval`` measures."""

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """List what to measure, in an order that depends only on the data and the seed.

        ``limit`` is the most items per dataset, as a random sample drawn with ``seed``.
        """

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute the metrics over the records measured so far, which may not be all."""


def by_dataset(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Group records by dataset, in order of first appearance."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record["dataset"], []).append(record)
    return groups
