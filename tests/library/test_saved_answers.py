"""Answers saved outside the index and rebuilt from it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from opened_news import BRIDGE, OPENED, Counting, scripted

from rag.errors import QuestionError, SavedError
from rag.export import saved
from rag.library import News
from rag.llm.prompts import answer_messages
from rag.types import Signals


def test_a_recalled_answer_is_the_same(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=lambda _: f"{OPENED} [1]. King Olaf wept.", embedder=Counting())
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?")
    again = opened().recalled(saved(first))
    assert again == replace(first, signals=Signals())
    assert [claim.supported for claim in again.claims] == [True, False]
    assert "Engineers" not in saved(first)


def test_a_follow_up_on_a_recalled_answer_has_the_same_prompt(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened(replies=lambda _: f"{OPENED} [1].")
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?", k=1)
    again = news.recalled(saved(first))
    answers = [news.ask("And what did it cost?", history=(turn,)) for turn in (first, again)]
    assert len(answers[0].passages) > len(first.passages)
    assert answers[0].passages == answers[1].passages
    one, other = scripted(news).history[1:]
    assert one == other == answer_messages("And what did it cost?", answers[0].passages, (again,))


def test_what_is_gone_is_not_recalled(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=[f"{OPENED} [1]."])
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?")
    (gone,) = {cited.article_id for cited in first.citations}
    news.delete([gone])
    again = news.recalled(saved(first))
    assert (again.text, again.refused) == (first.text, False)
    assert again.citations == ()
    assert again.passages == tuple(p for p in first.passages if p.article.id != gone) != ()
    (claim,) = again.claims
    assert (claim.supported, claim.reason) == (False, "its article is no longer in the index")


def test_places_that_the_index_does_not_have_are_left_out(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened(replies=[f"{OPENED} [1]."])
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?")
    known = first.citations[0].article_id
    for changed in (
        {"end": 10_000},
        {"start": 30, "end": 30},
        {"start": 40, "end": 20},
        {"article_id": known[:6]},
        {"article_id": "' OR 1=1 --"},
    ):
        kept = json.loads(saved(first))
        for place in (*kept["claims"][0]["citations"], *kept["passages"]):
            place.update(changed)
        again = news.recalled(json.dumps(kept))
        assert (again.citations, again.passages) == ((), ())
        assert not again.claims[0].supported
    # A passage and a quote may begin and end anywhere in their article.
    kept = json.loads(saved(first))
    for place in (*kept["claims"][0]["citations"], *kept["passages"]):
        place.update(article_id=known, start=6, end=14)
    again = news.recalled(json.dumps(kept))
    assert {passage.chunk.text for passage in again.passages} == {BRIDGE[6:14]}
    assert [cited.quote for cited in again.citations] == [BRIDGE[6:14]]


def test_what_is_no_saved_answer_is_reported(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=[f"{OPENED} [1]."])
    news.ingest([feed])
    good = saved(news.ask("Who opened the Harrow bridge?"))
    for bad in (
        "",
        "null",
        "[]",
        good[:-1],
        good + "x",
        good.replace('"version":2', '"version":3'),
    ):
        with pytest.raises(SavedError, match="cannot be read"):
            news.recalled(bad)
    for question, said in (("", "empty"), ("x" * 2001, "2001 characters")):
        with pytest.raises(QuestionError, match=said):
            news.recalled(json.dumps(json.loads(good) | {"question": question}))
