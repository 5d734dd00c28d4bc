"""Estimate the confidence of an answer from signals observed while it was generated.

A logistic regression over a handful of signals, with its weights in confidence.json.
benchmarks/train_confidence.py fits them to answers known to be right or wrong. The weights that
ship come from 178 answers, too few to fit so many: all signals weigh the same in standard
deviations (Dawes 1979), except that whether the sources can answer the question weighs double and
names half; scale and bias are fitted.
"""

import json
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from math import exp

from rag.types import Signals


def confidence(signals: Signals) -> float:
    """Return the probability that the answer is right, 0 to 1.

    A signal that the engine did not report is replaced by its value in a typical answer.
    """
    bias, weights, typical = _fitted()
    total = bias
    for name, value in asdict(signals).items():
        total += weights[name] * (typical[name] if value is None else value)
    return 1 / (1 + exp(-total))


@lru_cache(maxsize=1)
def _fitted() -> tuple[float, dict[str, float], dict[str, float]]:
    held = json.loads(
        files("rag.answering").joinpath("confidence.json").read_text(encoding="utf-8")
    )
    return held["bias"], held["weights"], held["typical"]
