"""Summaries of the page: which articles they cover, their progress, and the files they are saved as."""

import csv
import io
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import pytest

import rag
from app import saved_summaries, summary_request, summary_service
from app.formatting import TimeLeft, count
from app.queue import ModelQueue
from app.saved_summaries import Made
from app.summary_request import EACH, STORIES, TOGETHER, SummaryRequest, chosen
from app.summary_service import Progress, SummaryService
from rag.config import load
from rag.errors import QuestionError
from rag.llm.scripted import ScriptedGenerator
from rag.types import (
    Article,
    Citation,
    Claim,
    Digest,
    Filters,
    Message,
    Source,
    Story,
    Summary,
    Timing,
)

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


def request(
    how: str, *, ids: tuple[str, ...] = (), query: str = "", filters: Filters | None = None
) -> SummaryRequest:
    return SummaryRequest(ids, query, filters or Filters(), "short", how)


def titles(news: rag.News, asked: SummaryRequest) -> list[str]:
    return [article.title for article in chosen(news, asked).articles]


def pictures(news: rag.News, asked: SummaryRequest) -> list[tuple[str, str]]:
    written = SummaryService(news, "tiny", ModelQueue()).write(
        asked, chosen(news, asked), Made(), "ida"
    )
    return list(written)


def test_an_empty_request_is_refused(news: rag.News) -> None:
    with pytest.raises(QuestionError, match="choose articles, enter a topic, or set dates"):
        chosen(news, request(EACH))


@pytest.mark.parametrize("how", [EACH, TOGETHER, STORIES])
def test_days_alone_mean_the_articles_of_those_days(news: rag.News, how: str) -> None:
    assert titles(news, request(how, filters=MAY)) == ["Ferry 5", "Ferry 4", "Ferry 3"]
    shown, state = pictures(news, request(how, filters=MAY))[-1]
    assert state == ""
    assert "Ferry 4" in shown
    assert "Ferry 1" not in shown


