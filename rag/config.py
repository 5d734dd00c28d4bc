"""Settings: TOML files, profile, environment and overrides, merged into one frozen object.

Every key is in ``configs/default.toml`` with its default and a comment; defaults are written only
in that file. Unknown keys and invalid values are errors that name the key and what is allowed.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import ConfigError

Value = str | int | float | bool
Table = dict[str, dict[str, Value]]

# Environment variables that look like RAG_SECTION_KEY but are not settings.
_NO_SETTINGS = frozenset({"RAG_MODELS_DIR"})

_Device = Literal["cpu", "cuda", "mps"]
_Name = Annotated[str, Field(min_length=1)]
_Share = Annotated[float, Field(ge=0.5, le=1)]
_Part = Annotated[float, Field(ge=0, le=1)]
_Weight = Annotated[float, Field(ge=0, le=100)]
_Count = Annotated[int, Field(ge=1, le=100_000)]
_Words = Annotated[int, Field(ge=100, le=100_000_000)]
_Seconds = Annotated[float, Field(gt=0, le=3600)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class IndexSettings(_Section):
    """Where indexes are stored and how articles are chunked."""

    folder: str
    name: _Name
    chunk_words: Annotated[int, Field(ge=1, le=1000)]


class ModelSettings(_Section):
    """Where model files are stored."""

    folder: str


class EmbedderSettings(_Section):
    """The model that turns text into vectors."""

    engine: Literal["sentence-transformers", "hash"]
    model: _Name
    device: _Device
    batch_size: Annotated[int, Field(ge=1, le=4096)]


class RerankerSettings(_Section):
    """An optional cross-encoder."""

    model: str
    device: _Device


class GeneratorSettings(_Section):
    """The model that writes the answers."""

    engine: Literal["llamacpp", "transformers", "openai"]
    model: _Name
    context_length: Annotated[int, Field(ge=256, le=1_048_576)]
    threads: Annotated[int, Field(ge=0, le=1024)]
    gpu_layers: Annotated[int, Field(ge=-1, le=1000)]
    parallel: Annotated[int, Field(ge=1, le=64)]
    device: Literal["auto", "cpu", "cuda", "mps"]
    base_url: Annotated[str, Field(pattern=r"^https?://")]
    api_key: str
    timeout: _Seconds


class RetrieveSettings(_Section):
    """How passages are retrieved for a question."""

    passages: Annotated[int, Field(ge=1, le=100)]
    per_article: Annotated[int, Field(ge=1, le=100)]
    first_tokens: _Count
    source_tokens: _Count
    candidates: Annotated[int, Field(ge=1, le=1000)]
    lexical_weight: _Weight
    dense_weight: _Weight
    sentence_weight: _Weight
    newer: _Part


class CheckSettings(_Section):
    """The parser used by the sentence check."""

    parser: str


class AnswerSettings(_Section):
    """How answers are written and checked."""

    max_tokens: _Count
    support: _Share
    sure: _Part
    maybe: _Part
    question_characters: _Count


class SummarizeSettings(_Section):
    """How long summaries are, and how they are checked."""

    short: Annotated[int, Field(ge=1, le=50)]
    medium: Annotated[int, Field(ge=1, le=50)]
    long: Annotated[int, Field(ge=1, le=50)]
    support: _Share
    part_tokens: Annotated[int, Field(ge=100, le=100_000)]


class BatchSettings(_Section):
    """How batch jobs are processed."""

    streams: Annotated[int, Field(ge=1, le=64)]
    article_words: _Words


class DigestSettings(_Section):
    """The limits of a digest of many articles."""

    stories: Annotated[int, Field(ge=1, le=100)]
    articles: Annotated[int, Field(ge=1, le=5000)]


class FetchSettings(_Section):
    """What may be fetched from the web."""

    timeout: _Seconds
    max_megabytes: Annotated[int, Field(ge=1, le=10_000)]
    max_redirects: Annotated[int, Field(ge=0, le=20)]
    allow_private: bool


class ServeSettings(_Section):
    """Where the HTTP API listens, its access tokens and its limits."""

    host: _Name
    port: Annotated[int, Field(ge=0, le=65535)]
    tokens: str
    at_once: Annotated[int, Field(ge=1, le=64)]
    waiting: Annotated[int, Field(ge=0, le=1000)]
    patience: _Seconds
    timeout: _Seconds
    max_megabytes: Annotated[int, Field(ge=1, le=100)]


class Settings(_Section):
    """All settings of one run."""

    index: IndexSettings
    models: ModelSettings
    embedder: EmbedderSettings
    reranker: RerankerSettings
    generator: GeneratorSettings
    retrieve: RetrieveSettings
    check: CheckSettings
    answer: AnswerSettings
    summarize: SummarizeSettings
    batch: BatchSettings
    digest: DigestSettings
    fetch: FetchSettings
    serve: ServeSettings

    @property
    def models_folder(self) -> Path:
        """Where model files are stored, by setting, environment or the user's cache folder."""
        chosen = self.models.folder or os.environ.get("RAG_MODELS_DIR", "")
        if chosen:
            return at_home(chosen)
        cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return at_home(cache) / "newsrag" / "models"


