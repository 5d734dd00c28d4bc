"""What is looked up for a question that leans on the turns before it."""

from dataclasses import replace

import pytest

from rag.answering.follow_ups import is_follow_up, standalone
from rag.types import Answer, Timing


def turn(question: str) -> Answer:
    return Answer(question, "", (), (), (), "answered", 1.0, "m", Timing())


BRIDGE = "Who opened the Harrow bridge?"


@pytest.mark.parametrize(
    ("question", "history", "expected"),
    [
        ("Who steered the Pengarth ferry?", [BRIDGE], "Who steered the Pengarth ferry?"),
        ("When did she open it?", [BRIDGE], f"{BRIDGE} When did she open it?"),
        ("And why?", [BRIDGE, "What did it cost?"], f"{BRIDGE} What did it cost? And why?"),
        (
            "Why?",
            [BRIDGE, "Who steered the Pengarth ferry?"],
            "Who steered the Pengarth ferry? Why?",
        ),
        ("Why?", [], "Why?"),
        ("", [BRIDGE], f"{BRIDGE} "),
    ],
)
def test_a_follow_up_takes_along_what_it_leans_on(
    question: str, history: list[str], expected: str
) -> None:
    assert standalone(question, [turn(asked) for asked in history]) == expected


def test_a_name_is_not_looked_up_beside_a_question_that_was_refused() -> None:
    refused = replace(turn("What is the population of Kyiv?"), status="refused")
    assert standalone("Who is Lavrov?", [refused]) == "Who is Lavrov?"
    assert standalone("And Lavrov?", [turn(BRIDGE), refused]) == f"{BRIDGE} And Lavrov?"
    assert standalone("And why?", [refused]) == "What is the population of Kyiv? And why?"


def test_the_answer_in_a_few_words_goes_with_its_question_but_no_sentence_does() -> None:
    answered = replace(turn(BRIDGE), short="Mayor Ida Fenn")
    assert standalone("How old is she?", [answered]) == f"{BRIDGE} Mayor Ida Fenn How old is she?"
    long = replace(
        answered, short="Since the old one had been closed to lorries for years, the mayor said."
    )
    assert standalone("How old is she?", [long]) == f"{BRIDGE} How old is she?"


@pytest.mark.parametrize(
    "question",
    [
        "What about the cost?",
        "Who else?",
        "And he?",
        "🙂",
        "Where was that decided?",
        "And in Geneva?",
        "When?",
        "What did he say?",
        "Why?",
    ],
)
def test_questions_without_a_subject_lean_on_the_last(question: str) -> None:
    assert is_follow_up(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who said that Ida Fenn opened the bridge in Harrow?",
        "What did the council decide about schools?",
        "Why did Ida Fenn open the Harrow bridge?",
        "Who will Blinken meet in Berlin?",
        "How long will Tollgate Bridge be closed?",
    ],
)
def test_questions_with_a_subject_stand_alone(question: str) -> None:
    assert not is_follow_up(question)
