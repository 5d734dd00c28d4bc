"""Quality gate: a fixed part of the evaluation, compared with floors.

:data:`PARTS` defines what is measured, and how far below a figure its floor is set. The small gate
needs no language model. A stopped gate resumes if neither the code, the settings, the libraries nor
the data have changed since; a finished gate is measured again the next time.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from rag.config import Settings
from rag.errors import ConfigError
from rag.evals import sets, slices
from rag.evals.floors import Baseline, Gauge, Verdict, compare, read, update, write
from rag.evals.journal import write_whole
from rag.evals.machine import code_digest, config_digest, versions
from rag.evals.retrieval import Retrieval
from rag.evals.run import run
from rag.evals.task import Figure, Task
from rag.evals.workbench import Workbench

QUESTIONS, ARTICLES = 200, 500  # of each quiz: embedding these articles takes about three minutes
_SEED = 0
_KEY = "gate.json"
PAIRS = "check_pairs"  # the one set that ships with the project: it is beside the baseline


@dataclass(frozen=True, slots=True)
class Part:
    """A task on a kind of set, with the figures that are watched.

    A floor lies below the measured value by ``slack`` or by ``items`` as a share of all items,
    whichever is greater. Where no model is involved, ``slack`` allows for another version of a
    library; embeddings and language models round differently on other processors, which may flip
    an item or two.
    """

    task: str
    kind: str
    limit: int | None
    watched: tuple[str, ...]  # patterns of dataset/variants/metric
    items: float = 0.0
    slack: float = 0.0
    small: bool = False

    @property
    def name(self) -> tuple[str, str]:
        """Task and kind."""
        return self.task, self.kind


_HITS = ("*/as_of/hit@[15]", "*/as_of/mrr@10", "*/undated/hit@[15]", "*/undated/mrr@10")
PARTS = (
    Part("cleaning", "article_extraction", None, ("html/f1", "text_*/f1"), slack=0.003, small=True),
    Part("faithfulness", "qags", None, ("*",), slack=0.01, small=True),
    Part("faithfulness", "frank", None, ("frank_cnndm/*",), slack=0.01, small=True),
    Part("check", PAIRS, None, ("held/balanced_accuracy",), items=3, small=True),
    Part("retrieval", "xquad", 200, ("*/hit@1", "*/mrr@10"), items=2, small=True),
    Part("retrieval", "realtimeqa", QUESTIONS, _HITS, items=2, small=True),
    Part("refusal", "squad2", 14, ("*/accuracy", "*/f1"), items=2),
    Part("refusal", "rgb", 6, ("*/accuracy",), items=2),
    Part("answers", "multihop_rag", 8, ("*/all/em",), items=2),
    Part("answers", "newsqa", 8, ("*/f1",), items=2),
    Part("answers", "realtimeqa", 5, ("*/choice/*/accuracy", "*/free/as_of/f1"), items=2),
    Part("summaries", "frank", 3, ("*/rouge[12L]", "*/supported"), slack=0.05),
)


@dataclass(frozen=True, slots=True)
class Gate:
    """Where the gate reads and writes, and its options."""

    data: Path
    baseline: Path
    out: Path
    small: bool = False
    update: bool = False
    lower: bool = False
    parts: tuple[Part, ...] = PARTS
    questions: int = QUESTIONS
    articles: int = ARTICLES


Notify = Callable[[str], None]


def check(gate: Gate, bench: Workbench, *, notify: Notify) -> bool:
    """Measure with the bench's models and settings, and compare with the floors or set them.

    Returns:
        Whether all compared floors hold; False if nothing could be compared.

    Raises:
        SourceError: if there is no data folder, or nothing in it.
        ConfigError: if the baseline is damaged, or another gate is running.
        RagError: whatever keeps the system from working at all.
    """
    sets.check_folder(gate.data)
    baseline = read(gate.baseline)
    parts = [part for part in gate.parts if part.small or not gate.small]
    digests = _digests(gate, parts)
    gate.out.mkdir(parents=True, exist_ok=True)
    gauges = list[Gauge]()
    try:
        with FileLock(gate.out / ".lock", timeout=0):
            work = _begun(gate, bench.settings, digests)
            for part in parts:
                if _is_comparable(gate, part, baseline, digests):
                    gauges += _measured(gate, part, bench, work, notify)
            bench.close()
            _ended(work)
    except Timeout:
        raise ConfigError(f"another gate is running in {gate.out}. Wait for it.") from None
    names = [part.name for part in parts]
    if gate.update:
        baseline, left = update(baseline, gauges, parts=names, digests=digests, lower=gate.lower)
        write(gate.baseline, baseline)
        for line in left:
            notify(f"KEPT  {line}")
        notify(f"{len(gauges)} figures measured; {gate.baseline} is written.")
    return _report(compare(baseline, gauges, parts=names, digests=digests), notify)


def _report(verdict: Verdict, notify: Notify) -> bool:
    for prefix, lines in (
        ("holds", verdict.held),
        ("NOT COMPARED ", verdict.uncompared),
        ("FAILS", verdict.broken),
    ):
        for line in lines:
            notify(f"{prefix} {line}")
    compared = len(verdict.held) + len(verdict.broken)
    if not compared:
        notify("The gate fails: nothing could be compared.")
    elif verdict.broken:
        notify(
            f"The gate fails: {len(verdict.broken)} of {compared} figures are under their floor."
        )
    else:
        left = f" {len(verdict.uncompared)} not compared, see above." if verdict.uncompared else ""
        notify(f"The gate holds: {compared} figures are at or over their floors.{left}")
    return bool(verdict.held) and not verdict.broken


def _folder(gate: Gate, kind: str) -> Path:
    return gate.baseline.parent if kind == PAIRS else gate.data


def _digests(gate: Gate, parts: Sequence[Part]) -> dict[str, str]:
    """Return one digest for the files of each available kind of set."""
    found = {}
    for kind in dict.fromkeys(part.kind for part in parts):
        if files := sets.digests(_folder(gate, kind), (kind,)):
            text = json.dumps(files, sort_keys=True)
            found[kind] = hashlib.sha256(text.encode()).hexdigest()
    return found


def _is_comparable(gate: Gate, part: Part, baseline: Baseline, digests: Mapping[str, str]) -> bool:
    """Whether a part's data is there and is that of its floors, unless these are to be set."""
    known = baseline.get(part.kind)
    return part.kind in digests and (
        gate.update or (known is not None and known.digest == digests[part.kind])
    )


