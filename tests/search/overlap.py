"""A reranker for tests: the share of the question's content words that a text contains."""

from collections.abc import Sequence

import numpy as np

from rag.search.reranking import Scores
from rag.text.terms import terms


class OverlapReranker:
    """Scores each text from 0 to 1."""

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        asked = terms(question).stems
        shares = [len(asked & terms(text).stems) / max(1, len(asked)) for text in texts]
        return np.asarray(shares, dtype=np.float32)
