"""The settings of each section, with the values that are allowed. Their defaults are in configs/."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Value = str | int | float | bool
Table = dict[str, dict[str, Value]]

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
    samples: Annotated[int, Field(ge=0, le=8)]
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
    source_tokens: Annotated[int, Field(ge=100, le=100_000)]


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


class UiSettings(_Section):
    """What the web page keeps."""

    history: bool


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
    ui: UiSettings
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
            "ui": True,
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
