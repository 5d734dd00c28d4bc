"""The examples of docs/python.md run in order, print what the page says, and the page names every method."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scripted_model import ANSWERS, script

import rag
import rag.library
from rag.index.embedding import HashEmbedder
from rag.llm.scripted import ScriptedGenerator

PAGE = Path(__file__).resolve().parent.parent / "docs" / "python.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_example_prints_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAG_ANSWER_SURE", "0.01")
    monkeypatch.setenv("RAG_ANSWER_MAYBE", "0.01")
    generator = ScriptedGenerator(script(ANSWERS))
    monkeypatch.setattr(rag.library.resources, "build_generator", lambda _: generator)
    monkeypatch.setattr(rag.library.resources, "build_embedder", lambda _: HashEmbedder())
    examples = re.findall(r"```python\n(.*?)```\s+```text\n(.*?)```", TEXT, re.S)
    assert len(examples) == TEXT.count("```python")
    names: dict[str, object] = {}
    for code, shown in examples:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "docs/python.md", "exec"), names)
        assert printed.getvalue() == shown


def test_a_strict_type_checker_finds_nothing_in_the_examples(tmp_path: Path) -> None:
    file = tmp_path / "user.py"
    file.write_text("\n".join(re.findall(r"```python\n(.*?)```", TEXT, re.S)))
    command = [sys.executable, "-m", "mypy", "--strict", str(file)]
    done = subprocess.run(command, cwd=PAGE.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_page_names_every_method_and_no_other() -> None:
    public = {name for name in dir(rag.News) if not name.startswith("_")}
    table = TEXT.partition("## All methods")[2]
    named = set(re.findall(r"`(\w+)(?:\([^`]*\))?`", table))
    assert named == public
