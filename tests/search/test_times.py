"""The time of a question as a window over the days of articles."""

from datetime import date

import pytest

from rag.search import time_window

TODAY = date(2022, 1, 20)  # a Thursday


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What has Blinken said since Monday?", "articles since Monday 17 January 2022"),
        ("What was said since 12 December?", "articles since Sunday 12 December 2021"),
        ("What was said since January 12, 2021?", "articles since Tuesday 12 January 2021"),
        ("What happened since 2020?", "articles since Wednesday 1 January 2020"),
        ("What has changed since last week?", "articles since Monday 10 January 2022"),
        ("What happened in the last three days?", "articles since Monday 17 January 2022"),
        ("What was decided yesterday?", "articles since Wednesday 19 January 2022"),
        ("What happened today?", "articles since Thursday 20 January 2022"),
        ("What happened this week?", "preferably articles since Monday 17 January 2022"),
        (
            "Who resigned last month?",
            "preferably articles from Wednesday 1 December 2021 to Friday 7 January 2022",
        ),
        (
            "What did he say on Tuesday?",
            "preferably articles from Tuesday 18 January 2022 to Thursday 20 January 2022",
        ),
        (
            "Who won in 2021?",
            "preferably articles from Friday 1 January 2021 to Monday 31 January 2022",
        ),
        (
            "Who resigned in March?",
            "preferably articles from Monday 1 March 2021 to Wednesday 7 April 2021",
        ),
    ],
)
def test_the_time_of_a_question_is_understood(question: str, expected: str) -> None:
    assert str(time_window(question, TODAY)) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Who will Blinken meet in Berlin?",
        "Who will Blinken meet on Friday?",  # the one to come
        "What has changed since the invasion?",
        "How many people march in Berlin?",
        "What was said since 31 February?",
        "What happened 999 years ago in the year 0?",
        "",
    ],
)
def test_other_questions_have_no_window(question: str) -> None:
    window = time_window(question, TODAY)
    assert window is None or not window.strict
    assert window is None or "999" in question


def test_what_is_ahead_leaves_no_article_out() -> None:
    window = time_window("Who will he meet today?", TODAY)
    assert window is not None
    assert not window.strict
