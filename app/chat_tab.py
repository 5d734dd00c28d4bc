"""Layout and wiring of the chat tab; what its events do is in :mod:`app.chat`."""

from typing import Any

import gradio as gr

from app.chat import PANEL_EMPTY, Chat, number_of
from app.components import html, saves
from app.events import FILLED, LIGHT, MODEL, Part, sent
from app.filters import FilterBar
from app.history import History
from app.queue import ModelQueue
from app.render import render
from rag import News

_CANCEL = (
    "element.addEventListener('click', ({target}) => target.closest('.act') && trigger('clear'));"
)
# Clicks in the transcript become events; what needs no server is done here.
_CLICKS = """
window.newsrag.connect({renew: () => trigger('renew'), lost: () => trigger('lost')});
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const number = Number(button.dataset.number);
  if (button.dataset.act === 'copy') return window.newsrag.copyTurn(button);
  if (button.dataset.act === 'sources') return trigger('select', {number});
  if (document.querySelector('.turn.working')) return;
  if (button.dataset.question) trigger('example_select', {question: button.dataset.question});
  const {act, to} = button.dataset;
  if (act === 'retry' || act === 'edit') trigger(act, {number});
  if (act !== 'version') return;
  window.newsrag.arrow = {number, label: button.ariaLabel};
  trigger('version', {to: Number(to)});
});
"""


