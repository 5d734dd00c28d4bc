"""Figures with what they count: as ranges, and only where it is clear."""

import pytest

from rag.summarizing.digest.figures import Figure, figures
from rag.text.terms import terms


def found(sentence: str) -> tuple[Figure, ...]:
    return figures(sentence, terms(sentence).tokens)


@pytest.mark.parametrize(
    ("sentence", "words", "kind", "value"),
    [
        ("About 100,000 Russian troops are close.", "100,000 Russian troops", "troop", 1e5),
        ("They hold 2.4 million people there.", "2.4 million people", "peopl", 2.4e6),
        ("It lasted 90 minutes.", "90 minutes", "s", 5400),
        ("They met for two hours.", "two hours", "s", 7200),
        ("It sold for £41.5m.", "£41.5m", "GBP", 41.5e6),
        ("It cost 20,000 euros.", "20,000 euros", "EUR", 2e4),
        ("Prices rose 8.3% in May.", "8.3 percent", "%", 8.3),
        ("Some 300 U.S. soldiers left.", "300 US soldiers", "soldier", 300),
        ("Twenty-five people died.", "Twenty-five people", "peopl", 25),
        ("They drove 3 miles (4.8 km).", "3 miles", "m", 4828),
    ],
)
def test_what_a_figure_counts(sentence: str, words: str, kind: str, value: float) -> None:
    (figure,) = found(sentence)
    assert (figure.words, figure.kind) == (words, kind)
    assert figure.low <= value <= figure.high


@pytest.mark.parametrize(
    "sentence",
    [
        "Talks ran between 10 and 13 January.",
        "10 to 20 people were hurt.",
        "10 to 15 inches of rain fell.",
        "The margin of error is plus or minus 3 percent.",
        "They took the 50-mile road for a two-hour meeting.",
        "Of the 57 states one was absent.",
        "A further $200 million of equipment was approved.",
        "Another 30 people were hurt.",
        "About 106,000 of them belong to the land forces.",
        "The 20-year-old won.",
        "Article 5 was invoked, and Flight 800 landed.",
        "It ended 3-2.",
        "In 2017 it rained.",
        "No figure at all.",
    ],
)
def test_figures_of_which_it_is_not_clear_what_they_count_are_left_out(sentence: str) -> None:
    assert found(sentence) == ()


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("90 minutes", "two hours", True),
        ("two hours", "120 minutes", False),
        ("about 100,000 troops", "127,000 troops", True),
        ("about 100,000 troops", "106,000 troops", False),
        ("more than 100,000 troops", "127,000 troops", False),
        ("more than 130,000 troops", "127,000 troops", True),
        ("up to 8,500 troops", "8,000 troops", False),
        ("up to 8,500 troops", "9,000 troops", True),
        ("127,000 troops", "127,300 troops", False),
        ("5 people", "6 people", True),
        ("5 people", "5 houses", False),
        ("8.3% more", "8.26% more", False),
        ("$5 million", "£6 million", False),
        ("5 miles", "8 kilometres", False),
        ("5 miles", "12 kilometres", True),
    ],
)
def test_what_contradicts_what(one: str, other: str, wanted: bool) -> None:
    (first,), (second,) = found(f"They saw {one}."), found(f"They saw {other}.")
    assert first.contradicts(second) is wanted
    assert second.contradicts(first) is wanted


def test_nothing_and_enormous_figures_are_accepted() -> None:
    assert found("") == ()
    assert found("0 people came.")[0].low == 0
    assert found(f"{'9' * 400} people came.") == ()
    found("² people and ① troops and 1.2.3 houses and ٣ mills")