def _begun(gate: Gate, settings: Settings, digests: Mapping[str, str]) -> Path:
    """Return the work folder, empty unless the same gate was stopped in it."""
    work = gate.out / f"{'small' if gate.small else 'full'}.part"
    key = {
        "code": code_digest(),
        "config": config_digest(settings),
        "versions": versions(),
        "data": digests,
        "slice": [gate.questions, gate.articles, _SEED],
        "parts": [[part.task, part.kind, part.limit] for part in gate.parts],
    }
    text = json.dumps(key, indent=1) + "\n"
    mark = work / _KEY
    if not mark.is_file() or mark.read_text(encoding="utf-8") != text:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        write_whole(mark, text)
    return work


def _ended(work: Path) -> None:
    """Store the reports under the gate's name, replacing earlier ones."""
    done = work.with_suffix("")
    shutil.rmtree(done, ignore_errors=True)
    work.rename(done)


def _measured(gate: Gate, part: Part, bench: Workbench, work: Path, notify: Notify) -> list[Gauge]:
    """Measure a part on its data alone; return the figures that are watched."""
    data = work / "data" / part.kind
    if part.kind == "realtimeqa":
        slices.cut_quizzes(
            gate.data, data, questions=gate.questions, articles=gate.articles, seed=_SEED
        )
    else:
        slices.link(_folder(gate, part.kind), part.kind, data)
    label = f"{part.task} {part.kind}"
    notify(f"measuring {label}")
    bench.data, bench.out, bench.index = data, work / f"{part.task}-{part.kind}", work / "index"
    task: Task | None = None
    if part.task == "retrieval":
        task = Retrieval(bench, context=False)  # does not load a language model for its tokenizer
    measured = run(
        part.task,
        bench,
        limit=part.limit,
        seed=_SEED,
        task=task,
        advance=partial(bench.advance, label),
    )
    return [gauge for each in measured.figures if (gauge := _gauge(part, each))]


def _gauge(part: Part, figure: Figure) -> Gauge | None:
    """Return the figure as a gauge if it is watched."""
    name = "/".join(figure.path)
    if not any(fnmatchcase(name, pattern) for pattern in part.watched):
        return None
    slack = max(part.slack, part.items / figure.n)
    return Gauge(part.name, f"{part.task}/{name}", figure.value, figure.n, slack)
