"""A question at the page: first look, words as they come, marks, the reader, and a calm refusal."""

import re
from typing import TYPE_CHECKING

import pytest
from acts import (
    ANSWERS,
    IN_VIEW,
    INVENTED,
    LAVROV,
    NOBODY,
    QUOTE,
    THERE,
    TITLE,
    WEAK,
    WHO,
    Told,
    ask,
    asked,
    box,
    text,
)

from rag.config import load

if TYPE_CHECKING:
    from playwright.sync_api import Route
    from visits import House, Visits

pytest_plugins = ("visits",)
pytestmark = pytest.mark.slow


def test_a_first_look_stands_there_before_the_model_says_a_word(
    house: "House", visit: "Visits"
) -> None:
    model = Told()
    model.hold()
    page = visit(house.page(model))
    ask(page, WHO)
    page.locator("#sources .first-look .card").first.wait_for()
    assert QUOTE in page.locator("#sources .first-look").inner_text()
    assert text(page, "#live .question") == WHO
    assert model.said == 0
    model.go()
    page.locator("#transcript .turn").wait_for()
    assert page.locator("#sources .first-look").count() == 0


def test_words_are_shown_as_they_are_written_and_sentences_as_they_are_checked(
    house: "House", visit: "Visits"
) -> None:
    model = Told({WHO: f"{QUOTE} [1] {INVENTED} [1] {WEAK} [1]"})
    model.pace = 0.1
    model.hold()
    page = visit(house.page(model))
    ask(page, WHO)
    model.let(3)
    page.locator("#live .draft").get_by_text("In Berlin").wait_for()
    assert "Baerbock" not in page.locator("#live").inner_text()
    model.let(10)
    page.locator("#live .draft").get_by_text("German Foreign").wait_for()
    assert page.locator("#live .claim").count() == 0
    model.pace = 0.0
    model.let(len(f"{QUOTE} [1]".split()) - 13 + 2)
    page.locator("#live .claim.supported").get_by_text(QUOTE).wait_for()
    model.let(len(f"{INVENTED} [1]".split()))  # the check waits for the next sentence
    page.locator("#live .claim:not(.supported) .unproven").first.wait_for()
    model.go()
    page.locator("#transcript .turn").wait_for()
    assert "Klaus Bergmann" in page.locator("#transcript .answer").inner_text()


def test_an_answer_has_marks_and_its_sources_have_title_day_and_quote(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told()))
    turn = asked(page, WHO)
    assert QUOTE in turn.locator(".answer").inner_text()
    assert set(turn.locator(".cite").all_inner_texts()) == {"1"}
    card = page.locator("#sources .card")
    assert card.count() == 1
    assert card.locator(".card-title").inner_text() == TITLE
    assert card.locator("time").get_attribute("datetime") == "2022-01-19"
    assert card.locator(".card-quote").inner_text().strip("“”") == QUOTE
    assert "profile tiny" in turn.locator(".small-print").inner_text()


def test_a_mark_and_a_card_open_the_article_at_the_quote(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    asked(page, WHO)
    reader = page.get_by_role("dialog", name=TITLE)
    quote = reader.locator("#quote")
    colours = "(element) => getComputedStyle(element).backgroundColor"
    for opener in ("#transcript .cite >> nth=0", "#sources .card-quote"):
        page.locator(opener).click()
        assert quote.inner_text() == QUOTE
        assert quote.evaluate(IN_VIEW)
        assert quote.evaluate(colours) != reader.evaluate(colours)
        page.keyboard.press("Escape")
        reader.wait_for(state="hidden")
        assert page.locator(opener).evaluate("(element) => element === document.activeElement")


def test_a_mark_that_is_drawn_anew_within_a_click_opens_its_article(
    house: "House", visit: "Visits"
) -> None:
    model = Told({WHO: f"{QUOTE} [1] {INVENTED} [1]"})
    model.hold()
    page = visit(house.page(model))
    ask(page, WHO)
    model.let(len(f"{QUOTE} [1]".split()) + 3)
    page.locator("#live .cite").wait_for()
    page.evaluate(
        """document.addEventListener('pointerdown', () => {
             const turn = document.querySelector('#live .turn');
             turn.replaceWith(turn.cloneNode(true));
           }, {once: true})"""
    )
    page.locator("#live .cite").click(delay=50)
    page.get_by_role("dialog", name=TITLE).locator("#quote").wait_for()
    page.keyboard.press("Escape")
    page.locator("#live .cite").click()
    page.get_by_role("dialog", name=TITLE).locator("#quote").wait_for()
    model.go()


def test_of_two_articles_opened_at_once_the_later_one_is_shown(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told()))
    asked(page, NOBODY)
    near = page.locator("#turn-0 .refusal .card-title")
    titles = near.all_inner_texts()[:2]
    held: list[Route] = []

    def slow(route: "Route") -> None:  # the first answer comes after the second
        if held:
            route.continue_()
        held.append(route)

    page.route(re.compile("component_server"), slow)
    with page.expect_request(re.compile("component_server")):
        near.nth(0).click()
    page.keyboard.press("Escape")
    near.nth(1).click()
    page.get_by_role("dialog", name=titles[1]).wait_for()
    with page.expect_response(re.compile("component_server")):
        held[0].continue_()
    page.wait_for_timeout(300)
    assert page.locator("#reader-title").inner_text() == titles[1]


