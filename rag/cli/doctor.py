"""Commands ``rag doctor``, ``rag backup`` and ``rag restore``."""

import platform
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli import show
from rag.cli.options import JsonOption, with_news
from rag.errors import IndexProblem
from rag.types import Finding
from rag.version import installed

if TYPE_CHECKING:
    from rag.library import News

_PARTS = {
    "database": "SQLite finds no damage",
    "rows": "every row belongs to an article",
    "words": "the full-text index matches its text",
    "passages": "every passage is in its article",
    "vectors": "every vector has the right length",
    "pages": "every article has its original page",
    "vector file": "it matches the database",
    "disk": "there is space for a rebuild",
}
_PACKAGES = ("torch", "transformers", "sentence-transformers", "faiss-cpu", "spacy", "xllamacpp")
_ADVICE = {
    "database": "Restore a backup with rag restore; if all articles can still be read,"
    " rag index rebuild --embed makes everything else anew.",
    "disk": "Free some space before the next ingest.",
}


@with_news
def doctor(
    news: "News",
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended without the sources.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Examine an index, the models and the disk, or mend the index.

    Exit code 1 if a problem remains.

    Example: rag doctor --index mine --repair
    """
    try:
        found = news.examine(repair=repair)
    except IndexProblem as error:
        found = (Finding("database", str(error)),)
    found = (*found, *_models(news), _disk(news.folder))
    remaining = [finding for finding in found if finding.problem]
    if as_json:
        show.print_json({"findings": found, "versions": _versions()})
    else:
        for finding in found:
            _print(finding)
        show.note(", ".join(f"{name} {number}" for name, number in _versions().items()))
        mended = _PARTS.keys() - _ADVICE.keys()
        if not repair and any(finding.part in mended for finding in remaining):
            show.say(f"Mend it with: rag doctor --repair --index {news.folder}")
    if remaining:
        raise typer.Exit(1)


def _print(finding: Finding) -> None:
    if finding.problem:
        show.say(f"problem   {finding.part}: {show.one_line(finding.problem)}", "red")
        if finding.part in _ADVICE:
            show.say(f"          {_ADVICE[finding.part]}")
        return
    state = "repaired" if finding.repaired else "ok"
    show.say(f"{state:9} {finding.part}: {_PARTS.get(finding.part, 'as listed in the catalogue')}")


def _models(news: "News") -> Iterator[Finding]:
    """Verify the digests of the models that the profile uses."""
    from rag.library.components import catalogue, default_models
    from rag.models import Catalogue, status

    known = catalogue()
    used = Catalogue(tuple(known.find(name) for name in default_models(news.settings)))
    for entry in status(used, folder=news.settings.models_folder, verify=True):
        problem = "" if entry.ready else f"{entry.state}; fetch it with: rag models pull"
        yield Finding(entry.model.name, problem)


def _disk(folder: Path) -> Finding:
    """Say whether a rebuild, which writes the index once more, has enough space."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(there).free
    size = sum(file.stat().st_size for file in folder.glob("*") if file.is_file())
    return Finding("disk", f"{free / 1e6:,.0f} MB are free" if free < max(2 * size, 1e8) else "")


def _versions() -> dict[str, str]:
    own = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    return own | installed(_PACKAGES)


@with_news
def backup(
    news: "News",
    file: Annotated[Path, typer.Argument(help="The file to write, for example mine.backup.")],
) -> None:
    """Copy an index to one file, also while it is written to.

    Example: rag backup mine.backup --index mine
    """
    news.backup(file)
    show.say(f"{file}: {file.stat().st_size / 1e6:,.1f} MB. Restore it with: rag restore {file}")


@with_news
def restore(
    news: "News", file: Annotated[Path, typer.Argument(help="A file that rag backup wrote.")]
) -> None:
    """Create an index from a backup; never replace one.

    Example: rag restore mine.backup --index again
    """
    show.say(f"{news.folder}: {show.plural(news.restore(file), 'article')}.")
