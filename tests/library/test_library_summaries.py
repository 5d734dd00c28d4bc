"""Summaries of an article, of several, and about a query."""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import pytest
from opened_news import BRIDGE, FERRY, OPENED, records, scripted

from rag.errors import NoArticles, QuestionError
from rag.library import News
from rag.types import Filters


def test_an_article_is_summarised(opened: Callable[..., News], feed: Path) -> None:
    news = opened("summarize.short=1", replies=lambda _: f"{OPENED}. King Olaf wept.")
    news.ingest([feed])
    (bridge,) = news.articles(query="bridge")
    told: list[tuple[int, int]] = []
    for subject in (bridge, bridge.id, bridge.id[:6]):
        found = news.summarize(subject, progress=lambda a, b: told.append((a, b)), length="short")
        assert found.text == f"{OPENED}. [1]"
        assert found.article_ids == (bridge.id,)
    # Again for each piece that the model writes.
    assert [each for each, _ in groupby(told)] == [(0, 1), (1, 1)] * 3


def test_the_length_is_that_of_the_settings(opened: Callable[..., News], feed: Path) -> None:
    news = opened("summarize.short=1", "summarize.long=3", replies=lambda _: BRIDGE)
    news.ingest([feed])
    (bridge,) = news.articles(query="bridge")
    assert len(news.summarize(bridge, length="short").claims) == 1
    assert len(news.summarize(bridge, length="long").claims) == 3


def test_several_articles_or_a_query_are_summarised(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened(replies=lambda _: f"{OPENED}. The last ferry across the Harrow left at noon.")
    news.ingest([feed])
    texts = {article.id: article.text for article in news.articles()}
    by_id = news.summarize([a.id for a in news.articles(query="r")])
    by_query = news.summarize(query="What happened at the Harrow?")
    for found in (by_id, by_query):
        assert len(found.claims) == 2
        for quote in found.citations:
            assert texts[quote.article_id][quote.start : quote.end] == quote.quote


def test_a_summary_of_many_articles_fits(opened: Callable[..., News], tmp_path: Path) -> None:
    news = opened(replies=lambda _: "")
    news.ingest([records(tmp_path / "many.jsonl", *(f"{FERRY} Trip {n}." for n in range(80)))])
    ids = [article.id for article in news.articles()]
    found = news.summarize(ids)
    (messages,) = scripted(news).history
    assert sum(scripted(news).count_tokens(m.content) for m in messages) < 4096 - 300
    assert found.claims
    assert set(found.article_ids) <= set(ids)


def test_a_summary_of_nothing_is_reported(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    empty: Sequence[str] = []
    for nothing in (None, empty, ()):
        with pytest.raises(QuestionError):
            news.summarize(nothing)


def test_a_query_that_finds_nothing(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    nobody = Filters(publishers="Nobody")
    with pytest.raises(NoArticles, match="is from 'Nobody'"):
        news.summarize(query="bridge", filters=nobody)
    with pytest.raises(NoArticles):
        news.digest("bridge", filters=nobody)
    assert scripted(news).history == []
