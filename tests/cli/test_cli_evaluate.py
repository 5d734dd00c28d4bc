"""``rag eval``: what it writes, how it goes on, and that every error is one clear line."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import Run

from rag.cli import show

ROOT = Path(__file__).resolve().parents[2]
PROSE = (
    "Mayor Ida Fenn opened the new Harrow bridge on Tuesday morning before a crowd of several "
    "hundred people who had waited in the rain since dawn.",
    "The bridge cost 12 million euros and took three years to build, a year longer than the "
    "council had promised when the old crossing was closed to lorries.",
)


@pytest.fixture(autouse=True)
def _no_models(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no models on this machine."""
    monkeypatch.setenv("RAG_MODELS_DIR", str(place / "models"))


@pytest.fixture
def evaluate(run: Run) -> Run:
    """Runs ``rag eval``."""
    return lambda *arguments: run("eval", *arguments)


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


def test_errors_are_one_line_each(evaluate: Run, pages: Path, tmp_path: Path) -> None:
    assert "there is no task 'cleanin'. There are: retrieval" in one_line(
        evaluate("cleanin", "--data", "data")
    )
    assert "there is no data folder none" in one_line(evaluate("cleaning", "--data", "none"))
    assert "there is no data folder none" in one_line(evaluate("all", "--data", "none"))
    (tmp_path / "empty").mkdir()
    assert "holds none of the sets" in one_line(evaluate("all", "--data", "empty"))
    assert "nothing to measure faithfulness on" in one_line(
        evaluate("faithfulness", "--data", "data")
    )
    assert "retrieve.pasages" in one_line(
        evaluate("cleaning", "--data", "data", "--set", "retrieve.pasages=3")
    )
    assert "there is no profile 'nope'" in one_line(
        evaluate("cleaning", "--data", "data", "--profile", "nope")
    )
    assert not (tmp_path / "reports" / "cleaning" / "summary.json").exists()


@pytest.mark.parametrize("words", [("--limt", "3"), ("--limit", "0")])
def test_a_wrong_option_is_named(evaluate: Run, pages: Path, words: tuple[str, str]) -> None:
    code, out, err = evaluate("cleaning", "--data", "data", *words)
    assert (code, out) == (2, "")
    assert words[0] in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_cleaning_from_pages_to_report(evaluate: Run, pages: Path, tmp_path: Path) -> None:
    code, out, err = evaluate("cleaning", "--data", "data", "--limit", "1")
    assert code == 0
    assert "text_bs4" in out
    assert "report.html" in err
    folder = tmp_path / "reports" / "cleaning"
    before = (folder / "summary.json").read_text()
    assert json.loads(before)["text_bs4"]["n"] == 1
    assert (folder / "report.html").read_text().startswith("<!doctype html>")
    assert "holds another run: limit 1, now null" in one_line(
        evaluate("cleaning", "--data", "data")
    )
    assert (folder / "summary.json").read_text() == before

    code, out, _ = evaluate("cleaning", "--data", "data", "--limit", "1", "--json")
    again = json.loads(out)
    assert code == 0
    assert again == json.loads((folder / "summary.json").read_text())
    assert {k: v for k, v in again.items() if k != "run"} == {
        k: v for k, v in json.loads(before).items() if k != "run"
    }

    code, out, err = evaluate("all", "--data", "data", "--out", "whole", "--json")
    assert code == 0
    assert json.loads(out)["cleaning"]["text_bs4"]["n"] == 2
    assert "retrieval: data has nothing to measure it on; left out." in err
    assert (tmp_path / "whole" / "cleaning" / "items.jsonl").is_file()


@pytest.mark.slow
def test_a_kill_loses_one_item_and_the_same_command_ends_alike(pages: Path, tmp_path: Path) -> None:
    path = pages / "article_extraction" / "rawtext_pairs.jsonl.gz"
    row = json.loads(gzip.decompress(path.read_bytes()).splitlines()[0])
    raw = row["raw_text_bs4"] * 40  # a page that takes some time
    rows = [{**row, "id": f"p{n}", "raw_text_bs4": raw} for n in range(150)]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "rag", "eval", "cleaning", "--data", "data", "--out"]
    items = tmp_path / "killed" / "items.jsonl"
    process = subprocess.Popen([*command, "killed"], env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (items.is_file() and items.read_bytes().count(b"\n") >= 3):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = items.read_bytes()
    done = before.count(b"\n")
    assert 3 <= done < len(rows)
    assert not (tmp_path / "killed" / "summary.json").exists()
    for out in ("killed", "whole"):
        subprocess.run([*command, out], env=environment, check=True, capture_output=True)
    assert items.read_bytes().startswith(before[: before.rindex(b"\n") + 1])
    tables = []
    for out in ("killed", "whole"):
        summary = json.loads((tmp_path / out / "summary.json").read_text())
        assert summary.pop("run")["complete"] is True
        tables.append(summary)
    assert tables[0] == tables[1]
    assert tables[0]["text_bs4"]["n"] == len(rows)


def test_a_log_gets_a_line_of_progress_a_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    show.console.cache_clear()
    with show.progress_bar("items", None) as bar:
        for done in range(20, 41):  # 20 of them are from an earlier run
            show.advance(bar, "answers", done, 200)
            now += 15
    show.console.cache_clear()
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["answers: 21 of 200", "answers: 25 of 200, 44 min left"]
    assert len(lines) == 5
