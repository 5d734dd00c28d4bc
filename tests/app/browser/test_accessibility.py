"""For everybody: phones, light and dark, the keyboard alone, and screen readers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from scripted_model import BRIDGE, INVENTED, NOBODY, QUOTE, TITLE, WEAK, WHO, WHY, PausableGenerator

from browser.acts import IN_VIEW, ask, asked, box, press, settle, tab
from rag.server.accounts import Users

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
TABS = ("Ask", "History", "Articles", "Summaries", "Check a text")
ANSWERS = {WHO: f"{QUOTE} [1] {WEAK} [1] {INVENTED} [1]", WHY: f"{BRIDGE} [1]"}
# Contrasts as WCAG 2 defines them: of all text that is seen, and of the edges of input fields.
CONTRASTS = r"""() => {
  const brush = Object.assign(document.createElement('canvas'), {width: 1, height: 1})
    .getContext('2d', {willReadFrequently: true});
  const parts = (colour) => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const ground = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const layer = parts(getComputedStyle(each).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const light = (rgb) => rgb.map((v) => v / 255)
    .map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ratio = (colour, under) => {
    const [low, high] = [light(over(parts(colour), under)), light(under)].sort((a, b) => a - b);
    return (high + .05) / (low + .05);
  };
  const seen = (each) => {
    const {width, height} = each.getBoundingClientRect();
    return width > 1 && height > 1 && !each.disabled
      && each.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
  };
  const found = {texts: [], edges: []};
  for (const each of document.body.querySelectorAll('*')) {
    if (!seen(each)) continue;
    const style = getComputedStyle(each);
    const text = Array.from(each.childNodes).filter((node) => node.nodeType === 3)
      .map((node) => node.data.trim()).join(' ').trim();
    if (text) found.texts.push([ratio(style.color, ground(each)), text.slice(0, 60)]);
    if (!each.matches('textarea, input:not([type=radio], [type=checkbox], [type=file])')) continue;
    if (each.placeholder) {
      const ink = getComputedStyle(each, '::placeholder').color;
      found.texts.push([ratio(ink, ground(each)), each.placeholder]);
    }
    const bordered = each.closest('.wrap-inner')?.parentElement ?? each;
    const edge = getComputedStyle(bordered);
    const width = edge.borderTopStyle === 'none' ? 0 : parseFloat(edge.borderTopWidth);
    const sides = [ground(bordered), ground(bordered.parentElement)];
    found.edges.push([width ? Math.min(...sides.map((side) => ratio(edge.borderTopColor, side))) : 0,
      bordered.outerHTML.slice(0, 160)]);
  }
  return found;
}"""


def require_usable(page: "Page", *, texts: int = 9) -> None:
    """All text has contrast, and all that can be used has a name for those who cannot see it."""
    found: dict[str, list[list[Any]]] = page.evaluate(CONTRASTS)
    assert [each for each in found["texts"] if each[0] < 4.5] == []
    assert [each for each in found["edges"] if each[0] < 3] == []
    assert len(found["texts"]) >= texts
    assert unnamed(page) == []


def unnamed(page: "Page") -> list[str]:
    """What can be used and has no name."""
    used = "button checkbox combobox link listbox option radio searchbox spinbutton tab textbox".split()
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        json.dumps(node)
        for node in nodes
        if not node["ignored"]
        and node["role"]["value"] in used
        and not node.get("name", {}).get("value", "").strip()
    ]


def unfold(page: "Page") -> None:
    """Open what is folded in the tab that is open."""
    for button in page.locator("[role=tabpanel] .label-wrap:visible").all():
        button.click()


def require_scheme(page: "Page", scheme: str) -> None:
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 128 * 3) == (scheme == "dark")


def in_window(page: "Page", *selectors: str) -> None:
    for selector in selectors:
        element = page.locator(selector).first
        element.wait_for()
        page.wait_for_function(IN_VIEW, arg=element.element_handle())


# Phones


def test_a_phone_scrolls_one_way_and_shows_what_was_asked_for(
    site: "Site", visit: "Visits"
) -> None:
    model = PausableGenerator(ANSWERS)
    page = visit(site.page(model), viewport={"width": 390, "height": 844}, has_touch=True)
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 390
    asked(page, WHO)
    model.hold()
    ask(page, WHY)  # which is further down
    page.locator("#sources .first-look").wait_for()
    model.let(5)
    page.locator("#live .draft").wait_for()
    in_window(page, "#live .question")
    model.go()
    page.locator("#turn-1").wait_for()
    in_window(page, "#turn-1 .question")
    asked(page, WHO)
    asked(page, NOBODY)  # whose panel is short
    assert page.evaluate(width) <= 390
    page.locator("#turn-1").get_by_role("button", name="Sources").click()
    in_window(page, "#sources .card")
    assert page.locator("#composer").evaluate("(e) => getComputedStyle(e).position") != "sticky"
    page.locator("#turn-0 .cite").first.click()
    assert page.get_by_role("dialog", name=TITLE).bounding_box()["width"] <= 390  # type: ignore[index]
    assert page.evaluate(width) <= 390
    page.keyboard.press("Escape")
    for name in TABS:  # none is in a menu
        tab(page, name)
        unfold(page)
        assert page.evaluate(width) <= 390, name
    tab(page, "Articles")
    page.locator("#listing .title").first.click()
    page.locator("dialog .reader-text").wait_for()
    assert page.evaluate(width) <= 390


# Light and dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_contrast_and_all_controls_have_names(
    site: "Site", visit: "Visits", scheme: str
) -> None:
    model = PausableGenerator(ANSWERS)
    page = visit(site.page(model), color_scheme=scheme)
    require_scheme(page, scheme)
    require_usable(page)
    asked(page, WHO)
    asked(page, NOBODY)
    page.locator("#turn-0").get_by_role("button", name="Sources").click()
    page.locator("#sources .card").first.wait_for()
    for name in TABS:
        tab(page, name)
        unfold(page)
        require_usable(page)
    tab(page, "Summaries")
    page.get_by_role("combobox", name="Articles").click()
    page.get_by_role("option").first.click()
    assert unnamed(page) == []
    page.keyboard.press("Escape")
    tab(page, "Ask")
    ask(page, " ")
    page.locator("#live .trouble").wait_for()
    require_usable(page)
    model.hold()
    ask(page, NOBODY)
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    assert unnamed(page) == []
    model.go()
    page.locator("#turn-2").wait_for()
    page.locator("#turn-0 .cite").first.click()
    page.locator("dialog #quote").wait_for()
    require_usable(page)


def test_light_and_dark_are_switched_and_remembered(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()), color_scheme="light")
    press(page, "Switch between light and dark")
    page.locator("body.dark").wait_for()
    page.reload()
    page.locator("body.dark").wait_for()
    press(page, "Switch between light and dark")
    page.locator("body:not(.dark)").wait_for()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 390)])
def test_the_login_page_has_the_same_look(
    site: "Site", visit: "Visits", scheme: Literal["light", "dark"], width: int
) -> None:
    visit.expected += "|status of 40[01]"
    users = site.folder / "users.txt"
    Users(users).add("ida", "correct horse")
    url = site.serve(site.news(PausableGenerator()), users).url
    size = {"width": width, "height": 844}
    page = visit(url, ready="form", color_scheme=scheme, viewport=size)
    require_scheme(page, scheme)
    assert page.locator(".masthead h1").inner_text() == "newsrag"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("textbox", name="Name").fill("ida")
    page.get_by_label("Password").fill("wrong horse")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("Wrong name or password").wait_for()
    require_usable(page, texts=6)
    page.keyboard.type("correct horse")  # the password has the focus
    page.keyboard.press("Enter")
    page.locator(".welcome").wait_for()
    if width == 390:
        page.get_by_role("link", name="Log out").click()
        page.get_by_role("textbox", name="Name").wait_for()
        return
    page.context.clear_cookies()  # as if the login had ended meanwhile
    ask(page, WHY)
    page.locator("#live .trouble").get_by_text("Your session has expired.").wait_for()
    assert box(page).input_value() == WHY
    page.reload()
    page.get_by_role("button", name="Log in").wait_for()


@pytest.mark.skipif(not AXE.exists(), reason="needs axe-core: npm install --no-save axe-core")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(site: "Site", visit: "Visits", scheme: str) -> None:
    page = visit(site.page(PausableGenerator(ANSWERS)), color_scheme=scheme)
    page.evaluate(AXE.read_text("utf-8"))

    def require_none() -> None:
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            each for each in found["violations"] if each["impact"] in {"serious", "critical"}
        ]
        assert not serious, json.dumps(serious)

    asked(page, WHO)
    asked(page, NOBODY)
    page.locator("#turn-0").get_by_role("button", name="Edit").click()
    page.locator("#editing p").wait_for()
    for name in TABS:
        tab(page, name)
        unfold(page)
        require_none()
    tab(page, "Ask")
    page.locator("#turn-0 .cite").first.click()
    page.locator("dialog #quote").wait_for()
    require_none()


# Wide windows: what belongs together is seen together


def test_on_the_fourth_turn_the_first_look_and_the_sources_are_in_the_window(
    site: "Site", visit: "Visits"
) -> None:
    model = PausableGenerator(ANSWERS)
    page = visit(site.page(model), viewport={"width": 1400, "height": 900})
    for question in (WHO, WHY, NOBODY):
        asked(page, question)
    model.hold()
    ask(page, WHO)
    page.locator("#sources .first-look").wait_for()
    settle(page)
    in_window(page, "#live .question", "#sources .first-look .card", "#question")
    model.go()
    page.locator("#turn-3").wait_for()
    in_window(page, "#turn-3 .question", "#sources .card", "#question")
    page.evaluate("scrollTo(0, 0)")
    page.locator("#turn-0").get_by_role("button", name="Sources").click()
    in_window(page, "#turn-0 .question", "#sources .card", "#question")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1400


# Keyboard


def test_arrow_keys_go_from_tab_to_tab(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()))
    page.get_by_role("tab", name="Ask").focus()
    for key, name in (("ArrowRight", "History"), ("End", "Check"), ("ArrowRight", "Ask")):
        page.keyboard.press(key)
        page.get_by_role("tab", name=name, selected=True).wait_for()
        page.wait_for_function(
            "(name) => document.activeElement.textContent.includes(name)", arg=name
        )


def test_the_keyboard_alone_asks_and_reads(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()))
    page.locator(".theme-switch").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if box(page).evaluate("(element) => element === document.activeElement"):
            break
    page.keyboard.type(WHO)
    page.keyboard.press("Enter")
    page.locator("#transcript .turn").wait_for()
    page.wait_for_function("document.activeElement.matches('#question textarea')")
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.cite')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    reader = page.get_by_role("dialog", name=TITLE)
    reader.locator("#quote").wait_for()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    reader.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.matches('.cite')")
