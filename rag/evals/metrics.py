"""Metrics of the evaluation, as pure functions with their sources.

All are shares between 0 and 1 unless stated otherwise. A metric without a value, such as the area
under a curve of a single class, is NaN, and the run omits it. Metrics of many items take arrays
and work along the last axis, so that one call computes a metric of all resamples of a bootstrap.
"""

import re
import string
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.evals.task import Figure

Values = npt.ArrayLike  # one value per item, or rows of such values
RESAMPLES = 1000
_SHINGLE = 4
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_PLAIN_MARKS = str.maketrans({**dict.fromkeys("“”‘’«»„…", ""), **dict.fromkeys("–—", " ")})
_TOKEN = re.compile(r"\w+")


def normalise_answer(text: str) -> str:
    """Return SQuAD's normal form: lower case, no punctuation, no articles, single spaces.

    As in the official scorer (Rajpurkar et al. 2016), only ASCII punctuation is removed, so that a
    curly quotation mark makes a different answer.
    """
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """Return 1 if the prediction equals a gold answer in SQuAD's normal form, else 0."""
    predicted = normalise_answer(prediction)
    return float(any(predicted == normalise_answer(gold) for gold in golds))


def token_f1(prediction: str, golds: Sequence[str]) -> float:
    """Return the best F1 of shared words between the prediction and a gold answer (SQuAD)."""
    predicted = normalise_answer(prediction).split()
    return max(
        (_f1_of_words(predicted, normalise_answer(gold).split()) for gold in golds), default=0.0
    )


