"""The measures against values worked out by hand, and their edges."""

import math
import random

import pytest

from rag.evals.metrics import (
    auroc,
    balanced_accuracy,
    density,
    exact_match,
    figure,
    first_place,
    hit,
    holds,
    interval,
    mean,
    mean_figure,
    normalise_answer,
    precision_recall_f1,
    reciprocal_rank,
    records_of,
    risk_coverage,
    shingle_scores,
    shingle_shares,
    token_f1,
)


def test_answers_in_the_normal_form_of_squad() -> None:
    assert normalise_answer("  The Mayor's, a  BRIDGE! ") == "mayors bridge"
    assert exact_match("the Oslo.", ["Lima", "oslo"]) == 1
    assert exact_match("Oslo harbour", ["Oslo"]) == 0
    assert exact_match("Oslo", []) == 0


@pytest.mark.parametrize(
    ("said", "golds", "wanted"),
    [
        ("red bridge", ["the red bridge"], 1.0),
        ("red red bridge", ["red bridge"], 0.8),  # a word counts as often as it stands in both
        ("red", ["green", "red bridge"], 2 / 3),
        ("", ["the"], 1.0),
        ("", ["red"], 0.0),
        ("red", [], 0.0),
    ],
)
def test_f1_of_shared_words(said: str, golds: list[str], wanted: float) -> None:
    assert token_f1(said, golds) == pytest.approx(wanted)


def test_an_answer_stands_in_a_text_as_whole_words() -> None:
    assert holds("It was “Ida Fenn” – the mayor.", ["ida fenn"])
    assert not holds("Finland", ["Fin"])
    assert not holds("anything", ["the", "!"])


def test_places() -> None:
    assert first_place(["a", "b", "c"], ["c", "b"]) == 2
    assert first_place(["a"], ["b"]) is None
    assert [hit(place, 3) for place in (3, 4, None)] == [1, 0, 0]
    assert [reciprocal_rank(place) for place in (1, 4, 10, 11, None)] == [1, 0.25, 0.1, 0, 0]


def test_precision_and_recall_and_their_edges() -> None:
    wanted, given = [True, True, True, False], [True, False, False, True]
    assert precision_recall_f1(wanted, given) == pytest.approx((1 / 2, 1 / 3, 2 / 5))
    nothing = precision_recall_f1([True], [False])
    assert math.isnan(nothing[0])
    assert nothing[1:] == (0, 0)
    assert all(map(math.isnan, precision_recall_f1([False], [False])))


def test_balanced_accuracy_and_auroc() -> None:
    labels = [True, True, True, False]
    assert balanced_accuracy(labels, [True, True, False, False]) == pytest.approx((2 / 3 + 1) / 2)
    assert math.isnan(balanced_accuracy([True], [True]))
    assert auroc([True, False], [0.5, 0.5]) == 0.5
    assert math.isnan(auroc([False], [1.0]))


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    draw = random.Random(4)
    labels = [draw.random() < 0.3 for _ in range(80)]
    scores = [draw.randrange(8) / 8 + 0.1 * label for label in labels]
    true = [score for score, label in zip(scores, labels, strict=True) if label]
    false = [score for score, label in zip(scores, labels, strict=True) if not label]
    pairs = [float(t > f) + 0.5 * (t == f) for t in true for f in false]
    assert auroc(labels, scores) == pytest.approx(sum(pairs) / len(pairs))


def test_risk_and_coverage_spread_ties_evenly() -> None:
    curve = risk_coverage([0.9, 0.5, 0.5, 0.1], [False, True, False, True])
    assert curve.coverages == (0.25, 0.5, 0.75, 1.0)
    assert curve.risks == pytest.approx((0, 0.25, 1 / 3, 0.5))
    assert curve.area == pytest.approx(sum(curve.risks) / 4)
    turned = risk_coverage([0.1, 0.5, 0.5, 0.9], [True, False, True, False])
    assert turned.risks == pytest.approx(curve.risks)


def test_shingles() -> None:
    assert shingle_shares("a b c d e", "a b c d") == (0.5, 0.0, 0.5)
    assert shingle_shares("a b", "a b") == (1, 0, 0)
    assert shingle_shares("", "") == (0, 0, 0)
    assert shingle_shares("a b c d a b c d", "a b c d")[0] == pytest.approx(1 / 5)  # multisets
    # Averages over pages first: (1 + 0) / 2 and (.5 + 0) / 2; where nothing was wanted recall is 0.
    precision, recall, f1 = shingle_scores([(0.5, 0.0, 0.5), (0.0, 1.0, 0.0)])
    assert (precision, recall) == (0.5, 0.25)
    assert f1 == pytest.approx(2 * 0.5 * 0.25 / 0.75)
    assert shingle_scores([(0.0, 0.0, 0.0)]) == (1, 1, 1)


def test_density_is_the_mean_squared_length_of_copied_runs() -> None:
    assert density("one two three four five", "one two three") == 3
    assert density("one two three four", "three four one two") == 2
    assert density("one two", "six seven") == 0
    assert density("one", "") == 0


def test_intervals_hold_the_value_and_come_again() -> None:
    values = [0.0] * 30 + [1.0] * 70
    one, again = mean_figure(("d", "m"), values), figure(("d", "m"), values, mean)
    assert one == mean_figure(("d", "m"), values)
    assert one.n == 100
    assert 0.55 < one.low < one.value < one.high < 0.85
    assert (one.low, one.high) == pytest.approx((again.low, again.high), abs=0.02)
    assert interval(values, mean) == interval(values, mean)
    assert math.isnan(mean([]))
    assert math.isnan(mean_figure(("d", "m"), []).value)
    empty = figure(("d", "m"), [], mean)
    assert (math.isnan(empty.value), empty.n) == (True, 0)


def test_records_of_one_set() -> None:
    rows = [{"dataset": "a", "key": "1"}, {"dataset": "b", "key": "2"}]
    assert records_of(rows, "b") == rows[1:]
