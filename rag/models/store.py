"""The folder of models on this machine: what is ready, missing or damaged.

``folder/<name>/.manifest.json`` is written last. It records size, digest and modification time of
each file, so that a later check costs a ``stat`` and not a read of the whole file.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rag.errors import DigestMismatch, ModelMissing
from rag.files import replacing
from rag.models.catalogue import Catalogue, Model, ModelFile, inner_path

MANIFEST = ".manifest.json"
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """The state of one model on this machine; sizes in bytes, ``size`` 0 if it is not known."""

    model: Model
    state: Literal["ready", "partial", "missing", "damaged"]
    path: Path | None
    size: int
    size_here: int
    reason: str = ""

    @property
    def ready(self) -> bool:
        """Whether an engine can open it now."""
        return self.state == "ready"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file of the manifest, as it was when it was last read completely."""

    path: str
    size: int
    sha256: str
    mtime_ns: int


def locate(catalogue: Catalogue, name: str, *, folder: Path, verify: bool = False) -> Path:
    """Return the path of a ready model: the file of a GGUF model, else the model's folder.

    Sizes and modification times are checked, or with ``verify`` the digest of every byte. A file
    that was put there by hand is read once and then recorded.

    Raises:
        ModelError: if the catalogue has no such model.
        ModelMissing: if a file is missing or has the wrong size.
        DigestMismatch: if a file's bytes do not match the catalogue.
    """
    model = catalogue.find(name)
    check(model, folder, verify=verify)
    return ready_path(model, folder)


def status(catalogue: Catalogue, *, folder: Path, verify: bool = False) -> tuple[ModelStatus, ...]:
    """Return the state of every model of the catalogue, in the catalogue's order."""
    return tuple(_status(model, folder, verify) for model in catalogue.models)


def _status(model: Model, folder: Path, verify: bool) -> ModelStatus:
    here = sum(each.stat().st_size for each in _files_in(folder / model.name))
    try:
        check(model, folder, verify=verify)
    except DigestMismatch as error:
        return ModelStatus(model, "damaged", None, model.size, here, str(error))
    except ModelMissing as error:
        state: Literal["partial", "missing"] = "partial" if here else "missing"
        return ModelStatus(model, state, None, model.size, here, str(error))
    return ModelStatus(model, "ready", ready_path(model, folder), model.size or here, here)


def ready_path(model: Model, folder: Path) -> Path:
    """Return the path an engine opens: the (first) file of a GGUF model, else the folder."""
    inside = folder / model.name
    return inside / model.files[0].path if model.kind == "gguf" else inside


def check(model: Model, folder: Path, *, verify: bool = False) -> None:
    """Raise ModelMissing or DigestMismatch unless every file of the model is as listed."""
    inside = folder / model.name
    known = {each.path: each for each in read_manifest(inside)}
    wanted: Sequence[ModelFile] = model.files or tuple(
        ModelFile(each.path, each.size, each.sha256) for each in known.values()
    )
    if not wanted:
        raise _missing(model, f"is not in {folder}")
    read = False
    for file in wanted:
        path = inside / file.path
        try:
            found = path.stat()
        except OSError:
            raise _missing(model, f"is not ready: {path} is missing") from None
        if found.st_size != file.size:
            seen = f"{path} has {found.st_size:,} bytes, expected {file.size:,}"
            raise _missing(model, f"is not ready: {seen}")
        record = Recorded(file.path, file.size, file.sha256, found.st_mtime_ns)
        if verify or known.get(file.path) != record:
            require_digest(path, file, f"fetch it again with: rag models pull {model.name}")
            read = True
    if read:
        _remember(inside, wanted)


def _missing(model: Model, what: str) -> ModelMissing:
    return ModelMissing(
        f"the model {model.name} {what}; fetch it with: rag models pull {model.name}"
    )


def require_digest(path: Path, file: ModelFile, advice: str) -> None:
    """Read the whole file and raise DigestMismatch if it does not match the catalogue."""
    seen = digest(path)
    if seen != file.sha256:
        message = f"{path} has SHA-256 {seen}, expected {file.sha256}; {advice}"
        raise DigestMismatch(message)


def digest(path: Path, report: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file in hexadecimal; ``report`` gets the bytes read so far."""
    total, hashed = 0, hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            hashed.update(block)
            total += len(block)
            if report:
                report(total)
    return hashed.hexdigest()


def read_manifest(inside: Path) -> tuple[Recorded, ...]:
    """Return the manifest's records; empty if it is missing or invalid."""
    try:
        values = json.loads((inside / MANIFEST).read_text(encoding="utf-8"))
        files = tuple(
            Recorded(str(v["path"]), int(v["size"]), str(v["sha256"]), int(v["mtime_ns"]))
            for v in values["files"]
        )
    except (OSError, ValueError, TypeError, KeyError):
        return ()
    return files if all(inner_path(each.path) for each in files) else ()


def write_manifest(inside: Path, files: Sequence[ModelFile], origin: str) -> None:
    """Record files whose digests have just been checked; atomic, and written last."""
    records = [
        asdict(Recorded(f.path, f.size, f.sha256, (inside / f.path).stat().st_mtime_ns))
        for f in files
    ]
    text = json.dumps({"format": 1, "origin": origin, "files": records}, indent=1)
    with replacing(inside / MANIFEST) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


def _remember(inside: Path, files: Sequence[ModelFile]) -> None:
    # A folder shared read-only has no record: its files are read again next time.
    with contextlib.suppress(OSError):
        write_manifest(inside, files, "found on this machine")


def _files_in(inside: Path) -> list[Path]:
    return [
        each
        for each in inside.rglob("*")
        if each.is_file() and not each.name.startswith((MANIFEST, ".lock"))
    ]
