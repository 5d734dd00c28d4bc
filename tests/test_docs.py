"""The documents say what is there."""

import ast
import re
from pathlib import Path

import pytest

from rag.config import profiles

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("rag", "app", "benchmarks", "tests", "configs")


def files() -> list[str]:
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    kept = (
        p
        for p in found
        if p.suffix in {".py", ".toml", ".css", ".js"} and "__pycache__" not in p.parts
    )
    return sorted(str(path.relative_to(ROOT)) for path in kept)


def test_the_file_map_names_every_file_once() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `([^`]+\.(?:py|toml|css|js))` \|", text, re.M)
    assert sorted(named) == files()


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name
        for name in files()
        if name.endswith(".py")
        and not name.startswith("tests/")
        and not ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8")))
    ]
    assert silent == []


@pytest.mark.parametrize("profile", profiles())
def test_every_profile_is_in_the_readme(profile: str) -> None:
    assert f"`{profile}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_file_names_a_folder_of_the_machine_it_was_made_on() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/")
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    bad = [path.name for path in documents if pattern.search(path.read_text(encoding="utf-8"))]
    assert bad == []
