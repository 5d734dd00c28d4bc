"""List the licences of all installed packages and all models: `make licences`.

Exit code 1 if one is not permissive and is not among those that were looked at. `--write` puts the
table of the direct dependencies, and of what is not permissive, into docs/licences.md.
"""

import argparse
import re
import sys
import tomllib
from importlib.metadata import Distribution, distributions, requires
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
_PERMISSIVE = re.compile(
    r"(The )?(MIT|0?BSD|Apache|ISC|PSFL?|Python Software Foundation|CNRI-Python|Zlib|CC0|BSL-1\.0)\b",
)
# Not permissive, and looked at: MPL-2.0 asks only that changed files of these packages be published.
# Nothing here changes or contains them. tld is used under its MPL-1.1.
ACCEPTED = frozenset("certifi hypothesis orjson pathspec tld tqdm".split())


def main() -> None:
    """Print the list, or write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    if parser.parse_args().write:
        PAGE.write_text(page(), encoding="utf-8")
    rows = sorted({*packages(), *models()}, key=lambda row: row[0].lower())
    for name, version, licence in rows:
        print(
            f"{name:36} {version:18} {licence}{'' if permissive(licence) else '  NOT PERMISSIVE'}"
        )
    open_ones = [row[0] for row in rows if not permissive(row[2]) and row[0] not in ACCEPTED]
    if open_ones:
        sys.exit(f"Look at these licences, and list them in {__file__}: {', '.join(open_ones)}")


def packages() -> set[tuple[str, str, str]]:
    """Return name, version and licence of each installed package but this one."""
    found = {_name(each.name): each for each in reversed(list(distributions()))}
    return {
        (name, each.version.partition("+")[0], licence_of(each))
        for name, each in found.items()
        if name != "quoted-news"
    }


def licence_of(package: Distribution) -> str:
    """Return the licence that a package's metadata name, in one line."""
    named = package.metadata.json
    classifiers = named.get("classifier", [])
    classes = [each.split(" :: ")[-1] for each in classifiers if each.startswith("License :: OSI")]
    text = " ".join(str(named.get("license", "")).split())
    short = text if len(text) < 60 else ""  # some packages put the whole licence there
    return str(named.get("license_expression", "")) or short or " AND ".join(classes) or "unknown"


def models() -> set[tuple[str, str, str]]:
    """Return name, kind and licence of each model of the catalogue."""
    catalogue = tomllib.loads((ROOT / "configs" / "models.toml").read_text(encoding="utf-8"))
    return {(each["name"], "model", each["licence"]) for each in catalogue["model"]}


def permissive(licence: str) -> bool:
    """Return whether a licence, or what an expression demands, is permissive."""
    return all(
        any(map(_PERMISSIVE.match, part.strip("()").split(" OR ")))
        for part in licence.split(" AND ")
    )


def page() -> str:
    """Return docs/licences.md for what is installed."""
    direct = {_name(re.split(r"[ \[<>=!~;]", each)[0]) for each in requires("quoted-news") or ()}
    rows = sorted(packages(), key=lambda row: row[0].lower())
    shown = [row for row in rows if row[0] in direct] + sorted(models())
    others = [row for row in rows if row[0] not in direct and not permissive(row[2])]
    return (
        "# Licences\n\nMade by `python benchmarks/licences.py --write`. `make licences` lists every installed"
        " package, and fails if one has a licence\nthat is neither permissive nor accepted there.\n\n"
        f"## Direct dependencies and models\n\n{_table(shown)}\n"
        "## Not permissive, brought by others\n\nNone is changed or contained here: they are installed from"
        f" the package registry as they are.\n\n{_table(others)}"
    )


def _table(rows: list[tuple[str, str, str]]) -> str:
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"| name | version | licence |\n|---|---|---|\n{lines}"


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
