"""Table of the articles: one page in some order, with the selection across all pages."""

import itertools
from collections.abc import Sequence
from typing import Any

import gradio as gr

from app import render
from app.events import told
from app.formatting import count
from app.messages import explained
from rag import News
from rag.types import Article, Order

_ROWS = 50  # per page of the table
ORDERS: tuple[Order, ...] = ("newest", "oldest", "title", "publisher")

# A tick reports its own page only: the selection on other pages stays. Gradio builds the rows of a
# new table from those of the old one, including ticks set there, so the attribute decides.
CLICKS = """
new MutationObserver(() => element.querySelectorAll('input[type=checkbox]').forEach((box) => {
  box.checked = box.hasAttribute('checked');
})).observe(element, {subtree: true, childList: true, attributes: true});
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-order], button[data-page]');
  if (!button) return;
  if (button.dataset.order) trigger('select', {order: button.dataset.order});
  else trigger('change_page', {page: Number(button.dataset.page)});
});
let ticking = 0;
element.addEventListener('change', ({target}) => {
  target.toggleAttribute('checked', target.checked);
  clearTimeout(ticking);
  ticking = setTimeout(() => {
    const ids = (which) => Array.from(element.querySelectorAll(which), (box) => box.value);
    trigger('input', {shown: ids('input[type=checkbox]'), ids: ids('input:checked')});
  }, 100);
});
"""


class ArticleTable:
    """Event handlers of the table."""

    def __init__(self, news: News) -> None:
        """Read nothing yet."""
        self._news = news
        self._made = itertools.count()  # table numbers, so that none is taken for the last

    def table(self, query: str | None, order: str, page: int, picks: Sequence[str]) -> str:
        """Render a page of the table."""
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
        return table(rows, total, order, page, frozenset(picks), next(self._made))

    def first(self, query: str, picks: Sequence[str]) -> tuple[Any, ...]:
        """Show the newest articles."""
        return self.table(query, "newest", 0, picks), "newest", 0

    def sorted(
        self, query: str, picks: Sequence[str], order: str, event: gr.EventData
    ) -> tuple[Any, ...]:
        """Show the table in another order; a second click on the day reverses it."""
        wanted = str(told(event, "order"))
        if wanted == "newest" == order:
            wanted = "oldest"
        return self.table(query, wanted, 0, picks), wanted, 0

    def turned(
        self, query: str, picks: Sequence[str], order: str, event: gr.EventData
    ) -> tuple[Any, ...]:
        """Show another page of the table."""
        page = told(event, "page")
        page = page if isinstance(page, int) else 0
        return self.table(query, order, page, picks), order, page

    def picked(self, picks: Sequence[str], event: gr.EventData) -> tuple[Any, ...]:
        """Return the current selection: the ticked page and all others."""
        ids, shown = (_ids(told(event, name)) for name in ("ids", "shown"))
        here = frozenset(shown)
        chosen = [*(each for each in picks if each not in here), *ids]
        return chosen, *actions(chosen)

    def cleared(self, query: str, order: str, page: int) -> tuple[Any, ...]:
        """Clear the selection."""
        return self.table(query, order, page, ()), [], *actions([])

    def delete(self, picks: Sequence[str], query: str, order: str, page: int) -> tuple[Any, ...]:
        """Delete the selected articles and report how many were deleted."""
        try:
            gone = self._news.delete(picks)
            shown = f'<p class="quiet" role="status">{count(len(gone), "article")} deleted.</p>'
        except Exception as error:  # noqa: BLE001 - told in place, and the app goes on
            shown = render.trouble(explained(error))
        return shown, *self.cleared(query, order, page)


def _ids(told: object) -> list[str]:
    return [str(each) for each in told] if isinstance(told, list) else []


def _order(told: object) -> Order:
    return next((order for order in ORDERS if order == told), "newest")


def actions(picks: Sequence[str]) -> tuple[Any, ...]:
    """Update the action row with the number selected, and hide its confirmation."""
    number = f"{len(picks):,} picked"
    return (
        gr.update(visible=bool(picks)),
        gr.update(visible=False),
        gr.update(value=f"Summarise {number}"),
        gr.update(value=f"Delete {number} …"),
    )


def table(
    rows: Sequence[Article], total: int, order: str, page: int, picks: frozenset[str], made: int
) -> str:
    """Render a page of articles as a table whose titles open them."""
    if not rows:
        return '<p class="quiet">No article matches.</p>'
    heads = "".join(
        f'<th scope="col"{_sorted(order, name)}><button type="button" data-order="{name}">'
        f"{label}</button></th>"
        for name, label in (("title", "Title"), ("publisher", "Publisher"), ("newest", "Day"))
    )
    lines = "".join(_row(each, picked=each.id in picks) for each in rows)
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
        f'<p class="quiet" role="status">{count(total, "article")}</p>'
        f'<table class="articles" data-made="{made:d}"><thead>'
        f'<tr><th><span class="unseen">Pick</span></th>{heads}</tr>'
        f"</thead><tbody>{lines}</tbody></table>{turn}"
    )


def _sorted(order: str, name: str) -> str:
    if order == name or (name == "newest" and order == "oldest"):
        return f' aria-sort="{"descending" if order == "newest" else "ascending"}"'
    return ""


def _row(article: Article, *, picked: bool) -> str:
    title = render.esc(article.title or article.url or "Untitled")
    return (
        f'<tr><td><input type="checkbox" value="{render.esc(article.id)}"{" checked" * picked}'
        f' aria-label="Pick {title}"></td>'
        f'<td><button type="button" class="title" {render.opens(article.id, 0, 0)}>{title}</button></td>'
        f"<td>{render.esc(article.publisher)}</td><td>{render.day(article.published)}</td></tr>"
    )
