"""A plugin of pytest: serves with ``rag`` in a process of its own."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Serving = Callable[..., tuple[subprocess.Popen[str], str]]


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
