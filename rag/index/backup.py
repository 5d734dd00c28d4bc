"""Restore an index from a backup, which is the database in one file."""

import shutil
from pathlib import Path

from rag.errors import IndexProblem
from rag.files import replacing
from rag.index import DATABASE, Index
from rag.index.examination import examine


def restored(path: Path, folder: Path) -> None:
    """Create an index from a backup and write its vector file; an error leaves no index.

    Raises:
        IndexProblem: if the backup cannot be read or is damaged, or the folder cannot be written.
    """
    try:
        with path.open("rb") as backup:
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(folder / DATABASE) as beside, beside.open("wb") as copy:
                shutil.copyfileobj(backup, copy)
    except OSError as error:
        raise IndexProblem(
            f"{path} cannot be restored to {folder}: {error.strerror or error}."
        ) from error
    try:
        with Index(folder) as index:
            if problem := next((each.problem for each in examine(index)[:1] if each.problem), ""):
                raise IndexProblem(f"the backup {path} is damaged: {problem}.")
            with index.writing():
                index.forget_vector_file()
    except IndexProblem:
        (folder / DATABASE).unlink(missing_ok=True)
        raise