class ChatTab:
    """The tab's components, and the events between them."""

    def __init__(self, news: News, profile: str, queue: ModelQueue, history: History) -> None:
        """Lay out and wire the tab."""
        self._news, self._chat = news, Chat(news, profile, queue, history)
        with gr.Row(elem_classes="chat-row", equal_height=False):
            with gr.Column(scale=7, min_width=320, elem_classes="chat-column"):
                self._transcript = html(elem_id="transcript", script=_CLICKS)
                self._live = html(elem_id="live")
                with gr.Column(elem_id="composer"):
                    self._composer()
            with gr.Column(scale=4, min_width=320, elem_id="panel"):
                self._panel = html(PANEL_EMPTY, elem_id="sources")
        self._asked, self._resume, self._only = gr.State(None), gr.State(-1), gr.State([])
        # The page replaces the first with the id of the open conversation; the second changes it.
        self.open_id = gr.Textbox(self._chat.key, visible=False)
        self._opened = gr.Textbox(visible="hidden")
        self._begun = [
            self._transcript, self._live, self._panel, self._asked, self._box, self._resume,
            self._marker,
        ]  # fmt: skip
        self._wire_questions()
        self._wire_turns()
        self._wire_conversation()

    @property
    def on_load(self) -> list[Part]:
        """What the tab does when the page is loaded."""
        shown = [self._transcript, self._panel, self._opened]
        restored = Part(self._chat.load, [self.open_id], shown, personal=True)
        return [restored, self._bar.refresh]

    @property
    def on_change(self) -> list[Part]:
        """What the tab does when articles were added or deleted."""
        shown = [self._transcript, self._panel]
        welcome = Part(self._chat.refresh, [self.open_id, self._live], shown, personal=True)
        limit = Part(self._chat.only, [self._only], [self._only, self._limit])
        return [welcome, limit, self._bar.refresh]

    def _composer(self) -> None:
        """Lay out where questions are typed."""
        self._marker = html(elem_id="editing", script=_CANCEL)
        self._limit = html(elem_id="only", script=_CANCEL)
        self._box = gr.Textbox(
            label="Your question",
            placeholder="Ask about the news …",
            lines=1,
            max_lines=6,
            max_length=self._news.settings.answer.question_characters + 1,
            submit_btn=True,
            elem_id="question",
        )
        with gr.Row(elem_classes="tools"):
            self._fresh, self._markdown, self._json = (
                gr.Button(label, size="sm", variant="secondary")
                for label in ("New conversation", "Save as Markdown", "Save as JSON")
            )
        self._bar = FilterBar(self._news)

    def _wire_questions(self) -> None:
        """Questions typed, asked again or taken from the examples go to the model."""
        takes = [self._box, *self._bar.inputs, self._only, self.open_id, self._resume]
        retried = self._transcript.retry(
            self._question_again, self.open_id, self._from_turn, js=FILLED, **LIGHT
        )
        example = self._transcript.example_select(_example, None, self._box, **LIGHT)
        for asks in (self._box.submit, retried.then, example.then):
            begun = asks(self._chat.begin, takes, self._begun, js=FILLED, **LIGHT)
            begun.then(None, None, None, js="() => window.newsrag.asking()")
            begun.then(
                self._chat.reply,
                [self._asked, self.open_id],
                [self._transcript, self._live, self._panel, self._opened, self._box],
                js=FILLED,
                **MODEL,
            ).then(None, None, None, js="() => window.newsrag.ready()")
        self._box.stop(self._chat.stop, None, None, **LIGHT)

    def _wire_turns(self) -> None:
        """Buttons of a turn."""
        turns = self._transcript
        turns.edit(self._question_again, self.open_id, self._from_turn, js=FILLED, **LIGHT).then(
            None, None, None, js="() => window.newsrag.ready(true)"
        )
        self._limit.clear(lambda: ([], ""), None, [self._only, self._limit], **LIGHT).then(
            None, None, None, js="() => window.newsrag.ready(true)"
        )
        self._marker.clear(lambda: ("", -1, ""), None, self._from_turn[:3], **LIGHT)
        filled = turns.select(self._chat.sources, self.open_id, self._panel, js=FILLED, **LIGHT)
        filled.then(None, None, None, js="() => window.newsrag.showPanel()")
        turns.version(
            self._chat.version,
            self.open_id,
            [self._transcript, self._panel, self._live],
            js=FILLED,
            **LIGHT,
        ).then(None, None, None, js="() => window.newsrag.versionShown()")
        turns.lost(None, None, [self._live, self._box], js="() => window.newsrag.lostTurn()")

    def _wire_conversation(self) -> None:
        """The conversation is saved, loaded again, ended and exported."""
        self._opened.change(None, self._opened, None, js="(opened) => window.newsrag.keep(opened)")
        self._transcript.renew(
            self._chat.restore,
            self.open_id,
            [self._transcript, self._panel],
            js=FILLED,
            trigger_mode="always_last",
            **LIGHT,
        )
        self._fresh.click(
            self._chat.start_over,
            self.open_id,
            self._begun,
            js="() => window.newsrag.open('')",
            **LIGHT,
        )
        saves(self._markdown, self._chat.markdown, self.open_id, js=FILLED)
        saves(self._json, self._chat.json, self.open_id, js=FILLED)

    def ask_only(self, button: gr.Button, picks: gr.State, tabs: gr.Tabs) -> None:
        """Let a button of another tab limit the next questions to the selected articles."""
        button.click(
            lambda ids: (*self._chat.only(ids), gr.Tabs(selected="ask")),
            picks,
            [self._only, self._limit, tabs],
            **LIGHT,
        ).then(None, None, None, js="() => window.newsrag.ready(true)")

    def reopen(self, event: Any, tabs: gr.Tabs) -> None:
        """After an event of another tab, show the conversation that is open now."""
        shows = [
            self._transcript, self._panel, self._live, self._asked, self._box, self._resume,
            self._marker, tabs,
        ]  # fmt: skip
        event(self._reopened, self.open_id, shows, js=FILLED, **LIGHT)

    def _reopened(self, open_id: object, request: gr.Request) -> tuple[Any, ...]:
        left = self._chat.leave(request)
        return *self._chat.restore(request, open_id), *left, gr.Tabs(selected="ask")

    @property
    def _from_turn(self) -> list[Any]:
        return [
            self._box, self._resume, self._marker, *self._bar.inputs, self._only, self._limit
        ]  # fmt: skip

    def _question_again(
        self, open_id: object, event: gr.EventData, request: gr.Request
    ) -> tuple[Any, ...]:
        """Return a turn's question and filters, where the conversation resumes, and a note on it."""
        turns, number = self._chat.turns(request, open_id), number_of(event)
        if not 0 <= number < len(turns):
            return "", -1, "", *(gr.skip(),) * 5
        marker = render("editing")
        filters = turns[number].filters
        set_to = *self._bar.set_to(filters), *self._chat.only(filters.articles)
        return turns[number].question, number, marker, *set_to


def _example(event: gr.EventData) -> str:
    return str(sent(event, "question") or "")[:2000]
