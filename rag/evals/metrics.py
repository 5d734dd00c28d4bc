"""Metrics of the evaluation, as pure functions with their sources.

All are shares between 0 and 1 unless stated otherwise. A metric without a value, such as the area
under a curve of a single class, is NaN, and the run omits it.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isnan, nan
from typing import TypeVar

from rag.evals.task import Figure, Record

_T = TypeVar("_T")
RESAMPLES = 1000
_SHINGLE = 4
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_PLAIN_MARKS = str.maketrans({**dict.fromkeys("“”‘’«»„…", ""), **dict.fromkeys("–—", " ")})
_TOKEN = re.compile(r"\w+")


def mean(values: Sequence[float]) -> float:
    """Return the mean; NaN if empty."""
    return sum(values) / len(values) if values else nan


def normalise_answer(text: str) -> str:
    """Return SQuAD's normal form: lower case, no punctuation, no articles, single spaces.

    As in the official scorer (Rajpurkar et al. 2016), only ASCII punctuation is removed, so that a
    curly quotation mark makes a different answer.
    """
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """Return 1 if the prediction equals a gold answer in SQuAD's normal form, else 0."""
    said = normalise_answer(prediction)
    return float(any(said == normalise_answer(gold) for gold in golds))


def token_f1(prediction: str, golds: Sequence[str]) -> float:
    """Return the best F1 of shared words between the prediction and a gold answer (SQuAD)."""
    said = normalise_answer(prediction).split()
    return max((_f1_of_words(said, normalise_answer(gold).split()) for gold in golds), default=0.0)


