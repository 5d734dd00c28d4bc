"""The gate over invented sets with the fakes that ship: slices, resuming, verdicts, exit codes."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from given_sets import (
    SENTENCES,
    write_gold_quiz,
    write_judged,
    write_pages,
    write_paragraphs,
    write_squad,
)

from rag.check import Checker
from rag.config import load
from rag.errors import ConfigError, GenerateError, SourceError
from rag.evals import metrics, report, slices
from rag.evals.gate import PAIRS, Gate, Part, check
from rag.evals.questions import quizzes
from rag.evals.workbench import Workbench
from rag.index.embedding import HashEmbedder
from rag.llm.prompts import REFUSAL
from rag.llm.scripted import ScriptedGenerator

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = load("default", environment={})
PARTS = (
    Part("cleaning", "article_extraction", None, ("html/f1",), slack=0.01, small=True),
    Part("faithfulness", "qags", None, ("*/answers/balanced_accuracy",), small=True),
    Part("retrieval", "realtimeqa", None, ("*/hybrid/*/hit@1",), items=1, small=True),
    Part("retrieval", "xquad", 2, ("*/lexical/hit@1",), items=1, small=True),
    Part("refusal", "squad2", 2, ("*/coverage",), items=1),
)
WATCHED = 6


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without plots, intervals and waiting for the disk: none of these is what is tested here."""
    monkeypatch.setattr(os, "fsync", lambda file: None)
    monkeypatch.setattr(metrics, "RESAMPLES", 5)
    monkeypatch.setattr(report, "report", lambda figures, records, about: "")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for writer in (write_gold_quiz, write_judged, write_pages, write_paragraphs, write_squad):
        writer(tmp_path / "data")
    return tmp_path / "data"


def run(data: Path, *, parts: tuple[Part, ...] = PARTS, **changes: bool) -> tuple[bool, list[str]]:
    """Whether the gate holds, and what it said."""
    messages: list[str] = []
    home = data.parent
    gate = Gate(
        data, home / "baseline.json", home / "gate", parts=parts, questions=4, articles=7, **changes
    )

    bench = Workbench(
        data,
        SETTINGS,
        out=gate.out,
        embedder=HashEmbedder(64),
        generator=ScriptedGenerator(lambda messages: REFUSAL),
    )
    with bench:
        return check(gate, bench, notify=messages.append), messages


def started(messages: list[str], word: str) -> list[str]:
    return [line for line in messages if line.startswith(word)]


@pytest.mark.slow
def test_floors_are_set_then_held_and_the_same_figures_come_again(data: Path) -> None:
    good, messages = run(data)
    assert not good
    assert messages[-1] == "The gate fails: nothing could be compared."
    good, messages = run(data, update=True)
    assert good
    first = json.loads((data.parent / "baseline.json").read_text())
    assert sum(len(table["figures"]) for table in first["sets"].values()) == WATCHED
    good, messages = run(data)
    assert good
    assert len(started(messages, "holds ")) == WATCHED
    assert messages[-1] == f"The gate holds: {WATCHED} figures are at or over their floors."
    run(data, update=True)
    assert json.loads((data.parent / "baseline.json").read_text()) == first


