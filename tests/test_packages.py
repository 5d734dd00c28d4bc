"""What is installed is what is imported."""

import re
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


def test_the_lock_has_one_digest_for_each_package_but_torch() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    kept = [re.fullmatch(r"([a-z0-9-]+==\S+) --hash=sha256:[0-9a-f]{64}", line) for line in lines]
    locked = {found[1] for found in kept if found}
    assert [line for line, found in zip(lines, kept, strict=True) if not found][2:] == []
    pinned = re.findall(r"^\w.*==.*", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    assert set(pinned) - locked == {line for line in pinned if line.startswith("torch==")}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = settings["optional-dependencies"].values()
    wanted = {re.split(r"[<>=[]", each)[0] for each in sum(extras, settings["dependencies"])}
    names = {line.partition("==")[0].replace("_", "-") for line in locked}
    assert {name.replace("_", "-") for name in wanted} - names == {"torch", "quoted-news"}
