"""Restore an index from a backup, which is the database in one file."""

import shutil
from pathlib import Path

from rag.errors import IndexProblem
from rag.files import sync
from rag.index import DATABASE, Index
from rag.index.examination import integrity


def restored(path: Path, folder: Path) -> None:
    """Create an index from a backup, complete with its vector file or not at all.

    Raises:
        IndexProblem: if the backup cannot be read or is damaged, or the folder cannot be written.
    """
    beside = folder.with_name(folder.name + ".restore")
    try:
        with path.open("rb") as backup:
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir(parents=True)
            with (beside / DATABASE).open("wb") as copy:
                shutil.copyfileobj(backup, copy)
        with Index(beside) as index:
            if problem := integrity(index).problem:
                raise IndexProblem(f"the backup {path} is damaged: {problem}.")
            with index.writing():
                index.forget_vector_file()
        sync(beside / DATABASE)
        beside.rename(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise IndexProblem(f"{path} cannot be restored to {folder}: {reason}.") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
