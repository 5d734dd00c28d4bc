"""Filters, and whatever can go wrong: shown in place, in plain words, and the page goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scripted_model import BRIDGE, NOBODY, QUOTE, WHO, WHY, PausableGenerator

from browser.acts import ask, asked, box, paste, tab, text
from rag.config import load

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow


def trouble(page: "Page") -> str:
    """What is said of the question that did not go through."""
    page.locator("#live .trouble").wait_for()
    return text(page, "#live .trouble")


def unfold(page: "Page") -> None:
    page.get_by_role("button", name="Filter by date").click()


def days(page: "Page", since: str, until: str) -> None:
    for label, day in (("From", since), ("To", until)):
        field = page.locator("#composer").get_by_role("textbox", name=f"{label} (YYYY-MM-DD)")
        field.fill(day)
        field.press("Enter")


# Filters


def test_days_without_articles_and_impossible_days_are_refused_before_the_model_is_asked(
    site: "Site", visit: "Visits"
) -> None:
    model = PausableGenerator()
    page = visit(site.page(model))
    unfold(page)
    days(page, "2030-01-01", "")
    ask(page, WHO)
    for since, until, reason in (
        ("2022-02-31", "", "None of the 21 articles matches"),
        ("2022-01-20", "2022-01-19", "'2022-02-31' is not a valid date."),
        ("2022-01-19", "2022-01-20", "Swap them."),
    ):
        page.locator("#live .trouble").get_by_text(reason).wait_for()
        assert page.locator("#transcript .turn[id]").count() == 0
        assert not [chat for chat in model.history if chat[-1].content.endswith(WHO)]
        days(page, since, until)
        box(page).press("Enter")  # the question is still there
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()


def test_a_day_is_read_or_refused_beside_its_field(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()))
    unfold(page)
    field = page.locator("#composer").get_by_role("textbox", name="From (YYYY-MM-DD)")
    label = page.locator("#composer .filters .label-wrap")
    problem = page.locator("#composer .filters .trouble")
    for typed, written in (("19/01/2022", "2022-01-19"), ("20 Jan 2022", "2022-01-20")):
        field.fill(typed)
        field.press("Tab")
        page.wait_for_function(
            "(day) => document.querySelector('#composer .day input').value === day", arg=written
        )
        assert problem.count() == 0
    label.get_by_text("from 20 January 2022").wait_for()
    for typed, reason in (
        ("26/13/2022", "is not a valid date"),
        ("3/4/2022", "3 April or 4 March"),
    ):
        field.fill(typed)
        field.press("Tab")
        problem.get_by_text(reason).wait_for()
        assert field.input_value() == typed
    page.get_by_role("button", name="Calendar: From (YYYY-MM-DD)").first.click()
    picker = page.locator("#composer .day .picker").first
    picker.evaluate("(e) => { e.value = '2022-01-18'; e.dispatchEvent(new Event('change')); }")
    label.get_by_text("from 18 January 2022").wait_for()
    problem.wait_for(state="detached")


def test_filters_are_shown_while_folded_and_in_a_refusal(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()))
    unfold(page)
    days(page, "2022-01-01", "2022-02-03")
    label = page.locator("#composer .filters .label-wrap")
    label.get_by_text("· from 1 January 2022 until 3 February 2022").wait_for()
    page.get_by_role("combobox", name="Publishers").fill("Podil")
    page.get_by_role("option", name="Podil Lantern").click()
    page.keyboard.press("Escape")
    label.get_by_text("of Podil Lantern").wait_for()
    turn = asked(page, NOBODY)
    searched = "articles from 1 January 2022 until 3 February 2022 of Podil Lantern were searched."
    assert searched in turn.locator(".refusal").inner_text()
    about = turn.locator(".refusal .card-about").all_inner_texts()
    assert set(about) == {"Podil Lantern · Wednesday 19 January 2022"}


def test_ask_again_uses_the_filters_of_the_turn(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()))
    asked(page, WHO)
    unfold(page)
    days(page, "2022-10-04", "")
    turn = asked(page, NOBODY)
    assert turn.locator(".refusal").count() == 1
    page.reload()
    page.locator("#turn-1").wait_for()
    assert "from 4 October 2022" in text(page, "#turn-1 .refusal")
    page.locator("#turn-1").get_by_role("button", name="Ask again").click()
    page.locator("#turn-1 .versions").get_by_text("2 / 2").wait_for()
    page.locator("#turn-1 .refusal").get_by_text("from 4 October 2022").wait_for()
    page.locator("#composer .filters .label-wrap").get_by_text("from 4 October 2022").wait_for()
    page.locator("#turn-0").get_by_role("button", name="Ask again").click()
    page.locator("#turn-1").wait_for(state="detached")
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    assert text(page, "#composer .filters .label-wrap") == "Filter by date and publisher ▼"


# Questions


def test_empty_and_too_long_questions_are_refused(site: "Site", visit: "Visits") -> None:
    settings = load("tiny", overrides=["answer.question_characters=40"])
    page = visit(site.serve(site.news(PausableGenerator(), settings=settings)).url)
    ask(page, "  ")
    assert "question" in trouble(page)
    box(page).press_sequentially(f"Please tell me this: {WHO}")
    box(page).press("Enter")
    page.locator("#live .trouble").get_by_text("40").wait_for()
    turn = asked(page, WHO)
    assert QUOTE in turn.locator(".answer").inner_text()


def test_an_unexpected_error_is_shown_without_its_details(site: "Site", visit: "Visits") -> None:
    model = PausableGenerator()

    def fails(*_: object, **__: object) -> Iterator[str]:
        raise ZeroDivisionError("/secret/folder")

    model.stream = fails  # type: ignore[method-assign]
    page = visit(site.page(model))
    ask(page, WHO)
    assert "ZeroDivisionError" in trouble(page)
    assert "/secret" not in page.content()
    del model.stream
    turn = asked(page, WHO)
    assert QUOTE in turn.locator(".answer").inner_text()


# Indexes and models


def test_without_an_index_the_page_says_so_until_there_is_one(
    site: "Site", visit: "Visits"
) -> None:
    page = visit(
        site.serve(site.news(PausableGenerator({WHY: BRIDGE}), folder=site.folder / "nothing")).url
    )
    assert "There are no articles here" in text(page, "#transcript .trouble")
    ask(page, WHY)
    assert "There are no articles here" in trouble(page)
    tab(page, "Articles")
    assert "There are no articles here" in text(page, "#listing .trouble")
    page.get_by_role("button", name="Add articles").click()
    paste(page, f"Tollgate Bridge to shut\n\n{BRIDGE} The council says that arches had cracks.")
    page.locator("#outcomes .outcome.added").wait_for()
    page.locator("#listing .title").wait_for()
    tab(page, "Ask")
    page.locator(".welcome").get_by_text("Searching 1 article.").wait_for()
    turn = asked(page, WHY)
    assert BRIDGE in turn.locator(".short").inner_text()


@pytest.mark.parametrize("kind", ["unknown", "no model"])
def test_a_model_that_cannot_be_used_is_named_and_the_articles_stay(
    site: "Site", visit: "Visits", kind: str
) -> None:
    model = "no-such-model"
    if kind == "no model":
        path = site.folder / "broken.gguf"
        path.write_bytes(b"this is no model")
        model = str(path)
    settings = load("tiny", overrides=[f"generator.model={model}"])
    page = visit(site.serve(site.news(settings=settings)).url)
    page.locator(".welcome").wait_for()
    ask(page, WHO)
    assert Path(model).name in trouble(page)
    tab(page, "Articles")
    page.locator("#listing .title").first.click()
    page.locator("dialog .reader-text").wait_for()
