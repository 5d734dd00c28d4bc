"""What an installation without some of the optional packages says."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from command_line import Run


@pytest.mark.parametrize(
    ("module", "command", "extra"),
    [
        ("gradio", ["ui"], "ui"),
        ("fastapi_offline", ["serve"], "serve"),
        ("pyarrow", ["batch", "ask", "questions.txt", "--out", "rows.parquet"], "parquet"),
    ],
)
def test_a_command_without_its_packages_says_what_installs_them(
    run: "Run",
    monkeypatch: pytest.MonkeyPatch,
    place: Path,
    module: str,
    command: list[str],
    extra: str,
) -> None:
    (place / "questions.txt").write_text("Who rows?\n")
    (place / "news.txt").write_text(
        "Ida Fenn rows to the island every morning, she said on Monday.\n"
    )
    assert run("ingest", "news.txt")[0] == 0
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "rag.extras.find_spec", lambda name: None if name == module else found(name)
    )
    code, _, err = run(*command)
    assert code == 1
    assert f"needs {module}, which is not installed" in err
    assert f"pip install -e '.[{extra}]'" in err
    assert "Traceback" not in err
