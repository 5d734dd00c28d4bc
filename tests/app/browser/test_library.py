"""The articles tab: find, sort, read, add and delete."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scripted_model import TITLE, WHO, PausableGenerator

from browser.acts import IN_VIEW, asked, paste, press, tab, text

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow

LAMP = """\
The keepers of Farrow Point lit a new lamp on Monday. It can be seen from 22 miles away, and it
replaces one that had burned since 1961. Alma Quist, who has kept the light for nine years, said
that ships had complained of the old one for a long time.
"""
BELL = """\
New bell for the harbour of Wexcombe

The harbour office paid half of the new bell, which cost 40,000 euros. The rest came from the
fishing villages on both sides of the bay, whose boats had missed the old one in every fog.
"""


def opened(visit: "Visits", url: str) -> "Page":
    """The tab, over the sample news."""
    page = visit(url)
    tab(page, "Articles")
    page.locator("#listing .title").first.wait_for()
    return page


def titles(page: "Page") -> list[str]:
    return page.locator("#listing .title").all_inner_texts()


def count(page: "Page", number: int) -> None:
    """Wait until the table says that it lists so many."""
    shown = "1 article" if number == 1 else f"{number} articles"
    page.locator("#listing").get_by_text(re.compile(f"^{shown}$")).wait_for()


def adding(page: "Page") -> None:
    page.get_by_role("button", name="Add articles").click()


def test_articles_are_found_sorted_and_read(site: "Site", visit: "Visits") -> None:
    page = opened(visit, site.page(PausableGenerator()))
    newest = titles(page)
    assert len(newest) == 21
    search = page.get_by_role("textbox", name="Search titles")
    search.fill("tollgate")
    count(page, 1)
    assert "Tollgate Bridge" in titles(page)[0]
    search.fill("zzz")
    page.locator("#listing").get_by_text("No articles match.").wait_for()
    search.fill("podil lantern")
    count(page, 2)
    search.fill("")
    count(page, 21)
    heads = page.locator("#listing th[aria-sort]")
    assert heads.get_attribute("aria-sort") == "descending"
    press(page, "Title")
    page.locator("#listing th[aria-sort=ascending]", has_text="Title").wait_for()
    assert titles(page) == sorted(newest, key=str.casefold)
    press(page, "Title")
    page.locator("#listing th[aria-sort=descending]", has_text="Title").wait_for()
    assert titles(page) == sorted(newest, key=str.casefold, reverse=True)
    day = page.locator("#listing").get_by_role("button", name="Date", exact=True)
    day.click()
    page.locator("#listing th[aria-sort=descending]", has_text="Date").wait_for()
    assert titles(page) == newest
    day.click()
    page.locator("#listing th[aria-sort=ascending]", has_text="Date").wait_for()
    assert titles(page)[0] == newest[-1]
    page.locator("#listing .title", has_text=TITLE).click()
    reader = page.get_by_role("dialog", name=TITLE)
    reader.get_by_text("Blinken replied that the costs", exact=False).or_(
        reader.get_by_text("The costs to Russia would be severe", exact=False)
    ).first.wait_for()
    assert reader.locator("#quote").count() == 0
    assert reader.locator("a").count() == 0  # it comes from a file, whose folder is private
    close = page.get_by_role("button", name="Close the article")
    button, body = close.bounding_box(), reader.locator(".reader-body").bounding_box()
    assert button
    assert body
    assert button["y"] + button["height"] <= body["y"]  # no text can scroll below it
    close.click()
    reader.wait_for(state="hidden")


def test_the_selection_stays_over_searches_orders_and_pages(
    site: "Site", visit: "Visits", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.article_table._ROWS", 8)
    page = opened(visit, site.page(PausableGenerator()))

    def pick(title: str, number: int) -> None:
        """Tick an article, and wait until so many are selected."""
        page.get_by_role("checkbox", name=f"Select {title}").check()
        page.get_by_role("button", name=f"Summarise {number} selected").wait_for()

    on_first = titles(page)[0]
    pick(on_first, 1)
    press(page, "Next ›")
    page.get_by_text("page 2 of 3").wait_for()
    pick(titles(page)[0], 2)
    search = page.get_by_role("textbox", name="Search titles")
    search.fill("tollgate")
    count(page, 1)
    pick(titles(page)[0], 3)
    search.fill("")
    count(page, 21)
    assert page.get_by_role("checkbox", name=f"Select {on_first}").is_checked()
    press(page, "Title")
    page.locator("#listing th[aria-sort=ascending]", has_text="Title").wait_for()
    press(page, "Summarise 3 selected")
    page.get_by_role("button", name="Summarise", exact=True).wait_for()
    tab(page, "Articles")
    press(page, "Clear selection")
    page.get_by_role("button", name="Summarise selected").wait_for()
    assert page.get_by_role("button", name="Clear selection").is_disabled()
    assert page.locator("#listing input:checked").count() == 0


def test_uploads_and_pasted_texts_are_added_once_and_can_be_chosen(
    site: "Site", visit: "Visits", tmp_path: Path
) -> None:
    record = {"title": "New lamp at Farrow Point", "text": LAMP, "publisher": "Farrow Herald"}
    (tmp_path / "lamp.jsonl").write_text(json.dumps(record), "utf-8")
    (tmp_path / "broken.txt").write_bytes(bytes(range(256)) * 40)
    page = opened(visit, site.serve(site.news(PausableGenerator())).url)
    adding(page)
    files = page.get_by_role("button", name="Add files")
    assert files.is_disabled()
    page.locator("input[type=file]").set_input_files(
        [tmp_path / "lamp.jsonl", tmp_path / "broken.txt"]
    )
    page.get_by_text("broken").first.wait_for()
    press(page, "Add 2 files")
    page.locator("#outcomes").get_by_text("1 added, 1 not read").wait_for()
    assert "New lamp" in text(page, "#outcomes .added")
    failed = text(page, "#outcomes .failed")
    assert failed.startswith("not read broken.txt")
    assert "/" not in failed
    count(page, 22)
    paste(page, BELL)
    page.locator("#outcomes .added").get_by_text("New bell for the harbour").wait_for()
    count(page, 23)
    field = page.get_by_role("textbox", name="Or paste")
    page.wait_for_function("(box) => box.value === ''", arg=field.element_handle())
    paste(page, BELL)
    page.locator("#outcomes .outcome:not(.added)").get_by_text("already in the index").wait_for()
    count(page, 23)
    tab(page, "Summaries")
    page.get_by_role("combobox", name="Articles").fill("Farrow")
    page.get_by_role("option", name="New lamp at Farrow Point").click()
    page.keyboard.press("Escape")
    tab(page, "Ask")
    page.get_by_role("button", name="Filter by date").click()
    page.get_by_role("combobox", name="Publishers").fill("Farrow")
    page.get_by_role("option", name="Farrow Herald").wait_for()


def test_one_large_file_does_not_drop_the_others(
    site: "Site", visit: "Visits", tmp_path: Path
) -> None:
    for name, article in (("lamp.txt", LAMP), ("bell.txt", BELL)):
        (tmp_path / name).write_text(article, "utf-8")
    with (tmp_path / "large.txt").open("wb") as large:
        large.truncate(21 * 2**20)
    page = opened(visit, site.serve(site.news(PausableGenerator())).url)
    adding(page)
    chosen = [tmp_path / name for name in ("large.txt", "lamp.txt", "bell.txt")]
    page.locator("input[type=file]").set_input_files(chosen)
    page.locator("#limits").get_by_text("Left out: large.txt (21 MB).").wait_for()
    press(page, "Add 2 files")
    page.locator("#outcomes").get_by_text("2 added").wait_for()
    count(page, 23)
    press(page, "Recently added first")
    page.wait_for_function(
        "document.querySelector('#listing .title').textContent.startsWith('New bell')"
    )
    page.locator("input[type=file]").set_input_files([tmp_path / "large.txt"])
    page.locator("#limits").get_by_text("Left out: large.txt (21 MB).").wait_for()
    assert page.get_by_role("button", name="Add files").is_disabled()


def test_all_that_is_shown_is_selected_at_once_and_nothing_moves(
    site: "Site", visit: "Visits"
) -> None:
    page = opened(visit, site.page(PausableGenerator()))
    page.get_by_role("textbox", name="Search titles").fill("Lavrov")  # also in texts
    page.locator("#listing").get_by_text(re.compile("^[2-9] articles$")).wait_for()
    number, table = len(titles(page)), page.locator("#listing table")
    before = table.bounding_box()
    page.get_by_role("checkbox", name="Select all shown").check()
    page.get_by_role("button", name=f"Summarise {number} selected").wait_for()
    assert table.bounding_box() == before
    page.get_by_role("checkbox", name=f"Select {titles(page)[0]}").uncheck()
    page.get_by_role("button", name=f"Summarise {number - 1} selected").wait_for()
    assert not page.get_by_role("checkbox", name="Select all shown").is_checked()


def test_empty_texts_and_forbidden_addresses_are_refused(site: "Site", visit: "Visits") -> None:
    page = opened(visit, site.page(PausableGenerator()))
    adding(page)
    press(page, "Add text")
    page.locator("#outcomes .trouble").get_by_text("Paste some text first.").wait_for()
    field = page.get_by_role("textbox", name="Or enter a web address")
    for address in ("http://127.0.0.1:9/story", "http://localhost/"):
        field.fill(address)
        press(page, "Fetch and add")
        page.locator("#outcomes .failed").get_by_text(address).first.wait_for()
        assert re.search("^not read .* (?:private|public|own)", text(page, "#outcomes .failed"))
    for address in ("", "file:///etc/passwd", "/etc/passwd"):
        field.fill(address)
        press(page, "Fetch and add")
        page.locator("#outcomes").get_by_text(f"{address!r} is not a web address").wait_for()
        assert "root:" not in page.content()
    count(page, 21)


def test_articles_are_deleted_after_confirmation(site: "Site", visit: "Visits") -> None:
    news = site.news(PausableGenerator())
    page = opened(visit, site.serve(news).url)
    page.get_by_role("checkbox", name=f"Select {TITLE}").check()
    press(page, "Delete 1 selected …")
    press(page, "Cancel")
    page.get_by_role("button", name="Cancel").wait_for(state="hidden")
    assert TITLE in titles(page)
    press(page, "Delete 1 selected …")
    page.wait_for_function("document.activeElement.textContent.trim() === 'Cancel'")
    assert page.get_by_role("checkbox", name=f"Select {TITLE}").is_checked()
    press(page, "Delete")
    done = page.locator("#outcomes").get_by_text("1 article deleted.")
    done.wait_for()
    page.wait_for_function("document.activeElement.closest('#outcomes')")
    assert done.evaluate(IN_VIEW)
    count(page, 20)
    assert TITLE not in titles(page)
    assert page.locator("#listing input:checked").count() == 0  # the row below has come up
    page.get_by_role("button", name="Delete 1 selected …").wait_for(state="hidden")
    # Somebody else deletes the next one first.
    bridge = next(title for title in titles(page) if "Tollgate Bridge" in title)
    page.get_by_role("checkbox", name=f"Select {bridge}").check()
    press(page, "Delete 1 selected …")
    news.delete([article.id for article in news.articles(query=bridge)])
    press(page, "Delete")
    page.locator("#outcomes .trouble").get_by_text("no longer in the index").wait_for()
    count(page, 19)


def test_an_article_is_edited_and_shown_so_everywhere(site: "Site", visit: "Visits") -> None:
    page = visit(site.serve(site.news(PausableGenerator())).url)
    asked(page, WHO)
    page.locator("#sources .card-title").first.click()
    reader = page.locator("dialog.reader")
    reader.get_by_text("Edit title, publisher and date").press("Enter")  # with the keyboard alone
    reader.get_by_role("textbox", name="Publisher").fill("Quay <b>Post</b>")
    reader.get_by_role("textbox", name="Date").fill("31/31/2022")
    page.keyboard.press("Enter")
    reader.get_by_role("alert").get_by_text("not a valid date").wait_for()
    reader.get_by_role("textbox", name="Date").fill("2 Jan 2021")
    page.keyboard.press("Enter")
    reader.locator(".reader-about").get_by_text("2 January 2021").wait_for()
    page.keyboard.press("Escape")
    page.locator("#sources .card-about").get_by_text("Quay <b>Post</b> · Saturday 2").wait_for()
    tab(page, "Articles")
    page.locator("#listing td").get_by_text("Quay <b>Post</b>").wait_for()
