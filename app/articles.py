"""The articles: find, read, add and delete them."""

import io
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import offline, render
from app.events import INTAKE, LIGHT, Part, told
from app.words import explained
from rag import News
from rag.types import Article, IngestReport, Order, Outcome

MOST_FILES = 50
_MOST_PASTED = 1_000_000  # characters
_ROWS = 50  # a page of the table
_TICK = 0.3  # seconds between two pictures of an intake
ORDERS: tuple[Order, ...] = ("newest", "oldest", "title", "publisher")

_TABLE_CLICKS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-order], button[data-page]');
  if (!button) return;
  if (button.dataset.order) trigger('select', {order: button.dataset.order});
  else trigger('change_page', {page: Number(button.dataset.page)});
});
let ticking = 0;
element.addEventListener('change', () => {
  clearTimeout(ticking);
  ticking = setTimeout(() => {
    const boxes = element.querySelectorAll('input[type=checkbox]:checked');
    trigger('input', {ids: Array.from(boxes, (box) => box.value)});
  }, 100);
});
"""


@dataclass(frozen=True, slots=True)
class Picked:
    """The ids of what is ticked, and the button that has it summarised."""

    button: gr.Button
    ids: gr.State


Adding = tuple[str, Any]  # the outcomes, and what becomes of what was given: None empties it


class Shelf:
    """The tab's events."""

    def __init__(self, news: News) -> None:
        """Nothing is read yet."""
        self._news = news

    def table(self, query: str | None, order: str, page: int) -> str:
        """A page of the table."""
        try:
            query = (query or "").strip()[:200]
            total = self._news.count(query=query)
            page = max(0, min(page, (total - 1) // _ROWS))
            rows = self._news.articles(
                query=query,
                order=_order(order),
                limit=_ROWS,
                offset=page * _ROWS,
            )
        except Exception as error:  # noqa: BLE001 - told in place, and the app goes on
            return render.trouble(explained(error))
        return table(rows, total, order, page)

    def first(self, query: str) -> tuple[Any, ...]:
        """The newest articles, nothing picked."""
        return self.table(query, "newest", 0), "newest", 0, [], *_actions([])

    def sorted(self, query: str, order: str, event: gr.EventData) -> tuple[Any, ...]:
        """The table in another order: a second click on the day turns it round."""
        wanted = str(told(event, "order"))
        if wanted == "newest" == order:
            wanted = "oldest"
        return self.table(query, wanted, 0), wanted, 0, [], *_actions([])

    def turned(self, query: str, order: str, event: gr.EventData) -> tuple[Any, ...]:
        """Another page of the table."""
        page = told(event, "page")
        page = page if isinstance(page, int) else 0
        return self.table(query, order, page), order, page, [], *_actions([])

    def picked(self, event: gr.EventData) -> tuple[Any, ...]:
        """What is ticked now."""
        ids = told(event, "ids")
        chosen = [str(each) for each in ids] if isinstance(ids, list) else []
        return chosen, *_actions(chosen)

    def delete(self, ids: Sequence[str], query: str, order: str, page: int) -> tuple[Any, ...]:
        """Delete what is ticked, and say what went."""
        try:
            gone = self._news.delete(ids)
            said = _count(len(gone), "article") + " deleted."
            shown = f'<p class="quiet" role="status">{said}</p>'
        except Exception as error:  # noqa: BLE001 - told in place, and the app goes on
            shown = render.trouble(explained(error))
        return shown, self.table(query, order, page), [], *_actions([])

    def add_files(self, paths: Sequence[str] | None) -> Iterator[Adding]:
        """Read uploaded files; the outcomes as they come."""
        chosen = list(paths or ())
        if len(chosen) > MOST_FILES:
            yield _refused(
                f"{len(chosen)} files were chosen, at most {MOST_FILES} are taken at once."
                " Put them into several rounds, or use: rag ingest FOLDER"
            )
        elif chosen:
            yield from self._adding(chosen)
        else:
            yield _refused("No file was chosen.")

    def add_text(self, text: str) -> Iterator[Adding]:
        """Read a pasted article."""
        if not text.strip():
            yield _refused("Nothing was pasted.")
        elif len(text) > _MOST_PASTED:
            yield _refused(
                f"The text has {len(text):,} characters, at most {_MOST_PASTED:,} are taken."
                " Save it as a file and upload that."
            )
        else:
            yield from self._adding(["-"], stdin=io.BytesIO(text.encode()))

    def add_address(self, address: str) -> Iterator[Adding]:
        """Fetch one web address, and nothing else: never a file of this machine."""
        address = address.strip()
        if not address.lower().startswith(("http://", "https://")):
            yield _refused(f"{address[:80]!r} is no web address. Wanted one with https://")
        else:
            yield from self._adding([address])

    def _adding(
        self, sources: Sequence[str], *, stdin: io.BytesIO | None = None
    ) -> Iterator[Adding]:
        done: list[Outcome] = []
        result: list[IngestReport | Exception] = []

        def work() -> None:
            try:
                report = self._news.ingest(
                    sources, stdin=stdin, temporary=offline.uploads(), progress=done.append
                )
                result.append(report)
            except Exception as error:  # noqa: BLE001 - handed to the page below
                result.append(error)

        thread = threading.Thread(target=work, name="intake")
        thread.start()
        while thread.is_alive():
            yield render.outcomes(None, tuple(done), len(sources)), gr.skip()
            thread.join(_TICK)
        ended = result[0]
        if isinstance(ended, Exception):
            shown = render.outcomes(None, tuple(done), len(sources))
            yield shown + render.trouble(explained(ended)), gr.skip()
        else:
            taken = any(each.status != "failed" for each in ended.outcomes)
            shown = render.outcomes(ended, ended.outcomes, len(sources))
            yield shown, None if taken else gr.skip()


def _refused(message: str) -> Adding:
    return render.trouble(message), gr.skip()


def table(rows: Sequence[Article], total: int, order: str, page: int) -> str:
    """A page of articles as a table whose titles open them."""
    if not rows:
        return '<p class="quiet">No article matches.</p>'
    heads = "".join(
        f'<th scope="col"{_sorted(order, name)}><button type="button" data-order="{name}">'
        f"{label}</button></th>"
        for name, label in (("title", "Title"), ("publisher", "Publisher"), ("newest", "Day"))
    )
    lines = "".join(_row(each) for each in rows)
    pages = (total - 1) // _ROWS + 1
    turn = ""
    if pages > 1:
        back = f'<button type="button" data-page="{page - 1}"{" disabled" * (page == 0)}>‹ Before</button>'
        on = (
            f'<button type="button" data-page="{page + 1}"'
            f"{' disabled' * (page == pages - 1)}>Next ›</button>"
        )
        turn = f'<nav class="pages" aria-label="Pages">{back} page {page + 1} of {pages} {on}</nav>'
    return (
        f'<p class="quiet" role="status">{_count(total, "article")}</p>'
        f'<table class="articles"><thead><tr><th><span class="unseen">Pick</span></th>{heads}</tr>'
        f"</thead><tbody>{lines}</tbody></table>{turn}"
    )


def _sorted(order: str, name: str) -> str:
    if order == name or (name == "newest" and order == "oldest"):
        return f' aria-sort="{"descending" if order == "newest" else "ascending"}"'
    return ""


def _row(article: Article) -> str:
    title = render.esc(article.title or article.url or "Untitled")
    return (
        f'<tr><td><input type="checkbox" value="{render.esc(article.id)}"'
        f' aria-label="Pick {title}"></td>'
        f'<td><button type="button" class="title" data-article="{render.esc(article.id)}"'
        f' data-start="0" data-end="0">{title}</button></td>'
        f"<td>{render.esc(article.publisher)}</td><td>{render.day(article.published)}</td></tr>"
    )


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def _actions(ids: Sequence[str]) -> tuple[Any, ...]:
    """The row of actions, which say for how many, and its confirmation folded away again."""
    number = f"{len(ids):,} picked"
    return (
        gr.update(visible=bool(ids)),
        gr.update(visible=False),
        gr.update(value=f"Summarise {number}"),
        gr.update(value=f"Delete {number} …"),
    )


def _order(told: object) -> Order:
    return next((order for order in ORDERS if order == told), "newest")


def _more(changes: int) -> int:
    return changes + 1


def build(news: News, changed: gr.State) -> tuple[Picked, Part]:
    """Lay the tab out and wire it; returns what is picked, and what it does when the page opens."""
    shelf = Shelf(news)
    order, place, picks = gr.State("newest"), gr.State(0), gr.State([])
    search = gr.Textbox(
        label="Search titles and publishers",
        placeholder="Part of a title or publisher",
        max_lines=1,
    )
    with gr.Row(visible=False, elem_classes="actions") as actions:
        summarize = gr.Button("Summarise", size="sm")
        remove = gr.Button("Delete …", size="sm", variant="stop")
    with gr.Row(visible=False, elem_classes="actions") as confirm:
        gr.HTML('<p class="trouble">Delete the picked articles from the index for good?</p>')
        sure = gr.Button("Delete", size="sm", variant="stop")
        keep = gr.Button("Keep them", size="sm")
    listing = gr.HTML(js_on_load=_TABLE_CLICKS, apply_default_css=False, elem_id="listing")
    with gr.Accordion("Add articles", open=False):
        files = gr.File(
            label="Files: pages, texts, Markdown, JSON, JSONL, CSV, also .gz",
            file_count="multiple",
            type="filepath",
        )
        add_files = gr.Button("Add the files", size="sm", variant="primary")
        text = gr.Textbox(
            label="Or paste the text of an article or a whole page", lines=4, max_lines=12
        )
        add_text = gr.Button("Add the text", size="sm", variant="primary")
        address = gr.Textbox(label="Or a web address", placeholder="https://…", max_lines=1)
        add_address = gr.Button("Fetch and add", size="sm", variant="primary")
    report = gr.HTML(js_on_load=None, apply_default_css=False, elem_id="outcomes")

    acting = [actions, confirm, summarize, remove]
    shown = [listing, order, place, picks, *acting]
    search.change(shelf.first, search, shown, **LIGHT)
    listing.select(shelf.sorted, [search, order], shown, **LIGHT)
    listing.change_page(shelf.turned, [search, order], shown, **LIGHT)
    # The last tick tells of all; "always_last" would forget what it told.
    listing.input(shelf.picked, None, [picks, *acting], trigger_mode="multiple", **LIGHT)
    remove.click(lambda: gr.update(visible=True), None, confirm, **LIGHT)
    keep.click(lambda: gr.update(visible=False), None, confirm, **LIGHT)
    sure.click(
        shelf.delete,
        [picks, search, order, place],
        [report, listing, picks, *acting],
        show_progress_on=report,
        **INTAKE,
    ).then(_more, changed, changed, **LIGHT)
    for button, add, given in (
        (add_files, shelf.add_files, files),
        (add_text, shelf.add_text, text),
        (add_address, shelf.add_address, address),
    ):
        button.click(add, given, [report, given], **INTAKE).then(
            shelf.first, search, shown, **LIGHT
        ).then(_more, changed, changed, **LIGHT)
    return Picked(summarize, picks), Part(shelf.first, [search], shown)