def _f1_of_words(predicted: Sequence[str], gold: Sequence[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    shared = (Counter(predicted) & Counter(gold)).total()
    return 2 * shared / (len(predicted) + len(gold))


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


def _sum(values: Values) -> Any:
    return np.asarray(values, dtype=float).sum(axis=-1)


def _ratio(part: Any, whole: Any) -> Any:
    """Divide; 0 / 0 is NaN."""
    with np.errstate(invalid="ignore"):
        return part / np.asarray(whole, dtype=float)


def mean(values: Values) -> Any:
    """Return the mean; NaN if empty."""
    return _ratio(_sum(values), np.shape(values)[-1])


def median(values: Values) -> Any:
    """Return the median."""
    return np.median(np.asarray(values, dtype=float), axis=-1)


def share(parts: Values, wholes: Values) -> Any:
    """Return the sum of the parts over the sum of the wholes; 0 if there is nothing."""
    return _sum(parts) / np.maximum(1, _sum(wholes))


def precision(labels: Values, predictions: Values) -> Any:
    """Return the share of true labels among the predictions; NaN if nothing was predicted."""
    return _ratio(_sum(np.logical_and(labels, predictions)), _sum(predictions))


def recall(labels: Values, predictions: Values) -> Any:
    """Return the share of the true labels that was predicted; NaN if no label is true."""
    return precision(predictions, labels)


def f1(labels: Values, predictions: Values) -> Any:
    """Return the harmonic mean of precision and recall; NaN if neither has a value."""
    both = _sum(np.logical_and(labels, predictions))
    return _ratio(2 * both, _sum(labels) + _sum(predictions))


def specificity(labels: Values, predictions: Values) -> Any:
    """Return the true negative rate; NaN without negatives."""
    return recall(np.logical_not(labels), np.logical_not(predictions))


def balanced_accuracy(labels: Values, predictions: Values) -> Any:
    """Return the mean of the true positive and true negative rates; NaN for a single class."""
    return (recall(labels, predictions) + specificity(labels, predictions)) / 2


def auroc(labels: Values, scores: Values) -> Any:
    """Return how often a positive scores above a negative, ties half: the area under the ROC curve.

    By ranks (Mann & Whitney 1947); NaN for a single class. It equals scikit-learn's
    ``roc_auc_score``, which takes one sample at a time and so is too slow for a bootstrap.
    """
    from scipy.stats import rankdata

    positives, count = _sum(labels), np.shape(labels)[-1]
    ranks = _sum(rankdata(scores, axis=-1) * np.asarray(labels))
    return _ratio(ranks - positives * (positives + 1) / 2, positives * (count - positives))


def refusal_ratio(refused: Values, seconds: Values) -> Any:
    """Return the median time of a refusal divided by that of an answer; NaN if one is missing."""
    is_refusal = np.asarray(refused, dtype=bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # only refusals, or none, are NaN
        refusals = np.nanmedian(np.where(is_refusal, seconds, nan), axis=-1)
        return refusals / np.nanmedian(np.where(is_refusal, nan, seconds), axis=-1)


def risk_curve(confidences: Values, wrong: Values) -> npt.NDArray[np.float64]:
    """Return the error rates of the 1, 2, ... most confident items (risk-coverage curve).

    Errors among equal confidences are spread evenly. For one sample, not for rows of them.
    """
    _, group, sizes = np.unique(-np.asarray(confidences), return_inverse=True, return_counts=True)
    rates = np.bincount(group, weights=np.asarray(wrong, dtype=float)) / sizes
    return np.cumsum(np.repeat(rates, sizes)) / np.arange(1, len(group) + 1)


def aurc(confidences: Values, wrong: Values) -> Any:
    """Return the mean of :func:`risk_curve` (AURC, Geifman & El-Yaniv 2017): 0 is best."""
    each = np.vectorize(lambda c, w: risk_curve(c, w).mean(), signature="(n),(n)->()")
    return each(confidences, wrong)


def shingle_shares(true: str, found: str) -> tuple[float, float, float]:
    r"""Return true positives, false positives, false negatives of 4-word shingles over their sum.

    Words are ``\w+``, documents multisets of shingles; a text of fewer words is one shingle
    (the article-extraction benchmark of Zyte). Two empty texts give three zeros.
    """
    wanted, given = _shingles(true), _shingles(found)
    both = (wanted & given).total()
    extra, missed = given.total() - both, wanted.total() - both
    whole = both + extra + missed
    return (both / whole, extra / whole, missed / whole) if whole else (0.0, 0.0, 0.0)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    if len(tokens) < _SHINGLE:
        return Counter([tuple(tokens)] if tokens else [])
    return Counter(tuple(tokens[i : i + _SHINGLE]) for i in range(len(tokens) - _SHINGLE + 1))


def page_scores(both: float, extra: float, missed: float) -> tuple[float, float]:
    """Return precision and recall of a page from its :func:`shingle_shares`.

    A page for which no shingle was found has precision 1 if none was wanted, else 0; recall likewise.
    """
    precision = both / (both + extra) if both + extra else float(not missed)
    recall = both / (both + missed) if both + missed else float(not extra)
    return precision, recall


def f1_of_means(precisions: Values, recalls: Values) -> Any:
    """Return the harmonic mean of the average precision and the average recall; 0 if both are 0."""
    precision, recall = mean(precisions), mean(recalls)
    return np.nan_to_num(_ratio(2 * precision * recall, precision + recall))


def density(article: str, summary: str) -> float:
    """Extractive density in words (Grusky et al. 2018): squared copied run lengths per word.

    A summary of its article's own sentences has a density of about their length, one in new words
    about 1 or less; an empty one 0.
    """
    source, tokens = _TOKEN.findall(article.lower()), _TOKEN.findall(summary.lower())
    places: dict[str, list[int]] = {}
    for place, word in enumerate(source):
        places.setdefault(word, []).append(place)
    squares = here = 0
    while here < len(tokens):
        runs = (
            _shared_run(source[place:], tokens[here:]) for place in places.get(tokens[here], ())
        )
        longest = max(runs, default=0)
        squares += longest**2
        here += longest or 1
    return squares / len(tokens) if tokens else 0.0


def _shared_run(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the number of equal words at the beginning of both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def figure(path: tuple[str, ...], metric: Callable[..., Any], *columns: Values) -> Figure:
    """Compute a metric and its bootstrap 95 % interval (percentiles; Efron 1979).

    Args:
        path: dataset, variants and name of the metric.
        metric: takes the columns, or rows of resampled ones.
        columns: one or more values per item.
    """
    arrays = [np.asarray(column) for column in columns]
    count = len(arrays[0])
    if not count:
        return Figure(path, nan, 0, nan, nan)
    draws = np.random.default_rng(0).integers(0, count, (RESAMPLES, count))
    values = metric(*(array[draws] for array in arrays))
    known = values[~np.isnan(values)]  # a resample may hold a single class
    low, high = np.percentile(known, [2.5, 97.5]) if known.size else (nan, nan)
    return Figure(path, float(metric(*arrays)), count, float(low), float(high))


def mean_figure(path: tuple[str, ...], values: Values) -> Figure:
    """Compute the mean of one value per item, with its interval."""
    return figure(path, mean, values)
