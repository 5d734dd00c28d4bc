"""Questions to begin with: about names that titles and texts tell of, and about nothing else."""

import time
from datetime import date

import pytest

from rag.suggestions import suggest
from rag.types import Article

BRIDGE = (
    "Mayor Ida Fenn opened the Harrow Bridge on Tuesday. It cost 12 million euros, said Fenn. "
    "Former teacher Fenn has ruled the town since 2019. The council thanked the mayor."
)
FERRY = (
    "Skerrin Ferries, which sails to the islands, will sell its last steamer on Friday. The firm "
    "from Norland has four ships. Skerrin Ferries is the pride of Norland."
)
CLOCK = (
    "The clock of Hexcombe was repaired by volunteers in the spring. People in Hexcombe had missed "
    "it. The mayor said on Monday that Hexcombe was whole again."
)
WALL = (
    "The Harrow Bridge was closed for a day in May. A wall of the Harrow Bridge had come down in "
    "the rain. Mayor Ida Fenn was sorry. The German minister came to see Mayor Ida Fenn."
)


def made(title: str, text: str, **changes: object) -> Article:
    known = {"publisher": "Norland Post", "published": date(2024, 5, 14), "language": "en"}
    return Article(id=title, url="", title=title, text=text, **(known | changes))  # type: ignore[arg-type]


NEWS = (
    made("Fenn opens Harrow Bridge", BRIDGE),
    made("Skerrin Ferries to sell steamer", FERRY),
    made("Hexcombe has its clock again", CLOCK),
    made("Harrow Bridge closed on Monday", WALL),
)


def test_questions_are_about_different_names_of_different_articles() -> None:
    found = suggest(NEWS)
    assert len(found) == len(set(found)) == 3, "the fourth article is about the same bridge"
    assert "When will Skerrin Ferries sell its last steamer?" not in found, "its leans on the text"
    for name in ("Harrow Bridge", "Skerrin Ferries", "Hexcombe"):
        assert sum(name in question for question in found) == 1
    assert all(question.endswith("?") for question in found)


@pytest.mark.parametrize(
    ("title", "text", "question"),
    [
        (
            "Fenn to open bridge",
            "Ida Fenn, the mayor, will open the Harrow bridge on Tuesday. Fenn is proud.",
            "When will Ida Fenn open the Harrow bridge?",
        ),
        (
            "Fenn to open bridge",
            "Ida Fenn will open the Harrow bridge in Norland. Fenn is proud of it.",
            "Where will Ida Fenn open the Harrow bridge?",
        ),
        (
            "Tollgate Bridge shuts",
            "Tollgate Bridge will be closed from 12 May. People like Tollgate Bridge.",
            "When will Tollgate Bridge be closed?",
        ),
        (
            "Fenn opens bridge",
            "Mayor Ida Fenn opened the Harrow bridge, a beauty. Fenn is proud.",
            "Who opened the Harrow bridge?",
        ),
        (
            "Fenn wants more of Norland",
            "Mayor Ida Fenn said that Norland must help. Norland has refused. Fenn is cross.",
            "What did Ida Fenn say about Norland?",
        ),
        (
            "Fenn and Norland at odds",
            "Norland is cross. Ida Fenn wants more of Norland. Fenn has asked often.",
            "What do the articles say about Ida Fenn and Norland?",
        ),
        (
            "York asks",
            "The fair of New York is big. Here is New York. The fair of York is not.",
            "What do the articles say about New York?",
        ),
        ("Fenn smiles", "Mayor Ida Fenn smiled. Then Fenn laughed.", "Who is Ida Fenn?"),
        (
            "Bridge named after OSCE",
            "Peace, says the OSCE, is fragile. Hence the OSCE was glad of it.",
            "What do the articles say about the OSCE?",
        ),
    ],
)
def test_a_sentence_gives_its_question(title: str, text: str, question: str) -> None:
    assert suggest([made(title, text)]) == (question,)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Monday in May", "We met on Monday in May. Then came Monday, and then another May."),
        ("French and Germans", "The French minister met the German one. The French were glad."),
        ("Norland Post says", "The Norland Post has asked. The Norland Post was told nothing."),
        ("Reuters says", "It was told to Reuters. The man from Reuters was glad."),
        ("Brown asks", "It was asked by Mr Brown. There was no answer for Mr Brown."),
        ("Council asks", "It was asked by the Council. The council of a town may ask the Council."),
        ("Jo Ash asks", "It was asked by Jo Ash. There was no answer for Jo Ash."),
        ("Lions lose", "The British and Irish Lions lost. So the British and Irish Lions went."),
        ("Bond signed", "He signed the Bond for Harbours Act. The Bond for Harbours Act is law."),
        ("MPs ask", "It was asked by MPs. There was no answer for MPs."),
        ("Fenn speaks", "It was asked by Ida Fenn."),
        ("A walk", "It was asked by Ida Fenn. There was no answer for Ida Fenn."),
        ("", ""),
    ],
)
def test_what_is_no_name_or_no_subject_is_not_asked_about(title: str, text: str) -> None:
    assert suggest([made(title, text, authors=("Jo Ash",))]) == ()


def test_other_languages_and_no_articles_give_none() -> None:
    assert suggest([made("Fenn smiles", "Ida Fenn smiled. Ida Fenn.", language="it")]) == ()
    assert suggest([]) == ()
    assert suggest(NEWS, 0) == ()
    assert len(suggest(NEWS, 1)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "AA " * 40_000,
        "Aa bb " * 20_000,
        "Ida Fenn will " * 20_000,
        "Ida Fenn, " + "x" * 100_000 + ", will be closed. Ida Fenn.",
        "Ida Fenn opened <script>alert(1)</script> Bridge in May. Ida Fenn. " * 3,
    ],
)
def test_hostile_text_is_quick_and_stays_outside(text: str) -> None:
    started = time.monotonic()
    found = suggest([made("Ida Fenn", text), made("Fenn", text)])
    assert time.monotonic() - started < 5
    assert not any("<" in question or len(question) > 120 for question in found)
