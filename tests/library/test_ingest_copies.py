"""The same text at several addresses or under several titles is stored once; its copies are reported."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from opened_news import BRIDGE, FERRY, statuses

from rag.library import News

A, B = "https://example.org/a", "https://example.org/b"


def feed_of(path: Path, *rows: tuple[str, str, str]) -> Path:
    """Write records of (title, text, address)."""
    lines = (json.dumps({"title": title, "text": text, "url": url}) for title, text, url in rows)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def texts_by_address(news: News) -> dict[str, str]:
    return {article.url: article.text for article in news.articles()}


@pytest.mark.parametrize("together", [False, True])
def test_an_address_that_takes_the_text_of_another_loses_its_old_text(
    opened: Callable[..., News], tmp_path: Path, together: bool
) -> None:
    before = feed_of(tmp_path / "1.jsonl", ("Bridge", BRIDGE, A), ("Ferry", FERRY, B))
    after = feed_of(tmp_path / "2.jsonl", ("Ferry", FERRY, A))
    news = opened()
    if together:
        outcomes = news.ingest([before, after]).outcomes
    else:
        outcomes = news.ingest([before]).outcomes + news.ingest([after]).outcomes
    assert statuses(outcomes) == ["added", "added", "updated"]
    assert texts_by_address(news) == {A: FERRY}
    assert all("bridge cost" not in p.chunk.text for p in news.search("What did the bridge cost?"))
    assert statuses(news.ingest([after]).outcomes) == ["unchanged"]
    (other,) = news.ingest([feed_of(tmp_path / "3.jsonl", ("Ferry", FERRY, B))]).outcomes
    assert other.status == "duplicate"


def test_addresses_that_swap_their_texts_lose_neither(
    opened: Callable[..., News], tmp_path: Path
) -> None:
    news = opened()
    news.ingest([feed_of(tmp_path / "1.jsonl", ("Bridge", BRIDGE, A), ("Ferry", FERRY, B))])
    news.ingest([feed_of(tmp_path / "2.jsonl", ("Ferry", FERRY, A), ("Bridge", BRIDGE, B))])
    assert texts_by_address(news) == {A: FERRY, B: BRIDGE}


@pytest.mark.parametrize("together", [False, True])
def test_a_text_under_another_title_is_a_duplicate_that_names_the_first(
    opened: Callable[..., News], tmp_path: Path, together: bool
) -> None:
    first = feed_of(tmp_path / "1.jsonl", ("Bridge opens", BRIDGE, A))
    copy = feed_of(tmp_path / "2.jsonl", ("At last: a bridge", BRIDGE, B))
    news = opened()
    if together:
        added, second = news.ingest([first, copy]).outcomes
    else:
        added, second = news.ingest([first]).outcomes + news.ingest([copy]).outcomes
    assert (second.status, second.article_id) == ("duplicate", added.article_id)
    assert second.reason == f"{second.source} has the same text as 'Bridge opens', {A}"
    assert texts_by_address(news) == {A: BRIDGE}


@pytest.mark.parametrize("together", [False, True])
def test_pages_that_hold_the_same_notice_are_told_apart_by_their_titles(
    opened: Callable[..., News], tmp_path: Path, together: bool
) -> None:
    notice = "Please register to continue. Registered readers may read five articles a month."
    titles = ["Mayor resigns over bridge", "Ferry strike ends", "Ferry strike ends"]
    feeds = [
        feed_of(tmp_path / f"{place}.jsonl", (title, notice, f"https://example.org/{place}"))
        for place, title in enumerate(titles)
    ]
    news = opened()
    taken = [feeds] if together else [[feed] for feed in feeds]
    outcomes = [outcome for some in taken for outcome in news.ingest(some).outcomes]
    assert statuses(outcomes) == ["added", "added", "duplicate"]
    assert outcomes[2].article_id == outcomes[1].article_id


def test_an_address_with_a_new_title_is_updated(
    opened: Callable[..., News], tmp_path: Path
) -> None:
    news = opened()
    path = tmp_path / "1.jsonl"
    news.ingest([feed_of(path, ("Bridge opens", BRIDGE, A))])
    twice = feed_of(path, ("Bridge", BRIDGE, A), ("The bridge is open", BRIDGE, A))
    assert statuses(news.ingest([twice]).outcomes) == ["updated", "updated"]
    assert [article.title for article in news.articles()] == ["The bridge is open"]
