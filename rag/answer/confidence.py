"""How sure an answer is, from what could be seen while it was made.

A logistic regression over a handful of signals; benchmarks/train_confidence.py fits its weights,
which are a few numbers in confidence.json, to questions with and without an answer.
"""

import json
from dataclasses import astuple, fields
from functools import lru_cache
from importlib.resources import files
from math import exp

from rag.types import Signals


def confidence(signals: Signals) -> float:
    """The probability that the sources answer the question and the answer is right, 0 to 1."""
    weights, bias = _weights()
    total = bias + sum(w * x for w, x in zip(weights, astuple(signals), strict=True))
    return 1 / (1 + exp(-total))


@lru_cache(maxsize=1)
def _weights() -> tuple[tuple[float, ...], float]:
    held = json.loads(files("rag.answer").joinpath("confidence.json").read_text(encoding="utf-8"))
    return tuple(held["weights"][field.name] for field in fields(Signals)), held["bias"]
