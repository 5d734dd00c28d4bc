"""Tab for summaries of one, several or all matching articles, and for digests.

Their evidence is the same as that of answers.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from app import render, saved_summaries
from app.articles import Picked
from app.events import LIGHT, MODEL, Part
from app.filters import FilterBar, refreshed
from app.filters import chosen as filters_of
from app.messages import explained
from app.queue import ModelQueue
from app.saved_summaries import Made
from app.summary_request import EACH, STORIES, TOGETHER, Length, SummaryRequest, chosen
from app.summary_service import SummaryService
from rag import News
from rag.types import Article

_LISTED = 300  # newest articles that can be chosen by name
SAVES = (
    ("Markdown", saved_summaries.markdown),
    ("JSON Lines", saved_summaries.jsonl),
    ("CSV", saved_summaries.csv),
)


class Summaries:
    """Event handlers of the tab."""

    def __init__(self, news: News, profile: str, line: ModelQueue) -> None:
        """Start without asking the model anything."""
        self._news, self._line = news, line
        self._service = SummaryService(news, profile, line)

    def choices(self) -> list[tuple[str, str]]:
        """List the newest articles by name."""
        try:
            return [(_label(each), each.id) for each in self._news.articles(limit=_LISTED)]
        except Exception:  # noqa: BLE001 - the listing of the other tab tells it
            return []

    def anew(self, ids: Sequence[str] | None) -> tuple[Any]:
        """Refresh the choices; those still there stay selected."""
        return (refreshed(self._choices(ids or ()), ids),)

    def taken(self, ids: Sequence[str]) -> tuple[Any, Any]:
        """Select here what was picked in the other tab, and open this tab."""
        choices = self._choices(ids)
        there = {place for _, place in choices}
        value = [each for each in ids if each in there]
        return gr.update(choices=choices, value=value), gr.Tabs(selected="summaries")

    def _choices(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        """List the newest articles, and before them the older ones of ``ids``."""
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
        """Write what was requested: yield results, state, what can be saved, and the buttons."""
        made = Made()
        shown = ""
        try:
            listed = tuple(map(str, ids)) if isinstance(ids, list) else ()
            wanted = SummaryRequest(
                listed, query.strip(), filters_of(since, until, names), length, how
            )
            yield (
                shown,
                state_line("Choosing the articles …"),
                made.kept,
                *_buttons(made, busy=True),
            )
            session = str(request.session_hash)
            for shown, state in self._service.write(
                wanted, chosen(self._news, wanted), made, session
            ):
                yield shown, state_line(state), made.kept, *_buttons(made, busy=True)
            yield shown, "", made.kept, *_buttons(made, busy=False)
        except Exception as error:  # noqa: BLE001 - told in place, what was done stays
            told = render.trouble(explained(error))
            yield shown, told, made.kept, *_buttons(made, busy=False)

    def stop(self, request: gr.Request) -> str:
        """Stop at the model's next token, and say so."""
        self._line.stop(str(request.session_hash), "summaries")
        return state_line("Stopping …")


def _label(article: Article) -> str:
    day = f" ({article.published.isoformat()})" if article.published else ""
    return f"{article.title or article.url}{day}"


def state_line(state: str) -> str:
    """Render the current state below the buttons; empty if there is none."""
    if not state:
        return ""
    return (
        '<p class="state" role="status"><span class="dot" aria-hidden="true"></span>'
        f"{render.esc(state)}</p>"
    )


def _buttons(made: Made, *, busy: bool) -> tuple[Any, ...]:
    """Update the start, stop and save buttons, each enabled or shown only when usable."""
    save = [gr.update(interactive=made.ready)] * len(SAVES)
    return gr.update(interactive=not busy), gr.update(visible=busy), *save


def build(news: News, profile: str, line: ModelQueue, tabs: gr.Tabs, picked: Picked) -> list[Part]:
    """Lay out and wire the tab; return what it does on page load, and on new articles."""
    tab = Summaries(news, profile, line)
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
        saves = [gr.Button(f"Save as {name}", size="sm", interactive=False) for name, _ in SAVES]
    start.click(
        tab.run,
        [articles, query, length, how, *bar.inputs],
        [results, state, rows, start, stop, *saves],
        **MODEL,
    )
    stop.click(tab.stop, None, state, **LIGHT)
    for button, (_, save) in zip(saves, SAVES, strict=True):
        button.click(save, rows, parcel, **LIGHT).then(
            None, parcel, None, js="(parcel) => window.newsrag.save(parcel)"
        )
    picked.button.click(tab.taken, picked.ids, [articles, tabs], **LIGHT)
    return [Part(tab.anew, [articles], [articles]), bar.anew]
