"""The summaries tab: picked articles, days or a subject, each sentence with its mark, and as files."""

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from scripted_model import TITLE, PausableGenerator

from browser.acts import press, saved, speak_until, tab, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow


def pick(page: "Page", number: int) -> list[str]:
    """Tick the newest articles; their titles."""
    tab(page, "Articles")
    boxes = page.locator("#listing tbody input")
    boxes.first.wait_for()
    for place in range(number):
        boxes.nth(place).check()
    return page.locator("#listing .title").all_inner_texts()[:number]


def summarize(page: "Page", number: int, button: str = "Summarise") -> None:
    """Press the button, and wait for so many summaries and the end."""
    press(page, button)
    last = page.locator("#summaries .summary").nth(number - 1)
    last.wait_for()
    page.get_by_role("button", name="Stop", exact=True).wait_for(state="hidden")
    last.wait_for()  # the end draws all of them again


def rows(page: "Page") -> list[dict[str, str]]:
    """What is saved as CSV."""
    return list(csv.DictReader(io.StringIO(saved(page, "Save as CSV")[1].removeprefix("\ufeff"))))


def test_picked_articles_are_summarised_with_their_proof_and_saved(
    site: "Site", visit: "Visits"
) -> None:
    page = visit(site.page(PausableGenerator()))
    titles = pick(page, 2)
    summarize(page, 2, button="Summarise 2 selected")  # and nothing more
    shown = page.locator("#summaries .summary")
    assert [one.locator("h3 .near").inner_text() for one in shown.all()] == titles
    assert all(one.locator(".answer .cite").count() for one in shown.all())
    shown.first.locator(".answer .cite").first.click()
    page.get_by_role("dialog", name=titles[0]).locator("#quote").wait_for()
    page.keyboard.press("Escape")
    _, markdown = saved(page, "Save as Markdown")
    assert all(title in markdown for title in titles)
    lines = [json.loads(line) for line in saved(page, "Save as JSON Lines")[1].splitlines()]
    assert [line["title"] for line in lines] == titles
    assert [row["title"] for row in rows(page)] == titles
    assert all(row["summary"] for row in rows(page))
    page.get_by_role("textbox", name="Or all articles about").fill("ferry")  # another choice
    shown.first.wait_for(state="detached")
    assert page.get_by_role("button", name="Save as CSV").is_disabled()


@pytest.mark.parametrize("how", ["One summary per article", "A digest of stories"])
def test_a_summary_is_read_while_it_is_written(site: "Site", visit: "Visits", how: str) -> None:
    model = PausableGenerator()
    model.hold()
    page = visit(site.page(model))
    tab(page, "Summaries")
    page.get_by_role("combobox", name="Articles").fill("between talks and war")
    page.get_by_role("option", name=TITLE).click()
    page.keyboard.press("Escape")
    page.get_by_role("radio", name=how).check()
    press(page, "Summarise")
    draft = page.locator("#summaries .draft")
    speak_until(model, draft.count)
    until(lambda: len(draft.inner_text().split()) == model.said)
    model.go()
    page.locator("#summaries .summary .cite").first.wait_for()
    page.get_by_role("button", name="Stop", exact=True).wait_for(state="hidden")
    assert draft.count() == 0


def test_nothing_days_and_names_can_be_chosen(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()))
    tab(page, "Summaries")
    for name in ("Markdown", "JSON Lines", "CSV"):  # there is nothing to save yet
        assert page.get_by_role("button", name=f"Save as {name}").is_disabled()
    press(page, "Summarise")
    page.locator(".trouble:visible").get_by_text(
        "Choose articles, enter a topic, or set dates or publishers."
    ).wait_for()
    subject = page.get_by_role("textbox", name="Or all articles about")
    subject.fill("qwxyz")
    press(page, "Summarise")
    page.locator("#summaries").get_by_text("No articles match.").wait_for()
    assert page.get_by_role("button", name="Save as CSV").is_disabled()
    subject.fill("")
    page.get_by_role("button", name="Filter by date").last.click()
    since = page.get_by_role("textbox", name="From (YYYY-MM-DD)").last
    since.fill("2022-10-01")
    since.press("Enter")
    page.get_by_role("radio", name="One combined summary").check()
    summarize(page, 1)
    heading = page.locator("#summaries .summary")
    assert heading.locator("h3").inner_text() == "4 articles together"
    days = heading.locator(".covered time").evaluate_all(
        "(all) => all.map((each) => each.dateTime)"
    )
    assert len(days) == 4
    assert min(days) >= "2022-10-01"
    page.get_by_role("combobox", name="Articles").fill("between talks and war")
    page.get_by_role("option", name=TITLE).click()
    page.keyboard.press("Escape")
    press(page, "Summarise")
    page.locator("#summaries .covered .near").get_by_text(TITLE).wait_for()
    assert heading.locator(".covered .near").all_inner_texts() == [TITLE]
    page.locator("#summaries").get_by_text("Using only the articles you chose").wait_for()


def test_stop_ends_at_the_next_word_and_keeps_what_is_done(site: "Site", visit: "Visits") -> None:
    model = PausableGenerator()
    model.hold()
    page = visit(site.page(model))
    pick(page, 3)
    press(page, "Summarise 3 selected")
    until(lambda: model.writing == 1)
    press(page, "Stop")
    page.get_by_text("Stopping …").wait_for()
    model.let(1)
    page.get_by_text("Stopped before the first summary.").wait_for()
    assert model.writing == 0
    press(page, "Summarise")
    until(lambda: model.writing == 1)
    first = model.said
    speak_until(model, lambda: len(model.history) > 2, pause=0.02)  # until the second summary
    page.locator("#summaries .summary").wait_for()
    assert model.said > first
    press(page, "Stop")
    speak_until(model, lambda: not page.get_by_role("button", name="Stop", exact=True).count())
    assert page.locator("#summaries .summary").count() == 1


def test_a_digest_of_stories_has_its_proof_and_is_saved(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()))
    tab(page, "Summaries")
    page.get_by_role("textbox", name="Or all articles about").fill("Blinken Ukraine Russia")
    page.get_by_role("radio", name="A digest of stories").check()
    summarize(page, 1)
    story = page.locator("#summaries .story").first
    assert story.locator(".answer .cite").count() >= 2
    assert story.locator(".timeline time").count() >= 2
    sides = story.locator(".sides blockquote").all_inner_texts()
    assert len(sides) >= 2
    quote = sides[0].rstrip("0123456789")
    story.locator(".sides .cite").first.click()
    reader = page.get_by_role("dialog")
    reader.locator("#quote").wait_for()
    assert quote in " ".join(reader.locator("#quote").inner_text().split())
    page.keyboard.press("Escape")
    _, markdown = saved(page, "Save as Markdown")
    assert markdown.startswith("# Digest: Blinken Ukraine Russia")
    assert "**Where the articles disagree**" in markdown
    lines = [json.loads(line) for line in saved(page, "Save as JSON Lines")[1].splitlines()]
    assert lines[0]["disagreements"]
    assert lines[0]["timeline"]
    assert [row["title"] for row in rows(page)] == [line["headline"]["text"] for line in lines]
