"""What is installed is what is imported."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_package_is_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = set(settings["tool"]["setuptools"]["packages"]) - {"rag.configs"}
    folders = (path.parent.relative_to(ROOT) for path in ROOT.glob("rag/**/__init__.py"))
    found = {".".join(folder.parts) for folder in folders}
    assert found <= listed
