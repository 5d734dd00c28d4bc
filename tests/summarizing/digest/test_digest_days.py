"""The day of a sentence: told, reckoned from a weekday, or that of the article; or left open."""

from datetime import date

import pytest

from rag.summarizing.digest.days import day_of, looks_ahead

PUBLISHED = date(2022, 1, 24)  # a Monday


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        ("The council met.", date(2022, 1, 24)),
        ("They met in Geneva on Friday for two hours.", date(2022, 1, 21)),
        ("He said so on Monday.", date(2022, 1, 24)),
        ("Sullivan delivered the reply on January 26.", date(2022, 1, 24)),  # still to come
        ("Russia published two treaties on 17 December.", date(2021, 12, 17)),
        ("Russia published two treaties on Dec. 17.", date(2021, 12, 17)),
        ("It opened on 3 May 2020.", date(2020, 5, 3)),
        ("It opened on May 3rd, 2020.", date(2020, 5, 3)),
        ("She resigned yesterday.", date(2022, 1, 23)),
        ("Blinken will meet Lavrov on Friday.", date(2022, 1, 24)),
        ("The vote is due on 3 February.", date(2022, 1, 24)),
    ],
)
def test_the_day_that_is_told(sentence: str, day: date) -> None:
    assert day_of(sentence, PUBLISHED) == day


@pytest.mark.parametrize(
    "sentence",
    [
        "Baerbock was in Kyiv on Monday and in Moscow on Friday.",  # two days
        "They have waited since 17 December.",  # a border, not a day
        "The talks followed a summit in Rome on 17 December, which the press called after 3 May 2020.",
        "He opened the season, which began on 1 January.",  # of another thing
        "Blinken flies to Berlin on Thursday.",  # of which week?
        "The mayor had warned of it.",  # some day before
        "Prices rose by a fifth in 2017.",
        "It rained on Tuesday.",  # six days ago: more likely tomorrow's page
    ],
)
def test_a_day_that_is_not_plain_is_left_open(sentence: str) -> None:
    assert day_of(sentence, PUBLISHED) is None


def test_without_a_day_of_publication_only_a_full_date_is_known() -> None:
    assert day_of("They met on Friday.", None) is None
    assert day_of("They met.", None) is None
    assert day_of("They met on 3 May.", None) is None
    assert day_of("They met on 3 May 2020.", None) == date(2020, 5, 3)


@pytest.mark.parametrize(
    "sentence", ["It broke on 31 February.", "It broke on 99 May 2020.", "May 0"]
)
def test_impossible_days_are_no_days(sentence: str) -> None:
    assert day_of(sentence, PUBLISHED) in {None, PUBLISHED}


def test_may_is_a_month_and_may_is_not() -> None:
    assert not looks_ahead("It opened on 3 May.")
    assert looks_ahead("It may open.")
