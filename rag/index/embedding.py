"""Embed text as vectors.

``SentenceTransformerEmbedder`` runs a sentence-transformers folder. ``HashEmbedder`` is the
deterministic fake that ships: words and letter trigrams hashed to coordinates, without a model.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from rag.cpu import share_cores
from rag.errors import ModelError
from rag.text import words

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors. All methods may be called by any thread."""

    @property
    def identity(self) -> str:
        """The name stored in an index: vectors of another identity cannot be compared."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def load(self) -> None:
        """Load now what the first call would otherwise wait for. Safe to call again."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dimension), unit length."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dimension), unit length."""


class SentenceTransformerEmbedder:
    """A sentence-transformers model from a folder on this machine (Reimers & Gurevych 2019)."""

    def __init__(
        self, path: Path, *, identity: str, device: str = "cpu", batch_size: int = 16
    ) -> None:
        """Read only the model's configuration, for the dimension; the weights are not loaded yet.

        Raises:
            ModelError: if the folder holds no such model.
        """
        self._path = path
        self._identity = identity
        self._device = device
        self._batch_size = batch_size
        self._model: SentenceTransformer | None = None
        self._lock = threading.Lock()
        self._dimension = _dimension(path)

    @property
    def identity(self) -> str:
        """The name given."""
        return self._identity

    @property
    def dimension(self) -> int:
        """Length of a vector, from the model's own configuration."""
        return self._dimension

    def load(self) -> None:
        """Import sentence-transformers and load the weights; about eight seconds on two cores."""
        self._ready()

    def _ready(self) -> "SentenceTransformer":
        with self._lock:
            if self._model is None:
                os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
                share_cores()
                from sentence_transformers import SentenceTransformer
                from transformers.utils import logging

                logging.disable_progress_bar()  # type: ignore[no-untyped-call]
                try:
                    self._model = SentenceTransformer(
                        str(self._path), device=self._device, local_files_only=True
                    )
                except Exception as error:
                    line = str(error).strip().partition("\n")[0]
                    raise ModelError(
                        f"the embedder in {self._path} cannot be loaded: {line}."
                        " Fetch it again with: rag models pull"
                    ) from error
                self._model.eval()
            return self._model

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dimension), unit length."""
        self._ready()  # before torch is imported: it sets how long threads wait
        import torch

        # A question is a few words, which threads cannot share: if another process keeps a core
        # busy, they wait for each other and take 20 times as long as one thread.
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return self._encode(texts, prompt="query")
        finally:
            torch.set_num_threads(threads)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dimension), unit length; overlong texts are truncated."""
        return self._encode(texts, prompt="document")

    def _encode(self, texts: Sequence[str], *, prompt: str) -> Vectors:
        model = self._ready()
        import torch

        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        half = self._device == "cpu" and prompt == "document" and _has_bfloat16()
        # Texts of similar length share a batch, so that little padding is computed.
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        for batch in _batches(order, self._batch_size):
            encode = model.encode_query if prompt == "query" else model.encode_document
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                vectors[batch] = encode(
                    [texts[place] for place in batch],
                    batch_size=self._batch_size,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                    normalize_embeddings=True,
                )
        return vectors


def _has_bfloat16() -> bool:
    """Return whether this processor multiplies in bfloat16, which gives 1.5 times the throughput.

    The vectors equal those of float32 to a cosine of .9999, so an index may hold both.
    """
    import torch

    known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # in newer torch
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))


class HashEmbedder:
    """Hashed words and letter trigrams: the same text gives the same vector on every machine."""

    def __init__(self, dimension: int = 256) -> None:
        """Set the dimension; there is nothing to load."""
        self._dimension = dimension

    @property
    def identity(self) -> str:
        """``hash-`` and the dimension, such as ``hash-256``."""
        return f"hash-{self._dimension}"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def load(self) -> None:
        """Do nothing."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dimension), unit length."""
        return self.encode_documents(texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dimension), unit length; wordless texts share one vector."""
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for feature, weight in _features(text):
                number = _hashed(feature)
                sign = 1 if number & 1 else -1
                vectors[row, (number >> 1) % self._dimension] += sign * weight
            if not vectors[row].any():
                vectors[row, 0] = 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in words(text.casefold()):
        yield word, 1.0
        padded = f"^{word}$"
        for place in range(len(padded) - 2):
            yield padded[place : place + 3], 0.3


@lru_cache(maxsize=100_000)
def _hashed(feature: str) -> int:
    return int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")


def _batches(order: Sequence[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(order), size):
        yield list(order[start : start + size])


def _dimension(path: Path) -> int:
    try:
        listed = path / "modules.json"
        modules = json.loads(listed.read_text(encoding="utf-8")) if listed.exists() else []
        dense = [each["path"] for each in modules if str(each["type"]).endswith("Dense")]
        last = path / dense[-1] if dense else path
        config = json.loads((last / "config.json").read_text(encoding="utf-8"))
        return int(config["out_features" if dense else "hidden_size"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} is not a sentence-transformers folder: config.json does not give a vector size."
            " Fetch the default one with: rag models pull"
        ) from error
