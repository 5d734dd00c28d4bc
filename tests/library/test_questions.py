"""Questions and conversations: what is read, answered, refused, and kept for a follow-up."""

import threading
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from opened_news import CHEESE, OPENED, REFUSING, copied, records, scripted

from rag.errors import IndexMissing, NoArticles, QuestionError
from rag.library import News
from rag.llm.scripted import ScriptedGenerator
from rag.types import Answer, Checked, Draft, Filters, Found, Message


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

    class Watched(ScriptedGenerator):
        def stream(self, messages, *, max_tokens, **_):  # type: ignore[no-untyped-def]
            try:
                yield from super().stream(messages, max_tokens=max_tokens)
            finally:
                stopped.set()

    news = opened()
    news._generator = Watched([f"{OPENED} [1]. " * 9])
    news.ingest([feed])
    stream = news.stream("Who opened the Harrow bridge?")
    assert isinstance(next(stream), Found)
    assert isinstance(next(stream), Draft)
    stream.close()
    assert stopped.is_set()


@pytest.mark.parametrize("question", ["", " ", "\n\t", "\u00a0"])
def test_a_blank_question_is_reported(
    opened: Callable[..., News], feed: Path, question: str
) -> None:
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


def test_a_question_of_50000_characters_is_reported(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened()
    news.ingest([feed])
    with pytest.raises(QuestionError, match="50000 characters; at most 2000"):
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
    for name in ("Nobody", "Harow Post"):
        with pytest.raises(
            NoArticles, match=rf"is from '{name}'\. Known publishers: Harrow Post\."
        ):
            news.ask("Who opened the bridge?", filters=Filters(publishers=(name,)))
    late = Filters(since=date(2090, 1, 1), publishers=("Harrow Post",))
    with pytest.raises(NoArticles, match="none of the 3 articles matches these dates"):
        news.ask("Who opened the bridge?", filters=late)
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


def test_a_follow_up_reads_nothing_new_if_the_chat_shows_what_is_nearest(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened("retrieve.first_tokens=100", replies=[f"{OPENED} [1].", "12 million euros [1]."])
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?")
    second = news.ask("And what did the bridge cost?", history=[first])
    assert "Who opened" in scripted(news).history[-1][-3].content, "it was no follow-up"
    assert second.passages == first.passages


def test_a_change_of_subject_starts_over(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=copied)
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?", k=1)
    second = news.ask("Which cheese from Pengarth won the gold medal?", history=[first])
    assert (second.passages[0].number, second.passages[0].article.text) == (1, CHEESE)
    assert first.draft not in [message.content for message in scripted(news).history[-1]]


def test_a_full_context_starts_over(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=lambda _: f"{OPENED} [1].", context_length=800)
    news.ingest([feed])
    history: list[Answer] = []
    for _ in range(12):
        history.append(news.ask("And what did she open on Tuesday at the Harrow?", history=history))
    lengths = [len(messages) for messages in scripted(news).history]
    assert lengths[0] == min(lengths) < max(lengths)
    assert lengths.count(lengths[0]) > 1, "it never started over"
