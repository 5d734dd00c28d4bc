"""A question at the page: first look, words as they come, marks, the reader, and a refusal."""

import re
from typing import TYPE_CHECKING

import pytest
from scripted_model import (
    ANSWERS,
    INVENTED,
    LAVROV,
    NOBODY,
    QUOTE,
    THERE,
    TITLE,
    WEAK,
    WHO,
    PausableGenerator,
)

from browser.acts import IN_VIEW, ask, asked, box, press, settle, tab, text

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow


def test_an_answer_grows_from_a_first_look_to_checked_sentences(
    site: "Site", visit: "Visits"
) -> None:
    model = PausableGenerator({WHO: f"{QUOTE} [1] {INVENTED} [1] {WEAK} [1]"})
    model.hold()
    page = visit(site.page(model))
    ask(page, WHO)
    page.locator("#sources .first-look .card").first.wait_for()
    assert QUOTE in page.locator("#sources .first-look").inner_text()
    assert text(page, "#live .question") == WHO
    assert model.said == 0
    model.pace = 0.1
    model.let(3)
    page.locator("#live .draft").get_by_text("In Berlin").wait_for()
    assert "Baerbock" not in page.locator("#live").inner_text()
    model.let(10)
    page.locator("#live .draft").get_by_text("German Foreign").wait_for()
    assert page.locator("#live .claim").count() == 0
    model.pace = 0.0
    model.let(len(f"{QUOTE} [1]".split()) - 13 + 2)
    page.locator("#live .claim.supported").get_by_text(QUOTE).wait_for()
    # A mark opens its article even if it is drawn again within the click.
    page.evaluate(
        """document.addEventListener('pointerdown', () => {
             const turn = document.querySelector('#live .turn');
             turn.replaceWith(turn.cloneNode(true));
           }, {once: true})"""
    )
    page.locator("#live .cite").click(delay=50)
    page.get_by_role("dialog", name=TITLE).locator("#quote").wait_for()
    page.keyboard.press("Escape")
    model.let(len(f"{INVENTED} [1]".split()))  # the check waits for the next sentence
    page.locator("#live .claim:not(.supported) .unproven").first.wait_for()
    model.go()
    page.locator("#transcript .turn").wait_for()
    assert "Klaus Bergmann" in page.locator("#transcript .answer").inner_text()
    assert page.locator("#sources .first-look").count() == 0


def test_an_answer_has_its_sources_and_a_follow_up_goes_on_from_it(
    site: "Site", visit: "Visits"
) -> None:
    model = PausableGenerator()
    page = visit(site.page(model))
    box(page).fill(WHO)
    page.get_by_role("button", name="Send", exact=True).click()
    turn = page.locator("#turn-0")
    turn.wait_for()
    assert QUOTE in turn.locator(".answer").inner_text()
    assert set(turn.locator(".cite").all_inner_texts()) == {"1"}
    assert "profile tiny" in turn.locator(".small-print").inner_text()
    card = page.locator("#sources .card")
    assert card.count() == 1
    assert card.locator(".card-title").inner_text() == TITLE
    assert card.locator("time").get_attribute("datetime") == "2022-01-19"
    assert card.locator(".card-quote").inner_text().strip("“”") == QUOTE
    reader = page.get_by_role("dialog", name=TITLE)
    quote = reader.locator("#quote")
    colours = "(element) => getComputedStyle(element).backgroundColor"
    page.wait_for_function("document.activeElement.matches('#question textarea')")
    for opener in ("#transcript .cite >> nth=0", "#sources .card-quote"):
        page.locator(opener).click()
        assert quote.inner_text() == QUOTE
        assert quote.evaluate(IN_VIEW)
        assert quote.evaluate(colours) != reader.evaluate(colours)
        page.keyboard.press("Escape")
        reader.wait_for(state="hidden")
        assert page.locator(opener).evaluate("(element) => element === document.activeElement")
    assert LAVROV in asked(page, THERE).locator(".answer").inner_text()
    chat = next(chat for chat in model.history if chat[-1].content.endswith(f"Question: {THERE}"))
    assert [message.role for message in chat[-3:]] == ["user", "assistant", "user"]
    assert chat[-3].content.endswith(f"Question: {WHO}")
    assert chat[-2].content == ANSWERS[WHO]


