"""What is installed is what is imported."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_package_is_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = set(settings["tool"]["setuptools"]["packages"]) - {"rag.configs"}
    folders = (
        path.parent.relative_to(ROOT)
        for package in ("rag", "app")
        for path in ROOT.glob(f"{package}/**/__init__.py")
    )
    found = {".".join(folder.parts) for folder in folders}
    assert found == listed


def test_what_a_package_reads_is_installed_with_it() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    endings = {
        pattern.lstrip("*") for pattern in settings["tool"]["setuptools"]["package-data"]["app"]
    }
    found = {path.suffix for path in ROOT.glob("app/*") if path.is_file()} - {".py", ".pyc"}
    assert found <= endings
