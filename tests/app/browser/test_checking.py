"""The tab in which a text is checked: what is supported, which words are not, and where it stands."""

from typing import TYPE_CHECKING

import pytest
from acts import Told, press, tab

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visits import House, Visits

pytest_plugins = ("visits",)
pytestmark = pytest.mark.slow

TRUE = "Blinken will meet German Foreign Minister Annalena Baerbock in Berlin on Thursday."
FALSE = "The <b>Zorlon</b> parliament outlawed 19 kinds of teapot."


def opened(house: "House", visit: "Visits") -> "Page":
    """The tab, over the sample news."""
    page = visit(house.page(Told()))
    page.set_viewport_size({"width": 390, "height": 844})
    tab(page, "Check a text")
    return page


def test_a_draft_comes_back_with_proof_and_what_has_none(house: "House", visit: "Visits") -> None:
    page = opened(house, visit)
    page.get_by_role("textbox", name="Text to check").fill(f"{TRUE}\n\n{FALSE}")
    press(page, "Check")
    found = page.locator("#checked")
    found.get_by_text("1 supported, 0 partly, 1 unsupported.").wait_for()
    good, bad = found.locator("li.supported"), found.locator("li.unsupported")
    assert "Zorlon" in bad.locator(".unproven").first.inner_text()
    assert bad.locator(".claim b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    good.locator(".card-quote").first.click()
    assert "Baerbock" in page.locator(".reader mark").inner_text()


def test_what_cannot_be_checked_is_said_in_place(house: "House", visit: "Visits") -> None:
    page = opened(house, visit)
    page.get_by_role("textbox", name="Text to check").fill("… !")
    press(page, "Check")
    page.get_by_text("The text holds no sentence").wait_for()
    page.get_by_role("button", name="Check", exact=True).wait_for()
