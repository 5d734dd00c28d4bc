"""What ``ingest`` does around the articles: models loaded late, no empty index, records, pruning."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from opened_news import BRIDGE, CHEESE, FERRY, counting, records, statuses

from rag.errors import ConfigError, IndexBusy, IndexMissing
from rag.index.writer_lock import writer_lock
from rag.library import News


def test_what_needs_no_embedder_is_told_before_one_is_loaded(
    opened: Callable[..., News], feed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().ingest([feed])
    news = opened()
    monkeypatch.setattr(news.embedder, "load", lambda: pytest.fail("it is loaded"))
    assert statuses(news.ingest([feed]).outcomes) == ["unchanged"] * 3
    assert statuses(news.ingest([tmp_path / "absent.txt"]).outcomes) == ["failed"]
    with writer_lock(news.folder), pytest.raises(IndexBusy):
        news.ingest([feed])
    assert counting(news).documents == 0


def test_an_ingest_that_stores_nothing_leaves_no_index(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    news, other = opened(), opened()
    assert statuses(news.ingest([tmp_path / "absent.txt"]).outcomes) == ["failed"]
    with pytest.raises(IndexMissing):
        news.info()
    assert not list(news.folder.glob("news.sqlite*"))
    assert statuses(other.ingest([feed]).outcomes) == ["added"] * 3
    assert news.info().articles == 3
    news.delete([article.id for article in news.articles()])
    assert statuses(news.ingest([tmp_path / "absent.txt"]).outcomes) == ["failed"]
    assert news.info().articles == 0  # it was there before


def test_an_unknown_field_is_told_once_before_anything_is_read(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened()
    with pytest.raises(ConfigError, match="no field 'foo'"):
        news.ingest([feed], fields={"foo": "bar"})
    with pytest.raises(ConfigError, match="no field 'foo'"):
        next(news.articles_in([str(feed)], fields={"foo": "bar"}))
    assert not news.folder.exists()


def test_what_a_source_leaves_open_can_be_given(
    opened: Callable[..., News], tmp_path: Path
) -> None:
    (tmp_path / "bridge.txt").write_text(f"Bridge open\n\n{BRIDGE}")
    named = records(tmp_path / "named.jsonl", FERRY)
    news = opened()
    day = date(2022, 1, 19)
    news.ingest([tmp_path / "bridge.txt", named], publisher="Fenn Times", published=day)
    assert {(each.publisher, each.published) for each in news.articles()} == {
        ("Fenn Times", day),
        ("Harrow Post", date(2024, 5, 11)),
    }


class Missing:
    """A missing value, as pandas prints it."""

    def __str__(self) -> str:
        return "NaT"


def test_records_in_memory_are_ingested(opened: Callable[..., News]) -> None:
    news = opened()
    rows = [
        {"id": 1, "text": BRIDGE, "date": datetime(2022, 1, 19, 8), "publisher": float("nan")},
        {"id": 2, "text": FERRY, "date": Missing(), "url": "https://example.org/ferry"},
        {"id": 3, "text": None},
        "text",
    ]
    report = news.ingest_records(rows, name="my table")  # type: ignore[arg-type]
    assert statuses(report.outcomes) == ["added", "added", "failed", "failed"]
    assert report.outcomes[3].reason.startswith("my table line 4 is a str; expected a mapping")
    bridge, ferry = sorted(news.articles(), key=lambda each: each.url, reverse=True)
    assert (bridge.url, bridge.published) == ("records:my%20table#1", date(2022, 1, 19))
    assert (bridge.publisher, ferry.published) == ("", None)
    assert json.loads(news.source(bridge.id))["publisher"] is None
    rows[0] = {"id": 1, "text": BRIDGE.replace("12", "13")}
    again = news.ingest_records(rows[:2], name="my table")  # type: ignore[arg-type]
    assert statuses(again.outcomes) == ["updated", "unchanged"]


def test_articles_of_files_that_are_gone_are_deleted(
    opened: Callable[..., News], tmp_path: Path
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a b.txt").write_text(BRIDGE)
    records(folder / "two.jsonl", FERRY, CHEESE)
    elsewhere = tmp_path / "news elsewhere.txt"
    elsewhere.write_text(f"{BRIDGE} It is red.")
    news = opened()
    assert news.prune([folder]) == ()
    news.ingest([folder, elsewhere])
    assert news.prune([folder]) == ()
    (folder / "a b.txt").unlink()
    elsewhere.unlink()
    (deleted,) = news.prune([folder, tmp_path / "not mounted"])
    assert deleted.url.endswith("/news/a%20b.txt")
    (folder / "two.jsonl").unlink()
    assert {each.text for each in news.prune([folder])} == {FERRY, CHEESE}
    assert news.info().articles == 1
