"""What can be done with turns, and with people who want the model at once."""

import re
from typing import TYPE_CHECKING

import pytest
from acts import (
    BRIDGE,
    LAVROV,
    QUOTE,
    THERE,
    TITLE,
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
from visits import GIVEN

from rag.config import load

if TYPE_CHECKING:
    from visits import House, Visits

pytest_plugins = ("visits",)
pytestmark = pytest.mark.slow

LONG = " ".join(f"Word {number} of a reply without an end," for number in range(20))  # 160 words
ROOM = (*GIVEN, "answer.max_tokens=160")  # for all of it


# Stop


def test_stop_frees_the_model_and_the_next_question_is_answered(
    house: "House", visit: "Visits"
) -> None:
    model = Told({WHO: LONG, WHY: BRIDGE})
    model.pace = 0.1
    page = visit(house.page(model, settings=load("tiny", overrides=ROOM)))
    ask(page, WHO)
    page.locator("#live .draft").get_by_text("Word").wait_for()
    press(page, "Stop")
    page.locator("#live .trouble").get_by_text("Stopped.").wait_for()
    until(lambda: model.writing == 0)
    assert model.said < 100
    model.pace = 0.0
    turn = asked(page, WHY)
    assert BRIDGE in turn.locator(".short").inner_text()
    assert page.locator("#transcript .turn").count() == 1
    assert page.locator("#live .trouble").count() == 0


def test_who_stops_while_asking_again_keeps_the_answer_that_was_there(
    house: "House", visit: "Visits"
) -> None:
    model = Told()
    page = visit(house.page(model))
    asked(page, WHO)
    asked(page, THERE)
    model.pace = 0.2
    page.locator("#turn-0").get_by_role("button", name="Ask again").click()
    page.locator("#live .draft").get_by_text("In Berlin").wait_for()
    press(page, "Stop")
    page.locator("#live .trouble").get_by_text("Stopped.").wait_for()
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    assert LAVROV in page.locator("#turn-1 .answer").inner_text()
    page.reload()
    assert LAVROV in page.locator("#turn-1 .answer").inner_text()


def test_enter_sends_no_second_question_while_one_is_answered(
    house: "House", visit: "Visits"
) -> None:
    model = Told()
    model.hold()
    page = visit(house.page(model))
    ask(page, WHO)
    until(lambda: model.writing == 1)
    ask(page, WHY)
    model.go()
    page.locator("#transcript .turn").wait_for()
    assert box(page).input_value() == WHY
    box(page).press("Enter")
    page.locator("#turn-1").wait_for()
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    assert BRIDGE in page.locator("#turn-1 .short").inner_text()


def test_a_question_right_after_another_is_heard(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    for _ in range(5):  # Gradio alone missed the second of about one pair in ten
        ask(page, " ")
        page.locator("#live .trouble").wait_for()
        asked(page, WHO)
        press(page, "New conversation")
        page.locator("#transcript .welcome").wait_for()


# Again, edit, copy, anew


def test_ask_again_asks_the_same_and_later_turns_go(house: "House", visit: "Visits") -> None:
    model = Told()
    page = visit(house.page(model))
    asked(page, WHO)
    asked(page, THERE)
    known = len(model.history)
    page.locator("#turn-0").get_by_role("button", name="Ask again").click()
    page.locator("#turn-1").wait_for(state="detached")
    page.get_by_role("button", name="Send", exact=True).wait_for()
    until(lambda: len(model.history) > known)
    page.locator("#turn-0").wait_for()
    assert text(page, "#turn-0 .question") == WHO
    assert page.locator("#transcript .turn").count() == 1


def test_an_edited_question_takes_the_place_of_the_old_one(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    asked(page, WHO)
    asked(page, THERE)
    page.locator("#turn-0").get_by_role("button", name="Edit").click()
    page.wait_for_function(
        "(asked) => document.activeElement.value === asked", arg=WHO
    )  # in the box, which has the focus
    ask(page, " ")  # what does not go through changes nothing
    page.locator("#live .trouble").wait_for()
    assert page.locator("#transcript .question").all_inner_texts() == [WHO, THERE]
    ask(page, WHY)
    page.locator("#turn-0 .question").get_by_text(WHY).wait_for()
    assert page.locator("#transcript .turn").count() == 1
    page.reload()
    page.locator("#turn-0 .question").get_by_text(WHY).wait_for()
    assert page.locator("#transcript .turn").count() == 1


def test_copy_puts_question_and_answer_into_the_clipboard(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()), permissions=["clipboard-read", "clipboard-write"])
    turn = asked(page, WHO)
    turn.get_by_role("button", name="Copy").click()
    turn.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{WHO}\n\n")
    assert f"{QUOTE} [1]\n\n[1] {TITLE}" in copied
    assert copied.endswith(f"    “{QUOTE}”\n")


def test_a_new_conversation_begins_without_the_old_one(house: "House", visit: "Visits") -> None:
    model = Told()
    page = visit(house.page(model))
    asked(page, WHO)
    press(page, "New conversation")
    page.locator("#transcript .welcome").wait_for()
    assert page.locator("#sources .card").count() == 0
    asked(page, THERE)
    assert [chat[-1].content.rpartition("Question: ")[2] for chat in model.history] == [WHO, THERE]
    assert not [message for message in model.history[1] if WHO in message.content]
    press(page, "New conversation")
    page.locator("#transcript .welcome").wait_for()
    page.reload()
    page.locator("#transcript .welcome").wait_for()
    assert page.locator(".turn").count() == 0


def test_an_example_is_asked_by_a_click(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    example = page.locator(".welcome .example").first
    question = example.inner_text()
    example.click()
    page.locator("#transcript .turn").wait_for()
    assert text(page, "#turn-0 .question") == question


def test_the_sources_of_an_earlier_turn_can_be_seen_again(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    asked(page, WHO)
    asked(page, WHY)
    assert text(page, "#sources .card-title") != TITLE
    page.locator("#turn-0").get_by_role("button", name="Sources").click()
    page.locator("#sources .card-title").get_by_text(TITLE).wait_for()


# Several people


def test_who_comes_second_is_told_so_and_can_read_meanwhile(
    house: "House", visit: "Visits"
) -> None:
    model = Told()
    model.hold()
    url = house.page(model)
    one, two = visit(url), visit(url)
    ask(one, WHO)
    until(lambda: model.writing == 1)
    ask(two, WHY)
    two.locator("#live .state").get_by_text("1 is before you").wait_for()
    two.locator("#sources .first-look .card-quote").first.click()
    two.locator("dialog #quote").wait_for()
    two.keyboard.press("Escape")
    tab(two, "Articles")
    two.get_by_role("textbox", name="Search titles").fill("Tollgate")
    two.locator("#listing").get_by_text(re.compile("^1 article$")).wait_for()
    assert model.said == 0
    model.go()
    assert QUOTE in one.locator("#turn-0 .answer").inner_text()
    tab(two, "Ask")
    assert BRIDGE in two.locator("#turn-0 .short").inner_text()


def test_who_closes_the_page_frees_the_model_for_the_others(
    house: "House", visit: "Visits"
) -> None:
    model = Told({WHO: LONG, WHY: BRIDGE})
    model.pace = 0.2
    url = house.page(model, settings=load("tiny", overrides=ROOM))
    one, two = visit(url), visit(url)
    ask(one, WHO)
    until(lambda: model.said > 2)
    ask(two, WHY)
    two.locator("#live .state").get_by_text("1 is before you").wait_for()
    one.close()
    until(lambda: model.history[-1][-1].content.endswith(WHY))
    assert model.said < 100
    model.pace = 0.0
    assert BRIDGE in two.locator("#turn-0 .short").inner_text()


def test_who_leaves_the_line_is_passed_over(house: "House", visit: "Visits") -> None:
    model = Told()
    model.hold()
    url = house.page(model)
    one = visit(url)
    two, three = visit.beside(one), visit.beside(one)
    ask(one, WHO)
    until(lambda: model.writing == 1)
    ask(two, THERE)
    two.locator("#live .state").get_by_text("1 is before you").wait_for()
    ask(three, WHY)
    three.locator("#live .state").get_by_text("2 are before you").wait_for()
    two.close()
    three.locator("#live .state").get_by_text("1 is before you").wait_for()
    model.go()
    three.locator("#transcript .short").filter(has_text=BRIDGE).wait_for()
    assert not [chat for chat in model.history if chat[-1].content.endswith(THERE)]
