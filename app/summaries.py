"""Summaries of one article, several, or all that match, with the same proof as answers."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import gradio as gr

from app import render
from app.articles import Picked
from app.events import LIGHT, MODEL, Part
from app.filters import FilterBar, chosen, refreshed
from app.line import Line, Ticket, before
from app.words import explained
from rag import News
from rag.export import as_csv, as_jsonl, as_markdown
from rag.types import Article, Filters, Summary

MOST = 200  # articles in one go; more is a matter for the command line
_LISTED = 300  # newest articles that can be chosen by name
EACH, TOGETHER = "One summary each", "One of all together"
Length = Literal["short", "medium", "long"]
Row = tuple[Article, Summary]


class _Stopped(Exception):
    """Nobody wants the summary at work any more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be summarised."""

    ids: tuple[str, ...]
    query: str
    filters: Filters
    length: Length
    together: bool


class Desk:
    """The tab's events."""

    def __init__(self, news: News, profile: str, line: Line) -> None:
        """Of the model nothing is asked yet."""
        self._news, self._profile, self._line = news, profile, line

    def choices(self) -> list[tuple[str, str]]:
        """The newest articles by name."""
        try:
            return [(_label(each), each.id) for each in self._news.articles(limit=_LISTED)]
        except Exception:  # noqa: BLE001 - the listing of the other tab tells it
            return []

    def anew(self, ids: Sequence[str] | None) -> tuple[Any]:
        """The choices as they are now, with what was chosen of them before."""
        return (refreshed(self._choices(ids or ()), ids),)

    def taken(self, ids: Sequence[str]) -> tuple[Any, Any]:
        """What was picked in the other tab, chosen here; and this tab opened."""
        choices = self._choices(ids)
        there = {place for _, place in choices}
        value = [each for each in ids if each in there]
        return gr.update(choices=choices, value=value), gr.Tabs(selected="summaries")

    def _choices(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """The newest articles, and before them those of ``ids`` that are older."""
        known = self.choices()
        listed = {place for _, place in known}
        try:
            others = [
                (_label(self._news.article(each)), each) for each in ids if each not in listed
            ]
        except Exception:  # noqa: BLE001 - one is gone since; the rest is still there
            others = []
        return [*others, *known]

    def run(
        self,
        ids: object,
        query: str,
        length: Length,
        how: str,
        since: object,
        until: object,
        names: object,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:
        """Summarise one after the other: results, state, what can be saved, both buttons."""
        rows: list[Row] = []
        shown = ""
        try:
            listed = tuple(map(str, ids)) if isinstance(ids, list) else ()
            filters = chosen(since, until, names)
            wish = Wish(listed, query.strip(), filters, length, how == TOGETHER)
            session = str(request.session_hash)
            for shown, state in self._summaries(wish, rows, session):
                yield shown, _state(state), tuple(rows), *_buttons(busy=True)
            yield shown, "", tuple(rows), *_buttons(busy=False)
        except Exception as error:  # noqa: BLE001 - told in place, what was done stays
            yield shown, render.trouble(explained(error)), tuple(rows), *_buttons(busy=False)

    def _summaries(self, wish: Wish, rows: list[Row], session: str) -> Iterator[tuple[str, str]]:
        """What is shown so far, and what happens now; ``rows`` grows by what can be saved.

        Each summary joins the line anew, so that others get their turn between two of them.
        """
        articles = () if wish.together else self._articles(wish)
        total = 1 if wish.together else len(articles)
        start, shown = time.monotonic(), ""
        for done in range(total):
            with self._line.ticket(session) as ticket:
                for ahead in self._line.places(ticket):
                    yield from ticket.paced([(shown, f"Waiting for the model: {before(ahead)} …")])
                state = _left(done, total, time.monotonic() - start)
                yield from ticket.paced([(shown, state)])
                if ticket.stopped.is_set():
                    break
                self._news.warm()
                try:
                    row, body = (
                        self._together(wish, ticket)
                        if wish.together
                        else self._one(articles[done], wish, ticket)
                    )
                except _Stopped:
                    break
                rows.append(row)
                shown += body
        nothing = "Stopped before the first summary." if total else "No article matches."
        yield shown or f'<p class="quiet">{nothing}</p>', ""

    def _one(self, article: Article, wish: Wish, ticket: Ticket) -> tuple[Row, str]:
        summary = self._news.summarize(article, length=wish.length, progress=_until(ticket))
        return (article, summary), render.summary(summary, {article.id: article}, self._profile)

    def _together(self, wish: Wish, ticket: Ticket) -> tuple[Row, str]:
        summary = self._news.summarize(
            wish.ids[:MOST] or None,
            query=wish.query,
            filters=wish.filters,
            length=wish.length,
            progress=_until(ticket),
        )
        known = {each: self._news.article(each) for each in summary.article_ids}
        about = Article("", "", wish.query or f"{len(known)} articles together", "")
        return (about, summary), render.summary(summary, known, self._profile)

    def stop(self, request: gr.Request) -> str:
        """End at the model's next word, and say so."""
        self._line.stop(str(request.session_hash))
        return _state("Stopping …")

    def _articles(self, wish: Wish) -> tuple[Article, ...]:
        if wish.ids:
            return tuple(self._news.article(each) for each in wish.ids[:MOST])
        if wish.query:
            return self._news.matching(wish.query, filters=wish.filters, limit=MOST)
        if wish.filters != Filters():
            return self._news.articles(filters=wish.filters, limit=MOST)
        return ()

    def markdown(self, rows: Sequence[Row]) -> dict[str, str]:
        """The summaries as Markdown."""
        text = "\n\n".join(as_markdown(summary) for _, summary in rows)
        return {"name": "summaries.md", "type": "text/markdown", "text": text}

    def jsonl(self, rows: Sequence[Row]) -> dict[str, str]:
        """The summaries as JSON Lines."""
        return {"name": "summaries.jsonl", "type": "application/x-ndjson", "text": as_jsonl(rows)}

    def csv(self, rows: Sequence[Row]) -> dict[str, str]:
        """The summaries as CSV."""
        return {"name": "summaries.csv", "type": "text/csv", "text": as_csv(rows)}


def _until(ticket: Ticket) -> Callable[[int, int], None]:
    """Raises what ends a summary, once its ticket is stopped."""

    def check(done: int, known: int) -> None:
        if ticket.stopped.is_set():
            raise _Stopped

    return check


def _label(article: Article) -> str:
    day = f" ({article.published.isoformat()})" if article.published else ""
    return f"{article.title or article.url}{day}"


def _left(done: int, total: int, seconds: float) -> str:
    if not done:
        return f"Summary 1 of {total} …"
    left = seconds / done * (total - done)
    told = f"{left / 60:.0f} minutes" if left > 90 else f"{left:.0f} seconds"
    return f"Summary {done + 1} of {total}, about {told} left …"


def _state(state: str) -> str:
    if not state:
        return ""
    return (
        '<p class="state" role="status"><span class="dot" aria-hidden="true"></span>'
        f"{render.esc(state)}</p>"
    )


def _buttons(*, busy: bool) -> tuple[Any, Any]:
    return gr.update(interactive=not busy), gr.update(visible=busy)


def build(news: News, profile: str, line: Line, tabs: gr.Tabs, picked: Picked) -> list[Part]:
    """Lay the tab out and wire it; returns what it does when the page opens, and on new articles."""
    desk = Desk(news, profile, line)
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            articles = gr.Dropdown(
                [], label="Articles (the newest; type to find one)", multiselect=True
            )
            query = gr.Textbox(
                label="Or everything about", placeholder="talks in Geneva", max_lines=1
            )
        with gr.Column(scale=2, min_width=320):
            length = gr.Radio(["short", "medium", "long"], value="medium", label="Length")
            how = gr.Radio([EACH, TOGETHER], value=EACH, label="How")
    bar = FilterBar(news)
    with gr.Row(elem_classes="actions"):
        start = gr.Button("Summarise", variant="primary", size="md")
        stop = gr.Button("Stop", visible=False, size="md")
    state = gr.HTML(js_on_load=None, apply_default_css=False)
    results = gr.HTML(js_on_load=None, apply_default_css=False, elem_id="summaries")
    rows, parcel = gr.State(()), gr.JSON(visible=False)
    with gr.Row(elem_classes="tools"):
        saves = [
            (gr.Button(f"Save as {name}", size="sm"), save)
            for name, save in (
                ("Markdown", desk.markdown),
                ("JSON Lines", desk.jsonl),
                ("CSV", desk.csv),
            )
        ]
    start.click(
        desk.run,
        [articles, query, length, how, *bar.inputs],
        [results, state, rows, start, stop],
        **MODEL,
    )
    stop.click(desk.stop, None, state, **LIGHT)
    for button, save in saves:
        button.click(save, rows, parcel, **LIGHT).then(
            None, parcel, None, js="(parcel) => window.newsrag.save(parcel)"
        )
    picked.button.click(desk.taken, picked.ids, [articles, tabs], **LIGHT)
    return [Part(desk.anew, [articles], [articles]), bar.anew]
