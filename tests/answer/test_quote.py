"""Sentences that are quoted as an answer, and which questions want yes or no."""

from datetime import date

import pytest

from rag.answer.confidence import confidence
from rag.answer.quote import asks_yes_or_no, coverage, names_found, quoted
from rag.chunk import chunk
from rag.config import load
from rag.text import content_id
from rag.types import Article, Passage, Signals

BRIDGE = (
    "Mayor Ida Fenn opened the new Harrow bridge on Tuesday. Fenn, 52, said that the bridge had "
    "cost 12 million euros. Engineers from Oslo inspected it twice."
)
FERRY = (
    "The last ferry across the Harrow left at noon on Monday. Mrs Fenn was not there. The council "
    "has not decided what becomes of the boat."
)


def passages(*news: tuple[str, str]) -> tuple[Passage, ...]:
    found = []
    for number, (publisher, text) in enumerate(news, start=1):
        article = Article(
            id=content_id(publisher, text),
            url=f"https://example.org/{number}",
            title=f"News {number}",
            text=text,
            publisher=publisher,
            published=date(2024, 5, 14),
        )
        found.append(Passage(number, chunk(article)[0], article, 1.0))
    return tuple(found)


NEWS = passages(("Harrow Post", BRIDGE), ("Oslo Times", FERRY))


@pytest.mark.parametrize(
    "question",
    [
        "Did Ida Fenn open the bridge?",
        "Is it true?",
        "And was she there?",
        "Between the report of the Post and that of the Times, has the date changed?",
        "Does the Post, which is owned by a trust, say that the ferry is gone?",
    ],
)
def test_questions_of_yes_or_no(question: str) -> None:
    assert asks_yes_or_no(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who opened the bridge?",
        "Fenn opened it, but who paid?",
        "The Mayor, Ida Fenn, has opened a bridge in which town?",
        "Is it a bridge or a ferry?",
        "Do both say the same, or do they differ?",
        "True or false: is the ferry gone?",
        "After the mayor spoke, what did she open?",
    ],
)
def test_questions_of_another_kind(question: str) -> None:
    assert not asks_yes_or_no(question)


def test_the_sentence_that_holds_most_of_the_question_is_quoted() -> None:
    (best, *_) = quoted("Who opened the Harrow bridge?", "Ida Fenn", NEWS)
    assert best.text == "Mayor Ida Fenn opened the new Harrow bridge on Tuesday."
    assert best.supported
    (cited,) = best.citations
    assert NEWS[0].article.text[cited.start : cited.end] == cited.quote == best.text


def test_one_name_may_stand_for_the_full_one_that_the_passage_gives() -> None:
    (best, *_) = quoted("Who said what the bridge had cost?", "Ida Fenn", NEWS[:1])
    assert best.text.startswith("Fenn, 52, said")
    assert quoted("Who was not there?", "Ida Fenn", NEWS[1:]) == ()


@pytest.mark.parametrize("short", ["14 million", "Oslo Fenn Olaf", "", "the", "a strike"])
def test_what_no_sentence_holds_is_not_quoted(short: str) -> None:
    assert quoted("What did it cost?", short, NEWS) == ()


def test_a_number_must_stand_in_the_sentence() -> None:
    (best, *_) = quoted("What did the bridge cost?", "12 million euros", NEWS)
    assert "12 million euros" in best.text


def test_each_publisher_that_is_named_is_quoted() -> None:
    question = "Do the Harrow Post and the Oslo Times both say that Mayor Fenn opened a bridge?"
    found = quoted(question, None, NEWS)
    assert {claim.citations[0].publisher for claim in found} == {"Harrow Post", "Oslo Times"}


def test_coverage_is_that_of_the_cited_sentence() -> None:
    question = "Who opened the Harrow bridge?"
    held = quoted(question, "Ida Fenn", NEWS)
    assert coverage(question, NEWS, held[:1]) == held[0].score == 1.0
    assert coverage(question, NEWS, ()) == 0.0


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("Who met Ida Fenn?", 1.0),
        ("What does the Oslo Times say?", 1.0),
        ("Did Ida Leopold come?", 0.5),
        ("Who came?", 1.0),
    ],
)
def test_names_are_looked_for_in_text_title_and_publisher(question: str, share: float) -> None:
    assert names_found(question, NEWS) == share


def test_confidence_is_a_probability_that_doubt_lowers() -> None:
    sure = Signals(answerable=0.95, quotes_answer=0.95, supported=1.0, coverage=0.9)
    unsure = Signals(refusing=0.4, answerable=0.3, quotes_answer=0.1, coverage=0.2, names=0.2)
    assert 0 < confidence(unsure) < confidence(sure) < 1


def test_an_engine_that_tells_no_probabilities_is_not_held_against_the_answer() -> None:
    settings = load("default", environment={})
    assert confidence(Signals(supported=1.0)) > settings.answer.sure
    assert confidence(Signals(supported=1.0, names=0.0)) < settings.answer.sure


def test_a_paraphrase_is_answered_with_the_sentence_that_has_most_of_it() -> None:
    why = "The old ferry was taken out of service when cracks were found in its hull."
    news = passages(("Harrow Post", f"{why} {FERRY}"))
    question = "Why was the ferry taken out of service?"
    (claim,) = quoted(question, "several cracks in the hull", news)
    assert claim.text == why
    assert quoted(question, "cracks, rust and leaking", news) == ()  # less than half
    assert quoted(question, "", news) == ()
    asked = passages(("Harrow Post", "Were cracks found in the hull? Nobody told."))
    assert quoted(question, "cracks in the hull", asked) == ()
