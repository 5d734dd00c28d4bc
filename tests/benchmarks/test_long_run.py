"""The long run reports what grows, and fails on it."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
# Every question keeps 200 kB and a file open.
LEAK = """
import runpy, sys, tempfile
from rag import News
ask, kept = News.ask, []
def leaking(self, question):
    kept.append((bytearray(200_000), tempfile.TemporaryFile()))
    return ask(self, question)
News.ask = leaking
sys.argv = ["long_run.py", "--questions", "100"]
runpy.run_path("long_run.py", run_name="__main__")
"""


@pytest.mark.nightly
@pytest.mark.slow
def test_a_leak_is_found() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAK], cwd=BENCHMARKS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "after the first tenth: memory +" in done.stdout
    assert "open files +0.0%" not in done.stdout
