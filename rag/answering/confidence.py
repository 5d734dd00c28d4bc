"""How sure an answer is, from what could be seen while it was made.

A logistic regression over a handful of signals, whose weights are a few numbers in confidence.json.
benchmarks/train_confidence.py fits them to answers that are known to be right or wrong. Those that
ship are of 178 answers, too few to fit so many: signals weigh alike in standard deviations (Dawes
1979), whether the sources can answer it twice and names half; scale and bias are fitted.
"""

import json
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from math import exp

from rag.types import Signals


def confidence(signals: Signals) -> float:
    """The probability that the sources answer the question, 0 to 1.

    A signal that the engine did not tell counts as it does in a typical answer.
    """
    bias, weights, typical = _fitted()
    total = bias
    for name, told in asdict(signals).items():
        total += weights[name] * (typical[name] if told is None else told)
    return 1 / (1 + exp(-total))


@lru_cache(maxsize=1)
def _fitted() -> tuple[float, dict[str, float], dict[str, float]]:
    held = json.loads(
        files("rag.answering").joinpath("confidence.json").read_text(encoding="utf-8")
    )
    return held["bias"], held["weights"], held["typical"]
