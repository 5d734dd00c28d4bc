"""Tab for summaries of one, several or all matching articles, and for digests.

Their evidence is the same as that of answers.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from app import saved_summaries
from app.articles import ArticlesTab
from app.components import html, run_buttons, running, saves
from app.events import LIGHT, MODEL, Part
from app.filters import FilterBar, refreshed
from app.filters import chosen as filters_of
from app.messages import explained
from app.queue import ModelQueue
from app.render import render, trouble
from app.saved_summaries import Made
from app.summary_request import EACH, STORIES, TOGETHER, Length, SummaryRequest, chosen
from app.summary_service import SummaryService
from rag import News
from rag.types import Article

_LISTED = 300  # newest articles that can be chosen by name
_EXPORTS = (
    ("Markdown", saved_summaries.markdown),
    ("JSON Lines", saved_summaries.jsonl),
    ("CSV", saved_summaries.csv),
)


class Summaries:
    """Event handlers of the tab."""

    def __init__(self, news: News, profile: str, queue: ModelQueue) -> None:
        """Start without asking the model anything."""
        self._news, self._queue = news, queue
        self._service = SummaryService(news, profile, queue)

    def refresh(self, ids: Sequence[str] | None) -> tuple[Any]:
        """Refresh the choices; those still there stay selected."""
        return (refreshed(self._choices(ids or ()), ids),)

    def select(self, ids: Sequence[str]) -> tuple[Any, Any]:
        """Select here what was picked in the other tab, and open this tab."""
        choices = self._choices(ids)
        there = {place for _, place in choices}
        value = [each for each in ids if each in there]
        return gr.update(choices=choices, value=value), gr.Tabs(selected="summaries")

    def forget(self, request: gr.Request) -> tuple[Any, ...]:
        """Remove the results of another choice, unless some are being written."""
        if self._queue.busy(str(request.session_hash), "summaries"):
            return (gr.skip(),) * (3 + len(_EXPORTS))
        return "", "", (), *[gr.update(interactive=False)] * len(_EXPORTS)

    def _choices(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """List the newest articles, and before them the older ones of ``ids``."""
        known: list[Article] = []
        others: list[Article] = []
        try:
            known += self._news.articles(limit=_LISTED)
            listed = {each.id for each in known}
            others = [self._news.article(each) for each in ids if each not in listed]
        except Exception:  # noqa: BLE001, S110 - shown by the other tab, or one is gone since
            pass
        return [(_label(each), each.id) for each in (*others, *known)]

    def run(
        self,
        ids: object,
        query: str | None,
        length: Length,
        how: str,
        since: object,
        until: object,
        names: object,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:
        """Write what was requested: yield results, state, what can be saved, and the buttons."""
        made = Made()
        shown = ""

        def update(shown: str, state: str, *, busy: bool) -> tuple[Any, ...]:
            saving = [gr.update(interactive=made.ready)] * len(_EXPORTS)
            picked = gr.update(interactive=not busy)  # in the other tab
            return shown, state, made.results, *saving, *running(busy=busy), picked

        try:
            listed = tuple(map(str, ids)) if isinstance(ids, list) else ()
            filters = filters_of(since, until, names)
            requested = SummaryRequest(listed, (query or "").strip(), filters, length, how)
            yield update("", render("state", state="Finding the articles …"), busy=True)
            articles = chosen(self._news, requested)
            session = str(request.session_hash)
            for shown, state in self._service.write(requested, articles, made, session):
                yield update(shown, render("state", state=state), busy=True)
            yield update(shown, "", busy=False)
        except Exception as error:  # noqa: BLE001 - shown in place, what was done stays
            yield update(shown, trouble(explained(error)), busy=False)

    def stop(self, request: gr.Request) -> str:
        """Stop at the model's next token, and say so."""
        self._queue.stop(str(request.session_hash), "summaries")
        return render("state", state="Stopping …")


def _label(article: Article) -> str:
    day = f" ({article.published.isoformat()})" if article.published else ""
    return f"{article.title or article.url}{day}"


def build(
    news: News, profile: str, queue: ModelQueue, tabs: gr.Tabs, listing: ArticlesTab
) -> list[Part]:
    """Lay out and wire the tab; return what it does on page load, and on new articles."""
    tab = Summaries(news, profile, queue)
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            articles = gr.Dropdown(
                [], label="Articles (newest first; type to search)", multiselect=True
            )
            query = gr.Textbox(
                label="Or all articles about", placeholder="talks in Geneva", max_lines=1
            )
        with gr.Column(scale=2, min_width=320):
            length = gr.Radio(["short", "medium", "long"], value="medium", label="Length")
            how = gr.Radio([EACH, TOGETHER, STORIES], value=EACH, label="Format")
    bar = FilterBar(news)
    start, stop = run_buttons("Summarise")
    state, shown, results = html(), html(elem_id="summaries"), gr.State(())
    with gr.Row(elem_classes="tools"):
        saving = [
            gr.Button(f"Save as {name}", size="sm", interactive=False) for name, _ in _EXPORTS
        ]
    takes = [articles, query, length, how, *bar.inputs]
    made = [shown, state, results, *saving]
    gives = [*made, start, stop, listing.summarize]
    start.click(tab.run, takes, gives, **MODEL)
    for chosen_by in (articles, query, *bar.inputs):
        chosen_by.change(tab.forget, None, made, **LIGHT)
    stop.click(tab.stop, None, state, **LIGHT)
    for button, (_, export) in zip(saving, _EXPORTS, strict=True):
        saves(button, export, results)
    selected = listing.summarize.click(tab.select, listing.picks, [articles, tabs], **LIGHT)
    selected.then(tab.run, takes, gives, **MODEL)
    return [Part(tab.refresh, [articles], [articles]), bar.refresh]
