"""What a batch will take, before it begins: items, tokens and seconds."""

from collections.abc import Iterator
from pathlib import Path

from rag.errors import RagError
from rag.export.rows import Row
from rag.library.batches import job_of
from rag.library.plans import Plan
from rag.types import Estimate

_SECONDS_A_TOKEN = 0.015  # the default model on two cores; see docs/performance.md


def estimate(plan: Plan[Row], out: Path | None, *, streams: int) -> Estimate:
    """Read the input and add up what its items will take.

    The speed is that of the jobs beside ``out`` that did the same kind of work with the same model.
    """
    items = unreadable = tokens = 0
    for item in plan.items():
        items += 1
        unreadable += bool(item.error)
        tokens += 0 if item.error else plan.tokens(item.payload)
    rows = list(_earlier_rows(plan, out.parent)) if out else []
    known = sum(row.prompt_tokens + row.output_tokens for row in rows)
    speed = sum(row.seconds for row in rows) / known if known else _SECONDS_A_TOKEN
    return Estimate(items, unreadable, tokens, speed * tokens / streams, measured=bool(known))


def _earlier_rows(plan: Plan[Row], folder: Path) -> Iterator[Row]:
    for path in sorted(folder.glob("*.job")):
        try:
            with job_of(path.with_suffix("")) as job:
                now, then = plan.fingerprint, job.fingerprint
                if (then.kind, then.model) == (now.kind, now.model):
                    yield from (plan.row(each) for each in job.settled() if each.state == "done")
        except RagError:  # a foreign folder, or a damaged job: others may still tell the speed
            continue
