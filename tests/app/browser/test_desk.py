"""The tab of summaries: picked articles or a query, each sentence with its mark, and as files."""

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from acts import TITLE, Told, press, tab, until

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visits import House, Visits

pytest_plugins = ("visits",)
pytestmark = pytest.mark.slow


def saved(page: "Page", button: str) -> str:
    """The text of the file that a button saves."""
    with page.expect_download() as waiting:
        press(page, button)
    return Path(waiting.value.path()).read_text("utf-8")


def picked(page: "Page", number: int) -> list[str]:
    """Tick the newest articles, and take them along; their titles."""
    tab(page, "Articles")
    boxes = page.locator("#listing input[type=checkbox]")
    boxes.first.wait_for()
    for place in range(number):
        boxes.nth(place).check()
    titles = page.locator("#listing .title").all_inner_texts()[:number]
    press(page, f"Summarise {number} picked")
    page.get_by_role("button", name="Summarise", exact=True).wait_for()
    return titles


def summarised(page: "Page", number: int) -> None:
    """Press the button, and wait for so many summaries and the end."""
    press(page, "Summarise")
    page.locator("#summaries .summary").nth(number - 1).wait_for()
    page.get_by_role("button", name="Stop", exact=True).wait_for(state="hidden")


def test_picked_articles_are_summarised_with_their_proof(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    titles = picked(page, 2)
    page.get_by_role("radio", name="short").check()
    summarised(page, 2)
    shown = page.locator("#summaries .summary")
    assert [one.locator("h3 .near").inner_text() for one in shown.all()] == titles
    assert all(one.locator(".answer .cite").count() for one in shown.all())
    shown.first.locator(".answer .cite").first.click()
    page.get_by_role("dialog", name=titles[0]).locator("#quote").wait_for()


def test_summaries_are_saved_as_markdown_json_lines_and_csv(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told()))
    titles = picked(page, 2)
    summarised(page, 2)
    markdown = saved(page, "Save as Markdown")
    assert all(title in markdown for title in titles)
    lines = [json.loads(line) for line in saved(page, "Save as JSON Lines").splitlines()]
    assert [line["title"] for line in lines] == titles
    rows = list(csv.DictReader(io.StringIO(saved(page, "Save as CSV").removeprefix("\ufeff"))))
    assert [row["title"] for row in rows] == titles
    assert all(row["summary"] for row in rows)


def test_everything_about_a_subject_is_summarised_together(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    tab(page, "Summaries")
    page.get_by_role("textbox", name="Or everything about").fill("Blinken in Kyiv")
    page.get_by_role("radio", name="One of all together").check()
    summarised(page, 1)
    shown = page.locator("#summaries .summary")
    assert shown.locator("h3 .near").count() > 1
    assert shown.locator(".answer .cite").count() >= 1


def test_an_article_is_chosen_by_typing_a_part_of_its_name(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    tab(page, "Summaries")
    page.get_by_role("combobox", name="Articles").fill("between talks and war")
    page.get_by_role("option", name=TITLE).click()
    page.keyboard.press("Escape")
    summarised(page, 1)
    assert page.locator("#summaries h3 .near").all_inner_texts() == [TITLE]


def test_stop_ends_at_the_next_word_and_keeps_what_is_done(house: "House", visit: "Visits") -> None:
    model = Told()
    model.hold()
    page = visit(house.page(model))
    picked(page, 3)
    press(page, "Summarise")
    until(lambda: model.writing == 1)
    press(page, "Stop")
    page.get_by_text("Stopping …").wait_for()
    model.let(1)
    page.get_by_text("Stopped before the first summary.").wait_for()
    assert model.writing == 0
    press(page, "Summarise")
    until(lambda: model.writing == 1)
    first = model.said
    while model.writing == 1 and len(model.history) == 2:
        model.let(1)
        page.wait_for_timeout(20)
    page.locator("#summaries .summary").wait_for()
    assert model.said > first
    press(page, "Stop")
    model.let(1)
    page.get_by_role("button", name="Stop", exact=True).wait_for(state="hidden")
    assert page.locator("#summaries .summary").count() == 1


@pytest.mark.parametrize("how", ["One summary each", "One of all together", "A digest of stories"])
def test_who_chooses_nothing_is_told_what_to_choose(
    house: "House", visit: "Visits", how: str
) -> None:
    page = visit(house.page(Told()))
    tab(page, "Summaries")
    for name in ("Markdown", "JSON Lines", "CSV"):  # there is nothing to save yet
        assert page.get_by_role("button", name=f"Save as {name}").is_disabled()
    page.get_by_role("radio", name=how).check()
    press(page, "Summarise")
    page.locator(".trouble:visible").get_by_text(
        "Choose articles, or write what about, or set days or publishers."
    ).wait_for()
    page.get_by_role("textbox", name="Or everything about").fill("qwxyz")
    press(page, "Summarise")
    page.locator("#summaries").get_by_text("No article matches.").wait_for()
    assert page.get_by_role("button", name="Save as CSV").is_disabled()


def test_the_articles_of_some_days_are_summarised_together(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    tab(page, "Summaries")
    page.get_by_role("button", name="Filter by date").last.click()
    since = page.get_by_role("textbox", name="From (year-month-day)").last
    since.fill("2022-10-01")
    since.press("Enter")
    page.get_by_role("radio", name="One of all together").check()
    summarised(page, 1)
    shown = page.locator("#summaries .summary h3")
    days = shown.locator("time").evaluate_all("(all) => all.map((each) => each.dateTime)")
    assert len(days) == 4
    assert min(days) >= "2022-10-01"


def test_a_digest_of_stories_is_told_with_its_proof_and_saved(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told()))
    tab(page, "Summaries")
    page.get_by_role("textbox", name="Or everything about").fill("Blinken Ukraine Russia")
    page.get_by_role("radio", name="A digest of stories").check()
    summarised(page, 1)
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
    markdown = saved(page, "Save as Markdown")
    assert markdown.startswith("# Digest: Blinken Ukraine Russia")
    assert "**Where the articles disagree**" in markdown
    lines = [json.loads(line) for line in saved(page, "Save as JSON Lines").splitlines()]
    assert lines[0]["disagreements"]
    assert lines[0]["timeline"]
    rows = list(csv.DictReader(io.StringIO(saved(page, "Save as CSV").removeprefix("\ufeff"))))
    assert [row["title"] for row in rows] == [line["headline"]["text"] for line in lines]
