"""The commands of docs/tutorial.md and docs/troubleshooting.md do what these pages say."""

import re
import shlex
from pathlib import Path

import pytest
from command_line import ROOT, Run, speaks

from rag.check import Parser
from rag.llm.scripted import ScriptedGenerator

TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
TROUBLE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
TABLE = TROUBLE.partition("## Not an error")[0]
ROWS = re.findall(r"^\| (.+?) \| `rag (.+?)` \|", TABLE, re.M)
SOLD = "The old ferry of Penmarrow was sold to a museum for 40000 euros."


def test_the_tutorial_runs_from_the_first_command_to_the_last(
    run: Run, place: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaks(monkeypatch, ScriptedGenerator(lambda _: f"{SOLD} [1]"))
    (place / "news").mkdir()
    texts = re.findall(r"```(?:text|csv)\n(.*?)```", TUTORIAL, re.S)
    names = ("news/harbour.txt", "news/table.csv", "draft.txt")
    for name, text in zip(names, texts, strict=True):
        Path(name).write_text(text)
    commands = re.findall(r"^\$ rag (.*)$", TUTORIAL, re.M)
    printed = []
    for command in commands:
        ended = run(*shlex.split(command))
        assert ended.code == 0, (command, ended.err)
        printed.append(ended.out + ended.err)
    first, again, listed, info, found, answer, filtered, *_ = printed
    assert "its field 'when' holds one: --map published=when" in first
    assert "when" not in again
    assert "2024-05-13  Penmarrow Post  Ferry sold" in listed
    assert "Penmarrow Post (1)" in info
    assert SOLD in found
    assert SOLD in answer
    assert SOLD in filtered
    (checked,) = [text for text, given in zip(printed, commands, strict=True) if "check" in given]
    assert "2 sentences: 1 supported" in checked
    assert all(Path(name).is_file() for name in ("digest.md", "summaries.csv", "mine.backup"))


@pytest.fixture
def troubled(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index, files that cannot be read, and no models."""
    monkeypatch.setenv("RAG_MODELS_DIR", str(place / "models"))
    Path("harbour.txt").write_text("The harbour reopened on Monday. Boats had waited for a week.\n")
    assert (
        run("ingest", "harbour.txt", "--index", "mine", "--publisher", "Penmarrow Post").code == 0
    )
    assert run("backup", "mine.backup", "--index", "mine").code == 0
    Path("empty.txt").touch()
    Path("short.txt").write_text("Sold again.\n")
    Path("photo.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\0binary" * 99)
    Path("odd.jsonl").write_text('{"corpo": "The ferry was sold.", "titolo": "Ferry"}\n')
    Path("table.csv").write_text("title,text,when\nFerry,The ferry was sold again.,2024-05-13\n")
    Path("rows.csv").touch()


@pytest.mark.parametrize(("message", "command"), ROWS, ids=[message for message, _ in ROWS])
def test_each_message_of_the_table_is_what_its_command_says(
    run: Run, troubled: None, message: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "batch summarize" in command:
        speaks(monkeypatch, ScriptedGenerator(lambda _: "The harbour reopened."))
    ended = run(*shlex.split(command))
    assert message in " ".join((ended.out + ended.err).split())


def test_the_table_was_read() -> None:
    assert len(ROWS) == TABLE.count("\n| ") - 1 > 15
