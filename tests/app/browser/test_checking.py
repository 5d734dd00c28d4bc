"""The tab in which a text is checked: what is supported, which words are not, and where it stands."""

from typing import TYPE_CHECKING

import pytest
from scripted_model import PausableGenerator

from browser.acts import press, tab

if TYPE_CHECKING:
    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow

TRUE = "Blinken will meet German Foreign Minister Annalena Baerbock in Berlin on Thursday."
FALSE = "The <b>Zorlon</b> parliament outlawed 19 kinds of teapot."


def test_a_text_is_checked_sentence_by_sentence(site: "Site", visit: "Visits") -> None:
    page = visit(site.page(PausableGenerator()))
    page.set_viewport_size({"width": 390, "height": 844})
    tab(page, "Check a text")
    field = page.get_by_role("textbox", name="Text to check")
    field.fill("… !")
    press(page, "Check")
    page.get_by_text("The text contains no sentence").wait_for()
    field.fill(f"{TRUE}\n\n{FALSE}")
    press(page, "Check")
    found = page.locator("#checked")
    found.get_by_text("1 supported, 0 partly, 1 unsupported.").wait_for()
    good, bad = found.locator("li.supported"), found.locator("li.unsupported")
    assert "Zorlon" in bad.locator(".unproven").first.inner_text()
    assert bad.locator(".claim b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    good.locator(".card-quote").first.click()
    assert "Baerbock" in page.locator(".reader mark").inner_text()
