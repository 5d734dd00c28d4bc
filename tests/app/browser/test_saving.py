"""What stays: the conversation after a reload and a restart, and as files."""

import json
from typing import TYPE_CHECKING

import pytest
from scripted_model import BRIDGE, LAVROV, QUOTE, THERE, TITLE, WHO, WHY, PausableGenerator

from browser.acts import asked, saved

if TYPE_CHECKING:
    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow


def test_a_conversation_survives_a_reload_and_is_saved_with_its_quotes(
    site: "Site", visit: "Visits"
) -> None:
    page = visit(site.page(PausableGenerator()))
    asked(page, WHO)
    asked(page, WHY)
    page.reload()
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    assert BRIDGE in page.locator("#turn-1 .short").inner_text()
    page.locator("#turn-0 .cite").first.click()
    page.get_by_role("dialog", name=TITLE).wait_for()
    assert page.locator("dialog #quote").inner_text() == QUOTE
    page.keyboard.press("Escape")
    name, markdown = saved(page, "Save as Markdown")
    assert name == "conversation.md"
    for part in (WHO, WHY, TITLE, "19 January 2022"):
        assert part in markdown
    for quote in (QUOTE, BRIDGE):
        assert markdown.count(quote) >= 2  # in the answer, and as its proof
    name, data = saved(page, "Save as JSON")
    assert name == "conversation.json"
    answers = json.loads(data)
    assert [answer["question"] for answer in answers] == [WHO, WHY]
    assert [answer["citations"][0]["quote"] for answer in answers] == [QUOTE, BRIDGE]


def test_a_conversation_survives_its_server_and_loses_the_quotes_of_deleted_articles(
    site: "Site", visit: "Visits"
) -> None:
    visit.expected += "|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|Failed to (?:fetch|load)|network"
    first = site.serve(site.news(PausableGenerator()))
    page = visit(first.url)
    asked(page, WHO)
    first.close()
    model = PausableGenerator()
    news = site.news(model, folder=site.folder / "samples")
    assert site.serve(news).url == first.url
    # The page goes on without a reload, and after one.
    assert LAVROV in asked(page, THERE).locator(".answer").inner_text()
    assert model.history[0][-3].content.endswith(f"Question: {WHO}")  # the turn before
    page.reload()
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    asked(page, WHY)
    news.delete([article.id for article in news.articles(query=TITLE[:20])])
    page.reload()
    page.locator("#turn-0").wait_for()
    assert page.locator("#turn-0 .cite").count() == 0
    gone = page.locator("#turn-0 .answer .claim").first
    assert gone.get_attribute("title") == "its article is no longer in the index"
    assert gone.locator(".unproven").count() == 1
    assert page.locator("#turn-2 .cite").count()
