"""Filters, and whatever can go wrong: told in place, in plain words, and the page goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from acts import BRIDGE, NOBODY, QUOTE, WHO, WHY, Told, ask, asked, box, press, tab, text

from rag.config import load

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visits import House, Visits

pytest_plugins = ("visits",)
pytestmark = pytest.mark.slow


def trouble(page: "Page") -> str:
    """What is told of the question that did not go through."""
    page.locator("#live .trouble").wait_for()
    return text(page, "#live .trouble")


def filtered(page: "Page", *, since: str = "", until: str = "") -> None:
    """Open the filters, and set the days."""
    page.get_by_role("button", name="Filter by date").click()
    days(page, since, until)


def days(page: "Page", since: str, until: str) -> None:
    for label, day in (("From", since), ("To", until)):
        field = page.locator("#composer").get_by_role("textbox", name=f"{label} (year-month-day)")
        field.fill(day)
        field.press("Enter")


# Filters


def test_days_that_admit_no_article_are_told_before_the_model_is_asked(
    house: "House", visit: "Visits"
) -> None:
    model = Told()
    page = visit(house.page(model))
    filtered(page, since="2030-01-01")
    ask(page, WHO)
    page.locator("#live .trouble").get_by_text("None of the 21 articles lies within").wait_for()
    assert page.locator("#transcript .turn[id]").count() == 0
    assert model.history == []
    days(page, "", "")
    box(page).press("Enter")  # the question is still there
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()


def test_filters_are_told_where_they_are_folded_and_in_a_refusal(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told()))
    filtered(page, since="2022-01-01", until="2022-02-03")
    label = page.locator("#composer .filters .label-wrap")
    label.get_by_text("· from 1 January 2022 until 3 February 2022").wait_for()
    turn = asked(page, NOBODY)
    told = "Only articles from 1 January 2022 until 3 February 2022 were searched."
    assert told in turn.locator(".refusal").inner_text()
    days(page, "", "")
    page.wait_for_function(
        "!document.querySelector('.filters .label-wrap').textContent.includes('·')"
    )
    turn = asked(page, NOBODY)
    assert "Only articles" not in turn.locator(".refusal").inner_text()


def test_ask_again_searches_the_articles_that_were_searched_then(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told()))
    asked(page, WHO)
    filtered(page, since="2022-10-04")
    turn = asked(page, NOBODY)
    assert turn.locator(".refusal").count() == 1
    page.reload()
    page.locator("#turn-1").wait_for()
    assert "from 4 October 2022" in text(page, "#turn-1 .refusal")
    page.locator("#turn-1").get_by_role("button", name="Ask again").click()
    page.locator("#turn-1 .refusal").wait_for(state="detached")
    page.locator("#turn-1 .refusal").get_by_text("from 4 October 2022").wait_for()
    page.locator("#composer .filters .label-wrap").get_by_text("from 4 October 2022").wait_for()
    page.locator("#turn-0").get_by_role("button", name="Ask again").click()
    page.locator("#turn-1").wait_for(state="detached")
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    assert text(page, "#composer .filters .label-wrap") == "Filter by date and publisher ▼"


def test_a_publisher_and_days_narrow_the_sources(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    filtered(page, since="2022-01-19", until="2022-01-20")
    page.get_by_role("combobox", name="Publishers").fill("Podil")
    page.get_by_role("option", name="Podil Lantern").click()
    page.keyboard.press("Escape")
    turn = asked(page, NOBODY)
    about = turn.locator(".refusal .card-about").all_inner_texts()
    assert set(about) == {"Podil Lantern · Wednesday 19 January 2022"}


def test_impossible_days_are_told_in_place(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    filtered(page, since="2022-02-31")
    ask(page, WHO)
    page.locator("#live .trouble").get_by_text("'2022-02-31' is no day.").wait_for()
    days(page, "2022-01-20", "2022-01-19")
    box(page).press("Enter")  # the question is still there
    page.locator("#live .trouble").get_by_text("Swap them.").wait_for()
    days(page, "2022-01-19", "2022-01-20")
    box(page).press("Enter")
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()


# Questions


def test_an_empty_question_is_told_and_the_next_one_answered(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told()))
    ask(page, "  ")
    assert "question" in trouble(page)
    turn = asked(page, WHO)
    assert QUOTE in turn.locator(".answer").inner_text()


def test_a_question_that_is_too_long_is_told(house: "House", visit: "Visits") -> None:
    settings = load("tiny", overrides=["answer.question_characters=40"])
    page = visit(house.page(Told(), settings=settings))
    box(page).press_sequentially(f"Please tell me this: {WHO}")
    box(page).press("Enter")
    assert "40" in trouble(page)
    turn = asked(page, WHO)
    assert QUOTE in turn.locator(".answer").inner_text()


# Indexes and models


def test_without_an_index_the_page_says_so_until_there_is_one(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told({WHY: BRIDGE}), folder=house.folder / "nothing"))
    assert "There is no index" in text(page, "#transcript .trouble")
    ask(page, WHY)
    assert "There is no index" in trouble(page)
    tab(page, "Articles")
    assert "There is no index" in text(page, "#listing .trouble")
    page.get_by_role("button", name="Add articles").click()
    page.get_by_role("textbox", name="Or paste").fill(
        f"Tollgate Bridge to shut\n\n{BRIDGE} The council says that cracks were found in arches."
    )
    press(page, "Add the text")
    page.locator("#outcomes .outcome.added").wait_for()
    page.locator("#listing .title").wait_for()
    tab(page, "Ask")
    page.locator(".welcome").get_by_text("1 article is open").wait_for()
    turn = asked(page, WHY)
    assert BRIDGE in turn.locator(".short").inner_text()


@pytest.mark.parametrize("kind", ["unknown", "no model"])
def test_a_model_that_cannot_be_used_is_told_and_the_articles_stay(
    house: "House", visit: "Visits", kind: str
) -> None:
    model = "no-such-model"
    if kind == "no model":
        path = house.folder / "broken.gguf"
        path.write_bytes(b"this is no model")
        model = str(path)
    settings = load("tiny", overrides=[f"generator.model={model}"])
    page = visit(house.serve(house.news(settings=settings)).url)
    page.locator(".welcome").wait_for()
    ask(page, WHO)
    assert Path(model).name in trouble(page)
    tab(page, "Articles")
    page.locator("#listing .title").first.click()
    page.locator("dialog .reader-text").wait_for()


def test_an_error_that_nobody_foresaw_is_told_without_its_insides(
    house: "House", visit: "Visits"
) -> None:
    model = Told()

    def fails(*_: object, **__: object) -> Iterator[str]:
        raise ZeroDivisionError("/secret/folder")

    model.stream = fails  # type: ignore[method-assign]
    page = visit(house.page(model))
    ask(page, WHO)
    told = trouble(page)
    assert "ZeroDivisionError" in told
    assert "/secret" not in page.content()
    del model.stream
    turn = asked(page, WHO)
    assert QUOTE in turn.locator(".answer").inner_text()
