"""Starter questions: about names that titles and texts have, and about nothing else."""

from datetime import date

import pytest

from rag.suggestions import suggest
from rag.types import Article

BRIDGE = (
    "The mayor opened the bridge on Tuesday. Fenn said that it cost 12 million euros. The council "
    "thanked Fenn for the bridge."
)
FERRY = (
    "The last steamer in Skerrin, which sails to the islands, will be sold on Friday. The firm "
    "from Norland has four ships. People in Skerrin were sorry."
)
CLOCK = (
    "The clock in Hexcombe was repaired by volunteers in the spring. People in Hexcombe had missed "
    "it. The mayor told them on Monday that it was whole again."
)
WALL = (
    "The bridge was closed for a day in May. A wall of it had come down in the rain. Fenn said she "
    "was sorry. The council was not told by Fenn."
)


def made(title: str, text: str, **changes: object) -> Article:
    known = {"publisher": "Norland Post", "published": date(2024, 5, 14), "language": "en"}
    return Article(id=title, url="", title=title, text=text, **(known | changes))  # type: ignore[arg-type]


NEWS = (
    made("Hexcombe has its clock again", CLOCK),
    made("Fenn opens bridge", BRIDGE),
    made("Skerrin sells steamer", FERRY),
    made("Fenn sorry about wall", WALL),
)


def test_questions_are_about_names_of_different_articles_the_most_frequent_first() -> None:
    assert suggest(NEWS) == (
        "What did Fenn say?",
        "What is the news from Hexcombe?",
        "What is the news from Skerrin?",
    )
    assert suggest(NEWS, 1) == suggest(NEWS)[:1]
    assert suggest(NEWS, 0) == ()


@pytest.mark.parametrize(
    ("title", "text", "question"),
    [
        (
            "Fenn cross with Norland",
            "Fenn said that Norland must help. There was no answer to Fenn.",
            "What did Fenn say?",
        ),
        (
            "Fair opens in Arnwick",
            "There is a fair in Arnwick. It is the first to be held in Arnwick.",
            "What is the news from Arnwick?",
        ),
        (
            "York asks",
            "The fair in New York is big. It is quiet in York. The fair in York is not.",
            "What is the news from York?",
        ),
        (
            "Bridge named after OSCE",
            "The OSCE said that it was fragile. Hence the OSCE was glad of it.",
            "What did the OSCE say?",
        ),
    ],
)
def test_the_use_of_a_name_gives_the_question(title: str, text: str, question: str) -> None:
    assert suggest([made(title, text)]) == (question,)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Monday in May", "We met on Monday in May. Then came Monday, and then another May."),
        ("French minister", "It was the French minister. Then a French minister spoke."),
        ("Norland Post says", "The Norland Post has asked. To the Norland Post it was nothing."),
        ("Reuters says", "It was learned by Reuters. The man from Reuters was glad."),
        ("Council asks", "It was asked by the Council. The council of a town may ask the Council."),
        ("Jo Ash asks", "It was asked by Jo Ash. There was no answer for Jo Ash."),
        (
            "Irish Lions lose",
            "So the British and Irish Lions lost. The British and Irish Lions ...",
        ),
        ("Bank raises rates", "Then the Bank of Norland acted. He asked the Bank of Norland."),
        ("MPs ask", "It was asked by MPs. There was no answer for MPs."),
        ("Fenn speaks", "It was asked by Ida Fenn."),
        ("Bridge opens", "They crossed the Bridge of Arn. Few had missed the Bridge of Arn."),
        ("York is big", "It was asked by York. Here is York, and that is York."),
        ("A walk", "It was asked by Ida Fenn. There was no answer for Ida Fenn."),
        ("", ""),
    ],
)
def test_what_is_no_name_or_no_subject_is_not_asked_about(title: str, text: str) -> None:
    assert suggest([made(title, text, authors=("Jo Ash",))]) == ()


def test_other_languages_and_no_articles_give_none() -> None:
    assert suggest([made("Fenn", "Qui è Fenn. Poi di Fenn.", language="it")]) == ()
    assert suggest([]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "AA " * 40_000,
        "Aa bb " * 20_000,
        "A" * 200_000,
        "Ida Fenn " * 20_000,
        f"It is {'X' * 500}. Here is {'X' * 500}.",
        "In May of <script>alert(1)</script> Bridge there was Ida<b>Fenn. By Ida<b>Fenn. " * 3,
    ],
)
def test_hostile_text_gives_no_markup_and_no_long_question(text: str) -> None:
    found = suggest([made(text[:200_000], text), made("Ida Fenn", text)])
    assert not any("<" in question or len(question) > 120 for question in found)
