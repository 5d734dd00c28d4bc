"""Find, read and sample the data sets of the evaluation, by folder and file pattern.

A set is named after its folder or file, so that the same code reads other years or halves in the
same layout. Every loader returns an empty tuple if there is nothing of its kind; a file that cannot
be read raises an error that names the file, and the line and field where known.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from rag.errors import SourceError

# The files of each kind of set, below the data folder.
PATTERNS: Mapping[str, tuple[str, ...]] = {
    "realtimeqa": ("realtimeqa_*/questions.jsonl.gz", "realtimeqa_*/corpus.jsonl.gz"),
    "newsqa": ("newsqa/*.json.gz",),
    "multihop_rag": ("multihop_rag/*.jsonl.gz",),
    "squad2": ("squad/squad2*.jsonl.gz",),
    "xquad": ("squad/xquad*.json.gz",),
    "rgb": ("rgb/*.jsonl.gz",),
    "qags": ("qags/*.jsonl.gz",),
    "frank": ("frank/*.jsonl.gz",),
    "check_pairs": ("check_pairs*.jsonl",),
    "article_extraction": (
        "article_extraction/ground-truth.json.gz",
        "article_extraction/rawtext_pairs.jsonl.gz",
        "article_extraction/html/*.html.gz",
    ),
}


def _texts(value: Any) -> Any:
    """Accept a single text for a list of one, nested lists, and objects with a ``text``."""
    if isinstance(value, dict):
        return _texts(value.get("text"))
    if isinstance(value, list | tuple):
        return [text for one in value for text in _texts(one)]
    return (value,)


def _day(value: object) -> date:
    """Accept 2022-01-31, 2022/01/31 or the beginning of a longer timestamp."""
    try:
        return datetime.strptime(str(value)[:10].replace("/", "-"), "%Y-%m-%d").date()
    except ValueError:
        raise ValueError(f"{value!r} is not a day") from None


Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
OptionalTexts = Annotated[tuple[str, ...], BeforeValidator(lambda value: _texts(value or ()))]
Day = Annotated[date, BeforeValidator(_day)]


class Row(BaseModel):
    """An object of a data file; fields named otherwise in the file have an alias."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


_T = TypeVar("_T")
_R = TypeVar("_R", bound=Row)


def check_folder(data: Path) -> None:
    """Raise SourceError if there is no data folder, or no known set in it."""
    if not data.is_dir():
        raise SourceError(
            f"there is no data folder {data}. Give the folder that holds realtimeqa_2022/, qags/"
            " and the other sets: --data FOLDER"
        )
    if not any(files(data, kind) for kind in PATTERNS):
        raise SourceError(f"the data folder {data} holds none of the sets. {looked_for(PATTERNS)}")


def looked_for(kinds: Sequence[str] | Mapping[str, object]) -> str:
    """Return a sentence with the file patterns of these kinds."""
    return f"Looked for: {', '.join(pattern for kind in kinds for pattern in PATTERNS[kind])}."


def files(data: Path, kind: str) -> tuple[Path, ...]:
    """List the files of a kind of set, sorted by name within each pattern."""
    return tuple(path for pattern in PATTERNS[kind] for path in sorted(data.glob(pattern)))


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digests(data: Path, kinds: Sequence[str]) -> dict[str, str]:
    """Hash each file of these kinds (SHA-256), by its path below the data folder.

    The pages of ``article_extraction/html`` are one entry, a hash over their names and contents.
    """
    found: dict[str, str] = {}
    pages = hashlib.sha256()
    for path in dict.fromkeys(path for kind in kinds for path in files(data, kind)):
        if path.parent.name == "html":
            pages.update(f"{path.name} {file_digest(path)}\n".encode())
            found["article_extraction/html"] = pages.hexdigest()
        else:
            found[path.relative_to(data).as_posix()] = file_digest(path)
    return found


def sample(
    rows: Sequence[_T],
    *,
    limit: int | None,
    seed: int,
    key: Callable[[_T], str] = attrgetter("key"),
) -> tuple[_T, ...]:
    """Draw at most ``limit`` rows at random; a smaller sample is a prefix of a larger one.

    Rows are ordered by a hash of seed and key, so the order does not depend on the other rows: a
    row drawn from part of the data is drawn from the whole too, if it comes early enough.
    """

    def place(row: _T) -> bytes:
        return hashlib.sha256(f"{seed}:{key(row)}".encode()).digest()

    return tuple(sorted(rows, key=place)[:limit])


def sample_each(rows: Iterable[_T], *, limit: int | None, seed: int) -> dict[str, tuple[_T, ...]]:
    """Draw a :func:`sample` of the rows of each dataset."""
    groups: dict[str, list[_T]] = {}
    for row in rows:
        groups.setdefault(attrgetter("dataset")(row), []).append(row)
    return {name: sample(group, limit=limit, seed=seed) for name, group in groups.items()}


def read_lines(path: Path, model: type[_R], **more: str) -> Iterator[_R]:
    """Read the objects of a JSON Lines file, each with the fields ``more``."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            where = f"{path}, line {number}"
            yield checked(_parsed(line, where), model, where, **more)


def read_rows(data: Path, kind: str, model: type[_R]) -> Iterator[tuple[str, _R]]:
    """Read the JSON Lines files of a kind of set; yield the name of the file with each row."""
    for path in files(data, kind):
        for row in read_lines(path, model):
            yield path.name.removesuffix(".jsonl.gz"), row


def read_object(path: Path) -> dict[str, Any]:
    """Read a file of one JSON object."""
    return _object(_parsed(read_text(path), str(path)), str(path))


def checked(values: object, model: type[_R], where: str, **more: str) -> _R:
    """Return an object of a file as a row; errors name ``where`` and the field."""
    try:
        return model.model_validate({**_object(values, where), **more})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise SourceError(f"{where}: the field {field!r}: {first['msg']}.") from None


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SourceError(f"{where} holds {type(value).__name__}, not a JSON object.")
    return value


def read_text(path: Path) -> str:
    """Read a text file, which may be gzipped."""
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError) as error:
        what = "gzip file of UTF-8 text" if path.suffix == ".gz" else "file of UTF-8 text"
        raise SourceError(f"{path} is not a complete {what}: {error}.") from error


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SourceError(f"{where} is not JSON: {error}.") from error
