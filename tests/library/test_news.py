"""The library: articles in, answers out, and nothing lost on the way."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import groupby
from pathlib import Path

import pytest

import rag
from rag import library
from rag.config import load
from rag.errors import (
    ArticleUnknown,
    ConfigError,
    EmbedderMismatch,
    ExtractError,
    IndexMissing,
    IndexProblem,
    ModelError,
    ModelMissing,
    NoArticles,
    QuestionError,
    SavedError,
    SourceError,
)
from rag.export import saved
from rag.index.embedding import HashEmbedder, Vectors
from rag.library import News
from rag.library.components import build_generator, default_models
from rag.llm.prompts import answer_messages
from rag.llm.scripted import ScriptedGenerator
from rag.types import Answer, Checked, Draft, Filters, Found, Message, Outcome, Signals

BRIDGE = (
    "Mayor Ida Fenn opened the new Harrow bridge on Tuesday. The bridge cost 12 million euros and "
    "took three years to build. Engineers from Oslo inspected it twice."
)
FERRY = (
    "The last ferry across the Harrow left at noon on Monday. Captain Jonas Lind had steered it "
    "for 31 years. The town council has not decided what becomes of the boat."
)
CHEESE = (
    "A cheese from Pengarth won the gold medal at the county show. Its maker, Wilma Troost, keeps "
    "40 goats on the hill above the village."
)
OPENED = "Mayor Ida Fenn opened the new Harrow bridge on Tuesday"
REFUSING = "NOT IN THE ARTICLES"


class Counting(HashEmbedder):
    """Counts the texts that are encoded, and can be interrupted while it does so."""

    def __init__(self, dimension: int = 64) -> None:
        super().__init__(dimension)
        self.documents = 0
        self.fails_after: int | None = None

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        if self.fails_after is not None and self.documents >= self.fails_after:
            raise KeyboardInterrupt
        self.documents += len(texts)
        return super().encode_documents(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return HashEmbedder.encode_documents(self, texts)


Reply = Sequence[str] | Callable[[Sequence[Message]], str]


def copied(messages: Sequence[Message]) -> str:
    """A model that repeats the first sentence of the first source."""
    block = messages[-1].content.partition("</source>")[0].partition("<source ")[2]
    number, _, rest = block.partition("> ")
    return f"{rest.partition(chr(10))[2].partition('. ')[0]} [{number}]." if rest else REFUSING


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., News]]:
    """Opens newsrooms on one folder that are closed after the test."""
    made: list[News] = []

    def make(
        *overrides: str,
        replies: Reply = copied,
        embedder: HashEmbedder | None = None,
        context_length: int = 4096,
        folder: str = "index",
    ) -> News:
        news = News(
            tmp_path / folder,
            load("default", overrides=overrides, environment={}),
            embedder=embedder or Counting(),
            generator=ScriptedGenerator(replies, context_length=context_length),
        )
        made.append(news)
        return news

    yield make
    for news in made:
        news.close()


def scripted(news: News) -> ScriptedGenerator:
    assert isinstance(news.generator, ScriptedGenerator)
    return news.generator


def counting(news: News) -> Counting:
    assert isinstance(news.embedder, Counting)
    return news.embedder


def records(path: Path, *texts: str, **changes: str) -> Path:
    """A JSON Lines file with one record a text, its id the place in the file."""
    lines = (
        json.dumps(
            {
                "id": str(number),
                "title": text.partition(" ")[2].partition(".")[0][:40],
                "text": text,
                "publisher": "Harrow Post",
                "date": f"2024-05-{10 + number:02}",
            }
            | changes
        )
        for number, text in enumerate(texts, start=1)
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return records(tmp_path / "feed.jsonl", BRIDGE, FERRY, CHEESE)


def statuses(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def dumped(news: News) -> set[tuple[str, str]]:
    return {(article.id, article.text) for article in news.articles()}


# Ingest


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


def test_a_missing_model_is_told_before_a_folder_is_made(tmp_path: Path, feed: Path) -> None:
    settings = load("default", overrides=["embedder.model=no-such-model"], environment={})
    news = News(tmp_path / "index", settings)
    with pytest.raises(ModelMissing, match="no-such-model"):
        news.ingest([feed])
    assert not (tmp_path / "index").exists()


# Questions


def test_a_question_is_answered_with_its_source(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=[f"{OPENED} [1]."])
    news.ingest([feed])
    found = news.ask("Who opened the Harrow bridge?")
    assert found.text == f"{OPENED}. [1]"
    (quote,) = found.citations
    article = news.article(quote.article_id)
    assert article.text[quote.start : quote.end] == quote.quote
    assert {passage.number for passage in found.passages} == {1, 2, 3}
    assert found.timing.retrieve > 0


def test_the_stream_tells_each_step(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=[f"{OPENED} [1]."])
    news.ingest([feed])
    kinds = [type(event) for event in news.stream("Who opened the Harrow bridge?")]
    assert kinds[0] is Found
    assert set(kinds[1:-2]) == {Draft}
    assert kinds[-2:] == [Checked, Answer]


def test_closing_the_stream_stops_the_model(opened: Callable[..., News], feed: Path) -> None:
    stopped = threading.Event()

    class CancellableGenerator(ScriptedGenerator):
        def stream(self, messages, *, max_tokens, **_):  # type: ignore[no-untyped-def]
            try:
                yield from super().stream(messages, max_tokens=max_tokens)
            finally:
                stopped.set()

    news = opened()
    news._generator = CancellableGenerator([f"{OPENED} [1]. " * 9])
    news.ingest([feed])
    stream = news.stream("Who opened the Harrow bridge?")
    assert isinstance(next(stream), Found)
    assert isinstance(next(stream), Draft)
    stream.close()
    assert stopped.is_set()


@pytest.mark.parametrize("question", ["", " ", "\n\t", "\u00a0"])
def test_a_blank_question_is_told(opened: Callable[..., News], feed: Path, question: str) -> None:
    news = opened()
    news.ingest([feed])
    for ask in (news.ask, news.search, news.check):
        with pytest.raises(QuestionError, match="empty"):
            ask(question)
    assert scripted(news).history == []


def test_a_question_without_words_is_refused(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=lambda _: REFUSING)
    news.ingest([feed])
    for question in ("?!", '"', "AND OR NOT", "NEAR(", "* ^ : -", "the of and", "'); DROP TABLE"):
        assert news.ask(question).refused


def test_a_question_of_50000_characters_is_told(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    with pytest.raises(QuestionError, match="50000 characters, at most 2000"):
        news.ask("x" * 50_000)
    with pytest.raises(QuestionError, match="2001 characters"):
        news.ask("x" * 2001)
    assert scripted(news).history == []


def test_a_question_of_the_longest_kind_is_answered(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened(replies=lambda _: f"{OPENED} [1].")
    news.ingest([feed])
    question = "Who opened the Harrow bridge? " + " ".join(f"w{n}" for n in range(410))
    assert 1900 < len(question) <= 2000
    assert not news.ask(question).refused


def test_a_chat_of_long_questions_is_answered(opened: Callable[..., News], feed: Path) -> None:
    news = opened("retrieve.passages=2", replies=lambda _: f"{OPENED} [1].")
    news.ingest([feed])
    history: list[Answer] = []
    for turn in range(6):
        words = " ".join(f"z{turn}{n}" for n in range(300))
        history.append(news.ask(f"And what did she do then? {words}", history=history))
    assert len(scripted(news).history) >= 6
    for messages in scripted(news).history:
        assert sum(len(m.content.split()) for m in messages) * 4 // 3 < 4096


@pytest.mark.parametrize("context", [512, 700, 1024])
def test_prompts_fit_a_small_context(
    opened: Callable[..., News], tmp_path: Path, context: int
) -> None:
    news = opened("answer.max_tokens=100", context_length=context)
    texts = [" ".join(f"The bridge {n} of town {t} is open." for n in range(12)) for t in range(9)]
    news.ingest([records(tmp_path / "towns.jsonl", *texts)])
    history: list[Answer] = []
    for question in ("Is the bridge of the town open?", "And what of it?", "And then?"):
        history.append(news.ask(question, history=history))
    for messages in scripted(news).history:
        tokens = sum(scripted(news).count_tokens(m.content) + 4 for m in messages)
        assert tokens + 100 <= context


def test_filters_keep_articles_out(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=lambda _: f"{OPENED} [1].")
    news.ingest([feed])
    assert not news.ask(
        "Who opened the bridge?", filters=Filters(publishers=("HARROW post",))
    ).refused
    asked = len(scripted(news).history)
    with pytest.raises(NoArticles, match="none of the 3 articles"):
        news.ask("Who opened the bridge?", filters=Filters(publishers=("Nobody",)))
    assert len(scripted(news).history) == asked


def test_an_index_without_articles_is_no_refusal(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    news.delete([article.id for article in news.articles()])
    with pytest.raises(NoArticles, match="no articles yet"):
        news.ask("Who opened the bridge?")


def test_k_is_the_most_passages(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    assert len(news.ask("Who opened the Harrow bridge?", k=1).passages) == 1
    assert len(news.search("Harrow", k=2)) == 2


def opener_in_sight(messages: Sequence[Message]) -> str:
    """A model that answers as soon as the sentence about the opening stands before it."""
    return f"{OPENED} [1]." if OPENED in messages[-1].content else REFUSING


def test_more_is_read_before_a_question_is_refused(opened: Callable[..., News], feed: Path) -> None:
    question = "Which town council has not decided about the boat, and who opened the bridge?"
    news = opened("retrieve.first_tokens=1", replies=opener_in_sight)
    news.ingest([feed])
    events = list(news.stream(question))
    first, second = (event.passages for event in events if isinstance(event, Found))
    assert OPENED not in first[0].chunk.text
    assert second[: len(first)] == first
    (answer,) = [event for event in events if isinstance(event, Answer)]
    assert answer is events[-1]
    assert answer.text == f"{OPENED}. [1]".replace("[1]", f"[{answer.citations[0].number}]")
    assert answer.passages == second
    assert answer.nearest != ()


def test_what_no_passage_answers_is_refused_with_the_nearest_sentences(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened(replies=lambda _: REFUSING)
    news.ingest([feed])
    found = news.ask("Who opened the Harrow bridge?")
    assert found.refused
    assert found.nearest == news.first_look("Who opened the Harrow bridge?")
    assert found.nearest[0].quote == f"{OPENED}."
    # All that was found has been read at once: there is no further round.
    assert len(scripted(news).history) == 1


def test_a_follow_up_goes_on_from_the_chat_and_a_refused_turn_is_left_out(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened(replies=opener_in_sight)
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?")
    assert not first.refused
    news.generator._replies = lambda _: REFUSING  # type: ignore[attr-defined]
    refused = news.ask("And who opened it before?", history=(first,))
    assert refused.refused
    turns = []
    for history in ((first,), (first, refused), (first, refused, refused)):
        news.ask("And what did the bridge cost?", history=history)
        turns.append(scripted(news).history[-1])
    assert turns[0] == turns[1] == turns[2]  # a refusal makes the next question no harder
    assert turns[0][-2].content == first.draft


def test_without_an_index(opened: Callable[..., News]) -> None:
    news = opened()
    calls: list[Callable[[], object]] = [
        lambda: news.ask("Who?"),
        lambda: news.search("Who?"),
        lambda: news.check("Who?"),
        news.articles,
        news.info,
        news.rebuild,
        lambda: news.article("abcd"),
        lambda: news.delete(["abcd"]),
        lambda: news.summarize("abcd"),
        lambda: news.first_look("Who?"),
        lambda: news.matching("bridge"),
        news.suggestions,
        news.count,
    ]
    for call in calls:
        with pytest.raises(IndexMissing, match="rag ingest"):
            call()
    assert not news.folder.exists()


# Conversations


def test_a_follow_up_keeps_passages_numbers_and_history(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened(replies=[f"{OPENED} [1].", "The bridge cost 12 million euros [1]."])
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?", k=1)
    second = news.ask("And what did it cost?", history=[first])
    assert second.passages[: len(first.passages)] == first.passages
    numbers = {passage.article.id: passage.number for passage in second.passages}
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    assert all(numbers[passage.article.id] == passage.number for passage in second.passages)
    assert second.text == "The bridge cost 12 million euros. [1]"
    begun, continued = scripted(news).history
    assert continued[: len(begun)] == begun
    assert continued[len(begun)].content == first.draft
    assert continued[-1].content.endswith("Question: And what did it cost?")
    shown = "".join(message.content for message in continued)
    fresh = second.passages[len(first.passages) :]
    assert fresh
    assert all(shown.count(f"\n{passage.chunk.text}\n") == 1 for passage in second.passages)


def test_a_change_of_subject_begins_anew(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=copied)
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?", k=1)
    second = news.ask("Which cheese from Pengarth won the gold medal?", history=[first])
    assert (second.passages[0].number, second.passages[0].article.text) == (1, CHEESE)
    assert first.draft not in [message.content for message in scripted(news).history[-1]]


def test_a_full_context_begins_anew(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=lambda _: f"{OPENED} [1].", context_length=800)
    news.ingest([feed])
    history: list[Answer] = []
    for _ in range(12):
        history.append(news.ask("And what did she open on Tuesday at the Harrow?", history=history))
    lengths = [len(messages) for messages in scripted(news).history]
    assert lengths[0] == min(lengths) < max(lengths)
    assert lengths.count(lengths[0]) > 1, "it never began anew"


# Articles


def test_an_unknown_article_is_told(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    known = news.articles()[0].id
    for wrong in ("", "zzzz", known[:3], known + "0", "%", "\x1b[31m"):
        for call in (news.article, news.source, news.summarize):
            with pytest.raises(ArticleUnknown, match="rag articles list"):
                call(wrong)
        with pytest.raises(ArticleUnknown):
            news.delete([known, wrong])
    assert news.info().articles == 3


def test_an_article_by_its_first_characters(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    for article in news.articles():
        assert news.article(article.id[:6]) == news.article(article.id) == article
        assert json.loads(news.source(article.id))["text"] == article.text


def test_articles_are_listed_newest_first_and_filtered(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened()
    news.ingest([feed])
    assert [article.text for article in news.articles()] == [CHEESE, FERRY, BRIDGE]
    assert [article.text for article in news.articles(limit=1, offset=1)] == [FERRY]
    assert [article.text for article in news.articles(query="FERRY")] == [FERRY]
    assert news.articles(query="nothing") == ()


def test_what_is_deleted_is_gone(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=lambda _: f"{OPENED} [1].")
    news.ingest([feed])
    (bridge,) = news.articles(query="bridge")
    assert news.delete([bridge.id[:8]]) == (bridge,)
    assert bridge.id not in {article.id for article in news.articles()}
    assert all(p.article.id != bridge.id for p in news.search("Who opened the Harrow bridge?"))
    assert news.ask("Who opened the Harrow bridge?").refused
    with pytest.raises(ArticleUnknown):
        news.source(bridge.id)
    assert statuses(news.ingest([feed]).outcomes) == ["added", "unchanged", "unchanged"]


def test_articles_are_counted_as_they_are_listed(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    filters = [None, Filters(until=news.articles()[1].published), Filters(publishers=("nobody",))]
    for query in ("", "FERRY", "harrow post", "100%", "nothing"):
        for each in filters:
            assert news.count(filters=each, query=query) == len(
                news.articles(filters=each, query=query)
            )
    assert (news.count(), news.count(query="FERRY")) == (3, 1)


# Without a language model


class Unasked(ScriptedGenerator):
    """A model that must not even be loaded."""

    def __getattribute__(self, name: str) -> object:
        assert name in {"close", "__class__"}, f"the model was asked for {name}"
        return super().__getattribute__(name)


@pytest.fixture
def unread(opened: Callable[..., News], feed: Path) -> News:
    news = opened()
    news.ingest([feed])
    news._generator = Unasked([])
    return news


def test_a_first_look_is_the_nearest_sentences(unread: News) -> None:
    look = unread.first_look("Who opened the new Harrow bridge?")
    assert look[0].quote == f"{OPENED}."
    for cited in look:
        article = unread.article(cited.article_id)
        assert article.text[cited.start : cited.end] == cited.quote
        assert (cited.url, cited.title) == (article.url, article.title)
    numbers = [cited.number for cited in look]
    assert list(dict.fromkeys(numbers)) == list(range(1, len(set(numbers)) + 1))
    assert max(map(numbers.count, numbers)) <= 2
    assert len(look) <= 5


def test_a_first_look_at_what_no_sentence_tells_is_empty(unread: News) -> None:
    for question in ("Quantum chromodynamics?", "Who?", "?!"):
        assert unread.first_look(question) == ()
    nobody = Filters(publishers=("Nobody",))
    assert unread.first_look("Who opened the Harrow bridge?", filters=nobody) == ()
    with pytest.raises(QuestionError, match="empty"):
        unread.first_look(" ")


def test_a_first_look_at_a_follow_up_knows_what_it_leans_on(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened(replies=[f"{OPENED} [1]."])
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?")
    look = news.first_look("And how many euros did it cost?", history=[first])
    assert look[0].quote.startswith("The bridge cost 12 million euros")
    assert f"{OPENED}." in {cited.quote for cited in news.first_look("Why?", history=[first])}


def test_articles_about_a_query_are_those_that_match(unread: News) -> None:
    assert [each.text for each in unread.matching("goats on the hill")] == [CHEESE]
    assert {each.text for each in unread.matching("Harrow")} == {BRIDGE, FERRY}
    assert unread.matching("Harrow", limit=1) == unread.matching("Harrow")[:1]
    for nothing in ("volcanoes of Iceland", "football", "the", "cheese from Iceland's volcanoes"):
        assert unread.matching(nothing) == ()
    assert unread.matching("Harrow", filters=Filters(publishers=("Nobody",))) == ()


def test_suggestions_follow_the_index(unread: News, tmp_path: Path) -> None:
    assert unread.suggestions() == (), "no name stands in two sentences"
    towns = (
        f"The fair of {name} opened on a mild evening in spring. All the people of {name} were glad."
        for name in ("Arnwick", "Bexmoor")
    )
    unread.ingest(records(tmp_path / "towns.jsonl", *towns))
    asked = unread.suggestions()
    assert {question[-8:] for question in asked} == {"Arnwick?", "Bexmoor?"}
    assert unread.suggestions() is asked
    assert len(unread.suggestions(1)) == 1
    for question in asked:
        assert question[-8:-1] in unread.first_look(question)[0].quote
    unread.delete([each.id for each in unread.articles()])
    assert unread.suggestions() == ()


# Kept outside


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


def test_what_is_no_saved_answer_is_told(opened: Callable[..., News], feed: Path) -> None:
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


# Building anew


def test_rebuilding_embeds_nothing(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    before = news.search("Harrow bridge")
    embedded = counting(news).documents
    for file in news.folder.glob("*.faiss"):
        file.write_bytes(b"torn")
    assert news.rebuild() == news.info().chunks
    assert counting(news).documents == embedded
    assert news.search("Harrow bridge") == before
    assert opened().search("Harrow bridge") == before


def test_another_embedder_takes_over(opened: Callable[..., News], feed: Path) -> None:
    opened().ingest([feed])
    other = opened("index.chunk_words=20", embedder=Counting(32))
    articles = dumped(other)
    chunks = other.rebuild(embed=True)
    info = other.info()
    assert (info.embedder, info.dimension, info.chunk_words) == ("hash-32", 32, 20)
    assert info.chunks == chunks == counting(other).documents > 3
    assert dumped(other) == articles
    assert other.search("Harrow bridge")[0].article.text == BRIDGE
    assert sorted(path.name for path in other.folder.parent.iterdir() if path.is_dir()) == ["index"]
    assert statuses(other.ingest([feed]).outcomes) == ["unchanged"] * 3
    with pytest.raises(EmbedderMismatch):
        opened().search("Harrow bridge")


def test_building_anew_in_place_keeps_everything(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    before = {(a.id, news.source(a.id)) for a in news.articles()}
    assert news.rebuild(embed=True) == 3
    assert {(a.id, news.source(a.id)) for a in news.articles()} == before


def test_an_interrupted_rebuild_leaves_the_index_and_goes_on(
    opened: Callable[..., News], feed: Path
) -> None:
    opened().ingest([feed])
    other = opened(embedder=Counting(32))
    counting(other).fails_after = 1
    with pytest.raises(KeyboardInterrupt):
        other.rebuild(embed=True)
    assert opened().search("Harrow bridge")[0].article.text == BRIDGE
    assert other.info().embedder == "hash-64"

    counting(other).fails_after = None
    assert other.rebuild(embed=True) == 3
    assert counting(other).documents == 3, "what was embedded before was embedded again"
    assert other.info().embedder == "hash-32"


def test_an_interrupted_rebuild_does_not_bind_the_next_one(
    opened: Callable[..., News], feed: Path
) -> None:
    opened().ingest([feed])
    first = opened(embedder=Counting(32))
    counting(first).fails_after = 1
    with pytest.raises(KeyboardInterrupt):
        first.rebuild(embed=True)
    third = opened(embedder=Counting(48))
    assert third.rebuild(embed=True) == 3
    assert third.info().embedder == "hash-48"


def test_an_article_deleted_between_stays_deleted(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    other = opened(embedder=Counting(32))
    counting(other).fails_after = 2
    with pytest.raises(KeyboardInterrupt):
        other.rebuild(embed=True)
    gone = {a.id for a in news.delete([article.id for article in news.articles()[1:]])}
    counting(other).fails_after = None
    other.rebuild(embed=True)
    assert len(other.articles()) == 1
    assert not gone & {article.id for article in other.articles()}


def test_litter_beside_the_index_does_not_stop_a_rebuild(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened()
    news.ingest([feed])
    for name in ("index.rebuild", "index.old"):
        litter = news.folder.with_name(name)
        litter.mkdir()
        (litter / "news.sqlite").write_bytes(b"no database at all" * 100)
    assert news.rebuild(embed=True) == 3
    assert not news.folder.with_name("index.rebuild").exists()


# Summaries


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


def test_a_summary_of_nothing_is_told(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    empty: Sequence[str] = []
    for nothing in (None, empty, ()):
        with pytest.raises(QuestionError):
            news.summarize(nothing)


def test_a_query_that_finds_nothing(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    found = news.summarize(query="bridge", filters=Filters(publishers=("Nobody",)))
    assert (found.text, found.article_ids) == ("", ())
    assert scripted(news).history == []


# Reading without storing


def test_a_file_is_read_without_an_index(opened: Callable[..., News], tmp_path: Path) -> None:
    news = opened()
    article = news.read(str(records(tmp_path / "one.jsonl", BRIDGE)))
    assert article.text == BRIDGE
    assert not news.folder.exists()


def test_what_is_not_one_article_is_told(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    news = opened()
    (tmp_path / "short.json").write_text('{"text": "Too short."}', encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for source, error, said in (
        (feed, SourceError, "several articles"),
        (tmp_path / "absent.txt", SourceError, "absent"),
        (tmp_path / "empty", SourceError, "no articles"),
        (tmp_path / "short.json", ExtractError, "words"),
        ("http://127.0.0.1:9/", SourceError, "127"),
        ("ftp://example.org/a", SourceError, "ftp"),
    ):
        with pytest.raises(error, match=said):
            news.read(str(source))


# The library as a whole


def test_the_front_door(tmp_path: Path, feed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_EMBEDDER_ENGINE", "hash")
    monkeypatch.delenv("RAG_PROFILE", raising=False)
    generator = ScriptedGenerator([f"{OPENED} [1]."])
    with rag.open(tmp_path / "index", generator=generator) as news:
        news.ingest([feed])
        assert news.ask("Who opened the Harrow bridge?").text == f"{OPENED}. [1]"
    with pytest.raises(ConfigError, match="no profile"):
        rag.open(tmp_path / "index", profile="nope")


def test_closing_twice_and_going_on(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.close()
    news.ingest([feed])
    news.close()
    news.close()
    assert news.info().articles == 3


def test_a_damaged_index_is_told(opened: Callable[..., News]) -> None:
    news = opened()
    news.folder.mkdir()
    (news.folder / "news.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(IndexProblem, match="not a sound SQLite file"):
        news.articles()


def test_warming_loads_both_models(opened: Callable[..., News]) -> None:
    loaded: list[str] = []

    class Slow(ScriptedGenerator):
        def load(self) -> None:
            loaded.append("generator")

    class Heavy(Counting):
        def load(self) -> None:
            loaded.append("embedder")

    news = opened(embedder=Heavy())
    news._generator = Slow([])
    news.warm()
    assert sorted(loaded) == ["embedder", "generator"]


def test_a_model_that_cannot_be_loaded_is_told_by_warming(opened: Callable[..., News]) -> None:
    class Broken(ScriptedGenerator):
        def load(self) -> None:
            raise ModelError("the file is torn")

    news = opened()
    news._generator = Broken([])
    with pytest.raises(ModelError, match="torn"):
        news.warm()


def test_many_threads_may_ask_while_one_writes(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    news = opened(replies=copied)
    news.ingest([feed])
    wrong: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(10):
                assert not news.ask("Who opened the Harrow bridge?").refused
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(5):
        news.ingest([records(tmp_path / f"{number}.jsonl", f"{CHEESE} It was day {number}.")])
    for thread in threads:
        thread.join()
    assert wrong == []
    assert news.info().articles == 8


def test_which_models_a_profile_needs() -> None:
    def needed(*overrides: str) -> tuple[str, ...]:
        return default_models(load("default", overrides=overrides, environment={}))

    parser = "en-core-web-sm"
    assert needed() == ("all-minilm-l6-v2", "qwen2.5-coder-1.5b-instruct-q4_k_m", parser)
    assert needed("embedder.engine=hash", "generator.engine=openai") == (parser,)
    assert needed("embedder.engine=hash", "generator.model=./my.gguf", "check.parser=") == ()


def test_a_model_may_be_a_path(tmp_path: Path) -> None:
    settings = load("default", overrides=["generator.model=~nobody-at-all/x.gguf"], environment={})
    with pytest.raises(ModelMissing, match="gguf"):
        build_generator(settings)
