"""Fitting the confidence: what distinguishes right answers from wrong ones gets the weight."""

import json
import os
import random
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from rag.types import Signals

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "train_confidence.py"
NAMES = [field.name for field in fields(Signals)]
TELLING, MISLEADING = NAMES[3], NAMES[4]  # any two that speak for an answer


def report(folder: Path, *, right: float = 0.5) -> Path:
    """200 answers, one signal high where they are right and one where they are wrong, and odd ones."""
    chance = random.Random(5)
    lines: list[dict[str, object]] = []
    for number in range(200):
        is_right = chance.random() < right
        signals = dict.fromkeys(NAMES, 0.5)
        signals[TELLING] = chance.gauss(0.7 if is_right else 0.3, 0.15)
        signals[MISLEADING] = chance.gauss(0.3 if is_right else 0.7, 0.15)
        answer = {
            "signals": signals,
            "confidence": 0.4,
            "draft": str(number),
            "right": is_right,
        }
        item: dict[str, object] = {
            "key": f"made/{number}",
            "dataset": "made",
            "question": f"How many are {number}?",
        }
        if number % 2:  # as the quizzes note it
            item |= {"free": {"as_of": answer}, "choice": {"as_of": {"right": True}}}
        else:  # as refusals are noted
            item |= answer | {"confidence": -0.6, "stated_confidence": 0.4}
            item["wanted"] = not is_right and number % 4 == 0
        lines.append(item)
    base = lines[0]
    lines += [
        base | {"question": "One more?", "stated_confidence": 0.0},
        base | {"question": "Two more?", "signals": dict.fromkeys(NAMES), "draft": "unknown"},
        base | {"question": "Three more?", "signals": {"other": 1.0}},
        {"key": "rgb/1", "dataset": "rgb", "misled": False},
        base,  # asked by two runs
    ]
    (folder / "items.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        env=os.environ | {"PYTHONPATH": str(SCRIPT.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )


def row(table: str, bar: float) -> list[float]:
    """The line of a bar: refused of right, of unanswerable, ..., the share and how much is right."""
    (line,) = (line for line in table.splitlines() if line.startswith(f"{bar:.2f}  "))
    return [float(cell) for cell in line.split()]


@pytest.mark.slow
def test_what_parts_them_gets_the_weight_and_the_bars_keep_their_word(tmp_path: Path) -> None:
    written = tmp_path / "confidence.json"
    done = run(str(report(tmp_path)), "--precision", "0.95", "--write", str(written))
    assert done.returncode == 0, done.stderr
    assert "201 answers; 2 left out" in done.stdout
    held = json.loads(written.read_text("utf-8"))
    assert set(held["weights"]) == set(held["typical"]) == set(NAMES)
    assert held["weights"][TELLING] == max(held["weights"].values()) > 0
    assert (
        held["weights"][MISLEADING] == 0
    )  # it speaks for answers, so it may not count against them
    area = re.search(r"^all .*0\.500 -> (\d\.\d+)  ", done.stdout, re.M)
    assert area is not None
    assert 0.9 < float(area[1]) < 1

    chosen = re.search(r"answer.sure = (0\.\d\d); answer.maybe = (0\.\d\d)", done.stdout)
    assert chosen is not None
    sure, maybe = map(float, chosen.groups())
    assert row(done.stdout, sure)[-1] >= 0.95 > row(done.stdout, sure - 0.05)[-1]
    assert maybe <= sure
    assert row(done.stdout, maybe)[1] <= 0.05

    free = run(str(tmp_path), "--either", MISLEADING)
    weights = json.loads(free.stdout[free.stdout.index("{") :])["weights"]
    assert weights[MISLEADING] < 0


@pytest.mark.slow
def test_what_cannot_be_fitted_is_said(tmp_path: Path) -> None:
    none = run(str(tmp_path))
    assert none.returncode == 2
    assert "holds no items.jsonl" in none.stderr
    alike = run(str(report(tmp_path, right=1.0)))
    assert alike.returncode == 2
    assert "right answers and wrong ones are needed" in alike.stderr
