"""Publishers are compared as people write them, and not more loosely."""

import pytest

from rag.text.publishers import key


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("CNN", "cnn.com"),
        ("bbc", "www.bbc.co.uk"),
        ("https://www.cnn.com/", "CNN"),
        ("meridian courier", "The Meridian Courier"),
        ("theguardian.com", "The Guardian"),
        ("Bench and Beaker", "Bench and Beaker."),
        ("E\u0301CLAIR", "éclair"),
        ("新华社", "新华社"),
    ],
)
def test_spellings_of_one_name(typed: str, stored: str) -> None:
    assert key(typed) == key(stored)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BBC", "BBC News"),
        ("edition.cnn.com", "cnn.com"),
        ("one.wordpress.com", "two.wordpress.com"),
        ("Harrow Post", "Harrow Courier"),
        ("The", "Theo"),
        ("!", "?"),
    ],
)
def test_names_that_differ(one: str, other: str) -> None:
    assert key(one) != key(other)
