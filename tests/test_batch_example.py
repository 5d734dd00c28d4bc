"""The example of docs/batch.md runs, and prints what the page says it prints."""

import contextlib
import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

import rag.library
from rag.errors import ModelMissing
from rag.index.embedding import HashEmbedder
from rag.llm.scripted import ScriptedGenerator
from rag.models import Catalogue, locate
from rag.text.terms import terms
from rag.types import Message

PAGE = Path(__file__).resolve().parent.parent / "docs" / "batch.md"
DEFAULTS = ("qwen2.5-coder-1.5b-instruct-q4_k_m", "all-minilm-l6-v2", "en-core-web-sm")


def printed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """What the example prints, and what the page shows."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```\s+```text\n(.*?)```", text, re.S)
    assert found is not None
    code, shown = found.groups()
    monkeypatch.chdir(folder)
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard):
        exec(compile(code, "docs/batch.md", "exec"), {})
    return heard.getvalue().strip().splitlines(), shown.strip().splitlines()


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def copied(messages: Sequence[Message]) -> str:
        asked = messages[-1].content
        if "Olaf" in asked:
            return "NOT IN THE ARTICLES"
        return asked.partition("\n")[2].partition(". ")[0] + ". [1]"

    monkeypatch.setattr(
        rag.library.resources, "build_generator", lambda _: ScriptedGenerator(copied)
    )
    monkeypatch.setattr(rag.library.resources, "build_embedder", lambda _: HashEmbedder())
    lines, shown = printed(tmp_path, monkeypatch)
    assert len(lines) == len(shown)
    assert lines[1:3] == shown[1:3]
    assert lines[-1] == shown[-1] == "b refused"
    rows = (tmp_path / "bridge.csv").read_text(encoding="utf-8").splitlines()
    assert rows[-1].endswith(shown[1])


@pytest.mark.slow
def test_the_example_prints_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue, models_folder: Path
) -> None:
    try:
        for name in DEFAULTS:
            locate(catalogue, name, folder=models_folder)
    except ModelMissing as error:
        pytest.skip(f"the default models are not here: {error}")
    lines, shown = printed(tmp_path, monkeypatch)
    # Another processor may choose another turn of phrase; what is quoted and refused is the same.
    assert lines[:3] == shown[:3]
    assert lines[-1] == shown[-1]
    assert terms(lines[3]).numbers == terms(shown[3]).numbers
