"""What happens beside the page: servers that end, indexes that go, other tabs, a line that is full."""

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from acts import (
    BRIDGE,
    NOBODY,
    QUOTE,
    THERE,
    WHO,
    WHY,
    Told,
    ask,
    asked,
    box,
    press,
    tab,
    text,
    until,
)

from app import queue
from rag.server.accounts import Users

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visits import House, Visits

pytest_plugins = ("visits",)
pytestmark = pytest.mark.slow

ENDED = (
    "|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|Failed to (?:fetch|load)|network|connection was lost"
)
HELD = """
import sys
from pathlib import Path
from rag.index import Index
with Index(Path(sys.argv[1])) as index, index.writing():
    print("held", flush=True)
    sys.stdin.read()
"""


def questions(page: "Page") -> list[str]:
    return page.locator("#transcript .question").all_inner_texts()


def stop(page: "Page", model: Told) -> None:
    """Stop, and let the model go on to the word at which it ends."""
    press(page, "Stop")
    while not page.locator("#live .trouble").count():
        model.let(1)
        page.wait_for_timeout(100)


def paste(page: "Page") -> None:
    """Add an article about the bridge."""
    tab(page, "Articles")
    page.get_by_role("button", name="Add articles").click()
    page.get_by_role("textbox", name="Or paste").fill(
        f"Tollgate Bridge to shut\n\n{BRIDGE} The council says that cracks were found in arches."
    )
    press(page, "Add the text")


# The server


def test_a_server_that_ends_while_it_answers_leaves_the_question_in_the_box(
    house: "House", visit: "Visits"
) -> None:
    visit.expected += ENDED
    model = Told()
    model.hold()
    first = house.serve(house.news(model))
    page = visit(first.url)
    ask(page, WHO)
    page.locator("#sources .first-look").wait_for()
    until(lambda: model.writing == 1)
    first.close()
    page.locator("#live .trouble").get_by_text("The connection was lost. Ask again.").wait_for()
    assert text(page, "#live .question") == WHO
    assert box(page).input_value() == WHO
    page.get_by_role("button", name="Send", exact=True).wait_for()
    model.go()
    again = house.serve(house.news(Told(), folder=house.folder / "samples"))
    assert again.url == first.url
    box(page).press("Enter")
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    assert page.locator("#live .trouble").count() == 0


def test_who_asks_while_the_server_is_down_is_told_and_can_ask_again(
    house: "House", visit: "Visits"
) -> None:
    visit.expected += ENDED
    first = house.serve(house.news(Told()))
    page = visit(first.url)
    first.close()
    ask(page, WHO)
    page.locator("#live .trouble").get_by_text("The server cannot be reached.").wait_for()
    assert box(page).input_value() == WHO
    assert house.serve(house.news(Told(), folder=house.folder / "samples")).url == first.url
    box(page).press("Enter")
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()


def test_a_question_outlives_a_reload_while_it_is_answered(house: "House", visit: "Visits") -> None:
    model = Told()
    model.hold()
    page = visit(house.page(model))
    ask(page, WHO)
    page.locator("#sources .first-look").wait_for()
    page.reload()
    page.locator("#transcript .welcome").wait_for()
    page.wait_for_function(
        "(asked) => document.querySelector('#question textarea').value === asked", arg=WHO
    )
    model.go()
    box(page).press("Enter")
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    page.reload()
    page.locator("#turn-0").wait_for()
    assert box(page).input_value() == ""


def test_who_asks_after_the_login_has_ended_is_told_so(house: "House", visit: "Visits") -> None:
    visit.expected += "|status of 401"
    users = house.folder / "users.txt"
    Users(users).add("ida", "correct horse")
    page = visit(house.serve(house.news(Told()), users).url, ready="form")
    page.get_by_role("textbox", name="Name").fill("ida")
    page.get_by_label("Password").fill("correct horse")
    page.keyboard.press("Enter")
    asked(page, WHO)
    page.context.clear_cookies()
    ask(page, WHY)
    page.locator("#live .trouble").get_by_text("Your login has ended.").wait_for()
    assert box(page).input_value() == WHY
    page.reload()
    page.get_by_role("button", name="Log in").wait_for()


# The index


def test_what_is_added_at_the_page_after_a_rebuild_elsewhere_is_there(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told({WHY: BRIDGE, WHO: QUOTE})))
    asked(page, WHO)
    with house.news(Told(), folder=house.folder / "samples") as other:
        other.rebuild(embed=True)
        asked(page, THERE)
        other.delete([each.id for each in other.articles() if BRIDGE in each.text])
        paste(page)
        page.locator("#outcomes .outcome.added").wait_for()
        assert [each.title for each in other.articles(query="Tollgate Bridge to shut")]
    tab(page, "Ask")
    assert BRIDGE in asked(page, WHY).locator(".short").inner_text()


