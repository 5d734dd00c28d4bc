"""Ingest: each source has its outcome, and an interrupt loses nothing."""

import json
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from opened_news import BRIDGE, CHEESE, FERRY, Counting, counting, records, statuses

from rag import library
from rag.config import load
from rag.errors import EmbedderMismatch, ModelError, ModelMissing
from rag.index.embedding import HashEmbedder, Vectors
from rag.library import News
from rag.types import Outcome


def test_articles_come_in(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    seen: list[Outcome] = []
    report = news.ingest([feed], progress=seen.append)
    assert statuses(report.outcomes) == ["added"] * 3
    assert tuple(seen) == report.outcomes
    assert report.chunks == counting(news).documents == news.info().chunks
    assert {article.text for article in news.articles()} == {BRIDGE, FERRY, CHEESE}
    assert all(outcome.article_id and outcome.title for outcome in report.outcomes)
    assert report.seconds >= report.encoder_seconds > 0


def test_what_is_read_from_a_folder_that_goes_away_is_called_by_its_name_there(
    opened: Callable[..., News], tmp_path: Path
) -> None:
    news = opened()
    uploads = tmp_path / "uploads"
    for folder, name, text in (("a1", "bridge news.txt", BRIDGE), ("b2", "ferry.txt", FERRY)):
        (uploads / folder).mkdir(parents=True)
        (uploads / folder / name).write_text(text)
    kept = tmp_path / "kept.txt"
    kept.write_text(CHEESE)
    news.ingest([uploads / "a1" / "bridge news.txt", uploads / "b2", kept], temporary=uploads)
    assert {each.url for each in news.articles()} == {
        "upload:a1/bridge%20news.txt",
        "upload:b2/ferry.txt",
        kept.as_uri(),
    }


def test_the_same_again_embeds_nothing(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    embedded, generation = counting(news).documents, news.info().generation
    report = news.ingest([feed])
    assert statuses(report.outcomes) == ["unchanged"] * 3
    assert counting(news).documents == embedded
    assert news.info().generation == generation
    assert report.chunks == 0


def test_what_changed_is_replaced(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    embedded = counting(news).documents
    records(feed, BRIDGE, FERRY.replace("31", "32"), CHEESE)
    report = news.ingest([feed])
    assert statuses(report.outcomes) == ["unchanged", "updated", "unchanged"]
    assert counting(news).documents == embedded + 1
    assert news.info().articles == 3
    assert not any("31 years" in article.text for article in news.articles())
    assert all("31 years" not in p.chunk.text for p in news.search("Jonas Lind steered"))


def test_the_same_article_elsewhere_is_a_duplicate(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    news = opened()
    copy = records(tmp_path / "copy.jsonl", BRIDGE, FERRY)
    together = news.ingest([feed, copy])
    assert statuses(together.outcomes) == ["added"] * 3 + ["duplicate"] * 2
    assert together.outcomes[3].article_id == together.outcomes[0].article_id
    assert statuses(news.ingest([copy]).outcomes) == ["duplicate"] * 2
    assert news.info().articles == 3


def test_an_address_twice_in_one_run_keeps_the_later(
    opened: Callable[..., News], tmp_path: Path
) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    records(one, BRIDGE, url="https://example.org/a")
    records(two, BRIDGE.replace("12 million", "13 million"), url="https://example.org/a")
    news = opened()
    assert statuses(news.ingest([one, two]).outcomes) == ["added", "updated"]
    (article,) = news.articles()
    assert "13 million" in article.text


def test_bad_sources_are_outcomes_in_their_place(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed.jsonl"
    good = feed.read_text(encoding="utf-8").splitlines()
    mixed.write_text("\n".join([good[0], "{broken", '{"title": "x"}', good[1]]), encoding="utf-8")
    seen: list[Outcome] = []
    report = opened().ingest([mixed, tmp_path / "absent.txt"], progress=seen.append)
    assert statuses(report.outcomes) == ["added", "failed", "failed", "added", "failed"]
    assert all(outcome.reason for outcome in report.outcomes if outcome.status == "failed")
    assert "absent.txt" in report.outcomes[-1].source
    assert sorted(seen, key=repr) == sorted(report.outcomes, key=repr)


def test_one_source_need_not_be_a_list(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    assert statuses(news.ingest(str(feed)).outcomes) == ["added"] * 3
    assert statuses(news.ingest(feed).outcomes) == ["unchanged"] * 3


def test_standard_input(opened: Callable[..., News], feed: Path) -> None:
    report = opened().ingest(["-"], stdin=BytesIO(feed.read_bytes()))
    assert statuses(report.outcomes) == ["added"] * 3


def test_no_sources_no_outcomes(opened: Callable[..., News]) -> None:
    assert opened().ingest([]).outcomes == ()


def test_fields_of_another_name(opened: Callable[..., News], tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({"headline": "Bridge", "corpo": BRIDGE}), encoding="utf-8")
    assert statuses(opened().ingest([path]).outcomes) == ["failed"]
    assert statuses(opened().ingest([path], fields={"text": "corpo"}).outcomes) == ["added"]


def test_private_addresses_are_not_asked_unless_allowed(opened: Callable[..., News]) -> None:
    (outcome,) = opened().ingest(["http://127.0.0.1:9/story"]).outcomes
    assert outcome.status == "failed"
    (allowed,) = opened().ingest(["http://127.0.0.1:9/story"], allow_private=True).outcomes
    assert allowed.status == "failed"
    assert allowed.reason != outcome.reason


def test_a_source_that_keeps_failing_is_left_and_the_others_are_read(
    opened: Callable[..., News], tmp_path: Path, feed: Path
) -> None:
    junk = tmp_path / "junk.jsonl"
    junk.write_text("x\n" * 5 + '{"text": "too short"}\n' * 5, encoding="utf-8")
    told = list[Outcome]()
    report = opened().ingest([junk, feed], most_failures=7, progress=told.append)
    assert statuses(report.outcomes) == ["failed"] * 8 + ["added"] * 3
    assert report.outcomes[7] == Outcome(
        str(junk), "failed", reason=f"{junk} failed 7 times; the rest of it was left out"
    )
    assert sorted(told, key=str) == sorted(report.outcomes, key=str)
    assert len(opened().ingest([junk]).outcomes) == 10


def test_who_watches_sees_outcomes_while_later_sources_are_read(
    opened: Callable[..., News], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library.ingesting, "_SMALL", 2)
    files = [records(tmp_path / f"{n}.jsonl", f"{FERRY} It was trip {n}.") for n in range(6)]

    def told_before_each(folder: str, *, soon: bool) -> list[int]:
        told = list[Outcome]()
        before = list[int]()

        def sources() -> Iterator[Path]:
            for file in files:
                before.append(len(told))
                yield file

        opened(folder=folder).ingest(sources(), progress=told.append, soon=soon)
        assert len(told) == len(files)
        return before

    assert told_before_each("watched", soon=True) == [0, 0, 2, 2, 4, 4]
    assert told_before_each("unwatched", soon=False) == [0] * 6


def test_an_interrupt_keeps_what_was_stored(
    opened: Callable[..., News], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library.ingesting, "_BATCH", 2)
    many = records(tmp_path / "many.jsonl", *(f"{FERRY} It was trip {n}." for n in range(9)))
    news = opened()
    counting(news).fails_after = 4
    with pytest.raises(KeyboardInterrupt):
        news.ingest([many])
    kept = news.info()
    assert 0 < kept.articles < 9
    assert kept.integrity == "ok"
    assert news.search("the last ferry across the Harrow")

    counting(news).fails_after = None
    embedded = counting(news).documents
    report = news.ingest([many])
    assert statuses(report.outcomes) == ["unchanged"] * kept.articles + ["added"] * (
        9 - kept.articles
    )
    assert counting(news).documents == embedded + report.chunks


def test_an_interrupt_while_reading_stores_what_was_read(
    opened: Callable[..., News], feed: Path
) -> None:
    def sources() -> Iterator[str]:
        yield str(feed)
        raise KeyboardInterrupt

    news = opened()
    with pytest.raises(KeyboardInterrupt):
        news.ingest(sources())
    assert news.info().articles == 3
    assert news.search("cheese")


class InterruptedOnce(HashEmbedder):
    """Ctrl-C is pressed while it encodes for the n-th time, counted from 1."""

    def __init__(self, at: int) -> None:
        super().__init__(64)
        self.at, self.calls = at, 0

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return super().encode_documents(texts)


@pytest.mark.parametrize(("at", "kept"), [(1, 2), (2, 4), (5, 9)])
def test_an_interrupt_while_encoding_stores_what_was_cleaned(
    opened: Callable[..., News],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    kept: int,
) -> None:
    monkeypatch.setattr(library.ingesting, "_BATCH", 2)
    many = records(tmp_path / "many.jsonl", *(f"{FERRY} It was trip {n}." for n in range(9)))
    embedder = InterruptedOnce(at)
    news = opened(embedder=embedder)
    with pytest.raises(KeyboardInterrupt):
        news.ingest([many])
    assert news.info().articles == kept
    assert embedder.calls == at + 1


def test_an_embedder_that_fails_is_not_asked_again(
    opened: Callable[..., News], feed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = opened()
    asked = list[int]()

    def fail(texts: Sequence[str]) -> Vectors:
        asked.append(len(texts))
        raise ModelError("out of memory")

    monkeypatch.setattr(news.embedder, "encode_documents", fail)
    with pytest.raises(ModelError, match="out of memory"):
        news.ingest([feed])
    assert len(asked) == 1


def test_the_index_refuses_another_embedder(opened: Callable[..., News], feed: Path) -> None:
    opened().ingest([feed])
    other = opened(embedder=Counting(32))
    for attempt in (lambda: other.ingest([feed]), lambda: other.search("bridge")):
        with pytest.raises(EmbedderMismatch, match=r"hash-64 .*hash-32 .*--embed"):
            attempt()
    assert other.info().articles == 3


def test_a_missing_model_is_reported_before_a_folder_is_made(tmp_path: Path, feed: Path) -> None:
    settings = load("default", overrides=["embedder.model=no-such-model"], environment={})
    news = News(tmp_path / "index", settings)
    with pytest.raises(ModelMissing, match="no-such-model"):
        news.ingest([feed])
    assert not (tmp_path / "index").exists()
