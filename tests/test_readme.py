"""The README's Python example runs, and prints what the README says it prints."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from rag.errors import ModelMissing
from rag.text.terms import terms

ROOT = Path(__file__).resolve().parent.parent
DEFAULTS = ("qwen2.5-coder-1.5b-instruct-q4_k_m", "all-minilm-l6-v2", "en-core-web-sm")


def blocks() -> tuple[str, list[str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code, shown = re.search(r"```python\n(.*?)```\s+```text\n(.*?)```", text, re.S).groups()  # type: ignore[union-attr]
    return code, shown.strip().splitlines()


def test_the_second_example_is_sound_python() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(examples) == 2
    for example in examples:
        compile(example, "README.md", "exec")


@pytest.mark.slow
def test_the_example_prints_what_the_readme_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models_folder: Path
) -> None:
    from rag.library.components import catalogue
    from rag.models import locate

    try:
        for name in DEFAULTS:
            locate(catalogue(), name, folder=models_folder)
    except ModelMissing as error:
        pytest.skip(f"the default models are not here: {error}")
    monkeypatch.chdir(tmp_path)
    code, shown = blocks()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    lines = printed.getvalue().strip().splitlines()
    # Another processor rounds otherwise and may choose another turn of phrase: what must be the
    # same are the facts, that is names and numbers, and every word of quotes and refusals.
    assert len(lines) == len(shown)
    assert lines[0] == shown[0]
    assert lines[3] == shown[3]
    for line, wanted in zip(lines[1:3], shown[1:3], strict=True):
        assert terms(line).names == terms(wanted).names
        assert terms(line).numbers == terms(wanted).numbers
    assert terms(lines[4]).names & terms(shown[4]).names
