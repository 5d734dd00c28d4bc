"""A plugin of pytest: runs ``rag`` in a folder of its own, here or in a process of its own."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent

Run = Callable[..., tuple[int, str, str]]
Serving = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the command runs."""
    for name in [name for name in os.environ if name.startswith(("RAG_", "GRADIO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAG_EMBEDDER_ENGINE", "hash")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command and returns exit code, output and errors; ``typed`` is its input."""

    def command(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rag", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def serving(place: Path) -> Iterator[Serving]:
    """Starts a server in a process of its own; returns the process and its address."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "rag", *arguments, "--port", "0"],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=place,
        )
        started.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r" is at (http://127\.0\.0\.1:\d+)", line):
                return process, found[1]
        raise AssertionError("the server did not start")

    yield start
    for each in started:
        each.kill()
        each.communicate()


def ends_quietly(process: subprocess.Popen[str], sent: signal.Signals) -> None:
    """Check that a server ends at a signal, and prints nothing more than its log."""
    process.send_signal(sent)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out == ""
    assert "Traceback" not in err
