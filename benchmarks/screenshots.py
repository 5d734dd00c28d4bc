"""Take the pictures of the web page that the documents show: ``python benchmarks/screenshots.py``.

The real page over the bundled sample news with the default model, in the Chromium of the system. Takes
a few minutes, and says on the way how long each answer took.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import rag
from app.serve import serve
from rag import samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDE, PHONE = (1200, 720), (390, 844)
PATIENCE = 300_000  # milliseconds for an answer
QUESTION, FOLLOW_UP = "Who will Blinken meet in Berlin?", "And in Geneva?"
NOT_SAID = "What is the population of Kyiv?"
Shoot = Callable[["Page", str], None]


def main() -> None:
    """Serve the page, and visit it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="where to write")
    parser.add_argument("--profile", help="of the model that answers")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    def shoot(page: "Page", name: str) -> None:
        page.wait_for_timeout(400)
        page.screenshot(path=options.out / f"{name}.png")
        print(name)

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        news = rag.open(Path(folder) / "demo", profile=options.profile)
        news.ingest(samples.folder())
        news.warm()
        profile = options.profile or "default"
        served = serve(news, port=0, notify=lambda _: None, profile=profile)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        try:
            asking(visit(browser, served.url, WIDE), shoot)
            library(visit(browser, served.url, WIDE), shoot)
            library_at_night(visit(browser, served.url, WIDE, dark=True), shoot)
            summaries(visit(browser, served.url, WIDE), shoot)
            phone(visit(browser, served.url, PHONE, dark=True), shoot)
        finally:
            browser.close()
            served.close()


def visit(browser: "Browser", url: str, size: tuple[int, int], *, dark: bool = False) -> "Page":
    """The page in a window of this size, once it can be used."""
    width, height = size
    page = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    ).new_page()
    page.goto(url)
    page.locator("#transcript .welcome").wait_for()
    return page


def ask(page: "Page", question: str, place: int) -> None:
    """Ask, and wait for the turn at this place."""
    start = time.monotonic()
    page.get_by_role("textbox", name="Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(f"#turn-{place}").wait_for(timeout=PATIENCE)
    print(f"{time.monotonic() - start:.1f} s: {question}")


def asking(page: "Page", shoot: Shoot) -> None:
    """The chat: at first, the first look, an answer, its proof, a follow-up, a refusal."""
    shoot(page, "welcome")
    page.get_by_role("textbox", name="Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator("#sources .first-look").wait_for()
    shoot(page, "first-look")
    page.locator("#turn-0").wait_for(timeout=PATIENCE)
    shoot(page, "answer")
    page.locator("#turn-0 .cite").first.click()
    page.locator("#quote").wait_for()
    shoot(page, "reader")
    page.keyboard.press("Escape")
    ask(page, FOLLOW_UP, 1)
    shoot(page, "follow-up")
    page.get_by_role("button", name="New conversation").click()
    page.locator("#transcript .welcome").wait_for()
    ask(page, NOT_SAID, 0)
    shoot(page, "refusal")
    page.get_by_role("button", name="Filter by date").click()
    page.get_by_role("textbox", name="From (YYYY-MM-DD)").fill("2022-02-31")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator("#live .trouble").wait_for()
    shoot(page, "trouble")


def library(page: "Page", shoot: Shoot) -> None:
    """Articles are added and deleted."""
    page.get_by_role("tab", name="Articles").click()
    page.locator("table.articles").wait_for()
    page.get_by_role("button", name="Add articles").click()
    page.get_by_role("textbox", name="Or enter a web address").fill("file:///etc/news.txt")
    page.get_by_role("button", name="Fetch and add").click()
    page.locator("#outcomes .trouble").wait_for()
    shoot(page, "adding")
    page.locator("table.articles tbody input").nth(2).check()
    page.get_by_role("button", name="Delete").first.click()
    shoot(page, "deleting")


def library_at_night(page: "Page", shoot: Shoot) -> None:
    """The table of articles, dark."""
    page.get_by_role("tab", name="Articles").click()
    page.locator("table.articles").wait_for()
    shoot(page, "articles-dark")


def summaries(page: "Page", shoot: Shoot) -> None:
    """Summaries, and a digest of a subject."""
    page.get_by_role("tab", name="Articles").click()
    page.locator("table.articles tbody input").nth(3).check()
    page.get_by_role("button", name="Summarise 1 selected").click()
    page.locator("#summaries .summary").wait_for(timeout=PATIENCE)
    shoot(page, "summaries")
    page.reload()
    page.get_by_role("tab", name="Summaries").click()
    page.get_by_role("textbox", name="Or all articles about").fill("Ukraine")
    page.get_by_label("A digest of stories").check()
    page.get_by_role("button", name="Summarise", exact=True).click()
    page.locator("#summaries .story").first.wait_for(timeout=PATIENCE)
    shoot(page, "digest")
    page.get_by_role("button", name="Stop", exact=True).click()


def phone(page: "Page", shoot: Shoot) -> None:
    """A question on a phone, dark."""
    ask(page, QUESTION, 0)
    shoot(page, "phone")


if __name__ == "__main__":
    main()
