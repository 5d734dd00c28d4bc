"""What is summarised, and how long it takes: one rule for all three ways, and nothing cut in silence."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import date

import pytest

import rag
from app import summary_request, summary_service
from app.formatting import count, left
from app.queue import ModelQueue
from app.saved_summaries import Made
from app.summary_request import EACH, STORIES, TOGETHER, SummaryRequest, chosen
from app.summary_service import Course, SummaryService
from rag.config import load
from rag.errors import QuestionError
from rag.llm.scripted import ScriptedGenerator
from rag.types import Filters, Message

MAY = Filters(since=date(2024, 5, 3))


def reply(messages: Sequence[Message]) -> str:
    """The first sentence of what is to be summarised."""
    return messages[-1].content.partition("\n")[2].partition(". ")[0] + "."


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.News]:
    """Five articles, on the first five days of May 2024."""
    folder = tmp_path_factory.mktemp("news")
    text = "The ferry of {0} left the harbour on day {0} with {0} goats. Its captain was Jonas Lind {0}."
    lines = (
        {"id": n, "title": f"Ferry {n}", "date": f"2024-05-0{n}", "text": text.format(n) * 3}
        for n in range(1, 6)
    )
    (folder / "may.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    settings = load(overrides=["embedder.engine=hash"])
    with rag.open(folder / "index", settings=settings, generator=ScriptedGenerator(reply)) as it:
        it.ingest([folder / "may.jsonl"])
        yield it


def wished(
    how: str, *, ids: tuple[str, ...] = (), query: str = "", filters: Filters | None = None
) -> SummaryRequest:
    return SummaryRequest(ids, query, filters or Filters(), "short", how)


def titles(news: rag.News, wanted: SummaryRequest) -> list[str]:
    return [article.title for article in chosen(news, wanted).articles]


def pictures(news: rag.News, wanted: SummaryRequest) -> list[tuple[str, str]]:
    written = SummaryService(news, "tiny", ModelQueue()).write(
        wanted, chosen(news, wanted), Made(), "ida"
    )
    return list(written)


@pytest.mark.parametrize("how", [EACH, TOGETHER, STORIES])
def test_who_wishes_for_nothing_is_told_what_to_choose(news: rag.News, how: str) -> None:
    with pytest.raises(QuestionError, match="choose articles, or write what about, or set days"):
        chosen(news, wished(how))


@pytest.mark.parametrize("how", [EACH, TOGETHER, STORIES])
def test_days_alone_mean_the_articles_of_those_days(news: rag.News, how: str) -> None:
    assert titles(news, wished(how, filters=MAY)) == ["Ferry 5", "Ferry 4", "Ferry 3"]
    shown, state = pictures(news, wished(how, filters=MAY))[-1]
    assert state == ""
    assert "Ferry 4" in shown
    assert "Ferry 1" not in shown


def test_what_is_cut_is_told(news: rag.News, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = tuple(each.id for each in news.articles())
    assert [
        chosen(news, wished(EACH, **some)).note for some in ({"ids": ids}, {"filters": MAY})
    ] == ["", ""]
    monkeypatch.setattr(summary_request, "MOST", 2)
    for some, told in (
        ({"ids": ids}, "The first 2 of 5 chosen articles."),
        ({"filters": MAY}, "The newest 2 of 3 articles."),
        ({"query": "ferry"}, "More than 2 articles match: the nearest 2."),
    ):
        for how in (EACH, TOGETHER):
            cut = chosen(news, wished(how, **some))
            assert len(cut.articles) == 2
            assert cut.note == told
    assert told in pictures(news, wished(EACH, query="ferry"))[-1][0]


def test_chosen_articles_count_alone_and_it_is_told(news: rag.News) -> None:
    oldest = news.articles(order="oldest")[0]
    both = chosen(news, wished(EACH, ids=(oldest.id,), query="goats", filters=MAY))
    assert both.articles == (oldest,)
    assert both.note.startswith("Only the chosen articles:")
    assert chosen(news, wished(EACH, ids=(oldest.id,))).note == ""


def test_a_summary_that_has_no_room_for_all_says_so(
    news: rag.News, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, _ = pictures(news, wished(TOGETHER, filters=MAY))[-1]
    assert "had room" not in shown
    whole = news.summarize

    def narrow(ids: Sequence[str], **wanted: object) -> rag.types.Summary:
        return whole(ids[:1], length="short")

    monkeypatch.setattr(news, "summarize", narrow)
    shown, _ = pictures(news, wished(TOGETHER, filters=MAY))[-1]
    assert "1 of 3 articles had room in the summary." in shown


def test_the_parts_of_a_long_article_tell_how_long_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    course = Course("Summary", 1)
    assert course.state == "Summary, reading …"
    course.note(0, 1)
    course.note(0, 1)
    assert course.state == "Summary, writing …"
    course.note(1, 4)
    now += 10
    assert course.state == "Summary, part 2 of 4, about 30 seconds left …"


def test_pieces_and_their_parts_tell_it_together_and_waiting_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    course = Course("Story", 5)
    assert course.state == "Story 1 of 5, reading …"
    now += 10
    course.end()
    assert course.state == "Story 2 of 5, about 40 seconds left …"
    now += 1000
    course.begin()
    assert course.state == "Story 2 of 5, about 40 seconds left …"


def test_a_slow_summary_is_shown_to_be_at_work(
    news: rag.News, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        summary_service, "stepped", lambda steps, name: (x for x in (None, None, *steps))
    )
    for how, told in (
        (TOGETHER, "One summary of 3 articles, "),
        (EACH, "Summary 2 of 3, about "),
        (STORIES, "Story, "),
    ):
        states = [state for _, state in pictures(news, wished(how, filters=MAY))]
        assert any(state.startswith(told) for state in states), states


def test_amounts_read_as_people_say_them() -> None:
    assert [count(n, "article") for n in (0, 1, 1200)] == [
        "0 articles",
        "1 article",
        "1,200 articles",
    ]
    assert [left(10, share) for share in (0, 0.5, 0.95, 0.05)] == [
        "",
        "about 10 seconds left",
        "about 1 second left",
        "about 3 minutes left",
    ]
