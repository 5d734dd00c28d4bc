"""``rag batch``: what it reads and writes, how it continues, and that every error is one clear line."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_line import Ended, Run

import rag.library
from rag.cli import show, work
from rag.errors import GenerateError, ModelMissing
from rag.llm.scripted import ScriptedGenerator
from rag.types import Message
from rag.version import own_version

OPENED = "Mayor Ida Fenn opened the new Harrow bridge on Tuesday."
BRIDGE = f"{OPENED} It cost 12 million euros and took three years to build."
FERRY = "The last ferry across the Harrow left at noon on Monday. Captain Lind had steered it."


def copied(messages: Sequence[Message]) -> str:
    return messages[-1].content.split("\n", 1)[1].partition(". ")[0] + "."


@pytest.fixture(autouse=True)
def _copying(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_ANSWER_SURE", "0")
    _writes(monkeypatch, copied)


def _writes(patch: pytest.MonkeyPatch, reply: Callable[[Sequence[Message]], str]) -> None:
    """Make the commands use a generator that replies like this."""
    patch.setattr(rag.library.resources, "build_generator", lambda _: ScriptedGenerator(reply))


@pytest.fixture
def feed(place: Path) -> str:
    lines = [
        {"title": text[:9], "text": text, "url": f"https://example.org/{n}", "date": "2024-05-01"}
        for n, text in enumerate((BRIDGE, FERRY))
    ]
    (place / "feed.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return "feed.jsonl"


def figures(ended: Ended) -> list[str]:
    """The line under the heads of the final table: items, done, failed, left, this run, ..."""
    return figures_below(ended, "items")


def figures_below(ended: Ended, first: str) -> list[str]:
    lines = ended.out.splitlines()
    head = next(place for place, line in enumerate(lines) if line.lstrip().startswith(first))
    return lines[head + 1].split()


def test_summaries_of_sources(run: Run, feed: str) -> None:
    ended = run("batch", "summarize", feed, "--out", "out.jsonl", "--length", "short")
    assert ended.code == 0
    assert figures(ended)[:5] == ["2", "2", "0", "0", "2"]
    assert ended.out.splitlines()[-1] == "out.jsonl"
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [row["title"] for row in rows] == ["Mayor Ida", "The last "[:8]]
    assert rows[0]["claims"][0]["quotes"][0]["quote"] == OPENED
    ended = run("batch", "summarize", feed, "--out", "out.jsonl", "--length", "short")
    assert (ended.code, figures(ended)[:5]) == (0, ["2", "2", "0", "0", "0"])


def test_standard_input_and_going_on_without_it(run: Run, feed: str) -> None:
    body = Path(feed).read_bytes()
    assert run("batch", "summarize", "-", "--out", "out.csv", stdin=body.decode()).code == 0
    ended = run("batch", "summarize", "--resume", "--out", "out.csv")
    assert (ended.code, figures(ended)[:2]) == (0, ["2", "2"])
    assert OPENED in Path("out.csv").read_text()


def test_what_failed_is_listed_and_the_exit_code_is_1(run: Run, feed: str) -> None:
    Path("empty.txt").touch()
    ended = run("batch", "summarize", feed, "empty.txt", "none.txt", "--out", "out.md")
    assert ended.code == 1
    assert "  empty.txt is empty\n" in ended.out
    assert "none.txt does not exist" in ended.out
    assert figures(ended)[:4] == ["4", "2", "2", "0"]
    assert "*Failed: empty.txt is empty*" in Path("out.md").read_text()


def test_an_index_with_filters_and_questions_of_it(run: Run, feed: str) -> None:
    assert run("ingest", feed).code == 0
    assert run("batch", "summarize", "--query", "Harrow bridge", "--out", "found.jsonl").code == 0
    assert len(Path("found.jsonl").read_text().splitlines()) == 1
    ended = run("batch", "summarize", "--since", "2024-06-01", "--out", "late.jsonl")
    assert (ended.code, figures(ended)[0]) == (0, "0")
    Path("q.txt").write_text("Who opened the Harrow bridge?\nWhen did the ferry leave?\n")
    assert run("batch", "ask", "q.txt", "--out", "answers.jsonl", "--until", "2024-05-02").code == 0
    rows = [json.loads(line) for line in Path("answers.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["1", "2"]
    assert rows[0]["question"] == "Who opened the Harrow bridge?"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["summarize", "feed.jsonl", "--out", "out.xls"], r"\.jsonl, \.csv, \.parquet, \.md"),
        (["summarize", "feed.jsonl", "--out", "no/out.csv"], "no is not a folder"),
        (["summarize", "feed.jsonl", "--out", "new.csv", "--resume"], "no batch to resume at new.csv"),
        (["summarize", "--out", "o.csv", "--index", "none"], "rag ingest"),
        (["summarize", "feed.jsonl", "--out", "o.csv", "--instruction", "none"], "cannot be read"),
        (["summarize", "feed.jsonl", "--out", "o.csv", "--instruction", "long"], "3,000 characters"),
        (["ask", "none.txt", "--out", "o.csv", "--index", "none"], "rag ingest"),
        (["summarize", "feed.jsonl", "--out", "known.csv", "--length", "long"], "length medium, now long"),
    ],
)  # fmt: skip
def test_errors_are_one_line(run: Run, feed: str, arguments: list[str], told: str) -> None:
    Path("long").write_text("x" * 3000)
    assert run("batch", "summarize", feed, "--out", "known.csv").code == 0
    ended = run("batch", *arguments)
    assert ended.code == 1
    (line,) = ended.err.splitlines()
    assert re.search(told, line)


def test_the_error_that_ends_a_run_is_below_how_far_it_came(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (json.dumps({"title": f"B{n}", "text": f"{BRIDGE} {n}"}) for n in range(12))
    Path("many.jsonl").write_text("\n".join(lines))
    left = iter(range(3))

    def reply(messages: Sequence[Message]) -> str:
        if next(left, None) is None:
            raise GenerateError("the server does not answer")
        return copied(messages)

    _writes(monkeypatch, reply)
    ended = run("batch", "summarize", "many.jsonl", "--out", "out.jsonl")
    assert ended.code == 1
    assert figures(ended)[:5] == ["12", "3", "0", "9", "3"]
    _writes(monkeypatch, copied)
    ended = run("batch", "summarize", "many.jsonl", "--out", "out.jsonl")
    assert (ended.code, figures(ended)[:5]) == (0, ["12", "12", "0", "0", "9"])


def test_a_dry_run_tells_what_it_would_take_and_writes_nothing(run: Run, feed: str) -> None:
    Path("empty.txt").touch()
    planned = ("batch", "summarize", feed, "empty.txt", "--dry-run", "--out", "out.jsonl")
    ended = run(*planned)
    assert ended.code == 0
    items, unreadable, tokens, *_ = figures(ended)
    assert (items, unreadable) == ("3", "1")
    assert "guess" in ended.err
    assert not Path("out.jsonl.job").exists()
    assert run("batch", "summarize", feed, "--out", "earlier.jsonl").code == 0
    rows = [json.loads(line) for line in Path("earlier.jsonl").read_text().splitlines()]
    taken = sum(row["prompt_tokens"] + row["output_tokens"] for row in rows)
    assert taken / 4 < int(tokens.replace(",", "")) < taken * 4
    ended = run(*planned)
    assert "guess" not in ended.err
    assert "At the speed of earlier batches" in ended.err
    assert run("ingest", feed).code == 0
    Path("q.txt").write_text("Who opened the Harrow bridge?\n")
    assert figures(run("batch", "ask", "q.txt", "--dry-run", "--out", "out.csv"))[:2] == ["1", "0"]
    assert figures(run("batch", "summarize", "--dry-run", "--out", "o.md"))[2] == tokens


def test_a_batch_is_watched_paused_and_resumed_from_elsewhere(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (json.dumps({"title": f"B{n}", "text": f"{BRIDGE} {n}"}) for n in range(5))
    Path("many.jsonl").write_text("\n".join(lines))
    seen = list[dict[str, object]]()

    def ask(*arguments: str) -> str:
        command = [*work._RAG, "batch", *arguments]
        return subprocess.run(
            command, env=work._environment(), capture_output=True, text=True, check=True
        ).stdout

    def reply(messages: Sequence[Message]) -> str:
        if not seen:
            seen.append(json.loads(ask("status", "out.csv", "--json")))
            ask("pause", "out.csv")
            seen.append(json.loads(ask("status", "out.csv", "--json")))
            timers.append(threading.Timer(1.5, lambda: resumed.append(ask("resume", "out.csv"))))
            timers[0].start()
            begun.append(time.monotonic())
        else:
            begun.append(time.monotonic())
        return copied(messages)

    timers, resumed, begun = list[threading.Timer](), list[str](), list[float]()
    _writes(monkeypatch, reply)
    assert run("batch", "summarize", "many.jsonl", "--out", "out.csv").code == 0
    timers[0].join()
    assert [each["state"] for each in seen] == ["running", "paused"]
    assert (seen[0]["items"], seen[0]["running"], seen[0]["workers"]) == (5, 1, 1)
    assert resumed == ["Resumed.\n"]
    assert begun[1] - begun[0] > 1.5
    ended = run("batch", "status", "out.csv")
    assert figures_below(ended, "state")[:5] == ["done", "5", "5", "0", "0"]
    assert ended.err == ""


def test_the_status_of_a_batch_that_stopped_and_of_none(
    run: Run, feed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_: Sequence[Message]) -> str:
        raise ModelMissing("there is no model")

    _writes(monkeypatch, down)
    assert run("batch", "summarize", feed, "--out", "out.csv").code == 1
    ended = run("batch", "status", "out.csv")
    assert figures_below(ended, "state") == ["stopped", "2", "0", "0", "0", "0", "-"]
    assert "Run its command again" in ended.err
    assert "Run its command again" in run("batch", "resume", "out.csv").out
    for command in ("status", "pause", "resume"):
        ended = run("batch", command, "none.csv")
        assert (ended.code, ended.err.count("\n")) == (1, 1)
        assert "no batch that writes none.csv" in ended.err
    assert not Path("none.csv.job").exists()


def test_questions_from_standard_input(run: Run, feed: str) -> None:
    assert run("ingest", feed).code == 0
    asked = '{"id": "a", "question": "Who opened the Harrow bridge?"}\n'
    assert run("batch", "ask", "-", "--out", "answers.jsonl", stdin=asked).code == 0
    (row,) = map(json.loads, Path("answers.jsonl").read_text().splitlines())
    assert (row["id"], row["question"]) == ("a", "Who opened the Harrow bridge?")


def test_sources_and_filters_do_not_go_together(run: Run, feed: str) -> None:
    ended = run("batch", "summarize", feed, "--query", "x", "--out", "out.csv")
    assert ended.code == 2
    assert "cannot be combined with SOURCE" in ended.error


def test_a_log_gets_a_line_a_minute_with_rate_failures_and_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 30.0, 61.0, 70.0])
    monkeypatch.setattr(show, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with show.progress_bar("items", None) as bar:
        for done in (10, 12, 14, 15):
            show.advance(bar, "Summarising", done, 40, note="1 failed")
    assert capsys.readouterr().err == "Summarising: 12 of 40, 7 min left, 1 failed\n"


@pytest.mark.parametrize(
    ("name", "command", "told"),
    [
        ("rag", [*work._RAG, "--version"], own_version()),
        ("app", [sys.executable, "-m", "rag", "ui", "--host", "0.0.0.0"], "--open-to-network"),
    ],
)
def test_no_file_of_the_working_directory_is_run(
    tmp_path: Path, name: str, command: list[str], told: str
) -> None:
    (tmp_path / f"{name}.py").write_text("print('foreign code')\nraise SystemExit(0)\n")
    ended = subprocess.run(
        command, cwd=tmp_path, env=work._environment(), capture_output=True, text=True, check=False
    )
    assert told in ended.stdout + ended.stderr
    assert "foreign" not in ended.stdout
