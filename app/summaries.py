"""Summaries of one article, several, or all that match, and digests, with the same proof as answers."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

import gradio as gr

from app import kept, render, stories
from app.articles import Picked
from app.events import LIGHT, MODEL, Part
from app.filters import FilterBar, chosen, refreshed
from app.kept import Made, Row
from app.line import Line, Ticket, before
from app.words import explained
from rag import News
from rag.types import Article, Digest, Filters, Story

MOST = 200  # articles in one go; more is a matter for the command line
_LISTED = 300  # newest articles that can be chosen by name
EACH, TOGETHER, STORIES = "One summary each", "One of all together", "A digest of stories"
Length = Literal["short", "medium", "long"]


class _Stopped(Exception):
    """Nobody wants the summary at work any more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be summarised."""

    ids: tuple[str, ...]
    query: str
    filters: Filters
    length: Length
    how: str


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
        made = Made()
        shown = ""
        try:
            listed = tuple(map(str, ids)) if isinstance(ids, list) else ()
            filters = chosen(since, until, names)
            wish = Wish(listed, query.strip(), filters, length, how)
            session = str(request.session_hash)
            work = self._digest if how == STORIES else self._summaries
            for shown, state in work(wish, made, session):
                yield shown, _state(state), made.kept, *_buttons(busy=True)
            yield shown, "", made.kept, *_buttons(busy=False)
        except Exception as error:  # noqa: BLE001 - told in place, what was done stays
            yield shown, render.trouble(explained(error)), made.kept, *_buttons(busy=False)

    def _digest(self, wish: Wish, made: Made, session: str) -> Iterator[tuple[str, str]]:
        """The stories so far, and what happens now; a stop ends it within a word."""
        with self._line.ticket(session, "summaries") as ticket:
            for ahead in self._line.places(ticket):
                yield from ticket.paced([("", f"Waiting for the model: {before(ahead)} …")])
            yield from ticket.paced([("", "Grouping the articles …")])
            if not ticket.stopped.is_set():
                self._news.warm()
                yield from ticket.paced(self._told(wish, made, ticket))

    def _told(self, wish: Wish, made: Made, ticket: Ticket) -> Iterator[tuple[str, str]]:
        shown, total = "", 0

        def count(_: int, wanted: int) -> None:
            nonlocal total
            total = wanted

        written: list[Story] = []
        told = self._news.stories(
            wish.query,
            article_ids=wish.ids[:MOST],
            filters=wish.filters,
            length=wish.length,
            progress=count,
        )
        with closing(told):
            for event in told:
                if isinstance(event, Digest):
                    made.digest = event
                    yield shown + stories.foot(event, self._profile), ""
                    return
                if isinstance(event, Story):
                    written.append(event)
                    made.digest = kept.so_far(wish.query, written)
                    shown += stories.story(event)
                yield shown, f"Story {min(len(written) + 1, total)} of {total} …"
                if ticket.stopped.is_set():
                    return

    def _summaries(self, wish: Wish, made: Made, session: str) -> Iterator[tuple[str, str]]:
        """What is shown so far, and what happens now; ``made`` grows by what can be saved.

        Each summary joins the line anew, so that others get their turn between two of them.
        """
        together = wish.how == TOGETHER
        articles = () if together else self._articles(wish)
        total = 1 if together else len(articles)
        start, shown = time.monotonic(), ""
        for done in range(total):
            with self._line.ticket(session, "summaries") as ticket:
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
                        if together
                        else self._one(articles[done], wish, ticket)
                    )
                except _Stopped:
                    break
                made.rows.append(row)
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
        self._line.stop(str(request.session_hash), "summaries")
        return _state("Stopping …")

    def _articles(self, wish: Wish) -> tuple[Article, ...]:
        if wish.ids:
            return tuple(self._news.article(each) for each in wish.ids[:MOST])
        if wish.query:
            return self._news.matching(wish.query, filters=wish.filters, limit=MOST)
        if wish.filters != Filters():
            return self._news.articles(filters=wish.filters, limit=MOST)
        return ()


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
            how = gr.Radio([EACH, TOGETHER, STORIES], value=EACH, label="How")
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
                ("Markdown", kept.markdown),
                ("JSON Lines", kept.jsonl),
                ("CSV", kept.csv),
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