def _f1_of_words(said: Sequence[str], gold: Sequence[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    shared = sum((Counter(said) & Counter(gold)).values())
    return 2 * shared / (len(said) + len(gold))


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether one of the answers appears in the text as whole words.

    Both are in SQuAD's normal form, also without typographic quotation marks and dashes.
    """
    inside = f" {normalise_answer(text.translate(_PLAIN_MARKS))} "
    normal = (normalise_answer(answer.translate(_PLAIN_MARKS)) for answer in answers)
    return any(answer and f" {answer} " in inside for answer in normal)


def first_place(ranking: Sequence[str], gold: Sequence[str]) -> int | None:
    """Return the rank, from 1, of the first gold name in a ranking; None if there is none."""
    return next((place for place, name in enumerate(ranking, start=1) if name in gold), None)


def hit(place: int | None, k: int) -> float:
    """Return 1 if the rank (from 1) is among the first k, else 0."""
    return float(place is not None and place <= k)


def reciprocal_rank(place: int | None, k: int = 10) -> float:
    """Return 1 / rank, or 0 below rank k: its mean is MRR@k."""
    return 1 / place if place is not None and place <= k else 0.0


def precision_recall_f1(
    wanted: Sequence[bool], given: Sequence[bool]
) -> tuple[float, float, float]:
    """Compute precision, recall and F1 of the predictions ``given`` against the labels ``wanted``.

    Precision is NaN if nothing was given, recall if nothing was wanted, F1 if both.
    """
    both = sum(w and g for w, g in zip(wanted, given, strict=True))
    given_n, wanted_n = sum(given), sum(wanted)
    precision = both / given_n if given_n else nan
    recall = both / wanted_n if wanted_n else nan
    f1 = 2 * both / (given_n + wanted_n) if given_n + wanted_n else nan
    return precision, recall, f1


def balanced_accuracy(labels: Sequence[bool], predictions: Sequence[bool]) -> float:
    """Return the mean of the true positive and true negative rates; NaN for a single class."""
    right = {True: 0, False: 0}
    for label, prediction in zip(labels, predictions, strict=True):
        right[label] += label == prediction
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return nan
    return (right[True] / positives + right[False] / negatives) / 2


def auroc(labels: Sequence[bool], scores: Sequence[float]) -> float:
    """Return how often a positive scores above a negative, ties half: the area under the ROC curve.

    By ranks (Mann & Whitney 1947); NaN for a single class.
    """
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return nan
    ordered = sorted(zip(scores, labels, strict=True))
    ranks, before = 0.0, 0
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        group = [label for _, label in tied]
        ranks += sum(group) * (before + (len(group) + 1) / 2)
        before += len(group)
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The error rate among answered items as less and less confident items are answered too.

    ``risks[i]`` is the error rate over the ``coverages[i]`` share of most confident items;
    ``area`` is the mean of the risks (AURC, Geifman & El-Yaniv 2017): 0 is best.
    """

    coverages: tuple[float, ...]
    risks: tuple[float, ...]
    area: float


def risk_coverage(confidences: Sequence[float], wrong: Sequence[bool]) -> RiskCoverage:
    """Compute the risk-coverage curve; errors among equal confidences are spread evenly."""
    ordered = sorted(zip(confidences, wrong, strict=True), key=lambda pair: -pair[0])
    risks: list[float] = []
    errors, before = 0.0, 0
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        group = [error for _, error in tied]
        rate = sum(group) / len(group)
        risks += [(errors + rate * n) / (before + n) for n in range(1, len(group) + 1)]
        errors, before = errors + sum(group), before + len(group)
    coverages = tuple(n / before for n in range(1, before + 1))
    return RiskCoverage(coverages, tuple(risks), mean(risks))


def shingle_shares(true: str, found: str) -> tuple[float, float, float]:
    r"""Return true positives, false positives, false negatives of 4-word shingles over their sum.

    Words are ``\w+``, documents multisets of shingles; a text of fewer words is one shingle
    (the article-extraction benchmark of Zyte). Two empty texts give three zeros.
    """
    wanted, given = _shingles(true), _shingles(found)
    both = sum((wanted & given).values())
    extra, missed = sum(given.values()) - both, sum(wanted.values()) - both
    whole = both + extra + missed
    return (both / whole, extra / whole, missed / whole) if whole else (0.0, 0.0, 0.0)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    if len(tokens) < _SHINGLE:
        return Counter([tuple(tokens)] if tokens else [])
    return Counter(tuple(tokens[i : i + _SHINGLE]) for i in range(len(tokens) - _SHINGLE + 1))


def shingle_scores(pages: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Compute precision, recall and F1 over pages, each as from :func:`shingle_shares`.

    Precision and recall are averaged over pages; F1 is computed from those averages. A page for
    which no shingle was found has precision 1 if none was wanted, else 0; recall likewise.
    """
    precisions, recalls = [], []
    for both, extra, missed in pages:
        precisions.append(both / (both + extra) if both + extra else float(not missed))
        recalls.append(both / (both + missed) if both + missed else float(not extra))
    precision, recall = mean(precisions), mean(recalls)
    whole = precision + recall
    return precision, recall, 2 * precision * recall / whole if whole else 0.0


def density(article: str, summary: str) -> float:
    """Extractive density in words (Grusky et al. 2018): squared copied run lengths per word.

    A summary of its article's own sentences has a density of about their length, one in new words
    about 1 or less; an empty one 0.
    """
    source, said = _TOKEN.findall(article.lower()), _TOKEN.findall(summary.lower())
    return sum(run * run for run in _copied_runs(source, said)) / len(said) if said else 0.0


def _copied_runs(source: Sequence[str], said: Sequence[str]) -> list[int]:
    """Return the lengths of the shared runs, each greedily as long as possible."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(source):
        places.setdefault(word, []).append(place)
    runs, here = [], 0
    while here < len(said):
        longest = 0
        for place in places.get(said[here], ()):
            run = 0
            while (
                here + run < len(said)
                and place + run < len(source)
                and said[here + run] == source[place + run]
            ):
                run += 1
            longest = max(longest, run)
        if longest:
            runs.append(longest)
        here += longest or 1
    return runs


def interval(
    items: Sequence[_T],
    statistic: Callable[[Sequence[_T]], float],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the bootstrap 95 % interval of a statistic over items (percentiles; Efron 1979)."""
    import numpy as np

    random = np.random.default_rng(seed)
    values = [
        statistic([items[i] for i in random.integers(0, len(items), len(items)).tolist()])
        for _ in range(resamples)
    ]
    known = [value for value in values if not isnan(value)]  # a resample may hold a single class
    low, high = np.percentile(known, [2.5, 97.5]) if known else (nan, nan)
    return float(low), float(high)


def figure(
    path: tuple[str, ...], items: Sequence[_T], statistic: Callable[[Sequence[_T]], float]
) -> Figure:
    """Compute a figure with its interval; ``items`` are all that the value is computed from."""
    value = statistic(items) if items else nan
    low, high = interval(items, statistic) if items else (nan, nan)
    return Figure(path, value, len(items), low, high)


def mean_figure(path: tuple[str, ...], values: Sequence[float]) -> Figure:
    """Compute the mean of one value per item, with its interval."""
    import numpy as np

    if not values:
        return Figure(path, nan, 0, nan, nan)
    array = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(0)
    means = [array[random.integers(0, len(array), len(array))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Figure(path, float(array.mean()), len(values), float(low), float(high))


def records_of(records: Sequence[Record], dataset: str) -> list[Record]:
    """Return the records of one dataset."""
    return [record for record in records if record["dataset"] == dataset]
