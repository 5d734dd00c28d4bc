"""What stays: the conversation after a reload and a restart, and as files."""

import json
from typing import TYPE_CHECKING

import pytest
from scripted_model import BRIDGE, LAVROV, QUOTE, THERE, TITLE, WHO, WHY, PausableGenerator

from browser.acts import asked, press, saved, tab
from browser.visits import GIVEN, USABLE
from rag import export
from rag.config import load
from rag.server.accounts import Users

if TYPE_CHECKING:
    from playwright.sync_api import Page

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


def test_conversations_are_found_renamed_opened_exported_and_deleted(
    site: "Site", visit: "Visits"
) -> None:
    url = site.serve(site.news(PausableGenerator())).url
    page = visit(url)
    asked(page, WHO)
    press(page, "New conversation")
    page.locator("#transcript .welcome").wait_for()
    asked(page, WHY)
    asked(page, THERE)
    page.close()
    page = visit(url, viewport={"width": 390, "height": 844})  # another browser of this machine
    assert page.locator("#transcript .turn").count() == 0
    tab(page, "History")
    names = page.locator("#conversations .title")
    names.nth(1).wait_for()
    assert names.all_inner_texts() == [WHY, WHO]
    press(page, f"Rename {WHO}")
    page.keyboard.type("Mine")
    page.keyboard.press("Escape")
    press(page, f"Rename {WHO}")
    page.keyboard.type("<b>Berlin</b>")
    page.keyboard.press("Enter")
    names.get_by_text("<b>Berlin</b>").wait_for()
    page.wait_for_function("document.activeElement.textContent === '<b>Berlin</b>'")
    name, text = saved(page, "Save all as JSON")
    assert name == "conversations.json"
    found = {each["name"]: each["answers"] for each in json.loads(text)}
    assert [each["question"] for each in found[WHY]] == [WHY, THERE]
    assert found["<b>Berlin</b>"][0]["citations"][0]["quote"] == QUOTE
    page.get_by_role("textbox", name="Search questions").fill("tollgate BRIDGE, the only road")
    page.locator("#conversations").get_by_text("1 conversation", exact=True).wait_for()
    assert names.all_inner_texts() == [WHY]
    _, text = saved(page, "Save all as Markdown")  # of those that are listed
    assert BRIDGE in text
    assert QUOTE not in text
    press(page, f"Delete {WHY}")
    page.keyboard.press("Tab")  # no
    press(page, f"Delete {WHY}")
    page.get_by_text("Delete permanently?").click()
    page.get_by_text("No conversations match.").wait_for()
    page.get_by_role("textbox", name="Search questions").fill("")
    names.first.focus()
    page.keyboard.press("Enter")
    page.locator("#turn-0").get_by_text(QUOTE).first.wait_for()
    assert LAVROV in asked(page, THERE).locator(".answer").inner_text()
    page.reload()
    page.locator("#turn-1").wait_for()


def test_a_conversation_of_an_earlier_release_is_taken_from_the_browser(
    site: "Site", visit: "Visits"
) -> None:
    news = site.news(PausableGenerator())
    turn = {"answer": export.saved(news.ask(WHO)), "filters": {}}
    later = {"answer": '{"version": 9, "question": "Who knows?"}', "filters": {}}
    page = visit(site.serve(news).url)
    for place, each in enumerate((turn, later)):
        page.evaluate(
            "([key, turn]) => localStorage.setItem(key, turn)",
            [f"newsrag-conversation-samples/{place}", json.dumps(each)],
        )
    page.reload()
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    page.locator("#turn-1 .trouble").get_by_text("This answer cannot be shown").wait_for()
    assert page.locator("#turn-1 .question").inner_text() == "Who knows?"
    page.reload()
    page.locator("#turn-1").wait_for()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('/'))") == []


def test_users_have_their_own_conversations_and_may_have_none_kept(
    site: "Site", visit: "Visits"
) -> None:
    users = site.folder / "users.txt"
    for name in "ida", "olu":
        Users(users).add(name, "correct horse")
    url = site.serve(site.news(PausableGenerator()), users).url

    def log_in(page: "Page", name: str) -> None:
        page.get_by_role("textbox", name="Name").fill(name)
        page.get_by_label("Password").fill("correct horse")
        page.keyboard.press("Enter")
        page.locator(USABLE).first.wait_for()

    page = visit(url, ready="form")
    log_in(page, "ida")
    asked(page, WHO)
    page.get_by_role("link", name="Log out").click()
    log_in(page, "olu")  # in the same browser
    page.locator("#transcript .welcome").wait_for()
    tab(page, "History")
    page.get_by_text("No conversations yet").wait_for()
    settings = load("tiny", overrides=[*GIVEN, "ui.history=false"])
    page = visit(site.serve(site.news(PausableGenerator(), settings=settings)).url)
    asked(page, WHO)
    page.reload()
    page.locator("#turn-0").wait_for()
    assert page.get_by_role("tab", name="History").count() == 0
