"""Run a task over its items, and write the results.

One folder per task: ``run.json`` (what is measured), ``items.jsonl`` (a line per finished item),
``summary.json`` and ``report.html`` (written at the end, and on interruption from the items
finished by then).
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from rag.errors import ConfigError, RagError, SourceError
from rag.evals import sets
from rag.evals.journal import Journal, write_whole
from rag.evals.machine import code_digest, config_digest, machine, needs, versions
from rag.evals.task import Figure, Item, Json, Task
from rag.evals.workbench import Workbench

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


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of a run."""

    folder: Path
    complete: bool
    figures: tuple[Figure, ...]


@dataclass(slots=True)
class _State:
    """A run in progress."""

    journal: Journal
    task: Task
    items: Sequence[Item]
    about: dict[str, Json]
    earlier: float = field(default=0.0)

    @property
    def complete(self) -> bool:
        done = {record["key"] for record in self.journal.records}
        return all(item.key in done for item in self.items)


def build(name: str, bench: Workbench) -> Task:
    """Build the task of this name.

    Raises:
        ConfigError: if there is none, or a library that it needs is missing.
    """
    check_name(name)
    if name == "retrieval":
        from rag.evals.retrieval import Retrieval

        return Retrieval(bench)
    if name == "answers":
        from rag.evals.answers import Answers

        return Answers(bench)
    if name == "refusal":
        from rag.evals.refusal import Refusal

        return Refusal(bench)
    if name == "faithfulness":
        from rag.evals.faithfulness import Faithfulness

        return Faithfulness(bench)
    if name == "check":
        from rag.evals.pairs import ClaimPairs

        return ClaimPairs(bench)
    if name == "summaries":
        from rag.evals.summaries import Summaries

        return Summaries(bench)
    from rag.evals.cleaning import Cleaning

    return Cleaning(bench)


def chosen(name: str, data: Path, *, tell: Callable[[str], None]) -> tuple[str, ...]:
    """Return the tasks for a command-line name; ``all`` means those with data.

    Raises:
        ConfigError: if there is no such task.
        SourceError: for ``all``, if there is no data folder, or nothing in it.
    """
    if name != "all":
        check_name(name)
        return (name,)
    sets.check_folder(data)
    there = tuple(task for task in TASKS if any(sets.files(data, kind) for kind in KINDS[task]))
    for task in TASKS:
        if task not in there:
            tell(f"{task}: {data} has nothing to measure it on; left out.")
    return there


def check_name(name: str) -> None:
    """Raise ConfigError if there is no task of this name."""
    if name not in KINDS:
        raise ConfigError(f"there is no task {name!r}. There are: {', '.join(TASKS)}, all.")


def run(
    name: str,
    bench: Workbench,
    *,
    limit: int | None = None,
    seed: int = 0,
    fresh: bool = False,
    advance: Callable[[int, int], None] = lambda done, total: None,
    task: Task | None = None,
) -> Measured:
    """Measure a task into ``bench.out``, or resume a stopped run.

    Args:
        name: one of :data:`TASKS`.
        bench: data, settings and models.
        limit: the most items per set.
        seed: of the samples.
        fresh: discard what the folder holds.
        advance: called with the number of items done and the total.
        task: used instead of building the task of this name, to measure only part of it.

    Raises:
        SourceError: if the data folder is missing, or has nothing for this task.
        ConfigError: if the folder holds another run, or a library is missing.
        RagError: whatever keeps the system from working at all.
    """
    check_name(name)
    sets.check_folder(bench.data)
    needs("matplotlib")  # now, not after hours
    task = task or build(name, bench)
    digests = sets.digests(bench.data, KINDS[name])
    items = task.items(limit=limit, seed=seed) if digests else ()
    if not items:
        wanted = ", ".join(pattern for kind in KINDS[name] for pattern in sets.PATTERNS[kind])
        raise SourceError(f"{bench.data} has nothing to measure {name} on. Looked for: {wanted}.")
    _check_keys(items)
    fingerprint: dict[str, Json] = {
        "format": _FORMAT,
        "task": name,
        "data": digests,
        "config": config_digest(bench.settings),
        "limit": limit,
        "seed": seed,
        "code": code_digest(),
    }
    with Journal(bench.out, fingerprint, fresh=fresh) as journal:
        if journal.older_code and journal.records:
            bench.tell(
                f"{bench.out}: {len(journal.records)} items were measured by another state of the"
                " code; --fresh measures them anew."
            )
        about = {**fingerprint, "mixed_code": journal.older_code, "versions": versions()}
        state = _State(journal, task, items, {**about, "machine": machine()})
        return _measure(state, advance)


def _check_keys(items: Sequence[Item]) -> None:
    seen = set[str]()
    for item in items:
        if item.key in seen:
            raise SourceError(f"two items of {item.dataset} have the key {item.key!r}.")
        seen.add(item.key)


def _measure(state: _State, advance: Callable[[int, int], None]) -> Measured:
    done = {record["key"] for record in state.journal.records}
    finished, total = sum(item.key in done for item in state.items), len(state.items)
    advance(finished, total)
    try:
        for item in state.items:
            if item.key not in done:
                start = time.perf_counter()
                record = item.run()
                seconds = round(time.perf_counter() - start, 3)
                state.journal.add(
                    {"key": item.key, "dataset": item.dataset, "seconds": seconds, **record}
                )
                finished += 1
                advance(finished, total)
    except (KeyboardInterrupt, RagError):
        if state.journal.records:
            _write(state)
        raise
    return _write(state)


def _write(state: _State) -> Measured:
    """Compute and write summary and report from the items done so far.

    Items that no longer belong to this run, since other code named them otherwise, are omitted.
    """
    from rag.evals.report import report

    wanted = {item.key for item in state.items}
    records = [record for record in state.journal.records if record["key"] in wanted]
    figures = tuple(each for each in state.task.figures(records) if isfinite(each.value))
    complete = state.complete
    seconds = sum(float(str(record.get("seconds", 0))) for record in records)
    about: dict[str, Json] = {
        **state.about,
        "complete": complete,
        "items": len(records),
        "items_wanted": len(state.items),
        "seconds": round(seconds, 1),
    }
    summary = summarise(figures, about)
    folder = state.journal.folder
    write_whole(folder / "summary.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    write_whole(folder / "report.html", report(figures, records, about))
    return Measured(folder, complete, figures)


def summarise(figures: Sequence[Figure], about: Mapping[str, Json]) -> dict[str, Json]:
    """Nest the figures in tables by name, beside the table ``run``.

    A table of metrics holds their ``intervals``, and ``n``, the number of items behind them;
    metrics with another number of items are listed in ``counts``.
    """
    summary: dict[str, Json] = {"run": about}
    leaves: dict[tuple[str, ...], list[Figure]] = {}
    for each in figures:
        leaves.setdefault(each.path[:-1], []).append(each)
    for path, group in leaves.items():
        table = summary
        for name in path:
            below = table.setdefault(name, {})
            if not isinstance(below, dict):
                raise TypeError(f"{name} of {path} names a metric and a table of metrics")
            table = below
        n = group[0].n
        table |= {each.path[-1]: round(each.value, 6) for each in group}
        table["n"] = n
        if any(each.n != n for each in group):
            table["counts"] = {each.path[-1]: each.n for each in group if each.n != n}
        table["intervals"] = {
            each.path[-1]: [round(each.low, 6), round(each.high, 6)]
            for each in group
            if isfinite(each.low) and isfinite(each.high)
        }
    return summary
