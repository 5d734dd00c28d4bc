"""Several indexes at one page: chosen, created, and each with its own articles and conversations."""

from typing import TYPE_CHECKING

import pytest
from scripted_model import BRIDGE, WHO, WHY, PausableGenerator

from browser.acts import asked, paste, press, tab
from browser.visits import GIVEN
from rag.config import load

if TYPE_CHECKING:
    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow


def test_an_index_is_created_filled_asked_and_left_again(site: "Site", visit: "Visits") -> None:
    settings = load("tiny", overrides=[*GIVEN, f"index.folder={site.folder}"])
    page = visit(site.serve(site.news(PausableGenerator(), settings=settings)).url)
    asked(page, WHO)
    index = page.get_by_role("combobox", name="Index")
    index.select_option("New index …")
    page.keyboard.type("../etc")  # with the keyboard alone
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("Use up to 40 letters").wait_for()
    page.get_by_role("textbox", name="Name").fill("Wend & Café")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("Use up to 40 letters").wait_for()
    page.get_by_role("textbox", name="Name").fill("Wend Café")
    page.keyboard.press("Enter")
    page.locator("#transcript .trouble").get_by_text("There are no articles here").wait_for()
    tab(page, "Articles")
    page.get_by_role("button", name="Add articles").click()
    paste(page, f"Tollgate Bridge to shut\n\n{BRIDGE} The council says that cracks were found.")
    page.locator("#outcomes .outcome.added").wait_for()
    page.locator("#listing").get_by_text("1 article", exact=True).wait_for()
    page.locator("#listing .title").click()
    page.get_by_role("dialog", name="Tollgate Bridge to shut").wait_for()
    page.keyboard.press("Escape")
    tab(page, "Ask")
    assert BRIDGE in asked(page, WHY).inner_text()
    tab(page, "History")
    page.locator("#conversations").get_by_text("1 conversation", exact=True).wait_for()
    other = visit.beside(page)  # begins with the index used last, and may change it alone
    other.get_by_role("combobox", name="Index").select_option("samples")
    other.locator("#turn-0 .question").get_by_text(WHO).wait_for()
    page.reload()
    page.locator("#turn-0 .question").get_by_text(WHY).wait_for()
    assert index.input_value() == "Wend Café"
    (site.folder / "Wend Café").rename(site.folder / "gone.away")
    page.reload()  # back to the page's own
    page.locator("#turn-0 .question").get_by_text(WHO).wait_for()
    press(page, "New conversation")
