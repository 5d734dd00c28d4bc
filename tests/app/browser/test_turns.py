"""What can be done with turns, and with people who ask the model at the same time."""

import re
from typing import TYPE_CHECKING

import pytest
from scripted_model import BRIDGE, LAVROV, NOBODY, QUOTE, THERE, TITLE, WHO, WHY, PausableGenerator

from app import queue
from browser.acts import ask, asked, box, press, settle, speak_until, stop, tab, text, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow


def questions(page: "Page") -> list[str]:
    return page.locator("#transcript .question").all_inner_texts()


# Stop


def test_stop_shows_what_was_checked_and_keeps_earlier_answers(
    site: "Site", visit: "Visits"
) -> None:
    model = PausableGenerator({WHO: f"{QUOTE} [4] {BRIDGE} [1]", WHY: BRIDGE})
    model.hold()
    page = visit(site.page(model))
    ask(page, WHO)
    model.let(len(f"{QUOTE} [1]".split()) + 3)
    page.locator("#live .claim").get_by_text(QUOTE).wait_for()
    stop(page, model)
    page.locator("#live .trouble").get_by_text("Stopped. This text was checked").wait_for()
    assert page.locator("#sources q").all_inner_texts() == [QUOTE]
    assert QUOTE in page.locator("#live .answer .claim").inner_text()
    page.wait_for_function(
        "(asked) => document.querySelector('#question textarea').value === asked", arg=WHO
    )
    page.locator("#live .cite").click()
    page.locator("dialog #quote").wait_for()
    page.keyboard.press("Escape")
    until(lambda: model.writing == 0)
    model.go()
    box(page).press("Enter")
    page.locator("#turn-0 .answer").get_by_text(QUOTE).wait_for()
    assert page.locator("#live .trouble").count() == 0
    # An answer that is asked for again stays if that is stopped, and what was typed stays.
    model.hold()
    page.locator("#turn-0").get_by_role("button", name="Ask again").click()
    until(lambda: model.writing == 1)
    box(page).fill(WHY)
    stop(page, model)
    page.get_by_role("button", name="Send", exact=True).wait_for()
    settle(page)
    assert box(page).input_value() == WHY
    assert page.locator("#sources .card").count() == 0  # it has none, unlike the answer above
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    page.reload()
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()


def test_stop_ends_the_question_and_leaves_the_summaries(site: "Site", visit: "Visits") -> None:
    model = PausableGenerator()
    model.hold()
    page = visit(site.page(model))
    tab(page, "Summaries")
    page.get_by_role("combobox", name="Articles").click()
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    press(page, "Summarise")
    until(lambda: model.writing == 1)
    tab(page, "Ask")
    ask(page, WHO)
    page.locator("#live .state").get_by_text("1 ahead of you").wait_for()
    press(page, "Stop")
    page.locator("#live .trouble").get_by_text("Stopped. There is no answer.").wait_for()
    model.go()
    tab(page, "Summaries")
    page.locator("#summaries .summary .cite").first.wait_for()


def test_a_new_conversation_drops_the_answer_in_progress(site: "Site", visit: "Visits") -> None:
    model = PausableGenerator()
    model.hold()
    page = visit(site.page(model))
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


# One question after another


def test_enter_sends_no_second_question_while_one_is_answered(
    site: "Site", visit: "Visits"
) -> None:
    model = PausableGenerator()
    model.hold()
    page = visit(site.page(model))
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


def test_a_question_right_after_another_is_answered(site: "Site", visit: "Visits") -> None:
    model = PausableGenerator()
    page = visit(site.page(model))
    example = page.locator(".welcome .example").first
    question = example.inner_text()
    example.click()
    page.locator("#transcript .turn").wait_for()
    assert text(page, "#turn-0 .question") == question
    for _ in range(5):  # Gradio alone missed the second of about one pair in ten
        press(page, "New conversation")
        page.locator("#transcript .welcome").wait_for()
        assert page.locator("#sources .card").count() == 0
        ask(page, " ")
        page.locator("#live .trouble").wait_for()
        asked(page, WHO)
    # A new conversation does not know the old one.
    assert not [message for message in model.history[-1] if question in message.content]
    press(page, "New conversation")
    page.locator("#transcript .welcome").wait_for()
    page.reload()
    page.locator("#transcript .welcome").wait_for()
    assert page.locator(".turn").count() == 0


# Sources, copy, edit, again


def test_a_turn_can_be_copied_edited_and_asked_again(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()), permissions=["clipboard-read", "clipboard-write"])
    first = asked(page, WHO)
    asked(page, WHY)
    assert text(page, "#sources .card-title") != TITLE
    first.get_by_role("button", name="Sources").click()
    page.locator("#sources .card-title").get_by_text(TITLE).wait_for()
    first.get_by_role("button", name="Copy").click()
    first.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{WHO}\n\n")
    assert f"{QUOTE} [1]\n\n[1] {TITLE}" in copied
    assert copied.endswith(f"    “{QUOTE}”\n")
    page.locator("#turn-1").get_by_role("button", name="Edit").click()
    page.wait_for_function("(asked) => document.activeElement.value === asked", arg=WHY)
    ask(page, " ")  # what does not go through changes nothing
    page.locator("#live .trouble").wait_for()
    assert questions(page) == [WHO, WHY]
    ask(page, THERE)
    page.locator("#turn-1 .question").get_by_text(THERE).wait_for()
    assert LAVROV in page.locator("#turn-1 .answer").inner_text()
    assert questions(page) == [WHO, THERE]
    page.reload()
    page.locator("#turn-1 .question").get_by_text(THERE).wait_for()
    page.locator("#turn-0").get_by_role("button", name="Edit").click()
    page.wait_for_function("(asked) => document.activeElement.value === asked", arg=WHO)
    page.keyboard.press("Escape")
    page.locator("#editing p").wait_for(state="detached")
    assert box(page).input_value() == ""
    asked(page, WHY)  # is added, as nothing is edited any more
    assert questions(page) == [WHO, THERE, WHY]


