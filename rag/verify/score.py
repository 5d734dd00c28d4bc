"""How likely a claim is true, by a logistic regression over a few features.

Its weights are in weights.json, fitted by benchmarks/train_check.py to what people said of
summaries and to sentences of articles, some of them falsified. FactCC (Kryscinski et al. 2020)
falsifies sentences in this manner, but trains a language model of 110 million parameters.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rag.terms import terms
from rag.types import Article
from rag.verify.features import measure
from rag.verify.source import as_words, as_written, known, source_of


@dataclass(frozen=True, slots=True)
class Weights:
    """Logistic regression: the log-odds of truth are ``bias`` plus weight times feature."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """The probability that a claim of these features is true, 0 to 1."""
        odds = self.bias + sum(
            self.weights.get(name, 0.0) * value for name, value in features.items()
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def probability(sentence: str, article: Article, texts: tuple[str, ...]) -> float:
    """How likely what was shown of an article bears a sentence out; 1 if it stands there as it is."""
    keys = [word.key for word in as_words(as_written(sentence))]
    if keys and source_of(article, texts).holds(keys):
        return 1.0
    features = features_of(sentence, article, texts)
    return weights().probability(features) if features else 0.0


def features_of(sentence: str, article: Article, texts: tuple[str, ...]) -> dict[str, float]:
    """What is measured of a sentence against passages of an article; empty if it has no word."""
    written = as_written(sentence)
    words, claim, about = as_words(written), terms(written), known(article)
    # News opens with "he" what a claim opens with his name.
    spared = frozenset((claim.subject | {claim.opening}) & about.folded)
    return measure(words, source_of(article, texts), spared) if words else {}


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The weights that come with the project."""
    text = files("rag.verify").joinpath("weights.json").read_text(encoding="utf-8")
    found = json.loads(text)
    return Weights(float(found["bias"]), {name: float(w) for name, w in found["weights"].items()})
