"""``rag batch``: what it reads and writes, how it goes on, and that every error is one clear line."""

import json
import os
import re
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import rag.library
from rag.cli import app, main, show
from rag.errors import GenerateError
from rag.llm.scripted import ScriptedGenerator
from rag.types import Message

OPENED = "Mayor Ida Fenn opened the new Harrow bridge on Tuesday."
BRIDGE = f"{OPENED} It cost 12 million euros and took three years to build."
FERRY = "The last ferry across the Harrow left at noon on Monday. Captain Lind had steered it."


def copied(messages: Sequence[Message]) -> str:
    return messages[-1].content.split("\n", 1)[1].partition(". ")[0] + "."


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAG_EMBEDDER_ENGINE", "hash")
    monkeypatch.setenv("RAG_ANSWER_SURE", "0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        rag.library.resources, "build_generator", lambda _: ScriptedGenerator(copied)
    )
    return tmp_path


@pytest.fixture
def feed(place: Path) -> str:
    lines = [
        {"title": text[:9], "text": text, "url": f"https://example.org/{n}", "date": "2024-05-01"}
        for n, text in enumerate((BRIDGE, FERRY))
    ]
    (place / "feed.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return "feed.jsonl"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run() -> Run:
    def call(*arguments: str, given: bytes | None = None) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, ["batch", *arguments], input=given)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout, done.stderr

    return call


def figures(out: str) -> list[str]:
    """The line under the heads of the final table: items, done, failed, left, in this run, ..."""
    lines = out.splitlines()
    head = next(place for place, line in enumerate(lines) if line.startswith("items"))
    return lines[head + 1].split()


def test_summaries_of_sources(run: Run, feed: str) -> None:
    code, out, _ = run("summarize", feed, "--out", "out.jsonl", "--length", "short")
    assert code == 0
    assert figures(out)[:5] == ["2", "2", "0", "0", "2"]
    assert out.splitlines()[-1] == "out.jsonl"
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [row["title"] for row in rows] == ["Mayor Ida", "The last "[:8]]
    assert rows[0]["claims"][0]["quotes"][0]["quote"] == OPENED
    code, out, _ = run("summarize", feed, "--out", "out.jsonl", "--length", "short")
    assert (code, figures(out)[:5]) == (0, ["2", "2", "0", "0", "0"])


def test_standard_input_and_going_on_without_it(run: Run, feed: str) -> None:
    body = Path(feed).read_bytes()
    assert run("summarize", "-", "--out", "out.csv", given=body)[0] == 0
    code, out, _ = run("summarize", "--resume", "--out", "out.csv")
    assert (code, figures(out)[:2]) == (0, ["2", "2"])
    assert OPENED in Path("out.csv").read_text()


def test_what_failed_is_listed_and_the_exit_code_is_1(run: Run, feed: str) -> None:
    Path("empty.txt").touch()
    code, out, _ = run("summarize", feed, "empty.txt", "none.txt", "--out", "out.md")
    assert code == 1
    assert "  empty.txt is empty\n" in out
    assert "none.txt does not exist" in out
    assert figures(out)[:4] == ["4", "2", "2", "0"]
    assert "*Not done: empty.txt is empty*" in Path("out.md").read_text()


def test_an_index_with_filters_and_questions_of_it(run: Run, feed: str) -> None:
    assert CliRunner().invoke(app, ["ingest", feed]).exit_code == 0
    assert run("summarize", "--query", "Harrow bridge", "--out", "found.jsonl")[0] == 0
    assert len(Path("found.jsonl").read_text().splitlines()) == 1
    code, out, _ = run("summarize", "--since", "2024-06-01", "--out", "late.jsonl")
    assert (code, figures(out)[0]) == (0, "0")
    Path("q.txt").write_text("Who opened the Harrow bridge?\nWhen did the ferry leave?\n")
    assert run("ask", "q.txt", "--out", "answers.jsonl", "--until", "2024-05-02")[0] == 0
    rows = [json.loads(line) for line in Path("answers.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["1", "2"]
    assert rows[0]["question"] == "Who opened the Harrow bridge?"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["summarize", "feed.jsonl", "--out", "out.xls"], r"\.jsonl, \.csv, \.parquet, \.md"),
        (["summarize", "feed.jsonl", "--out", "no/out.csv"], "no is no folder"),
        (["summarize", "feed.jsonl", "--out", "new.csv", "--resume"], "there is no batch at new.csv"),
        (["summarize", "--out", "o.csv", "--index", "none"], "rag ingest"),
        (["summarize", "feed.jsonl", "--out", "o.csv", "--instruction", "none"], "cannot be read"),
        (["summarize", "feed.jsonl", "--out", "o.csv", "--instruction", "long"], "3,000 characters"),
        (["ask", "none.txt", "--out", "o.csv", "--index", "none"], "rag ingest"),
        (["summarize", "feed.jsonl", "--out", "known.csv", "--length", "long"], "length medium, now long"),
    ],
)  # fmt: skip
def test_errors_are_one_line(
    run: Run, feed: str, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    Path("long").write_text("x" * 3000)
    assert run("summarize", feed, "--out", "known.csv")[0] == 0
    monkeypatch.setattr("sys.argv", ["rag", "batch", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(told, line)


def test_what_ends_a_run_is_told_below_how_far_it_came(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (json.dumps({"title": f"B{n}", "text": f"{BRIDGE} {n}"}) for n in range(12))
    Path("many.jsonl").write_text("\n".join(lines))
    left = iter(range(3))

    def reply(messages: Sequence[Message]) -> str:
        if next(left, None) is None:
            raise GenerateError("the server does not answer")
        return copied(messages)

    monkeypatch.setattr(
        rag.library.resources, "build_generator", lambda _: ScriptedGenerator(reply)
    )
    argv = ["rag", "batch", "summarize", "many.jsonl", "--out", "out.jsonl"]
    monkeypatch.setattr("sys.argv", argv)
    said = StringIO()
    with redirect_stdout(said), pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert figures(said.getvalue())[:5] == ["12", "3", "0", "9", "3"]
    monkeypatch.setattr(
        rag.library.resources, "build_generator", lambda _: ScriptedGenerator(copied)
    )
    code, out, _ = run("summarize", "many.jsonl", "--out", "out.jsonl")
    assert (code, figures(out)[:5]) == (0, ["12", "12", "0", "0", "9"])


def test_questions_from_standard_input(run: Run, feed: str) -> None:
    assert CliRunner().invoke(app, ["ingest", feed]).exit_code == 0
    asked = b'{"id": "a", "question": "Who opened the Harrow bridge?"}\n'
    assert run("ask", "-", "--out", "answers.jsonl", given=asked)[0] == 0
    (row,) = map(json.loads, Path("answers.jsonl").read_text().splitlines())
    assert (row["id"], row["question"]) == ("a", "Who opened the Harrow bridge?")


def test_sources_and_filters_do_not_go_together(run: Run, feed: str) -> None:
    code, _, err = run("summarize", feed, "--query", "x", "--out", "out.csv")
    assert code == 2
    assert "name no SOURCE" in err


def test_a_log_gets_a_line_a_minute_with_rate_failures_and_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 30.0, 61.0, 70.0])
    monkeypatch.setattr(show, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with show.progress_bar("items", None) as bar:
        for done in (10, 12, 14, 15):
            show.advance(bar, "Summarising", done, 40, note="1 failed")
    assert capsys.readouterr().err == "Summarising: 14 of 40, 7 min left, 1 failed\n"
