"""Whatever articles, publishers, file names, people and models say is text at the page, never code."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scripted_model import PausableGenerator

from browser.acts import asked, paste, press, tab
from browser.visits import SharedPage
from rag.config import load
from rag.index import Entry, Index
from rag.index.chunking import chunk
from rag.index.embedding import Embedder
from rag.llm.prompts import fence
from rag.text import content_id
from rag.types import Article, Page

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow

HARM = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "[x](javascript:window.pwned=1)",
    "![i](http://203.0.113.9/x.png)",
    "{{value}}",
    "${window.pwned=1}",
    "<a href=javascript:window.pwned=1>x</a>",
    "\" onmouseover=window.pwned=1 x='",
    "</article><iframe src=http://203.0.113.9/>",
)
ADDRESSES = (
    "javascript:window.pwned=1",
    "data:text/html,<script>window.pwned=1</script>",
    "https://203.0.113.9/\"onmouseover='window.pwned=1'",
    "file:///var/news/<img src=x onerror=window.pwned=1>.txt",
)
# As answers hold it: the end of a source's fence is taken out of them.
SAYS = [
    *(f"Zorlon of Quorndale said {harm}." for harm in HARM[:-1]),
    HARM[-1].removeprefix("</article>"),
]
ASKED = "Who opened the harbour of Wexcombe?"
# What came into being of data, or would do something when it is touched.
FOUND = r"""() => ({
  ran: window.pwned,
  made: Array.from(document.querySelectorAll(
    'body img, body iframe, body object, body embed, body form:not(.edit > form), body base,'
    + 'body link, body meta,'
    + '.turn script, .turn svg, #sources script, .reader script, #listing script, #summaries script,'
    + '#outcomes script, [role=option] *:not(span)'), (each) => each.outerHTML),
  handlers: Array.from(document.querySelectorAll('*')).filter((each) =>
    Array.from(each.attributes).some(({name}) => name.startsWith('on'))).map((each) => each.outerHTML),
  links: Array.from(document.querySelectorAll('[href]'), (each) => each.href).filter((href) =>
    !/^(https?|blob):/.test(href)),
})"""
# The text of elements without what it says to readers of the screen of words that have no proof.
SAID = """(all) => all.map((each) => {
  const copy = each.cloneNode(true);
  copy.querySelectorAll('.unseen').forEach((aside) => aside.remove());
  return copy.textContent;
})"""
CLEAN: dict[str, object] = {"ran": None, "made": [], "handlers": [], "links": []}


def sentence(harm: str) -> str:
    """One that holds what means harm in its middle."""
    return f"Mayor Ida Fenn opened the harbour of Wexcombe with the words {harm} on Tuesday."


def article(place: int) -> Article:
    """One that means harm in every field."""
    harm = HARM[place % len(HARM)]
    title = f"Harbour {place}: {harm}"
    text = " ".join(map(sentence, HARM)) + f"\n\nPage {place} of the harbour book. {harm}"
    return Article(
        id=content_id(title, text),
        url=ADDRESSES[place % len(ADDRESSES)] + f"#{place}",
        title=title,
        text=text,
        publisher=f"Press {harm}",
        authors=(f"Ida {harm}",),
        published=date(2022, 1, 1),
        language="en",
    )


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """An index of such articles, past all cleaning."""
    folder = tmp_path_factory.mktemp("harmful") / "harmful"
    words = load("tiny").index.chunk_words
    vector = embedder.encode_documents(["The harbour of Wexcombe"])  # enough for all of them
    with Index(folder, create=True) as index, index.writing():
        index.bind(embedder=embedder.identity, dimension=embedder.dimension, chunk_words=words)
        for place in range(len(HARM)):
            one = article(place)
            cut = chunk(one, words=words)
            page = Page(one.url, b"", "text/plain", datetime.now(UTC))
            index.add([Entry(one, page, cut, vector.repeat(len(cut), axis=0))])
    return folder


@pytest.fixture(scope="module")
def hostile(harmful: Path, embedder: Embedder) -> Iterator[SharedPage]:
    """The page over them."""
    page = SharedPage(harmful, embedder)
    yield page
    page.close()


def model() -> PausableGenerator:
    """A model that says nothing else."""
    return PausableGenerator(
        {
            fence(f"{ASKED} {harm}"): f"{sentence(harm)} Zorlon of Quorndale said {harm}."
            for harm in HARM
        }
    )


def require_text(page: "Tab", selector: str, *texts: str) -> None:
    """That it stands there to the letter, and has made nothing."""
    shown = " ".join(" ".join(page.locator(selector).evaluate_all(SAID)).split())
    assert [each for each in texts if each not in shown] == []
    assert page.evaluate(FOUND) == CLEAN


def test_the_chat_shows_it_as_text(hostile: SharedPage, visit: "Visits") -> None:
    page = visit(hostile.url(model()))
    assert page.evaluate(FOUND) == CLEAN  # what the page begins with, examples too
    for harm in HARM:
        asked(page, f"{ASKED} {harm}")
    require_text(page, "#transcript .question", *HARM)
    require_text(page, "#transcript .answer", *SAYS)
    assert page.locator("#turn-0 .cite").count() > 0
    assert page.locator("#transcript .unproven").count() > 0
    page.reload()
    page.locator(f"#turn-{len(HARM) - 1}").wait_for()
    require_text(page, "#transcript .question", *HARM)
    require_text(page, "#transcript .answer", *SAYS)


def test_an_unfinished_answer_is_text(hostile: SharedPage, visit: "Visits") -> None:
    talker = PausableGenerator({ASKED: " ".join(HARM)})
    talker.hold()
    page = visit(hostile.url(talker))
    page.get_by_role("textbox", name="Your question").fill(ASKED)
    page.keyboard.press("Enter")
    talker.let(len(HARM[0].split()) + 1)
    page.locator("#live .draft").get_by_text(HARM[0]).wait_for()
    require_text(page, "#live", HARM[0])
    require_text(page, "#sources .first-look", sentence(HARM[0]))
    talker.go()
    page.locator("#transcript .turn").wait_for()
    assert page.evaluate(FOUND) == CLEAN


def test_table_reader_and_filters_show_it_as_text(hostile: SharedPage, visit: "Visits") -> None:
    page = visit(hostile.url(model()))
    page.get_by_role("button", name="Filter by date").click()
    page.get_by_role("combobox", name="Publishers").click()
    require_text(page, "[role=option]", *(f"Press {harm}" for harm in HARM))
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    assert page.evaluate(FOUND) == CLEAN
    tab(page, "Articles")
    require_text(page, "#listing", *HARM)
    for place in range(len(HARM)):
        page.locator("#listing .title", has_text=f"Harbour {place}:").click()
        page.locator(".reader-body").get_by_text(f"Page {place} of the harbour book").wait_for()
        require_text(page, "dialog.reader", *HARM)
        page.locator(".reader-about").hover()
        page.keyboard.press("Escape")
    assert page.evaluate(FOUND) == CLEAN


def test_summaries_and_their_choices_show_it_as_text(hostile: SharedPage, visit: "Visits") -> None:
    page = visit(hostile.url(model()))
    tab(page, "Articles")
    for place in range(len(HARM)):
        page.locator("#listing tbody input").nth(place).check()
    press(page, f"Summarise {len(HARM)} selected")
    page.get_by_role("button", name="Summarise", exact=True).click()
    page.locator("#summaries .summary").nth(len(HARM) - 1).wait_for()
    require_text(page, "#summaries", *HARM)
    for details in page.locator("#summaries details summary").all():
        details.click()
    page.get_by_role("combobox", name="Articles").click()
    assert page.evaluate(FOUND) == CLEAN


def test_names_of_files_and_pasted_texts_are_text(
    site: "Site", visit: "Visits", harmful: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(harmful, tmp_path / "copy"))
    page = visit(site.serve(site.news(model(), folder=folder)).url)
    tab(page, "Articles")
    page.get_by_role("button", name="Add articles").click()
    name = "<img src=x onerror=window.pwned=1>.txt"
    (tmp_path / name).write_bytes(bytes(range(256)) * 40)
    page.locator("input[type=file]").set_input_files(tmp_path / name)
    page.get_by_text("onerror").first.wait_for()
    press(page, "Add files")
    page.locator("#outcomes .failed").wait_for()
    assert page.evaluate(FOUND) == CLEAN
    paste(page, f"{HARM[1]}\n\n{' '.join(map(sentence, HARM))}")
    page.locator("#outcomes .outcome:not(.failed)").wait_for()
    assert page.evaluate(FOUND) == CLEAN
    page.get_by_role("textbox", name="Or enter a web address").fill(f"https://{HARM[1]}")
    press(page, "Fetch and add")
    page.locator("#outcomes .failed").wait_for()
    assert page.evaluate(FOUND) == CLEAN
    for search in HARM:
        page.get_by_role("textbox", name="Search titles").fill(search)
        page.locator("#listing .quiet").wait_for()
    assert page.evaluate(FOUND) == CLEAN
