"""newsrag beside LlamaIndex, Haystack and txtai: same articles, questions, embedder and generator.

``python benchmarks/peers/run.py --data DIR``. README.md in this folder says how each is set up and
what the measures mean. Run it again to continue where it stopped, system by system and question by
question, with the indexes that are made already.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from typing import Any

from endpoint import Endpoint, GivenEndpoint
from environments import HERE, NotInstalled, python_of
from sample import Asked, Sample, draw
from score import Measure, paired, score
from table import markdown
from worker import Worker, WorkerFailed

from rag.config import load
from rag.errors import ConfigError, RagError
from rag.evals.journal import Journal, write_whole
from rag.evals.machine import code_digest, machine
from rag.evals.sets import digests
from rag.library.components import model_path

_CONTEXT = 4096
_LOADING = 600.0  # seconds that a worker may take to load and read the articles
_PROJECT = HERE.parent.parent


@dataclass(frozen=True)
class System:
    """One column of the table."""

    script: str
    peer: str = ""  # whose environment it runs in; empty: the project's own
    variant: str = ""
    project: Path = _PROJECT  # the checkout whose ``rag`` it imports, if it is ours


SYSTEMS = {
    "newsrag": System("ask_newsrag.py"),
    "llamaindex": System("ask_llamaindex.py", "llamaindex"),
    "haystack": System("ask_haystack.py", "haystack"),
    "txtai": System("ask_txtai.py", "txtai"),
    "newsrag-dated": System("ask_newsrag.py", variant="dated"),
    "llamaindex-citations": System("ask_llamaindex.py", "llamaindex", "citations"),
}
_DEFAULT = ("newsrag", "llamaindex", "haystack", "txtai")
_BEFORE = "newsrag-before"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is left to measure, write the results, print the table."""
    options = _parser().parse_args(arguments)
    try:
        sample = draw(
            options.data,
            articles=options.articles,
            questions=options.questions,
            unanswerable=options.unanswerable,
            seed=options.seed,
        )
        systems = _systems(options)
        embedder = model_path(options.embedder, load())
        with Journal(options.out, _fingerprint(options), fresh=options.fresh) as journal:
            journal.forget(lambda row: row["system"] in options.again)
            run = _Run(options, sample, journal, embedder)
            troubles = {name: run.measure(name, system) for name, system in systems.items()}
            table = run.report(troubles)
    except RagError as error:
        print(f"peers: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("peers: stopped; run the same command to continue", file=sys.stderr)
        return 130
    print(table)
    return 1 if any(troubles.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, required=True, help="the folder that holds realtimeqa_2022/")
    add("--articles", type=int, default=300)
    add("--questions", type=int, default=60, help="that the articles answer")
    add("--unanswerable", type=int, default=30, help="questions that they do not answer")
    add("--seed", type=int, default=14)
    add("--model", default="qwen2.5-coder-1.5b-instruct-q4_k_m", help="a GGUF model or file")
    add("--embedder", default="all-minilm-l6-v2", help="a sentence-transformers model or folder")
    add("--max-tokens", type=int, default=200, help="at which a reply is cut off")
    names = f"of {', '.join(SYSTEMS)}; default: {' '.join(_DEFAULT)}"
    add("--systems", nargs="*", default=_DEFAULT, metavar="NAME", help=names)
    add("--before", type=Path, metavar="CHECKOUT", help=f"measure this one too, as {_BEFORE}")
    add("--out", type=Path, default=Path("build/peers/results"))
    add("--venvs", type=Path, default=Path("build/peers/venvs"), help="the peers' environments")
    add("--endpoint", default="", help="an OpenAI-compatible server to use, http://.../v1")
    add("--patience", type=float, default=900.0, help="seconds that a question may take")
    add("--minutes", type=float, help="stop after so long; run the same command to continue")
    add("--again", nargs="*", default=(), metavar="NAME", help="forget what was measured of these")
    add("--fresh", action="store_true", help="forget what --out holds of an earlier run")
    add(
        "--worker",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="another system: a worker script",
    )
    return parser


def _systems(options: argparse.Namespace) -> dict[str, System]:
    added = dict(each.split("=", 1) for each in options.worker if "=" in each)
    known = SYSTEMS | {name: System(str(Path(file).resolve())) for name, file in added.items()}
    if options.before:
        if not (options.before / "rag" / "__init__.py").is_file():
            raise ConfigError(f"--before {options.before} is no checkout of the project: no rag/.")
        known[_BEFORE] = System("ask_newsrag.py", project=options.before)
        added[_BEFORE] = ""
    for name in (*options.systems, *options.again):
        if name not in known:
            raise ConfigError(f"there is no system {name!r}. Known: {', '.join(known)}.")
    return {name: known[name] for name in dict.fromkeys((*options.systems, *added))}


def _fingerprint(options: argparse.Namespace) -> dict[str, Any]:
    names = ("articles", "questions", "unanswerable", "seed", "model", "embedder", "max_tokens")
    values = {name: getattr(options, name) for name in names}
    data = digests(options.data, ["realtimeqa"])
    return {"task": "peers", "data": data, "code": code_digest()} | values


class _Run:
    def __init__(
        self, options: argparse.Namespace, sample: Sample, journal: Journal, embedder: Path
    ) -> None:
        self._options, self._sample, self._journal = options, sample, journal
        self._embedder = embedder
        self._end = time.monotonic() + 60 * (options.minutes or float("inf"))

    def measure(self, name: str, system: System) -> str:
        """Ask one system what it has not been asked yet; returns what went wrong, or nothing."""
        done = {row["question"] for row in self._rows(name)}
        left = [q for q in self._sample.questions if q.key not in done]
        if not left:
            _say(f"{name}: all {len(done)} questions are measured")
        if not left or time.monotonic() > self._end:
            return ""
        failed: dict[str, str] = {}
        folder = self._options.out / "indexes" / name.replace("/", "_")
        if not self._rows(name, "ingest"):
            shutil.rmtree(folder, ignore_errors=True)  # the torn index of a run that was killed
        folder.mkdir(parents=True, exist_ok=True)
        try:
            script = HERE / "workers" / system.script
            python = Path(sys.executable)
            if system.peer:
                python = python_of(system.peer, self._options.venvs.resolve())
            log = self._options.out / f"{name.replace('/', '_')}.log"
            with (
                self._endpoint() as endpoint,
                Worker(python, script, log=log, project=system.project) as worker,
            ):
                self._set_up(name, system, worker, endpoint.base_url, folder.resolve())
                for place, question in enumerate(left, start=1):
                    if time.monotonic() > self._end:
                        break
                    trouble = self._ask(name, worker, endpoint, question)
                    if trouble and not worker.running:
                        raise WorkerFailed(trouble)
                    if trouble:
                        failed[question.key] = trouble
                    _say(f"{name}: {place}/{len(left)} questions {trouble}")
        except (NotInstalled, WorkerFailed, OSError) as error:
            _say(f"{name}: {error}")
            return str(error)
        return f"{len(failed)} questions failed: {next(iter(failed.values()))}" if failed else ""

    def _endpoint(self) -> Endpoint | GivenEndpoint:
        if self._options.endpoint:
            return GivenEndpoint(self._options.endpoint)
        path = model_path(self._options.model, load())
        return Endpoint(path, context=_CONTEXT, log=self._options.out / "endpoint.log")

    def _set_up(
        self, name: str, system: System, worker: Worker, base_url: str, folder: Path
    ) -> None:
        setup = {
            "embedder": str(self._embedder.resolve()),
            "base_url": base_url,
            "model": Path(self._options.model).name,
            "context": _CONTEXT,
            "max_tokens": self._options.max_tokens,
            "timeout": self._options.patience,
            "folder": str(folder),
            "variant": system.variant,
        }
        articles = self._sample.articles
        _say(f"{name}: reading {len(articles)} articles")
        worker.send([{"setup": setup}, *({"article": article} for article in articles)])
        found = worker.ask({"ingest": True}, patience=_LOADING + 10 * len(articles))
        row = {"key": f"{name}/ingest/{time.time_ns()}", "system": name, "kind": "ingest"}
        row["code"] = "" if system.peer else code_digest(system.project / "rag")
        self._journal.add(row | found)
        _say(f"{name}: {found['passages']} passages in {found['seconds']:.1f} s")

    def _ask(
        self, name: str, worker: Worker, endpoint: Endpoint | GivenEndpoint, question: Asked
    ) -> str:
        before = endpoint.tokens()
        try:
            answer = worker.ask(
                {"question": {"text": question.text, "day": question.day}},
                patience=self._options.patience,
            )
        except WorkerFailed as error:
            return str(error)
        read, cached, written = (b - a for a, b in zip(before, endpoint.tokens(), strict=True))
        texts = answer.pop("read", None) or [text for _, text in answer["shown"]]
        row = {"key": f"{name}/{question.key}", "system": name, "kind": "answer"}
        costs = {
            "prompt_tokens": read + cached,
            "cached_tokens": cached,
            "output_tokens": written,
            "source_tokens": endpoint.count("\n".join(texts)),
            "server_peak_bytes": endpoint.peak_bytes(),
        }
        self._journal.add(row | {"question": question.key} | costs | answer)
        return ""

    def _rows(self, name: str, kind: str = "answer") -> list[Mapping[str, Any]]:
        return [
            row for row in self._journal.records if row["system"] == name and row["kind"] == kind
        ]

    def report(self, troubles: Mapping[str, str]) -> str:
        """Score every system in the folder; results.json and results.md, which is returned."""
        measured = (*troubles, *(row["system"] for row in self._journal.records))
        names = dict.fromkeys((*(name for name in SYSTEMS if name in measured), *measured))
        measures: dict[str, dict[str, Measure]] = {}
        versions: dict[str, dict[str, str]] = {}
        against: dict[str, dict[str, Measure]] = {}
        for name in names:
            if rows := self._rows(name):
                ingested = self._rows(name, "ingest")
                measures[name] = score(rows, ingested[0], self._sample)
                versions[name] = ingested[-1]["versions"]
                if name != "newsrag" and (own := self._rows("newsrag")):
                    against[name] = paired(own, rows, self._sample)
        about = {
            "date": datetime.now(UTC).date().isoformat(),
            "dataset": self._sample.dataset,
            **_fingerprint(self._options),
            "machine": machine(),
            "versions": versions,
            "asked": {name: len(self._rows(name)) for name in names},
            "wanted": len(self._sample.questions),
            "codes": {
                name: len({row["code"] for row in self._rows(name, "ingest")}) for name in names
            },
            "troubles": {name: trouble for name, trouble in troubles.items() if trouble},
        }
        tables = {"run": about, "systems": _plain(measures), "newsrag against": _plain(against)}
        whole = json.dumps(tables, indent=2, ensure_ascii=False)
        write_whole(self._options.out / "results.json", whole + "\n")
        text = markdown(measures, against, about)
        write_whole(self._options.out / "results.md", text)
        return text


def _plain(measures: Mapping[str, Mapping[str, Measure]]) -> dict[str, dict[str, Any]]:
    return {
        name: {what: asdict(each) for what, each in found.items() if not isnan(each.value)}
        for name, found in measures.items()
    }


def _say(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}".rstrip(), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
