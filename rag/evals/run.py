"""Run a task over its items, and write the results.

One folder per task: ``run.json`` (what is measured), ``items.jsonl`` (a line per finished item),
``summary.json`` and ``report.html`` (written at the end, and on interruption from the items
finished by then).
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from rag.errors import ConfigError, RagError, SourceError
from rag.evals import report, sets
from rag.evals.answers import Answers
from rag.evals.cleaning import Cleaning
from rag.evals.faithfulness import Faithfulness
from rag.evals.journal import Journal, write_whole
from rag.evals.machine import code_digest, config_digest, machine, versions
from rag.evals.pairs import ClaimPairs
from rag.evals.refusal import Refusal
from rag.evals.retrieval import Retrieval
from rag.evals.summaries import Summaries
from rag.evals.task import Figure, Item, Task
from rag.evals.workbench import Workbench
from rag.extras import require

_FORMAT = 1
# Every task with the kinds of sets it is measured on.
KINDS: Mapping[str, tuple[str, ...]] = {
    "retrieval": ("realtimeqa", "xquad"),
    "answers": ("realtimeqa", "newsqa", "multihop_rag"),
    "refusal": ("squad2", "rgb", "multihop_rag", "realtimeqa"),
    "faithfulness": ("qags", "frank"),
    "check": ("check_pairs",),
    "summaries": ("frank",),
    "cleaning": ("article_extraction",),
}
TASKS = tuple(KINDS)
_CLASSES: Mapping[str, Callable[[Workbench], Task]] = {
    "retrieval": Retrieval,
    "answers": Answers,
    "refusal": Refusal,
    "faithfulness": Faithfulness,
    "check": ClaimPairs,
    "summaries": Summaries,
    "cleaning": Cleaning,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of a run."""

    folder: Path
    complete: bool
    figures: tuple[Figure, ...]


def build(name: str, bench: Workbench) -> Task:
    """Build the task of this name.

    Raises:
        ConfigError: if there is none, or a library that it needs is missing.
    """
    check_name(name)
    return _CLASSES[name](bench)


def chosen(name: str, data: Path, *, notify: Callable[[str], None]) -> tuple[str, ...]:
    """Return the tasks for a command-line name; ``all`` means those with data.

    Raises:
        ConfigError: if there is no such task.
        SourceError: for ``all``, if there is no data folder, or nothing in it.
    """
    if name != "all":
        check_name(name)
        return (name,)
    sets.check_folder(data)
    found = [task for task in TASKS if any(sets.files(data, kind) for kind in KINDS[task])]
    for task in TASKS:
        if task not in found:
            notify(f"{task}: {data} has nothing to measure it on; left out.")
    return tuple(found)


def check_name(name: str) -> None:
    """Raise ConfigError if there is no task of this name."""
    if name not in TASKS:
        raise ConfigError(f"there is no task {name!r}. There are: {', '.join(TASKS)}, all.")


def run(
    name: str,
    bench: Workbench,
    *,
    limit: int | None = None,
    seed: int = 0,
    fresh: bool = False,
    task: Task | None = None,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Measured:
    """Measure, or go on measuring, and write the results.

    Args:
        name: of the task.
        bench: what is measured; it names the data folder and the folder of the run.
        limit: the most items per dataset, drawn at random with ``seed``.
        seed: see ``limit``.
        fresh: discard what the folder holds.
        task: measured instead of the task of this name, to measure only part of it.
        advance: called with the number of items finished and the total.

    Raises:
        SourceError: if the data folder is missing, or has nothing for this task.
        ConfigError: if the folder holds another run, or a library is missing.
        RagError: whatever keeps the system from working at all.
    """
    task, items = _prepared(name, bench, task, limit, seed)
    fingerprint = _fingerprint(name, bench, limit, seed)
    with Journal(bench.out, fingerprint, fresh=fresh) as journal:
        about = {**fingerprint, **_about(journal, bench)}
        try:
            _measure(journal, items, advance)
        except (KeyboardInterrupt, RagError):
            if journal.records:
                _write(journal, task, items, about)
            raise
        return _write(journal, task, items, about)


def _fingerprint(name: str, bench: Workbench, limit: int | None, seed: int) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "task": name,
        "data": sets.digests(bench.data, KINDS[name]),
        "config": config_digest(bench.settings),
        "limit": limit,
        "seed": seed,
        "code": code_digest(),
    }