def test_what_the_articles_do_not_say_is_refused_with_the_nearest_sentences(
    house: "House", visit: "Visits"
) -> None:
    page = visit(house.page(Told()))
    turn = asked(page, NOBODY)
    assert turn.locator(".refusal-title").inner_text() == "Not in the articles."
    assert turn.locator(".cite").count() == 0
    nearest = turn.locator(".refusal .card")
    assert 1 <= nearest.count() <= 3
    quote = nearest.first.locator("q").inner_text().strip("“”")
    nearest.first.locator(".card-quote").click()
    reader = page.get_by_role("dialog", name=nearest.first.locator(".card-title").inner_text())
    assert reader.locator("#quote").inner_text() == quote
    page.keyboard.press("Escape")
    # The model itself refused: there is nothing that it would have said.
    assert turn.locator(".unproven-draft").count() == 0


def test_a_follow_up_goes_on_from_the_turn_before(house: "House", visit: "Visits") -> None:
    model = Told()
    page = visit(house.page(model))
    asked(page, WHO)
    turn = asked(page, THERE)
    assert LAVROV in turn.locator(".answer").inner_text()
    assert page.locator("#transcript .turn").count() == 2
    chat = next(chat for chat in model.history if chat[-1].content.endswith(f"Question: {THERE}"))
    assert [message.role for message in chat[-3:]] == ["user", "assistant", "user"]
    assert chat[-3].content.endswith(f"Question: {WHO}")
    assert chat[-2].content == ANSWERS[WHO]


def test_the_short_answer_is_large_and_unproven_words_stay_and_are_marked(
    house: "House", visit: "Visits"
) -> None:
    short = "Baerbock and Le Drian"
    page = visit(house.page(Told({WHO: f"{short} [1]\n{QUOTE} [1] {INVENTED}"})))
    turn = asked(page, WHO)
    size = "(element) => parseFloat(getComputedStyle(element).fontSize)"
    assert short in turn.locator(".short").inner_text()
    assert turn.locator(".short").evaluate(size) > turn.locator(".answer").evaluate(size)
    unproven = turn.locator(".answer .unproven")
    assert "Bergmann" in " ".join(unproven.all_inner_texts())
    line = "(element) => getComputedStyle(element).textDecorationStyle"
    assert unproven.first.evaluate(line) == "dotted"
    assert "no quote proves these words" in turn.locator(".legend").inner_text()
    assert turn.locator("s, .left-out").count() == 0
    assert "Less sure: some words have no proof" in turn.locator(".unsure").inner_text()


def test_the_box_has_the_focus_again_after_an_answer(house: "House", visit: "Visits") -> None:
    page = visit(house.page(Told()))
    box(page).fill(WHO)
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("#transcript .turn").wait_for()
    page.wait_for_function("document.activeElement.matches('#question textarea')")
    page.keyboard.type(THERE)
    page.keyboard.press("Enter")
    page.locator("#transcript .turn").nth(1).wait_for()


def test_a_real_model_answers_at_the_page(
    house: "House", visit: "Visits", smollm2_path: object
) -> None:
    quick = [
        "answer.sure=0",
        "answer.maybe=0",
        "retrieve.first_tokens=250",
        "retrieve.source_tokens=250",
    ]
    page = visit(house.serve(house.news(settings=load("tiny", overrides=quick))).url)
    turn = asked(page, "Who won the Three Rivers title?")
    # It answers badly: what it says has its proof, or is marked.
    assert turn.locator(".refusal, .claim").count()
    assert turn.locator(".claim:not(:has(.cite)):not(:has(.unproven))").count() == 0
    assert "smollm2-135m-instruct" in turn.locator(".small-print").inner_text()
