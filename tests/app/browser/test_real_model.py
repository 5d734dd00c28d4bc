"""Whole visits with the tiny model: it answers badly, and whatever is shown has its proof or is marked."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scripted_model import THERE, WHO

import rag
from browser.acts import IN_VIEW, ask, asked, press, saved, tab
from browser.visits import started
from rag.config import load
from rag.index.embedding import Embedder

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from browser.visits import Visits

pytestmark = pytest.mark.slow

QUICK = [
    "answer.sure=0",
    "answer.maybe=0",
    "retrieve.first_tokens=250",
    "retrieve.source_tokens=250",
]
TITLE = "New lamp at Farrow Point"
LAMP = f"""{TITLE}

The keepers of Farrow Point lit a new lamp on Monday. It can be seen from 22 miles away, and it
replaces one that had burned since 1961.
"""


@pytest.fixture(scope="module")
def url(
    sample_index: Path,
    embedder: Embedder,
    smollm2_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A page over a copy of the sample news, at which the tiny model answers."""
    folder = Path(shutil.copytree(sample_index, tmp_path_factory.mktemp("tiny") / "samples"))
    served = started(rag.open(folder, settings=load("tiny", overrides=QUICK), embedder=embedder))
    yield served.url
    served.close()


def opened(visit: "Visits", url: str, **options: Any) -> "Page":
    """The page, with the patience that a real model needs."""
    page = visit(url, **options)
    page.set_default_timeout(90_000)
    return page


def proven(turn: "Locator") -> bool:
    """Whether it is refused, or each sentence has its quote or its words without one marked."""
    bare = turn.locator(".claim:not(:has(.cite)):not(:has(.unproven))")
    said = turn.locator(".claim").count() and not bare.count()
    return bool(turn.locator(".refusal").count() or said)


def test_asking_following_up_and_coming_back(visit: "Visits", url: str) -> None:
    page = opened(visit, url)
    ask(page, WHO)
    page.locator("#live .draft").filter(has_text=re.compile(r"\w")).wait_for()
    turns = page.locator("#transcript .turn[id]")
    turns.first.wait_for()
    assert asked(page, THERE).inner_text()
    shown = turns.all_inner_texts()
    assert len(shown) == 2
    assert all(map(proven, turns.all()))
    assert "smollm2-135m-instruct" in turns.first.locator(".small-print").inner_text()
    page.reload()
    turns.nth(1).wait_for()
    assert turns.all_inner_texts() == shown


def test_an_article_is_added_summarised_proven_and_saved(
    visit: "Visits", url: str, tmp_path: Path
) -> None:
    (tmp_path / "lamp.txt").write_text(LAMP, "utf-8")
    page = opened(visit, url)
    tab(page, "Articles")
    page.get_by_role("button", name="Add articles").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "lamp.txt")
    page.get_by_text("lamp.txt").or_(page.get_by_text("lamp")).first.wait_for()
    press(page, "Add files")
    page.locator("#outcomes .added").get_by_text(TITLE).wait_for()
    tab(page, "Summaries")
    page.get_by_role("textbox", name="Or all articles about").fill("Farrow Point lamp")
    press(page, "Summarise")
    summary = page.locator("#summaries .summary")
    summary.locator(".cite").first.click()
    reader = page.get_by_role("dialog", name=TITLE)
    assert reader.locator("#quote").evaluate(IN_VIEW)
    assert reader.locator("#quote").inner_text() in LAMP.replace("\n", " ")
    page.keyboard.press("Escape")
    assert TITLE in saved(page, "Save as Markdown")[1]


def test_stop_ends_many_summaries_after_the_first(visit: "Visits", url: str) -> None:
    page = opened(visit, url)
    tab(page, "Summaries")
    page.get_by_role("textbox", name="Or all articles about").fill("Ukraine")
    press(page, "Summarise")
    page.locator("#summaries .summary").first.wait_for()
    press(page, "Stop")
    page.get_by_role("button", name="Stop", exact=True).wait_for(state="hidden")
    assert page.locator("#summaries .summary").count() < 5
    tab(page, "Ask")
    assert proven(asked(page, WHO))


def test_two_ask_at_once_one_of_them_on_a_phone_at_night(visit: "Visits", url: str) -> None:
    wide = opened(visit, url)
    phone = opened(visit, url, viewport={"width": 390, "height": 844}, color_scheme="dark")
    ask(wide, WHO)
    ask(phone, THERE)
    for page in (phone, wide):
        turn = page.locator("#transcript .turn[id]")
        turn.wait_for()
        assert proven(turn)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
