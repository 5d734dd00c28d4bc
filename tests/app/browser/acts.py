"""What people do at the page; the scripted model that answers them is in ``told``."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scripted_model import PausableGenerator

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# Of an element: whether all of it can be seen without scrolling.
IN_VIEW = """(element) => {
  const {top, bottom, left, right} = element.getBoundingClientRect();
  return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
}"""


def ask(page: "Page", question: str) -> None:
    """Type a question, and send it."""
    box(page).fill(question)
    box(page).press("Enter")


def asked(page: "Page", question: str) -> "Locator":
    """Ask, and wait for the end; the turn."""
    turns = page.locator("#transcript .turn[id]")
    known = turns.count()
    ask(page, question)
    turns.nth(known).wait_for()
    page.get_by_role("button", name="Send", exact=True).wait_for()
    return turns.nth(known)


def box(page: "Page") -> "Locator":
    """Where the question is typed."""
    return page.get_by_role("textbox", name="Your question")


def tab(page: "Page", name: str) -> None:
    """Open one of the tabs."""
    page.get_by_role("tab", name=name).click()


def press(page: "Page", name: str) -> None:
    """Press the button of that name."""
    page.get_by_role("button", name=name, exact=True).click()


def text(page: "Page", selector: str) -> str:
    """What stands there, with single spaces."""
    return " ".join((page.locator(selector).first.text_content() or "").split())


def saved(page: "Page", button: str) -> tuple[str, str]:
    """The name and text of the file that a button saves."""
    with page.expect_download() as waiting:
        press(page, button)
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_text("utf-8")


def stop(page: "Page", model: PausableGenerator) -> None:
    """Stop the question, and let the model go on to the word at which it ends."""
    press(page, "Stop")
    speak_until(model, page.locator("#live .trouble").count)


def paste(page: "Page", article: str) -> None:
    """Add an article in the tab that is open."""
    page.get_by_role("textbox", name="Or paste").fill(article)
    press(page, "Add text")


def settle(page: "Page") -> None:
    """Let the page draw what it has been sent."""
    page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(done))))"
    )


def speak_until(
    model: PausableGenerator, true: Callable[[], object], *, pause: float = 0.1
) -> None:
    """Let the model say one word after the other until something is true."""

    def one_more() -> object:
        model.let(1)
        return true()

    until(one_more, pause=pause)


def until(true: Callable[[], object], *, pause: float = 0.02) -> None:
    """Wait at most 15 seconds for what happens outside of the browser."""
    end = time.monotonic() + 15
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(pause)