def test_versions_of_a_turn_are_kept_with_the_turns_after_them(
    site: "Site", visit: "Visits"
) -> None:
    page = visit(site.page(PausableGenerator()))
    for question in (WHO, WHY, NOBODY):
        asked(page, question)
    page.locator("#turn-1").get_by_role("button", name="Edit").click()
    page.wait_for_function("(asked) => document.activeElement.value === asked", arg=WHY)
    ask(page, THERE)
    page.locator("#turn-1 .versions").get_by_text("2 / 2").wait_for()
    assert questions(page) == [WHO, THERE]
    page.locator("#turn-1").get_by_role("button", name="Ask again").click()
    page.locator("#turn-1 .versions").get_by_text("3 / 3").wait_for()
    assert page.get_by_role("button", name="Next version").is_disabled()
    page.get_by_role("button", name="Previous version").focus()
    for place in "2", "1":  # with the keyboard alone
        page.keyboard.press("Enter")
        page.locator("#turn-1 .versions").get_by_text(f"{place} / 3").wait_for()
        page.wait_for_function("document.activeElement.closest('.versions') !== null")
    assert questions(page) == [WHO, WHY, NOBODY]
    page.reload()
    page.locator("#turn-2").wait_for()
    assert questions(page) == [WHO, WHY, NOBODY]


# Several people and tabs


def test_two_tabs_add_to_one_conversation(site: "Site", visit: "Visits") -> None:
    model = PausableGenerator()
    page = visit(site.page(model))
    asked(page, WHO)
    other = visit.beside(page)
    asked(other, WHY)
    page.locator("#turn-1").wait_for()  # without being asked
    model.hold()
    ask(page, NOBODY)
    until(lambda: model.writing == 1)
    ask(other, THERE)
    other.locator("#live .state").get_by_text("1 ahead of you").wait_for()
    model.go()
    for each in (page, other):
        each.locator("#turn-3").wait_for()
        assert sorted(questions(each)) == sorted([WHO, WHY, NOBODY, THERE])
        each.reload()
        each.locator("#turn-3").wait_for()
        assert questions(each)[:2] == [WHO, WHY]
        assert sorted(questions(each)) == sorted([WHO, WHY, NOBODY, THERE])
    press(page, "New conversation")
    page.locator("#transcript .welcome").wait_for()
    asked(page, BRIDGE)
    assert len(questions(other)) == 4  # is still open in the other tab
    other.reload()
    other.locator("#turn-3").wait_for()


def test_who_waits_can_read_and_comes_next_when_the_first_leaves(
    site: "Site", visit: "Visits"
) -> None:
    model = PausableGenerator()
    model.hold()
    url = site.page(model)
    one, two = visit(url), visit(url)
    ask(one, WHO)
    until(lambda: model.writing == 1)
    ask(two, WHY)
    two.locator("#live .state").get_by_text("1 ahead of you").wait_for()
    two.locator("#sources .first-look .card-quote").first.click()
    two.locator("dialog #quote").wait_for()
    two.keyboard.press("Escape")
    tab(two, "Articles")
    two.get_by_role("textbox", name="Search titles").fill("Tollgate")
    two.locator("#listing").get_by_text(re.compile("^1 article$")).wait_for()
    assert model.said == 0
    one.close()
    speak_until(model, lambda: model.history[-1][-1].content.endswith(WHY))
    model.go()
    tab(two, "Ask")
    assert BRIDGE in two.locator("#turn-0 .short").inner_text()


def test_a_full_queue_refuses_the_next_until_somebody_leaves(
    site: "Site", visit: "Visits", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_MOST", 3)
    model = PausableGenerator()
    model.hold()
    url = site.serve(site.news(model)).url  # whose queue is made now
    one, two, three, four = (visit(url) for _ in range(4))
    ask(one, WHO)
    until(lambda: model.writing == 1)
    ask(two, THERE)
    two.locator("#live .state").get_by_text("1 ahead of you").wait_for()
    ask(three, WHY)
    three.locator("#live .state").get_by_text("2 ahead of you").wait_for()
    ask(four, NOBODY)
    four.locator("#live .trouble").get_by_text("yours would be number 4").wait_for()
    assert box(four).input_value() == NOBODY
    two.close()
    three.locator("#live .state").get_by_text("1 ahead of you").wait_for()
    box(four).press("Enter")
    four.locator("#live .state").get_by_text("2 ahead of you").wait_for()
    model.go()
    three.locator("#transcript .short").filter(has_text=BRIDGE).wait_for()
    four.locator("#transcript .refusal").wait_for()
    assert not [chat for chat in model.history if chat[-1].content.endswith(THERE)]
