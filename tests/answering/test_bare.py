"""An answer in a few words loses what it repeats from its question, and nothing else."""

import pytest

from rag.answering.strip_question import bare


@pytest.mark.parametrize(
    ("question", "said", "expected"),
    [
        # A sentence, with the answer before, after and between the words of the question.
        (
            "Who began her service at the Harrow camp this week?",
            "Ida Fenn began her service at the Harrow camp this week",
            "Ida Fenn",
        ),
        (
            "Who features on the new Harrow banknote?",
            "The new Harrow banknote features the painter Wilma Troost",
            "painter Wilma Troost",
        ),
        (
            "The ferry line lost how many passengers in the spring?",
            "The ferry line lost 970,000 passengers in the spring",
            "970,000",
        ),
        # The name that opens it is the answer; what follows only adds to it.
        (
            "Which town hall resumes its public tours?",
            "Harrow resumes its public tours on 19 July after two years",
            "Harrow",
        ),
        # A figure of the question is no answer, though it is read as two words.
        (
            "Some 2 million people lost their savings in a fraud. Where was it?",
            "2 million people lost their savings in Harrow",
            "Harrow",
        ),
        # A title is not cut at its small words.
        (
            "What is the ferry show called that the mayor joined?",
            '"I am a Captain: Get Me to the Shore"',
            '"I am a Captain: Get Me to the Shore"',
        ),
        (
            "What is the ferry show called that the mayor joined?",
            "Steer a Boat… Get Me Out of Here!",
            "Steer a Boat… Get Me Out of Here!",
        ),
        # A word that repeats and adds.
        (
            "Which ferry left at noon?",
            "Ferry-boats of the old line left Harrow at noon",
            "Ferry-boats of the old line left Harrow",
        ),
        # A number and its unit.
        ("How many passengers were lost?", "970,000 passengers", "970,000"),
        ("What share of women vote?", "32% of women", "32%"),
        ("What does the bridge cost?", "£12 million", "£12 million"),
        ("What does the bridge cost in euros?", "12.5 million euros", "12.5 million"),
        (
            "How many homes on the island were without water on Monday?",
            "2.5 million houses and flats were without water early Monday",
            "2.5 million houses and flats",
        ),
        (
            "How many ferries and boats were sold?",
            "2 million ferries and 14,000 rowing boats",
            "2 million ferries and 14,000 rowing boats",
        ),
        # As they are: short ones, and those that add nothing.
        ("Which deal was signed?", "the Iran deal", "the Iran deal"),
        ("Paris or Rome?", "Paris", "Paris"),
        ("Was it 12 in all?", "12", "12"),
        ("Why was the fair called off?", "a drought", "a drought"),
        ("Who came?", "", ""),
    ],
)
def test_bare(question: str, said: str, expected: str) -> None:
    assert bare(question, said, sentence=len(said.split()) > 5) == expected


def test_what_is_bare_stays_as_it_is() -> None:
    question = "The ferry line lost how many passengers in the spring?"
    once = bare(question, "The ferry line lost 970,000 passengers in the spring", sentence=True)
    assert bare(question, once, sentence=False) == once
