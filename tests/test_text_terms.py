"""Sentences, names, numbers and follow-ups."""

from datetime import date

import pytest

from rag.dialogue import is_follow_up
from rag.terms import terms
from rag.text import normalise, sentences, written_date


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Smith met U.S. Secretary J. Blinken on Jan. 5. It cost 3.5 million.", 2),
        ('"Why?" he asked. "Go," she said.', 2),
        ("First paragraph without a stop\n\nSecond one", 2),
        ("他说。她也说。", 2),
        ("", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert len(list(sentences(text))) == count


def test_one_endless_paragraph_takes_no_endless_time() -> None:
    assert len(list(sentences("One more sentence stands here. " * 20_000))) == 20_000


def test_normalise_takes_out_what_cannot_be_seen() -> None:
    assert normalise("a\u200b\x1b[31m  b\r\n\r\n\r\nc\u202e") == "a[31m b\n\nc"


def test_days_are_written_in_any_locale() -> None:
    assert written_date(date(2022, 1, 19)) == "Wednesday 19 January 2022"
    assert written_date(None) == ""


def test_numbers_have_one_notation() -> None:
    assert terms("2.4 million").numbers == terms("2,400,000").numbers == {"2400000"}
    assert terms("twelve men").numbers == {"12"}


def test_names_are_folded() -> None:
    assert {"jean", "yves", "cedric"} <= terms("They saw Jean-Yves and Cédric's dog.").names


@pytest.mark.parametrize("question", ["And in Geneva?", "When?", "What did he say?", "Why?"])
def test_follow_ups(question: str) -> None:
    assert is_follow_up(question)


@pytest.mark.parametrize(
    "question", ["Who will Blinken meet in Berlin?", "How long will Tollgate Bridge be closed?"]
)
def test_questions_that_stand_alone(question: str) -> None:
    assert not is_follow_up(question)
