"""A sentence is shown only if words of an article bear it out."""

from datetime import date

import pytest

from rag.text import content_id
from rag.types import Article, Chunk, Claim, Passage
from rag.verify import check

TRIP = (
    "Foreign Secretary Ines Marlow landed in Oslo on Monday. She will fly on to Bergen, where she "
    "will meet Norwegian Minister Pål Hagen-Lie and the shipowner Tove Aas.\n\n"
    "Marlow, who is due to meet Danish Prime Minister Søren Krag in Aarhus on Friday, said she would "
    "not sign the fishing treaty. The treaty covers 2.4 million tonnes of herring."
)


def passage(text: str, number: int = 1, title: str = "Marlow on tour") -> Passage:
    article = Article(
        content_id(title, text),
        f"https://a.example/{number}",
        title,
        text,
        "Echo",
        (),
        date(2022, 1, 17),
    )
    return Passage(number, Chunk("c", article.id, 0, 0, len(text), text), article, 1.0)


def verdict(sentence: str, *passages: Passage) -> Claim:
    claim = check(sentence, passages or (passage(TRIP),))
    texts = {each.article.id: each.article.text for each in passages or (passage(TRIP),)}
    for citation in claim.citations:
        assert texts[citation.article_id][citation.start : citation.end] == citation.quote
    assert claim.supported == bool(claim.citations) == (not claim.reason)
    return claim


@pytest.mark.parametrize(
    "sentence",
    [
        "Marlow will meet Pål Hagen-Lie and Tove Aas in Bergen.",
        "Ines Marlow is due to meet Søren Krag in Aarhus on Friday.",
        "Marlow will meet Pal Hagen Lie in Bergen.",
        "The treaty covers 2,400,000 tonnes of herring.",
        "Marlow would not sign the fishing treaty.",
    ],
)
def test_what_the_article_says_is_supported(sentence: str) -> None:
    assert verdict(sentence).supported


@pytest.mark.parametrize(
    "sentence",
    [
        "Marlow will meet Søren Krag in Bergen.",
        "Marlow will meet Olga Brandt in Bergen.",
        "The treaty covers 3.4 million tonnes of herring.",
        "Marlow would sign the fishing treaty.",
        "Marlow will not meet Tove Aas in Bergen.",
        "Krag flew to Iceland with twelve advisers.",
        "Yes, Marlow met the King of Sweden.",
        "The population of Oslo is 700,000.",
        "!!!",
    ],
)
def test_what_the_article_does_not_say_is_not(sentence: str) -> None:
    assert not verdict(sentence).supported


def test_the_quote_is_the_sentence_that_says_it() -> None:
    claim = verdict("Søren Krag and Marlow are due to meet in Aarhus on Friday.")
    assert claim.citations[0].quote.startswith("Marlow, who is due to meet Danish")


def test_a_mark_alone_supports_nothing() -> None:
    claim = check("Marlow resigned in tears.", (passage(TRIP),), cited=frozenset({1}))
    assert not claim.supported


def test_articles_that_agree_are_both_cited() -> None:
    other = passage("On Friday Ines Marlow will meet Søren Krag in Aarhus.", 2, "Krag waits")
    claim = verdict("Marlow will meet Søren Krag in Aarhus on Friday.", passage(TRIP), other)
    assert {citation.number for citation in claim.citations} == {1, 2}


def test_a_question_of_the_article_bears_nothing_out() -> None:
    claim = "The mayor of Corley closes the harbour again."
    asking = passage("What does it mean when the mayor of Corley closes the harbour again?")
    assert check(claim, (asking,)).reason == "the source only asks it"
    saying = passage(f"Has it happened? {claim}")
    assert check(claim, (asking, saying)).citations[0].quote == claim


def test_there_is_no_support_without_sources() -> None:
    assert not check("Marlow landed in Oslo.", ()).supported
