"""Table of the articles: one page in some order, with the selection across all pages."""

import itertools
from collections.abc import Sequence
from typing import Any, get_args

import gradio as gr

from app.events import sent
from app.formatting import count
from app.messages import explained
from app.render import render, trouble
from rag import News
from rag.types import Order

_ROWS = 50  # per page of the table
_REVERSED = {"newest": "oldest", "title": "-title", "publisher": "-publisher"}

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
  const [all, ...boxes] = element.querySelectorAll('input[type=checkbox]');
  if (target === all) boxes.forEach((box) => { box.checked = all.checked; });
  else all.checked = boxes.every((box) => box.checked);
  [all, ...boxes].forEach((box) => box.toggleAttribute('checked', box.checked));
  clearTimeout(ticking);
  ticking = setTimeout(() => {
    const ids = (which) => Array.from(element.querySelectorAll(which), (box) => box.value);
    trigger('input', {shown: ids('tbody input'), ids: ids('tbody input:checked')});
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
        query = (query or "").strip()[:200]
        known: Order = next((each for each in get_args(Order) if each == order), "newest")
        try:
            total = self._news.count(query=query)
            page = max(0, min(page, (total - 1) // _ROWS))
            rows = self._news.articles(query=query, order=known, limit=_ROWS, offset=page * _ROWS)
        except Exception as error:  # noqa: BLE001 - shown in place, and the app goes on
            return trouble(explained(error))
        return render(
            "article_table",
            rows=rows,
            total=total,
            order=known,
            reverse=_REVERSED.get,
            page=page,
            pages=(total - 1) // _ROWS + 1,
            picks=frozenset(picks),
            made=next(self._made),
        )

    def first(self, query: str, picks: Sequence[str]) -> tuple[Any, ...]:
        """Show the newest articles."""
        return self.table(query, "newest", 0, picks), "newest", 0

    def sort(
        self, query: str, picks: Sequence[str], order: str, event: gr.EventData
    ) -> tuple[Any, ...]:
        """Show the table in another order; a second click reverses that of a column."""
        chosen = str(sent(event, "order"))
        if chosen == order:
            chosen = _REVERSED.get(chosen, chosen)
        return self.table(query, chosen, 0, picks), chosen, 0

    def turn(
        self, query: str, picks: Sequence[str], order: str, event: gr.EventData
    ) -> tuple[Any, ...]:
        """Show another page of the table."""
        page = sent(event, "page")
        page = page if isinstance(page, int) else 0
        return self.table(query, order, page, picks), order, page

    def pick(self, picks: Sequence[str], event: gr.EventData) -> tuple[Any, ...]:
        """Return the current selection: the ticked page and all others."""
        ids, here = (_ids(sent(event, name)) for name in ("ids", "shown"))
        chosen = [*(each for each in picks if each not in here), *ids]
        return chosen, *actions(chosen)

    def clear(self, query: str, order: str, page: int) -> tuple[Any, ...]:
        """Clear the selection."""
        return self.table(query, order, page, ()), [], *actions([])

    def delete(self, picks: Sequence[str], query: str, order: str, page: int) -> tuple[Any, ...]:
        """Delete the selected articles and report how many were deleted."""
        try:
            gone = self._news.delete(picks)
            shown = f'<p class="quiet" role="status">{count(len(gone), "article")} deleted.</p>'
        except Exception as error:  # noqa: BLE001 - shown in place, and the app goes on
            shown = trouble(explained(error))
        return shown, *self.clear(query, order, page)


def _ids(listed: object) -> list[str]:
    return [str(each) for each in listed] if isinstance(listed, list) else []


def actions(picks: Sequence[str]) -> tuple[Any, ...]:
    """Update the action row with the number selected, and hide its confirmation."""
    number, some = f"{len(picks):,} selected" if picks else "selected", bool(picks)
    return (
        gr.update(visible=False),
        gr.update(value=f"Ask about {number}", interactive=some),
        gr.update(value=f"Summarise {number}", interactive=some),
        gr.update(value=f"Delete {number} …", interactive=some),
        gr.update(interactive=some),
    )
