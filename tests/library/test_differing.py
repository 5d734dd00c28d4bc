"""Articles that have another figure than the answer are told beside it; the newest is read first."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.cli.results import print_answer
from rag.config import load
from rag.export import as_markdown, as_text, saved
from rag.index.embedding import HashEmbedder
from rag.library import News
from rag.llm.scripted import ScriptedGenerator
from rag.types import Answer

QUESTION = "How many people did the Harrow flood leave without a home?"
REPLY = "{}\nThe Harrow flood left {} people without a home. [{}]"


def told(number: str, who: str) -> str:
    return f"The Harrow flood left {number} people without a home, {who} said. Rain is due again."


POST = told("1,270", "Mayor Fenn"), "Harrow Post", "2024-05-13"
VALLEY = told("900", "the fire service"), "Valley News", "2024-05-13"


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Callable[..., tuple[Answer, News]]]:
    """Asks an index of articles, each a text with its paper and day, a model that gives the reply."""
    made: list[News] = []

    def ask(*articles: tuple[str, str, str], reply: str) -> tuple[Answer, News]:
        rows = (
            {"id": f"{n}", "title": f"Flood {n}", "text": text, "publisher": paper, "date": day}
            for n, (text, paper, day) in enumerate(articles)
        )
        feed = tmp_path / "feed.jsonl"
        feed.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        news = News(
            tmp_path / "index",
            load("default", overrides=("answer.maybe=0.01",), environment={}),
            embedder=HashEmbedder(),
            generator=ScriptedGenerator(lambda _: reply),
        )
        made.append(news)
        news.ingest(feed)
        return news.ask(QUESTION), news

    yield ask
    for news in made:
        news.close()


def test_another_paper_of_the_day_is_reported_with_its_figure(
    asked: Callable[..., tuple[Answer, News]], capsys: pytest.CaptureFixture[str]
) -> None:
    answer, opened = asked(POST, VALLEY, reply=REPLY.format("1,270", "1,270", 1))
    (found,) = answer.disagreements
    assert found.about == ("1,270 people", "900 people")
    assert [quote.publisher for quote in found.quotes] == ["Harrow Post", "Valley News"]
    assert found.quotes[0] in answer.citations
    assert not found.changed
    print_answer(answer)
    for shown in (capsys.readouterr().out, as_text(answer), as_markdown(answer)):
        assert "The articles disagree" in shown
        assert "the fire service" in shown
        assert "Valley News" in shown
    assert opened.recalled(saved(answer)).disagreements == answer.disagreements


def test_a_later_article_is_read_first_and_the_older_figure_told(
    asked: Callable[..., tuple[Answer, News]],
) -> None:
    old = told("900", "Mayor Fenn"), "Harrow Post", "2024-05-13"
    new = told("1,270", "Mayor Fenn"), "Harrow Post", "2024-05-17"
    answer, _ = asked(old, new, reply=REPLY.format("1,270", "1,270", 1))
    assert [str(each.article.published) for each in answer.passages] == ["2024-05-17", "2024-05-13"]
    (found,) = answer.disagreements
    assert found.changed
    assert found.about == ("1,270 people", "900 people")
    assert "The figure has changed" in as_text(answer)


def test_an_answer_that_tells_both_figures_has_nothing_beside_it(
    asked: Callable[..., tuple[Answer, News]],
) -> None:
    both = f"1,270 or 900\n{told('1,270', 'the mayor')} [1] The fire service says 900. [2]"
    answer, _ = asked(POST, VALLEY, reply=both)
    assert not answer.disagreements
    assert "disagree" not in as_text(answer)


def test_a_saved_answer_whose_other_article_is_gone_keeps_the_answer(
    asked: Callable[..., tuple[Answer, News]],
) -> None:
    answer, opened = asked(POST, VALLEY, reply=REPLY.format("1,270", "1,270", 1))
    opened.delete([answer.disagreements[0].quotes[1].article_id])
    again = opened.recalled(saved(answer))
    assert again.text == answer.text
    assert again.claims == answer.claims
    assert not again.disagreements