def test_a_request_for_too_many_articles_says_which_are_covered(
    news: rag.News, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = tuple(each.id for each in news.articles())
    assert [
        chosen(news, request(EACH, **some)).note for some in ({"ids": ids}, {"filters": MAY})
    ] == ["", ""]
    monkeypatch.setattr(summary_request, "MOST", 2)
    for some, note in (
        ({"ids": ids}, "Using the first 2 of 5 articles."),
        ({"filters": MAY}, "Using the newest 2 of 3 articles."),
        ({"query": "ferry"}, "More than 2 articles match; using the closest 2."),
    ):
        cut = chosen(news, request(EACH, **some))
        assert len(cut.articles) == 2
        assert cut.note == note
    assert note in pictures(news, request(EACH, query="ferry"))[-1][0]


def test_chosen_articles_take_precedence_and_a_note_says_so(news: rag.News) -> None:
    oldest = news.articles(order="oldest")[0]
    both = chosen(news, request(EACH, ids=(oldest.id,), query="goats", filters=MAY))
    assert both.articles == (oldest,)
    assert both.note.startswith("Using only the articles you chose;")
    assert chosen(news, request(EACH, ids=(oldest.id,))).note == ""


def test_a_summary_that_has_no_room_for_all_says_so(
    news: rag.News, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, _ = pictures(news, request(TOGETHER, filters=MAY))[-1]
    assert "fitted" not in shown
    shown, _ = pictures(news, request(TOGETHER, query="ferry"))[-1]
    assert shown.count('class="near"') == 5
    whole = news.summarize

    def narrow(ids: Sequence[str], **options: object) -> rag.types.Summary:
        return whole(ids[:1], length="short")

    monkeypatch.setattr(news, "summarize", narrow)
    shown, _ = pictures(news, request(TOGETHER, filters=MAY))[-1]
    assert "The summary covers 1 of 3 articles; no more fitted." in shown


def test_the_time_left_follows_from_the_parts_of_a_long_article(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = Progress("Summary", 1)
    assert progress.state == "Summary, reading …"
    progress.note(0, 4)
    progress.write("Ada")
    assert progress.state == "Summary, part 1 of 4, writing …"
    now += 10
    progress.note(1, 4)
    assert progress.state == "Summary, part 2 of 4, about 30 seconds left …"
    now += 20  # a slow part: the estimate falls on, and is not raised
    assert progress.state == "Summary, part 2 of 4, about 10 seconds left …"
    progress.note(2, 4)
    assert progress.state == "Summary, part 3 of 4, about 10 seconds left …"
    now += 11
    assert progress.state == "Summary, part 3 of 4, taking longer than expected …"


def test_the_time_left_follows_from_the_pieces_without_the_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = Progress("Story", 5)
    assert progress.state == "Story 1 of 5, reading …"
    now += 10
    progress.end()
    assert progress.state == "Story 2 of 5, about 40 seconds left …"
    now += 1000
    progress.begin()
    assert progress.state == "Story 2 of 5, about 40 seconds left …"
    now += 10
    assert progress.state == "Story 2 of 5, about 30 seconds left …"


@pytest.mark.parametrize(
    ("how", "beginning"),
    [
        (TOGETHER, "Summary of 3 articles, "),
        (EACH, "Summary 2 of 3, "),
        (STORIES, "Story, "),
    ],
)
def test_progress_is_shown_while_a_summary_is_written(
    news: rag.News, monkeypatch: pytest.MonkeyPatch, how: str, beginning: str
) -> None:
    monkeypatch.setattr(
        summary_service, "stepped", lambda steps, slot, name: (x for x in (None, None, *steps))
    )
    states = [state for _, state in pictures(news, request(how, filters=MAY))]
    assert any(state.startswith(beginning) for state in states), states


def test_a_stop_during_a_check_ends_the_summaries_that_would_follow(news: rag.News) -> None:
    """Whatever the model has written is checked, and its summary kept; no further one is begun."""
    queue, made = ModelQueue(), Made()
    asked = request(EACH, filters=MAY)
    for shown, _ in SummaryService(news, "tiny", queue).write(
        asked, chosen(news, asked), made, "i"
    ):
        if shown:  # the first summary is whole
            queue.stop("i", "summaries")
    assert len(made.rows) == 1


def test_amounts_read_as_people_say_them() -> None:
    assert [count(n, "article") for n in (0, 1, 1200)] == [
        "0 articles",
        "1 article",
        "1,200 articles",
    ]
    amounts = []
    for share in (0, 0.5, 0.95, 0.05):
        rest = TimeLeft()
        rest.update(10, share)
        amounts.append(str(rest))
    assert amounts == [
        "",
        "about 10 seconds left",
        "about 1 second left",
        "about 3 minutes left",
    ]


# Files


def story(headline: str) -> Story:
    """A story with two sources, one of which has a copy."""
    first, second = (
        Source(number, f"id{number}", "https://example.org/a", headline, "Echo", date(2024, 5, 14))
        for number in (1, 2)
    )
    quote = Citation(1, "id1", first.url, headline, "Echo", first.published, headline, 0, 9)
    claim = Claim(headline, (quote,), "supported", score=0.9)
    sources = (replace(first, copies=(first,)), second)
    return Story(claim, f"{headline} [1]", (claim,), (quote,), sources)


def digest(*stories: Story) -> Digest:
    return Digest("ferry", stories, 5, 1, 3, "engine:model", Timing(generate=9.0))


def test_a_digest_is_saved_as_markdown_json_lines_and_csv() -> None:
    harm = "=cmd() <script>x</script>"
    made = Made(digest=digest(story("The ferry closes"), story(harm)))
    markdown = saved_summaries.markdown(made.results)
    assert markdown["name"] == "digest.md"
    assert markdown["text"].startswith("# Digest: ferry\n\n5 articles")
    assert "<script" not in markdown["text"]
    lines = [json.loads(line) for line in saved_summaries.jsonl(made.results)["text"].splitlines()]
    assert [line["headline"]["text"] for line in lines] == ["The ferry closes", harm]
    table = saved_summaries.csv(made.results)["text"]
    assert table.startswith("\ufeff")  # by which Excel knows that it is UTF-8
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert rows[0]["title"] == "The ferry closes"
    assert rows[0]["published"] == "2024-05-14"
    about = [rows[0][name] for name in ("id", "url", "publisher", "model", "seconds")]
    assert about == ["id1", "https://example.org/a", "Echo", "engine:model", "4.5"]
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_saved_files_do_not_say_where_the_folders_of_the_server_are() -> None:
    url = "file:///srv/private/news/ferry.txt#7"
    quote = Citation(1, "id1", url, "Ferry", "Echo", None, "She sails.", 0, 10)
    summary = Summary(("id1",), "She sails. [1]", (), (quote,), "m", Timing())
    rows = ((Article("id1", url, "Ferry", "She sails."), summary),)
    for saved in (saved_summaries.jsonl(rows), saved_summaries.csv(rows)):
        assert "ferry.txt" in saved["text"]
        assert "private" not in saved["text"]


def test_the_stories_written_before_a_stop_can_be_saved() -> None:
    so_far = saved_summaries.so_far("ferry", [story("The ferry closes")], "m", 3.0)
    assert (so_far.articles, so_far.copies, so_far.found) == (3, 1, 1)
    assert "3 articles (1 duplicate): 1 story." in saved_summaries.markdown(so_far)["text"]


def test_there_is_nothing_to_save_before_the_first_result() -> None:
    assert not Made().ready
    assert not Made(digest=digest()).ready
    assert Made(digest=digest(story("The ferry closes"))).ready
    assert saved_summaries.markdown(Made().results)["text"] == ""
