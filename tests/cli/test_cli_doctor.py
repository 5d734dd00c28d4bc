"""``rag doctor``, ``rag backup`` and ``rag restore`` as typed, with their exit codes."""

import json
import sqlite3
from pathlib import Path

import pytest
from command_line import Run

from rag.check import Parser

# Only the parser is among the models then, which the fast tests have.
MODELS = ("--set", "generator.engine=openai", "--set", "generator.model=none")


@pytest.fixture(autouse=True)
def _index(run: Run, parser: Parser) -> None:
    Path("news.txt").write_text("The harbour reopened on Monday. Boats had waited for a week.\n")
    assert run("ingest", "news.txt", "--index", "mine").code == 0


def test_an_index_is_examined_and_repaired(run: Run) -> None:
    sound = run("doctor", "--index", "mine", *MODELS)
    assert sound.code == 0
    assert "ok        passages: every passage is in its article" in sound.out
    assert "ok        en-core-web-sm: as listed in the catalogue" in sound.out
    with sqlite3.connect("indexes/mine/news.sqlite") as database:
        database.execute("UPDATE chunks SET end = end + 1000")
    database.close()
    found = run("doctor", "--index", "mine", *MODELS)
    assert found.code == 1
    assert "problem   passages: not in the text of their article " in found.out
    assert "rag doctor --repair --index" in found.out
    repaired = run("doctor", "--repair", "--index", "mine", *MODELS)
    assert repaired.code == 0
    assert "repaired  passages" in repaired.out
    again = json.loads(run("doctor", "--json", "--index", "mine", *MODELS).out)
    assert not any(finding["problem"] for finding in again["findings"])
    assert again["versions"]["SQLite"] == sqlite3.sqlite_version


def test_a_missing_index_and_a_missing_model_are_problems(run: Run, tmp_path: Path) -> None:
    ended = run("doctor", "--index", "none", *MODELS, "--set", f"models.folder={tmp_path}")
    assert ended.code == 1
    assert "problem   database: there is no index in" in ended.out
    assert "problem   en-core-web-sm: missing; fetch it with: rag models pull" in ended.out
    assert "--repair" not in ended.out  # which mends neither


def test_a_backup_becomes_another_index(run: Run) -> None:
    made = run("backup", "mine.backup", "--index", "mine")
    assert made.code == 0
    assert "rag restore mine.backup" in made.out
    assert "1 article" in run("restore", "mine.backup", "--index", "again").out
    assert "news" in run("articles", "list", "--index", "again").out
    assert run("restore", "mine.backup", "--index", "mine").err.startswith("rag: there already is")
