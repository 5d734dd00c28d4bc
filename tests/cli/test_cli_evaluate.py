"""``rag eval``: what it writes, how it goes on, and that every error is one clear line."""

import gzip
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.cli import main

PROSE = (
    "Mayor Ida Fenn opened the new Harrow bridge on Tuesday morning before a crowd of several "
    "hundred people who had waited in the rain since dawn.",
    "The bridge cost 12 million euros and took three years to build, a year longer than the "
    "council had promised when the old crossing was closed to lorries.",
)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test stands in a folder of its own, without settings of outside."""
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAG_EMBEDDER_ENGINE", "hash")
    monkeypatch.setenv("RAG_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``rag eval`` in this process: exit code, standard output, standard error."""

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rag", "eval", *arguments])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Two pages as text in ``data/article_extraction``."""
    rows = [
        {
            "id": name,
            "url": f"https://p.example/{name}",
            "english": True,
            "clean_body": "\n\n".join(PROSE),
            "raw_text_bs4": "\n".join(["Home", "Sign in", "", "\n\n".join(PROSE), "", "Share"]),
        }
        for name in ("one", "two")
    ]
    path = tmp_path / "data" / "article_extraction" / "rawtext_pairs.jsonl.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    return tmp_path / "data"


def one_line(ended: tuple[int, str, str]) -> str:
    code, out, err = ended
    assert code != 0
    assert out == ""
    assert len(err.splitlines()) == 1, err
    return err


def test_errors_are_one_line_each(run: Run, pages: Path, tmp_path: Path) -> None:
    assert "there is no task 'cleanin'. There are: retrieval" in one_line(
        run("cleanin", "--data", "data")
    )
    assert "there is no data folder none" in one_line(run("cleaning", "--data", "none"))
    assert "there is no data folder none" in one_line(run("all", "--data", "none"))
    (tmp_path / "empty").mkdir()
    assert "holds none of the sets" in one_line(run("all", "--data", "empty"))
    assert "nothing to measure faithfulness on" in one_line(run("faithfulness", "--data", "data"))
    assert "retrieve.pasages" in one_line(
        run("cleaning", "--data", "data", "--set", "retrieve.pasages=3")
    )
    assert "there is no profile 'nope'" in one_line(
        run("cleaning", "--data", "data", "--profile", "nope")
    )
    assert not (tmp_path / "reports" / "cleaning" / "summary.json").exists()


@pytest.mark.parametrize(
    "words", [("--limt", "3"), ("--limit", "0"), ("--limit", "x"), ("--seed", "1.5")]
)
def test_a_wrong_option_is_named(run: Run, pages: Path, words: tuple[str, str]) -> None:
    code, out, err = run("cleaning", "--data", "data", *words)
    assert (code, out) == (2, "")
    assert words[0] in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_cleaning_from_pages_to_report(run: Run, pages: Path, tmp_path: Path) -> None:
    code, out, err = run("cleaning", "--data", "data", "--limit", "1")
    assert code == 0
    assert "text_bs4" in out
    assert "report.html" in err
    folder = tmp_path / "reports" / "cleaning"
    before = (folder / "summary.json").read_text()
    assert json.loads(before)["text_bs4"]["n"] == 1
    assert (folder / "report.html").read_text().startswith("<!doctype html>")
    assert "holds another run: limit 1, now null" in one_line(run("cleaning", "--data", "data"))
    assert (folder / "summary.json").read_text() == before

    code, out, _ = run("cleaning", "--data", "data", "--limit", "1", "--json")
    again = json.loads(out)
    assert code == 0
    assert again == json.loads((folder / "summary.json").read_text())
    assert {k: v for k, v in again.items() if k != "run"} == {
        k: v for k, v in json.loads(before).items() if k != "run"
    }

    code, out, err = run("all", "--data", "data", "--out", "whole", "--json")
    assert code == 0
    assert json.loads(out)["cleaning"]["text_bs4"]["n"] == 2
    assert "retrieval: data has nothing to measure it on; left out." in err
    assert (tmp_path / "whole" / "cleaning" / "items.jsonl").is_file()


def test_a_damaged_set_is_named(run: Run, pages: Path) -> None:
    (pages / "article_extraction" / "rawtext_pairs.jsonl.gz").write_bytes(b"torn")
    assert "rawtext_pairs.jsonl.gz is no whole gzip file" in one_line(
        run("cleaning", "--data", "data")
    )