@pytest.mark.slow
def test_a_broken_check_breaks_its_floor(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(data, update=True, small=True)
    real = Checker.check
    monkeypatch.setattr(
        Checker, "check", lambda self, _, passages, **__: real(self, "Nobody swam.", passages)
    )
    good, messages = run(data, small=True)
    assert not good
    (line,) = started(messages, "FAILS ")
    assert "faithfulness/qags_half/answers/balanced_accuracy: measured 0.5000, floor" in line
    assert line.endswith("n 4.")
    good, messages = run(data, small=True, update=True)
    assert not good
    assert len(started(messages, "KEPT ")) == 1
    assert run(data, small=True, update=True, lower=True)[0]


def test_the_small_gate_asks_no_language_model(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(data, update=True)

    def stream(*_: object, **__: object) -> None:
        raise GenerateError("the small gate asked a language model")

    for name in ("stream", "first_token", "count_tokens", "load"):
        monkeypatch.setattr(ScriptedGenerator, name, stream)
    good, messages = run(data, small=True)
    assert good
    assert len(started(messages, "holds ")) == WATCHED - 1


def test_the_pairs_that_come_with_the_project_are_read_beside_the_floors(data: Path) -> None:
    pair = {"split": "held", "kind": "name", "source": SENTENCES[0], "published": "2031-05-01"}
    rows = [
        {**pair, "id": "a", "claim": SENTENCES[0], "supported": True},
        {**pair, "id": "b", "claim": "Nobody swam to Zorlon.", "supported": False},
    ]
    (data.parent / "check_pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    parts = (Part("check", PAIRS, None, ("held/balanced_accuracy",), small=True),)
    run(data, parts=parts, small=True, update=True)
    good, messages = run(data, parts=parts, small=True)
    assert good
    (line,) = started(messages, "holds ")
    assert line == "holds check/held/balanced_accuracy: measured 1.0000, floor 1.0000, n 2."


def test_other_data_is_neither_passed_nor_failed_in_silence(data: Path) -> None:
    run(data, parts=PARTS[:2], update=True)
    (data / "qags" / "half.jsonl.gz").rename(data / "qags" / "other.jsonl.gz")
    good, messages = run(data, parts=PARTS[:2])
    assert good
    (line,) = started(messages, "NOT COMPARED ")
    assert "qags: other data" in line
    assert not any("measuring faithfulness" in line for line in messages)
    assert "1 not compared" in messages[-1]


def test_a_set_that_is_gone_fails(data: Path) -> None:
    run(data, parts=PARTS[:2], update=True)
    (data / "qags" / "half.jsonl.gz").unlink()
    good, messages = run(data, parts=PARTS[:2])
    assert not good
    assert "not measured" in started(messages, "FAILS ")[0]


def test_a_stopped_gate_goes_on_and_counts_nothing_before_its_end(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[str] = []
    real = Checker.check

    def stop(self, text, passages, **_):  # type: ignore[no-untyped-def]
        judged.append(text)
        if len(judged) == 5:
            raise KeyboardInterrupt
        return real(self, text, passages)

    monkeypatch.setattr(Checker, "check", stop)
    with pytest.raises(KeyboardInterrupt):
        run(data, parts=PARTS[:2], update=True)
    assert not (data.parent / "baseline.json").exists()
    assert run(data, parts=PARTS[:2], update=True)[0]
    # Two sentences were done (each is checked twice), and the fifth check began the third again.
    assert len(judged) == 5 + 4
    assert run(data, parts=PARTS[:2])[0]
    assert len(judged) == 5 + 4 + 8  # a gate that ended is measured again


def test_what_was_stopped_under_other_settings_is_not_gone_on_with(data: Path) -> None:
    work = data.parent / "gate" / "full.part"
    work.mkdir(parents=True)
    (work / "gate.json").write_text("{}")
    (work / "stale").write_text("")
    run(data, parts=PARTS[:1], update=True)
    assert not (data.parent / "gate" / "full" / "stale").exists()
    assert not work.exists()


def test_two_gates_at_once_are_reported(data: Path) -> None:
    from filelock import FileLock

    folder = data.parent / "gate"
    folder.mkdir()
    with FileLock(folder / ".lock"), pytest.raises(ConfigError, match="another gate is running"):
        run(data)


def test_a_slice_holds_the_gold_articles_and_is_the_same_each_time(data: Path) -> None:
    for name in ("one", "two"):
        slices.cut_quizzes(data, data.parent / name, questions=3, articles=7, seed=0)
    first, second = quizzes(data.parent / "one")[0], quizzes(data.parent / "two")[0]
    assert first.questions == second.questions
    assert first.corpus.read_bytes() == second.corpus.read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(first.corpus.read_bytes()).splitlines()]
    held = {row["url"] for row in rows}
    assert (len(first.questions), len(rows), len(held)) == (3, 7, 7)
    assert {url for question in first.questions for url in question.gold_urls} <= held
    texts = [row["text"].split(". ")[0] for row in rows]
    assert texts == [s.rstrip(".") for s in SENTENCES if s.rstrip(".") in texts]  # in order


def test_a_damaged_corpus_is_reported(data: Path) -> None:
    corpus = data / "realtimeqa_2031" / "corpus.jsonl.gz"
    for body in (b"no gzip", gzip.compress(b"{torn"), gzip.compress(b"[1]")):
        corpus.write_bytes(body)
        with pytest.raises(SourceError, match=r"corpus\.jsonl\.gz"):
            slices.cut_quizzes(data, data.parent / "cut", questions=3, articles=7, seed=0)
    assert not (data.parent / "cut" / "realtimeqa_2031" / "questions.jsonl.gz").exists()


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "gate.py"), *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )


@pytest.mark.slow
def test_a_missing_data_folder_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    ended = command("--data", str(tmp_path / "none"))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert "make gate DATA=FOLDER" in ended.stderr


@pytest.mark.slow
def test_an_empty_data_folder_and_a_lone_lower_are_errors(tmp_path: Path) -> None:
    ended = command("--data", str(tmp_path), "--out", str(tmp_path / "out"))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert "holds none of the sets" in ended.stderr
    assert command("--data", str(tmp_path), "--lower").returncode == 2


def test_the_baseline_in_the_project_is_whole() -> None:
    from rag.evals.floors import read
    from rag.evals.gate import PARTS as REAL

    baseline = read(ROOT / "tests" / "gate" / "baseline.json")
    small = {(part.task, part.kind) for part in REAL if part.small}
    there = {(n.partition("/")[0], kind) for kind in baseline for n in baseline[kind].figures}
    assert small <= there
    for guarded in baseline.values():
        assert all(each.floor <= 1 and each.n > 0 for each in guarded.figures.values())
