"""Turns as they are stored and shown: their filters, their numbers, and what can no longer be read."""

import json
from collections.abc import Iterator
from datetime import date

import pytest

import rag
from app.conversation import Turn, from_browser, in_order, numbered, read, to_save
from app.history import SavedTurn
from rag.config import load
from rag.export import as_markdown
from rag.llm.scripted import ScriptedGenerator
from rag.types import Answer, Article, Chunk, Citation, Claim, Filters, Passage, Timing

LAMP = "The lamp of Farrow Point was lit on Monday by the keeper Ada Quill. Nine ships saw it."


def cited(number: int) -> Citation:
    return Citation(number, f"a{number}", "", f"Title {number}", "Echo", None, "A lamp.", 0, 7)


def claim(text: str, *numbers: int) -> Claim:
    return Claim(text, tuple(map(cited, numbers)), "supported", score=1.0)


def passage(number: int) -> Passage:
    article = Article(f"a{number}", "", f"Title {number}", "A lamp.", "Echo")
    return Passage(number, Chunk(f"a{number}:0", article.id, 0, 0, 7, "A lamp."), article, 1.0)


def answer(*claims: Claim, text: str = "", passages: tuple[Passage, ...] = ()) -> Answer:
    citations = tuple(each for one in claims for each in one.citations)
    return Answer("Who?", text, claims, citations, passages, "answered", 0.9, "m", Timing())


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.News]:
    folder = tmp_path_factory.mktemp("lamp")
    settings = load(overrides=["embedder.engine=hash"])
    generator = ScriptedGenerator(
        lambda _: "The lamp of Farrow Point was lit on Monday by the keeper. [1]"
    )
    with rag.open(folder / "index", settings=settings, generator=generator) as news:
        file = folder / "lamp.md"
        file.write_text(f"# The lamp\n\n{LAMP}", encoding="utf-8")
        news.ingest([file])
        yield news


def test_sources_are_numbered_in_the_order_in_which_they_are_cited() -> None:
    given = answer(
        claim("They met.", 4),
        claim("They ate.", 3, 4),
        text="They met. [4] They ate. [3][4]",
        passages=(passage(1), passage(3), passage(4)),
    )
    shown = numbered(given)
    assert shown.text == "They met. [1] They ate. [2][1]"
    assert [[c.number for c in each.citations] for each in shown.claims] == [[1], [2, 1]]
    assert [(each.number, each.title) for each in shown.citations] == [
        (1, "Title 4"),
        (2, "Title 3"),
        (1, "Title 4"),
    ]
    assert {each.article.title: each.number for each in shown.passages} == {
        "Title 1": 3,
        "Title 3": 2,
        "Title 4": 1,
    }
    assert "[1] **Title 4**" in as_markdown(shown)
    endless = f"They met. [{'4' * 5000}]"  # more digits than Python reads as a number
    assert numbered(answer(text=endless)).text == endless


def test_a_sentence_keeps_its_numbers_while_more_are_checked() -> None:
    claims = [claim("One.", 4), claim("Two.", 2), claim("Three.", 4, 1)]
    grown = [
        [[c.number for c in each.citations] for each in in_order(claims[:end])] for end in (1, 2, 3)
    ]
    assert grown == [[[1]], [[1], [2]], [[1], [2], [1, 3]]]


def test_a_turn_comes_back_with_the_filters_it_was_asked_with(news: rag.News) -> None:
    filters = Filters(since=date(2020, 1, 1), publishers=("Echo", "Podil Lantern"))
    asked = news.ask("Who lit the lamp?")
    new = to_save(asked, filters)
    turn = read(news, SavedTurn(3, new.question, new.answer, new.filters, (2, 3)))
    assert turn.answer is not None
    assert turn.answer.claims == asked.claims
    assert turn == Turn("Who lit the lamp?", turn.answer, filters, "", 3, (2, 3))


@pytest.mark.parametrize(
    ("answer", "filters", "problem"),
    [
        ('{"version": 9}', "{}", "cannot be read: version of another release"),
        ("", "{}", "Invalid JSON"),
        ("{}", '{"since": "yesterday"}', "filters"),
    ],
)
def test_what_cannot_be_read_says_so_and_keeps_its_question(
    news: rag.News, answer: str, filters: str, problem: str
) -> None:
    turn = read(news, SavedTurn(1, "Who?", answer, filters, (1,)))
    assert (turn.question, turn.answer) == ("Who?", None)
    assert problem in turn.problem


def test_turns_of_an_earlier_release_are_taken_from_the_browser(news: rag.News) -> None:
    new = to_save(news.ask("Who lit the lamp?"), Filters())
    stored = {"answer": new.answer, "filters": json.loads(new.filters)}
    odd: list[object] = [{"answer": 3}, None, [[]], "text", {"answer": "{}", "filters": {}}]
    assert [each.answer for each in from_browser(json.dumps([stored, *odd]))] == [new.answer]
    for each in ("", "no JSON", "[" * 100_000, "{}", "7"):
        assert list(from_browser(each)) == []
