"""What stays: the conversation after a reload and a restart, and as files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from acts import BRIDGE, LAVROV, QUOTE, THERE, TITLE, WHO, WHY, Told, asked, press

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visits import House, Visits

pytest_plugins = ("visits",)
pytestmark = pytest.mark.slow


def saved(page: "Page", button: str) -> tuple[str, str]:
    """The name and text of the file that a button saves."""
    with page.expect_download() as waiting:
        press(page, button)
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_text("utf-8")


def test_a_conversation_outlives_a_reload(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    asked(page, WHO)
    asked(page, WHY)
    page.reload()
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    assert BRIDGE in page.locator("#turn-1 .short").inner_text()
    page.locator("#turn-0 .cite").first.click()
    page.get_by_role("dialog", name=TITLE).wait_for()
    assert page.locator("dialog #quote").inner_text() == QUOTE


def test_a_conversation_outlives_the_server_and_goes_on(house: "House", visit: "Visits") -> None:
    visit.expected += "|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|Failed to (?:fetch|load)|network"
    first = house.serve(house.news(Told()))
    page = visit(first.url)
    asked(page, WHO)
    first.close()
    model = Told()
    again = house.serve(house.news(model, folder=house.folder / "samples"))
    assert again.url == first.url
    page.reload()
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    turn = asked(page, THERE)
    assert LAVROV in turn.locator(".answer").inner_text()
    assert model.history[0][-3].content.endswith(f"Question: {WHO}")  # the turn before


def test_a_page_that_was_open_meanwhile_goes_on_without_a_reload(
    house: "House", visit: "Visits"
) -> None:
    visit.expected += "|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|Failed to (?:fetch|load)|network"
    first = house.serve(house.news(Told()))
    page = visit(first.url)
    asked(page, WHO)
    first.close()
    again = house.serve(house.news(Told(), folder=house.folder / "samples"))
    assert again.url == first.url
    turn = asked(page, THERE)
    assert LAVROV in turn.locator(".answer").inner_text()


def test_articles_that_are_gone_take_their_sentences_with_them(
    house: "House", visit: "Visits"
) -> None:
    news = house.news(Told())
    page = visit(house.serve(news).url)
    asked(page, WHO)
    news.delete([article.id for article in news.articles(query=TITLE[:20])])
    page.reload()
    page.locator("#turn-0").wait_for()
    assert page.locator("#turn-0 .cite").count() == 0
    gone = page.locator("#turn-0 .answer .claim").first
    assert gone.get_attribute("title") == "its article is no longer in the index"
    assert gone.locator(".unproven").count() == 1


def test_a_conversation_is_saved_with_its_quotes(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    asked(page, WHO)
    asked(page, WHY)
    name, markdown = saved(page, "Save as Markdown")
    assert name == "conversation.md"
    for wanted in (WHO, WHY, TITLE, "19 January 2022"):
        assert wanted in markdown
    for quote in (QUOTE, BRIDGE):
        assert markdown.count(quote) >= 2  # in the answer, and as its proof
    name, data = saved(page, "Save as JSON")
    assert name == "conversation.json"
    answers = json.loads(data)
    assert [answer["question"] for answer in answers] == [WHO, WHY]
    assert [answer["citations"][0]["quote"] for answer in answers] == [QUOTE, BRIDGE]