def deciding(settings: Settings) -> Table:
    """Return the settings that can change the output: no folders, addresses, keys or speed."""
    table: Table = settings.model_dump(
        mode="json",
        exclude={
            "models": True,
            "fetch": True,
            "batch": True,
            "serve": True,
            "index": {"folder", "name"},
            "generator": {"api_key", "base_url", "timeout", "threads", "parallel"},
        },
    )
    return table


def at_home(name: str) -> Path:
    """Return a path with ``~`` replaced by the home folder; ``~nobody`` is left unchanged."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def configs_folder() -> Path:
    """Return the configuration folder: beside the package, or inside an installed one."""
    package = Path(__file__).resolve().parent
    beside = package.parent / "configs"
    return beside if (beside / "default.toml").is_file() else package / "configs"


def profiles() -> tuple[str, ...]:
    """Return the names of the profiles that come with the project."""
    names = {path.stem for path in configs_folder().glob("*.toml")} - {"models"}
    return tuple(sorted(names))


def profile_name(profile: str | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Return the profile that :func:`load` uses: as given, else ``RAG_PROFILE``, else default."""
    environment = os.environ if environment is None else environment
    return profile or environment.get("RAG_PROFILE") or "default"


def load(
    profile: str | None = None,
    *,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Load the settings: defaults, then profile, then environment, then overrides.

    Args:
        profile: a name from configs/ or the path of a TOML file; see :func:`profile_name`.
        overrides: each ``section.key=value``.
        environment: read instead of ``os.environ``, for ``RAG_SECTION_KEY`` and ``RAG_PROFILE``.

    Raises:
        ConfigError: naming the file or variable, the key and what is allowed.
    """
    environment = os.environ if environment is None else environment
    default = configs_folder() / "default.toml"
    table = _read(default)
    name = profile_name(profile, environment)
    if name != "default":
        path = _profile_path(name)
        _merge(table, _read(path), where=str(path.name))
    for variable, changes in _of_environment(environment, table):
        _merge(table, changes, where=variable)
    for override in overrides:
        _merge(table, _parse_override(override), where=f"--set {override}")
    return _validate(table)


def _profile_path(name: str) -> Path:
    is_path = "/" in name or name.endswith(".toml")
    path = at_home(name) if is_path else configs_folder() / f"{name}.toml"
    if name == "models" or not path.is_file():
        raise ConfigError(
            f"there is no profile {name!r}. There are: {', '.join(profiles())};"
            " the path of a TOML file will do too."
        )
    return path


def _read(path: Path) -> Table:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not sound TOML: {error}.") from error
    loose = [key for key, value in table.items() if not isinstance(value, dict)]
    if loose:
        raise ConfigError(f"{path}: the key {loose[0]!r} stands outside of any [section].")
    return table


def _of_environment(environment: Mapping[str, str], table: Table) -> list[tuple[str, Table]]:
    """Return each variable that names a section of the table, with its settings; skip others."""
    found: list[tuple[str, Table]] = []
    for name, value in environment.items():
        prefix, _, rest = name.partition("_")
        section, _, key = rest.lower().partition("_")
        named = prefix == "RAG" and name.isupper() and name not in _NO_SETTINGS
        if named and key and section in table:
            found.append((name, {section: {key: value}}))
    return found


def _parse_override(override: str) -> Table:
    name, equals, value = override.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (equals and dot):
        raise ConfigError(f"--set {override}: wanted section.key=value, like generator.threads=4.")
    return {section: {key: value.strip()}}


def _merge(table: Table, changes: Table, *, where: str) -> None:
    for section, keys in changes.items():
        if section not in table:
            raise ConfigError(f"{where}: unknown section [{section}]{_meant(section, table)}")
        for key, value in keys.items():
            if key not in table[section]:
                raise ConfigError(
                    f"{where}: unknown key {section}.{key}{_meant(key, table[section])}"
                )
            table[section][key] = value


def _meant(word: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(word, known, n=1)
    return f", did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}."


def _validate(table: Table) -> Settings:
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        seen = f"{key} = {first['input']!r}" if first["type"] != "missing" else key
        raise ConfigError(f"the setting {seen} cannot be used: {first['msg']}.") from error