def test_a_refusal_has_the_nearest_sentences_and_the_last_one_clicked_opens(
    site: "Site", visit: "Visits"
) -> None:
    page = visit(site.page(PausableGenerator()))
    turn = asked(page, NOBODY)
    assert turn.locator(".refusal-title").inner_text() == "Not in the articles."
    assert turn.locator(".cite").count() == 0
    # The model itself refused: there is nothing that it would have said.
    assert turn.locator(".unproven-draft").count() == 0
    nearest = turn.locator(".refusal .card")
    assert 2 <= nearest.count() <= 3
    titles = nearest.locator(".card-title").all_inner_texts()
    quote = nearest.first.locator("q").inner_text().strip("“”")
    nearest.first.locator(".card-quote").click()
    reader = page.get_by_role("dialog", name=titles[0])
    assert reader.locator("#quote").inner_text() == quote
    page.keyboard.press("Escape")
    held: list[Route] = []

    def slow(route: "Route") -> None:  # the first response comes after the second
        if held:
            route.continue_()
        held.append(route)

    page.route(re.compile("component_server"), slow)
    with page.expect_request(re.compile("component_server")):
        nearest.nth(0).locator(".card-title").click()
    page.keyboard.press("Escape")
    nearest.nth(1).locator(".card-title").click()
    page.get_by_role("dialog", name=titles[1]).wait_for()
    with page.expect_response(re.compile("component_server")) as late:
        held[0].continue_()
    late.value.finished()
    settle(page)
    assert page.locator("#reader-title").inner_text() == titles[1]


def test_the_short_answer_is_large_and_unproven_words_are_marked(
    site: "Site", visit: "Visits"
) -> None:
    short = "Baerbock and Le Drian"
    page = visit(
        site.page(PausableGenerator({WHO: f"{short} [1]\n{QUOTE} [1][2][3] {INVENTED} [1]"}))
    )
    turn = asked(page, WHO)
    size = "(element) => parseFloat(getComputedStyle(element).fontSize)"
    assert short in turn.locator(".short").inner_text()
    assert turn.locator(".short").evaluate(size) > turn.locator(".answer").evaluate(size)
    unproven = turn.locator(".answer .unproven")
    assert "Bergmann" in " ".join(unproven.all_inner_texts())
    style = "(element) => getComputedStyle(element).textDecorationStyle"
    assert unproven.first.evaluate(style) == "dotted"
    heard = turn.locator(".answer").aria_snapshot()
    assert "(not supported: Klaus Bergmann" in " ".join(heard.split())
    assert "no quote supports these words" in turn.locator(".legend").inner_text()
    assert "Less sure: some words are unsupported" in turn.locator(".unsure").inner_text()
    for width in range(400, 1000, 37):  # no line begins with a mark
        page.set_viewport_size({"width": width, "height": 800})
        alone = turn.locator(".cite").evaluate_all(
            """(marks) => marks.filter((mark) => {
                 const words = mark.closest('.tail').firstChild;
                 const range = document.createRange();
                 range.selectNode(words);
                 return mark.getBoundingClientRect().top > range.getBoundingClientRect().bottom;
               }).length"""
        )
        assert alone == 0, width


def test_only_the_chosen_articles_are_asked_until_all_are_again(
    site: "Site", visit: "Visits"
) -> None:
    model = PausableGenerator()
    page = visit(site.page(model))
    tab(page, "Articles")
    page.get_by_role("checkbox", name="Select Tollgate").check()
    press(page, "Ask about 1 selected")
    page.locator("#only").get_by_text("Asking only this article.").wait_for()
    page.wait_for_function("document.activeElement.matches('#question textarea')")
    refused = asked(page, NOBODY)
    assert "Only articles you chose (1) were searched." in refused.inner_text()
    ask(page, WHO)
    page.locator("#turn-1 .unproven").first.wait_for()
    assert not [each for each in model.history if QUOTE in each[-1].content]
    page.locator("#only").get_by_role("button", name="Tollgate").click()
    page.get_by_role("dialog", name=re.compile("Tollgate")).wait_for()
    page.keyboard.press("Escape")
    press(page, "Ask all articles")
    page.locator("#only .editing").wait_for(state="detached")
    assert QUOTE in asked(page, WHO).inner_text()
    page.locator("#turn-0").get_by_role("button", name="Edit").click()  # as it was asked
    page.locator("#only").get_by_text("Asking only this article.").wait_for()
