"""Run the ``rag`` command in this process: the fixtures of its tests."""

import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple

import pytest
import typer
from checking import MODELS, parser

import rag.library
from rag.cli import main
from rag.llm.scripted import ScriptedGenerator

ROOT = Path(__file__).resolve().parent.parent


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The text of a wrong use, without its frame and line ends."""
        return " ".join(self.err.replace("│", " ").split())


Run = Callable[..., Ended]


# Typer makes its commands anew at each run, of which a process has one, and a test many.
_command = cache(typer.main.get_command)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, the hash embedder, and no settings from outside."""
    for name in [name for name in os.environ if name.startswith(("RAG_", "GRADIO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAG_MODELS_DIR", str(MODELS))
    monkeypatch.setenv("RAG_EMBEDDER_ENGINE", "hash")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr("rag.server.hashes._N", 2)  # passwords are hashed at once
    monkeypatch.setattr("typer.main.get_command", _command)
    monkeypatch.setattr("typer.testing._get_command", _command)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs the command as the shell would; ``stdin`` is what is typed or piped in."""

    def command(*arguments: str, stdin: str = "") -> Ended:
        monkeypatch.setattr(sys, "argv", ["rag", *arguments])
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin.encode())))
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        return Ended(code, *capsys.readouterr())

    yield command
    os.environ.pop("RAG_DEBUG", None)


def speaks(patch: pytest.MonkeyPatch, generator: ScriptedGenerator) -> ScriptedGenerator:
    """Make the commands use this generator, and bars that one without probabilities can reach."""
    patch.setattr(rag.library.resources, "build_generator", lambda _: generator)
    patch.setattr(rag.library.resources, "build_parser", lambda _: parser())
    patch.setenv("RAG_ANSWER_SURE", "0.01")
    patch.setenv("RAG_ANSWER_MAYBE", "0.01")
    return generator
