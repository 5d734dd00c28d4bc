"""Fitting the confidence: what tells the questions with an answer gets the weight."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from rag.types import Signals

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "train_confidence.py"


def report(folder: Path, *, answerable: bool = True) -> Path:
    """Forty questions: where the quotes answer there is an answer; each fourth holds nothing."""
    lines = []
    for number in range(40):
        wanted = number % 2 == 0 or not answerable
        quotes = (0.2 if wanted else 0.9) + number % 5 / 100
        record = {
            "key": f"squad2_made/{number}",
            "dataset": "squad2_made",
            "wanted": wanted,
            "told_confidence": 0.0 if number % 8 == 0 else 0.6,
            "signals": asdict(
                Signals(answerable=0.5, quotes_answer=quotes, coverage=number % 3 / 3)
            ),
        }
        lines.append(json.dumps(record))
    lines.append(json.dumps({"key": "rgb/1", "dataset": "rgb", "misled": False}))
    (folder / "items.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_what_parts_them_gets_the_weight(tmp_path: Path) -> None:
    written = tmp_path / "confidence.json"
    done = run(str(report(tmp_path)), "--write", str(written))
    assert done.returncode == 0, done.stderr
    weights = json.loads(written.read_text("utf-8"))["weights"]
    assert set(weights) == set(asdict(Signals()))
    assert weights["quotes_answer"] == max(weights.values()) > 0
    (line,) = (one for one in done.stdout.splitlines() if "other half, squad2_made, new" in one)
    assert float(line.split("new")[1].split()[1]) > 0.9


@pytest.mark.slow
def test_a_folder_that_is_no_report_is_named(tmp_path: Path) -> None:
    done = run(str(tmp_path))
    assert done.returncode == 2
    assert "holds no items.jsonl" in done.stderr


@pytest.mark.slow
def test_questions_of_one_kind_alone_cannot_be_fitted(tmp_path: Path) -> None:
    done = run(str(report(tmp_path, answerable=False)))
    assert done.returncode == 2
    assert "with an answer and without one" in done.stderr
