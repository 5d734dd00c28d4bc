"""Score question and passage together. Off by default: no cross-encoder is bundled."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from rag.cpu import share_cores
from rag.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

Scores = npt.NDArray[np.float32]
_T = TypeVar("_T")
_BATCH = 16  # pairs scored at once


class Reranker(Protocol):
    """Scores texts against a question. May be called by any thread."""

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        """Return float32 (len(texts),); higher is better."""


def reranked(question: str, texts: Mapping[_T, str], reranker: Reranker) -> dict[_T, float]:
    """Return the reranker's score of each text; none if there are no texts."""
    scores = reranker.score(question, list(texts.values())) if texts else ()
    return dict(zip(texts, map(float, scores), strict=True))


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder from a folder (Nogueira & Cho 2019)."""

    def __init__(self, path: Path, *, device: str = "cpu") -> None:
        """Store the arguments; nothing is loaded yet."""
        self._path = path
        self._device = device
        self._model: CrossEncoder | None = None
        self._lock = threading.Lock()

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        """Return float32 (len(texts),); higher is better.

        Raises:
            ModelError: if the folder holds no cross-encoder.
        """
        if not texts:
            return np.zeros(0, dtype=np.float32)
        scores = self._ready().predict(
            [(question, text) for text in texts],
            batch_size=_BATCH,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(scores, dtype=np.float32).reshape(len(texts), -1)[:, -1]

    def _ready(self) -> "CrossEncoder":
        with self._lock:
            if self._model is None:
                share_cores()
                from sentence_transformers import CrossEncoder
                from transformers.utils import logging

                logging.disable_progress_bar()  # type: ignore[no-untyped-call]

                try:
                    model = CrossEncoder(
                        str(self._path), device=self._device, local_files_only=True
                    )
                except Exception as error:
                    reason = str(error).strip().partition("\n")[0]
                    raise ModelError(
                        f"the reranker in {self._path} cannot be loaded: {reason}."
                    ) from error
                if model.num_labels > 2:  # two are "no" and "yes"
                    raise ModelError(
                        f"{self._path} is not a reranker: it has {model.num_labels} labels"
                    )
                self._model = model
            return self._model
