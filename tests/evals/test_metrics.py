"""The measures against values worked out by hand, and their edges."""

import math

import numpy as np
import pytest

from rag.evals.metrics import (
    aurc,
    auroc,
    balanced_accuracy,
    density,
    exact_match,
    f1,
    f1_of_means,
    figure,
    first_place,
    hit,
    holds,
    mean,
    mean_figure,
    median,
    normalise_answer,
    page_scores,
    precision,
    recall,
    reciprocal_rank,
    refusal_ratio,
    risk_curve,
    share,
    shingle_shares,
    specificity,
    token_f1,
)


def test_answers_in_the_normal_form_of_squad() -> None:
    assert normalise_answer("  The Mayor's, a  BRIDGE! ") == "mayors bridge"
    assert exact_match("the Oslo.", ["Lima", "oslo"]) == 1
    assert exact_match("Oslo harbour", ["Oslo"]) == 0
    assert exact_match("Oslo", []) == 0


@pytest.mark.parametrize(
    ("said", "golds", "expected"),
    [
        ("red bridge", ["the red bridge"], 1.0),
        ("red red bridge", ["red bridge"], 0.8),  # a word counts as often as it stands in both
        ("red", ["green", "red bridge"], 2 / 3),
        ("", ["the"], 1.0),
        ("", ["red"], 0.0),
        ("red", [], 0.0),
    ],
)
def test_f1_of_shared_words(said: str, golds: list[str], expected: float) -> None:
    assert token_f1(said, golds) == pytest.approx(expected)


def test_an_answer_stands_in_a_text_as_whole_words() -> None:
    assert holds("It was “Ida Fenn” – the mayor.", ["ida fenn"])
    assert not holds("Finland", ["Fin"])
    assert not holds("anything", ["the", "!"])


def test_places() -> None:
    assert first_place(["a", "b", "c"], ["c", "b"]) == 2
    assert first_place(["a"], ["b"]) is None
    assert [hit(place, 3) for place in (3, 4, None)] == [1, 0, 0]
    assert [reciprocal_rank(place) for place in (1, 4, 10, 11, None)] == [1, 0.25, 0.1, 0, 0]


def test_shares_of_right_and_wrong() -> None:
    labels, said = np.array([1, 1, 1, 0, 0], bool), np.array([1, 1, 0, 1, 0], bool)
    found = [metric(labels, said) for metric in (precision, recall, f1, specificity)]
    assert found == pytest.approx([2 / 3, 2 / 3, 2 / 3, 1 / 2])
    assert balanced_accuracy(labels, said) == pytest.approx(7 / 12)
    assert auroc(labels, np.array([0.9, 0.5, 0.5, 0.5, 0.1])) == pytest.approx(5 / 6)


@pytest.mark.slow
def test_scikit_learn_computes_the_same() -> None:
    from sklearn import metrics as sklearn

    draw = np.random.default_rng(4)
    labels = draw.random(80) < 0.3
    scores = draw.integers(0, 8, 80) / 8 + 0.1 * labels  # with ties
    said = scores > 0.5
    for own, theirs in (
        (precision, sklearn.precision_score),
        (recall, sklearn.recall_score),
        (f1, sklearn.f1_score),
        (balanced_accuracy, sklearn.balanced_accuracy_score),
    ):
        assert own(labels, said) == pytest.approx(theirs(labels, said))
    assert specificity(labels, said) == pytest.approx(sklearn.recall_score(~labels, ~said))
    assert auroc(labels, scores) == pytest.approx(sklearn.roc_auc_score(labels, scores))


def test_metrics_without_a_value() -> None:
    assert math.isnan(precision([True], [False]))
    assert (recall([True], [False]), f1([True], [False])) == (0, 0)
    assert all(math.isnan(metric([False], [False])) for metric in (precision, recall, f1))
    assert math.isnan(balanced_accuracy([True], [True]))
    assert math.isnan(auroc([False], [1.0]))
    assert math.isnan(mean([]))
    assert math.isnan(refusal_ratio([True], [1.0]))
    assert share([0], [0]) == 0


def test_medians() -> None:
    assert median([3.0, 1.0, 2.0, 9.0]) == 2.5
    assert refusal_ratio([True, False, True, False, False], [6.0, 1.0, 8.0, 2.0, 9.0]) == 3.5


def test_every_metric_takes_rows_of_resamples() -> None:
    draw = np.random.default_rng(5)
    labels, scores = draw.random((9, 30)) < 0.5, draw.integers(0, 5, (9, 30)) / 5
    for metric in (precision, recall, f1, balanced_accuracy, auroc, aurc, refusal_ratio, share):
        columns = (scores, labels) if metric is aurc else (labels, scores)
        rows = [float(metric(*row)) for row in zip(*columns, strict=True)]
        assert metric(*columns) == pytest.approx(rows), metric


def test_risk_curve_spreads_ties_evenly() -> None:
    curve = risk_curve([0.9, 0.5, 0.5, 0.1], [False, True, False, True])
    assert curve == pytest.approx([0, 0.25, 1 / 3, 0.5])
    assert aurc([0.9, 0.5, 0.5, 0.1], [False, True, False, True]) == pytest.approx(curve.mean())
    turned = risk_curve([0.1, 0.5, 0.5, 0.9], [True, False, True, False])
    assert turned == pytest.approx(curve)


def test_shingles() -> None:
    assert shingle_shares("a b c d e", "a b c d") == (0.5, 0.0, 0.5)
    assert shingle_shares("a b", "a b") == (1, 0, 0)
    assert shingle_shares("", "") == (0, 0, 0)
    assert shingle_shares("a b c d a b c d", "a b c d")[0] == pytest.approx(1 / 5)  # multisets
    assert page_scores(0.5, 0.0, 0.5) == (1, 0.5)
    assert page_scores(0.0, 1.0, 0.0) == (0, 0)  # there was nothing to find, something was found
    assert page_scores(0.0, 0.0, 0.0) == (1, 1)
    assert f1_of_means([1, 0], [0.5, 0]) == pytest.approx(2 * 0.5 * 0.25 / 0.75)
    assert f1_of_means([0], [0]) == 0


def test_density_is_the_mean_squared_length_of_copied_runs() -> None:
    assert density("one two three four five", "one two three") == 3
    assert density("one two three four", "three four one two") == 2
    assert density("one two", "six seven") == 0
    assert density("one", "") == 0


def test_intervals_hold_the_value_and_come_again() -> None:
    values = [0.0] * 30 + [1.0] * 70
    one = mean_figure(("d", "m"), values)
    assert one == mean_figure(("d", "m"), values)
    assert one.n == 100
    assert 0.55 < one.low < one.value < one.high < 0.85
    empty = figure(("d", "m"), mean, [])
    assert (math.isnan(empty.value), empty.n) == (True, 0)
