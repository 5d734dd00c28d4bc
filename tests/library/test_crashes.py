"""A process that is killed, or whose disk fails, at any call: no article is lost or half there.

``make test`` tries a few calls of each operation, spread evenly; ``make nightly`` every one.
"""

import json
import multiprocessing
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import faulty
import pytest
from opened_news import BRIDGE, CHEESE, FERRY

from rag.errors import IndexMissing
from rag.types import Article

pytest_plugins = ("forked",)
ENDS: tuple[faulty.Fault, ...] = ("killed before", "killed after", *faulty.FAILING)
FEW = 9  # calls of an operation at which the suite causes a fault
BUILT = {"update", "delete", "rebuild", "reembed", "backup"}
Contents = dict[str, tuple[Article, list[tuple[int, int]], bytes]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with news, an index of the old news, and a backup of it."""
    folder = tmp_path_factory.mktemp("built")
    for name, texts in {
        "old": (BRIDGE, FERRY, CHEESE),
        "new": (BRIDGE.replace("12", "14"), FERRY, f"{CHEESE} It is blue."),
    }.items():
        rows = [{"id": n, "title": f"Report {n}", "text": text} for n, text in enumerate(texts)]
        lines = (json.dumps({**row, "url": f"https://n.example/{row['id']}"}) for row in rows)
        (folder / f"{name}.jsonl").write_text("\n".join(lines))
    with faulty.opened(folder) as news:
        news.ingest([folder / "old.jsonl"])
        news.backup(folder / "saved.backup")
    return folder


def contents(folder: Path) -> Contents:
    """Every article with the places of its passages and their vectors; none without an index."""
    try:
        with faulty.opened(folder) as news:
            index = news._open()
            return {
                article.url: (
                    replace(article, fetched=None),
                    [(chunk.start, chunk.end) for chunk in index.cut(article)],
                    index.vectors_of([article.id])[article.id].tobytes(),
                )
                for article in news.articles()
            }
    except IndexMissing:
        return {}


def problems(folder: Path) -> set[str]:
    with faulty.opened(folder) as news:
        return {finding.part for finding in news.examine() if finding.problem}


@pytest.mark.parametrize("name", faulty.OPERATIONS)
@pytest.mark.parametrize(
    "often",
    [pytest.param(False), pytest.param(True, marks=[pytest.mark.nightly, pytest.mark.slow])],
)
def test_wherever_an_operation_ends_it_can_be_completed(
    name: str,
    often: bool,
    built: Path,
    processes: multiprocessing.context.ForkServerContext,
    tmp_path: Path,
) -> None:
    def fresh(folder: Path) -> Path:
        shutil.copytree(built, folder)
        if name not in BUILT:
            shutil.rmtree(folder / "index")
        return folder

    def ended(folder: Path, fault: faulty.Fault = "", at: int = 0) -> dict[str, object]:
        process = processes.Process(target=faulty.run, args=(name, folder, fault, at))
        process.start()
        process.join(60)
        assert process.exitcode == (-signal.SIGKILL if fault.startswith("killed") else 0)
        report = folder / "report.json"
        found = json.loads(report.read_text()) if report.exists() else {"unforeseen": ""}
        report.unlink(missing_ok=True)
        assert found["unforeseen"] == ""
        return dict(found)

    start, old = contents(fresh(tmp_path / "start")), contents(built)
    calls = ended(fresh(tmp_path / "undisturbed"))["calls"]
    assert isinstance(calls, int)
    end = contents(tmp_path / "undisturbed")
    step = 1 if often else max(1, calls // FEW)
    for number, at in enumerate(range(1, calls + 1, step)):
        for fault in ENDS if often else (ENDS[number % len(ENDS)],):
            where = f"{name}, call {at} of {calls}: {fault}"
            folder = fresh(tmp_path / "disturbed")
            ended(folder, fault, at)
            there = contents(folder)
            assert all(there[url] in (old[url], end.get(url)) for url in there), where
            assert there.keys() >= start.keys() & end.keys(), where
            if there:
                assert problems(folder) <= {"vector file"}, where
            assert ended(folder).get("error") == "", where
            assert contents(folder) == end, where
            assert problems(folder) == set(), where
            shutil.rmtree(folder)