def _prepared(
    name: str, bench: Workbench, task: Task | None, limit: int | None, seed: int
) -> tuple[Task, Sequence[Item]]:
    """Return the task and its items; report the sets that are missing."""
    check_name(name)
    sets.check_folder(bench.data)
    require("eval", "the report of an evaluation", "matplotlib")  # now, not after hours
    task = task or build(name, bench)
    missing = [kind for kind in KINDS[name] if not sets.files(bench.data, kind)]
    items = task.items(limit=limit, seed=seed) if len(missing) < len(KINDS[name]) else ()
    if not items:
        looked_for = sets.looked_for(KINDS[name])
        raise SourceError(f"{bench.data} has nothing to measure {name} on. {looked_for}")
    for kind in missing:
        bench.notify(f"{name}: {bench.data} holds no {kind}; left out.")
    seen = set[str]()
    for item in items:
        if item.key in seen:
            raise SourceError(f"two items of {item.dataset} have the key {item.key!r}.")
        seen.add(item.key)
    return task, items


def _about(journal: Journal, bench: Workbench) -> dict[str, Any]:
    """Return what is recorded of a run beside its fingerprint; report items of other code."""
    if journal.older_code and journal.records:
        bench.notify(
            f"{bench.out}: {len(journal.records)} items were measured by another state of the"
            " code; --fresh measures them again."
        )
    return {"mixed_code": journal.older_code, "versions": versions(), "machine": machine()}


def _measure(journal: Journal, items: Sequence[Item], advance: Callable[[int, int], None]) -> None:
    """Measure the items that the journal lacks."""
    done = {record["key"] for record in journal.records}
    left = [item for item in items if item.key not in done]
    finished = len(items) - len(left)
    advance(finished, len(items))
    for item in left:
        start = time.perf_counter()
        record = item.run()
        seconds = round(time.perf_counter() - start, 3)
        journal.add({"key": item.key, "dataset": item.dataset, "seconds": seconds, **record})
        finished += 1
        advance(finished, len(items))


def _write(
    journal: Journal, task: Task, items: Sequence[Item], about: Mapping[str, Any]
) -> Measured:
    """Compute and write summary and report from the items done so far.

    Records that no longer belong to this run, since other code named its items otherwise, are
    omitted.
    """
    keys = {item.key for item in items}
    records = [record for record in journal.records if record["key"] in keys]
    complete = keys <= {record["key"] for record in records}
    figures = tuple(each for each in task.figures(records) if isfinite(each.value))
    table = {
        **about,
        "complete": complete,
        "items": len(records),
        "items_wanted": len(items),
        "seconds": round(sum(record.get("seconds", 0) for record in records), 1),
    }
    text = json.dumps(summarise(figures, table), indent=2, ensure_ascii=False)
    write_whole(journal.folder / "summary.json", text + "\n")
    write_whole(journal.folder / "report.html", report.report(figures, records, table))
    return Measured(journal.folder, complete, figures)


def summarise(figures: Sequence[Figure], about: Mapping[str, Any]) -> dict[str, Any]:
    """Nest the figures in tables by name, beside the table ``run``.

    A table of metrics holds their ``intervals``, and ``n``, the number of items behind them;
    metrics with another number of items are listed in ``counts``.
    """
    summary: dict[str, Any] = {"run": about}
    for each in figures:
        *path, metric = each.path
        table = summary
        for name in path:
            table = table.setdefault(name, {})
        n = table.setdefault("n", each.n)
        table[metric] = round(each.value, 6)
        if each.n != n:
            table.setdefault("counts", {})[metric] = each.n
        intervals = table.setdefault("intervals", {})
        if isfinite(each.low) and isfinite(each.high):
            intervals[metric] = [round(each.low, 6), round(each.high, 6)]
    return summary
