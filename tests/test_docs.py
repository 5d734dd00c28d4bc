"""The documents name what exists: files, profiles, and the parts a contributor needs."""

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


@pytest.mark.parametrize("profile", profiles())
def test_every_profile_is_in_the_readme(profile: str) -> None:
    assert f"`{profile}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_file_names_a_folder_of_the_machine_it_was_made_on() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/")
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    bad = [path.name for path in documents if pattern.search(path.read_text(encoding="utf-8"))]
    assert bad == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert set(re.findall(r"^\| \[(\S+\.md)\]\(\1\) \|", index, re.M)) == pages


def test_the_guide_names_files_and_names_that_exist_in_few_lines() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 50
    for recipe in re.split(r"^\*\*", text, flags=re.M)[1:]:
        assert (
            0 < len(recipe.partition("\n")[2].strip().splitlines()) <= 5
            or "\n" not in recipe.strip()
        )
    for line in text.splitlines():
        quoted = re.findall(r"`([\w./-]+)`", line)
        paths = [ROOT / name for name in quoted if "/" in name or name.endswith(".md")]
        assert [path for path in paths if not path.exists()] == []
        source = "".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())
        for name in quoted:
            if re.fullmatch(r"[A-Za-z]\w+", name) and source:
                assert re.search(rf"^(?:def |class |)({name})\b", source, re.M), (name, line)


def test_commits_are_checked_as_by_make_check() -> None:
    rule = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    assert rule is not None
    commands = [line.strip().removeprefix("@$(BIN)/") for line in rule[1].splitlines()]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"entry: \.venv/bin/(.*)", hooks) == commands