def test_a_page_goes_on_when_its_index_goes_and_comes_back(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    asked(page, WHO)
    folder, away = house.folder / "samples", house.folder / "away"
    folder.rename(away)
    ask(page, WHY)
    page.locator("#live .trouble").get_by_text("There is no index of articles here").wait_for()
    other = visit.beside(page)
    assert "no index of articles" in text(other, "#transcript .trouble")
    tab(other, "Articles")
    assert "no index of articles" in text(other, "#listing .trouble")
    shutil.copytree(away, folder)
    box(page).press("Enter")  # the question is still there
    page.locator("#transcript .turn .short").get_by_text(BRIDGE).wait_for()
    assert str(house.folder) not in page.content() + other.content()


def test_an_index_that_another_writes_to_is_told_without_names_of_the_machine(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told()))
    command = [sys.executable, "-c", HELD, str(house.folder / "samples")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        paste(page)
        page.locator("#outcomes .trouble").wait_for()
        told = text(page, "#outcomes .trouble")
        assert "somebody else" in told
        assert not [
            each
            for each in (str(house.folder), str(writer.pid), os.uname().nodename)
            if each in told
        ]
        tab(page, "Ask")
        assert QUOTE in asked(page, WHO).locator(".answer").inner_text()


# Tabs


def test_two_tabs_add_to_one_conversation(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    asked(page, WHO)
    other = visit.beside(page)
    asked(other, WHY)
    page.locator("#turn-1").wait_for()  # without being asked
    asked(page, NOBODY)
    other.locator("#turn-2").wait_for()
    for each in (page, other):
        each.reload()
        each.locator("#turn-2").wait_for()
        assert questions(each) == [WHO, WHY, NOBODY]
    press(page, "New conversation")
    other.locator("#transcript .welcome").wait_for()


def test_two_tabs_that_ask_at_once_keep_both_turns(house: "House", visit: "Visits") -> None:
    model = Told()
    model.hold()
    page = visit(house.page(model))
    other = visit.beside(page)
    ask(page, WHO)
    until(lambda: model.writing == 1)
    ask(other, WHY)
    other.locator("#live .state").get_by_text("1 is before you").wait_for()
    model.go()
    for each in (page, other):
        each.locator("#turn-1").wait_for()
        assert sorted(questions(each)) == sorted([WHO, WHY])
        each.reload()
        each.locator("#turn-1").wait_for()
        assert sorted(questions(each)) == sorted([WHO, WHY])


# Work that is given up


def test_a_new_conversation_ends_the_answer_at_work_unheard(
    house: "House", visit: "Visits"
) -> None:
    model = Told()
    model.hold()
    page = visit(house.page(model))
    ask(page, WHO)
    until(lambda: model.writing == 1)
    press(page, "New conversation")
    page.locator("#live .turn").wait_for(state="detached")
    page.get_by_role("button", name="Send", exact=True).wait_for()
    model.let(1)
    until(lambda: model.writing == 0)
    model.go()
    turn = asked(page, WHY)
    assert BRIDGE in turn.locator(".short").inner_text()
    assert questions(page) == [WHY]
    assert len([chat for chat in model.history if chat[-1].content.endswith(WHO)]) == 1
    page.reload()
    page.locator("#turn-0").wait_for()
    assert questions(page) == [WHY]


def test_stop_ends_the_question_and_leaves_the_summaries(house: "House", visit: "Visits") -> None:
    model = Told()
    model.hold()
    page = visit(house.page(model))
    tab(page, "Summaries")
    page.get_by_role("combobox", name="Articles").click()
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    press(page, "Summarise")
    until(lambda: model.writing == 1)
    tab(page, "Ask")
    ask(page, WHO)
    page.locator("#live .state").get_by_text("1 is before you").wait_for()
    press(page, "Stop")
    page.locator("#live .trouble").get_by_text("Stopped. Nothing of it was kept.").wait_for()
    model.go()
    tab(page, "Summaries")
    page.locator("#summaries .summary .cite").first.wait_for()


def test_who_stops_keeps_the_question_and_sees_what_was_checked(
    house: "House", visit: "Visits"
) -> None:
    model = Told({WHO: f"{QUOTE} [4] {BRIDGE} [1]"})
    model.hold()
    page = visit(house.page(model))
    ask(page, WHO)
    model.let(len(f"{QUOTE} [1]".split()) + 3)
    page.locator("#live .claim").get_by_text(QUOTE).wait_for()
    stop(page, model)
    page.locator("#live .trouble").get_by_text("Stopped. What stands here was checked").wait_for()
    assert QUOTE in page.locator("#live .answer .claim").inner_text()
    page.wait_for_function(
        "(asked) => document.querySelector('#question textarea').value === asked", arg=WHO
    )
    page.locator("#live .cite").click()
    page.locator("dialog #quote").wait_for()
    page.keyboard.press("Escape")
    model.go()
    box(page).press("Enter")
    page.locator("#turn-0 .answer").get_by_text(QUOTE).wait_for()
    assert page.locator("#live .trouble").count() == 0


def test_what_was_typed_meanwhile_stays_in_the_box(house: "House", visit: "Visits") -> None:
    model = Told()
    model.hold()
    page = visit(house.page(model))
    ask(page, WHO)
    until(lambda: model.writing == 1)
    box(page).fill(WHY)
    stop(page, model)
    page.locator("#live .trouble").get_by_text("Stopped.").wait_for()
    page.wait_for_timeout(300)
    assert box(page).input_value() == WHY


# The line


def test_when_the_line_is_full_the_next_is_told_the_place_and_newcomers_come_in(
    house: "House", visit: "Visits", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_MOST", 2)
    model = Told()
    model.hold()
    url = house.page(model)
    page = visit(url)
    others = [visit(url) for _ in range(2)]
    ask(page, WHO)
    until(lambda: model.writing == 1)
    ask(others[0], WHY)
    others[0].locator("#live .state").get_by_text("1 is before you").wait_for()
    ask(others[1], NOBODY)
    others[1].locator("#live .trouble").get_by_text("yours would be number 3").wait_for()
    assert box(others[1]).input_value() == NOBODY
    visit(url).locator(".welcome").wait_for()
    model.go()
    page.locator("#turn-0").wait_for()
    others[0].locator("#turn-0").wait_for()
    box(others[1]).press("Enter")
    others[1].locator("#turn-0").wait_for()
