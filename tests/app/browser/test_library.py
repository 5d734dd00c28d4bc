"""The tab of articles: find, sort, read, add and delete."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from acts import IN_VIEW, TITLE, Told, press, tab, text

from app import article_table

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visits import House, Visits

pytest_plugins = ("visits",)
pytestmark = pytest.mark.slow

GOOD = """\
New lighthouse lamp at Farrow Point

The keepers of Farrow Point lit a new lamp on Monday. It can be seen from 22 miles away, and it
replaces one that had burned since 1961. Alma Quist, who has kept the light for nine years, said
that ships had complained of the old one for a long time.

The lamp cost 40,000 euros. The harbour office paid half of it, and the rest came from the fishing
villages on both sides of the bay.
"""


def opened(house: "House", visit: "Visits") -> "Page":
    """The tab, over the sample news."""
    page = visit(house.page(Told()))
    tab(page, "Articles")
    page.locator("#listing .title").first.wait_for()
    return page


def titles(page: "Page") -> list[str]:
    return page.locator("#listing .title").all_inner_texts()


def count(page: "Page", number: int) -> None:
    """Wait until the table says that it lists so many."""
    told = "1 article" if number == 1 else f"{number} articles"
    page.locator("#listing").get_by_text(re.compile(f"^{told}$")).wait_for()


def adding(page: "Page") -> None:
    page.get_by_role("button", name="Add articles").click()


def test_articles_are_found_by_title_and_publisher(house: "House", visit: "Visits") -> None:
    page = opened(house, visit)
    assert len(titles(page)) == 21
    search = page.get_by_role("textbox", name="Search titles")
    search.fill("tollgate")
    count(page, 1)
    assert "Tollgate Bridge" in titles(page)[0]
    search.fill("podil lantern")
    count(page, 1)
    search.fill("zzz")
    page.locator("#listing").get_by_text("No article matches.").wait_for()
    search.fill("")
    count(page, 21)


def test_the_table_is_sorted_by_its_heads(house: "House", visit: "Visits") -> None:
    page = opened(house, visit)
    newest = titles(page)
    heads = page.locator("#listing th[aria-sort]")
    assert heads.get_attribute("aria-sort") == "descending"
    press(page, "Title")
    page.locator("#listing th[aria-sort=ascending]", has_text="Title").wait_for()
    assert titles(page) == sorted(newest, key=str.casefold)
    page.locator("#listing").get_by_role("button", name="Day", exact=True).click()
    page.locator("#listing th[aria-sort=descending]", has_text="Day").wait_for()
    assert titles(page) == newest
    page.locator("#listing").get_by_role("button", name="Day", exact=True).click()
    page.locator("#listing th[aria-sort=ascending]", has_text="Day").wait_for()
    assert titles(page)[0] == newest[-1]


def test_a_title_opens_the_whole_article(house: "House", visit: "Visits") -> None:
    page = opened(house, visit)
    page.locator("#listing .title", has_text=TITLE).click()
    reader = page.get_by_role("dialog", name=TITLE)
    reader.get_by_text("The costs to Russia would be severe", exact=False).or_(
        reader.get_by_text("Blinken replied that the costs", exact=False)
    ).first.wait_for()
    assert reader.locator("#quote").count() == 0
    assert reader.locator("a").count() == 0  # it comes from a file, whose folder is nobody's matter
    close = page.get_by_role("button", name="Close the article")
    shut, body = close.bounding_box(), reader.locator(".reader-body").bounding_box()
    assert shut
    assert body
    assert (
        shut["y"] + shut["height"] <= body["y"]
    )  # however far it is scrolled, no text is below it
    close.click()
    reader.wait_for(state="hidden")


def test_each_uploaded_file_has_its_outcome(
    house: "House", visit: "Visits", tmp_path: Path
) -> None:
    (tmp_path / "lamp.txt").write_text(GOOD, "utf-8")
    (tmp_path / "broken.txt").write_bytes(bytes(range(256)) * 40)
    page = opened(house, visit)
    adding(page)
    page.locator("input[type=file]").set_input_files(
        [tmp_path / "lamp.txt", tmp_path / "broken.txt"]
    )
    page.get_by_text("broken.txt").or_(page.get_by_text("broken")).first.wait_for()
    press(page, "Add the files")
    page.locator("#outcomes").get_by_text("1 added, 1 not read").wait_for()
    assert "New lighthouse lamp" in text(page, "#outcomes .added")
    failed = text(page, "#outcomes .failed")
    assert failed.startswith("not read broken.txt")
    assert "/" not in failed
    count(page, 22)
    assert "New lighthouse lamp at Farrow Point" in titles(page)


def test_a_pasted_text_is_an_article_once(house: "House", visit: "Visits") -> None:
    page = opened(house, visit)
    adding(page)
    paste = page.get_by_role("textbox", name="Or paste")
    paste.fill(GOOD)
    press(page, "Add the text")
    page.locator("#outcomes .added").get_by_text("New lighthouse lamp").wait_for()
    count(page, 22)
    page.wait_for_function("(box) => box.value === ''", arg=paste.element_handle())
    paste.fill(GOOD)
    press(page, "Add the text")
    page.locator("#outcomes .outcome:not(.added)").get_by_text("already there").wait_for()
    count(page, 22)


def test_what_was_added_can_be_chosen_at_once(
    house: "House", visit: "Visits", tmp_path: Path
) -> None:
    record = {"title": "New lamp at Farrow Point", "text": GOOD, "publisher": "Farrow Herald"}
    (tmp_path / "lamp.jsonl").write_text(json.dumps(record), "utf-8")
    page = opened(house, visit)
    adding(page)
    page.locator("input[type=file]").set_input_files(tmp_path / "lamp.jsonl")
    page.get_by_text("lamp").first.wait_for()
    press(page, "Add the files")
    page.locator("#outcomes .added").wait_for()
    tab(page, "Summaries")
    page.get_by_role("combobox", name="Articles").fill("Farrow")
    page.get_by_role("option", name="New lamp at Farrow Point").click()
    page.keyboard.press("Escape")
    tab(page, "Ask")
    page.get_by_role("button", name="Filter by date").click()
    page.get_by_role("combobox", name="Publishers").fill("Farrow")
    page.get_by_role("option", name="Farrow Herald").wait_for()


def test_nothing_is_added_of_nothing(house: "House", visit: "Visits") -> None:
    page = opened(house, visit)
    adding(page)
    files = page.get_by_role("button", name="Add the files")
    assert files.is_disabled()
    for button, told in (
        ("Add the text", "Nothing was pasted."),
        ("Fetch and add", "is no web address"),
    ):
        press(page, button)
        page.locator("#outcomes .trouble").get_by_text(told).wait_for()


def test_addresses_that_must_not_be_asked_are_refused(house: "House", visit: "Visits") -> None:
    page = opened(house, visit)
    adding(page)
    field = page.get_by_role("textbox", name="Or a web address")
    for address in ("http://127.0.0.1:9/story", "http://localhost/"):
        field.fill(address)
        press(page, "Fetch and add")
        page.locator("#outcomes .failed").get_by_text(address).first.wait_for()
        assert re.search("^not read .* (?:private|public|own)", text(page, "#outcomes .failed"))
    for address in ("file:///etc/passwd", "/etc/passwd", "-"):
        field.fill(address)
        press(page, "Fetch and add")
        page.locator("#outcomes").get_by_text(f"{address!r} is no web address").wait_for()
        assert "root:" not in page.content()
    count(page, 21)


def test_articles_are_deleted_after_a_question(house: "House", visit: "Visits") -> None:
    page = opened(house, visit)
    page.get_by_role("checkbox", name=f"Pick {TITLE}").check()
    press(page, "Delete 1 picked …")
    press(page, "Keep them")
    page.get_by_role("button", name="Keep them").wait_for(state="hidden")
    assert TITLE in titles(page)
    press(page, "Delete 1 picked …")
    page.wait_for_function("document.activeElement.textContent.trim() === 'Keep them'")
    assert page.get_by_role("checkbox", name=f"Pick {TITLE}").is_checked()
    press(page, "Delete")
    told = page.locator("#outcomes").get_by_text("1 article deleted.")
    told.wait_for()
    page.wait_for_function("document.activeElement.closest('#outcomes')")
    assert told.evaluate(IN_VIEW)
    count(page, 20)
    assert TITLE not in titles(page)
    assert page.locator("#listing input:checked").count() == 0  # the row below has come up
    page.get_by_role("button", name="Delete 1 picked …").wait_for(state="hidden")
    page.reload()
    tab(page, "Articles")
    count(page, 20)


def test_what_is_picked_stays_picked_over_searches_orders_and_pages(
    house: "House", visit: "Visits", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(article_table, "_ROWS", 8)
    page = opened(house, visit)
    on_first = titles(page)[0]
    pick(page, on_first, 1)
    press(page, "Next ›")
    page.get_by_text("page 2 of 3").wait_for()
    on_second = titles(page)[0]
    pick(page, on_second, 2)
    search = page.get_by_role("textbox", name="Search titles")
    search.fill("tollgate")
    count(page, 1)
    pick(page, titles(page)[0], 3)
    search.fill("")
    count(page, 21)
    boxes = page.locator("#listing input:checked")
    assert page.get_by_role("checkbox", name=f"Pick {on_first}").is_checked()
    press(page, "Title")
    page.locator("#listing th[aria-sort=ascending]", has_text="Title").wait_for()
    press(page, "Summarise 3 picked")
    page.get_by_role("button", name="Summarise", exact=True).wait_for()
    tab(page, "Articles")
    press(page, "Pick none")
    page.get_by_role("button", name="Pick none").wait_for(state="hidden")
    assert boxes.count() == 0


def pick(page: "Page", title: str, number: int) -> None:
    """Tick an article, and wait until so many are picked."""
    page.get_by_role("checkbox", name=f"Pick {title}").check()
    page.get_by_role("button", name=f"Summarise {number} picked").wait_for()


def test_an_article_that_another_has_deleted_is_told(house: "House", visit: "Visits") -> None:
    news = house.news(Told())
    page = visit(house.serve(news).url)
    tab(page, "Articles")
    page.get_by_role("checkbox", name=f"Pick {TITLE}").check()
    press(page, "Delete 1 picked …")
    news.delete([article.id for article in news.articles(query=TITLE[:20])])
    press(page, "Delete")
    page.locator("#outcomes .trouble").get_by_text("no longer among the articles").wait_for()
    page.locator("#listing .title", has_text=TITLE).wait_for(state="detached")
