"""What a reader asks for is taken as it is plainly meant, and anything else is reported."""

from datetime import UTC, date, datetime

import pytest

from rag.errors import ConfigError
from rag.types import Answers, Filters, Question


class Timestamp(datetime):
    """A subclass of datetime, as that of pandas is."""


class NaT(Timestamp):
    """No time, which is a datetime too, in pandas."""

    def date(self) -> date:
        raise ValueError("NaTType does not support date")


DAY = date(2022, 1, 19)


@pytest.mark.parametrize(
    "given",
    [
        DAY,
        datetime(2022, 1, 19, 23, 59, tzinfo=UTC),
        Timestamp(2022, 1, 19, 8),
        "2022-01-19",
        " 2022-01-19T10:00:00Z ",
    ],
)
def test_days_of_every_plain_kind(given: date | str) -> None:
    assert Filters(since=given, until=given, as_of=given) == Filters(DAY, DAY, (), DAY)
    assert type(Filters(since=given).since) is date


@pytest.mark.parametrize("given", ["19/01/2022", "", 20220119, NaT(2022, 1, 1), object()])
def test_what_is_no_day_is_reported(given: str) -> None:
    with pytest.raises(ConfigError, match=r"^until .* is not a day\. Use a date"):
        Filters(until=given)


def test_a_range_of_days_that_is_reversed_is_reported() -> None:
    with pytest.raises(ConfigError, match="since 2022-01-19 is after until 2022-01-18"):
        Filters(since=DAY, until="2022-01-18")


def test_one_publisher_need_not_be_a_tuple() -> None:
    assert Filters(publishers="cnn.com") == Filters(publishers=["cnn.com"])
    assert hash(Filters(publishers=["cnn.com"])) == hash(Filters(publishers=("cnn.com",)))


def test_questions_of_a_batch_may_be_text() -> None:
    told = Answers(["Who?", Question("b", "Why?")]).questions
    assert told == (Question("1", "Who?"), Question("b", "Why?"))
    assert Answers("Who?").questions == (Question("1", "Who?"),)
