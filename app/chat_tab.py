"""Layout and wiring of the chat tab; what its events do is in :mod:`app.chat`."""

from typing import Any

import gradio as gr

from app import conversation
from app.chat import PANEL_EMPTY, Chat, number_of
from app.components import html, saves
from app.events import FILLED, LIGHT, MODEL, Part, sent
from app.filters import FilterBar
from app.queue import ModelQueue
from app.render import render
from rag import News

_CANCEL = (
    "element.addEventListener('click', ({target}) => target.closest('button') && trigger('clear'));"
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
  // To ask an earlier question again removes what follows, so that is confirmed first.
  const last = number === element.querySelectorAll('.turn[id]').length - 1;
  if (button.dataset.act === 'retry') trigger(last ? 'retry' : 'edit', {number});
  if (button.dataset.act === 'edit') trigger('edit', {number});
});
"""


class ChatTab:
    """The tab's components, and the events between them."""

    def __init__(self, news: News, profile: str, queue: ModelQueue) -> None:
        """Lay out and wire the tab."""
        self._news, self._chat = news, Chat(news, profile, queue)
        with gr.Row(elem_classes="chat-row", equal_height=False):
            with gr.Column(scale=7, min_width=320, elem_classes="chat-column"):
                self._transcript = html(elem_id="transcript", script=_CLICKS)
                self._live = html(elem_id="live")
                with gr.Column(elem_id="composer"):
                    self._composer()
            with gr.Column(scale=4, min_width=320, elem_id="panel"):
                self._panel = html(PANEL_EMPTY, elem_id="sources")
        self._asked, self._resume = gr.State(None), gr.State(-1)
        # The page replaces the first with what the browser has saved; the second goes there.
        self._saved = gr.Textbox(self._chat.key, visible=False)
        self._to_save = gr.Textbox(visible="hidden")
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
        restored = Part(self._chat.restore, [self._saved], [self._transcript, self._panel])
        return [restored, self._bar.refresh]

    @property
    def on_change(self) -> list[Part]:
        """What the tab does when articles were added or deleted."""
        welcome = Part(self._chat.refresh, [self._saved, self._live], [self._transcript])
        return [welcome, self._bar.refresh]

    def _composer(self) -> None:
        """Lay out where questions are typed."""
        self._marker = html(elem_id="editing", script=_CANCEL)
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
        takes = [self._box, *self._bar.inputs, self._saved, self._resume]
        retried = self._transcript.retry(
            self._question_again, self._saved, self._from_turn, js=FILLED, **LIGHT
        )
        example = self._transcript.example_select(_example, None, self._box, **LIGHT)
        for asks in (self._box.submit, retried.then, example.then):
            begun = asks(self._chat.begin, takes, self._begun, js=FILLED, **LIGHT)
            begun.then(None, None, None, js="() => window.newsrag.asking()")
            begun.then(
                self._chat.reply,
                [self._asked, self._saved],
                [self._transcript, self._live, self._panel, self._to_save, self._box],
                js="(...given) => window.newsrag.filled(given, true)",
                **MODEL,
            ).then(None, None, None, js="() => window.newsrag.ready()")
        self._box.stop(self._chat.stop, None, None, **LIGHT)

    def _wire_turns(self) -> None:
        """Buttons of a turn."""
        turns = self._transcript
        turns.edit(self._question_again, self._saved, self._from_turn, js=FILLED, **LIGHT).then(
            None, None, None, js="() => window.newsrag.ready(true)"
        )
        self._marker.clear(lambda: ("", -1, ""), None, self._from_turn[:3], **LIGHT)
        filled = turns.select(self._chat.sources, self._saved, self._panel, js=FILLED, **LIGHT)
        filled.then(None, None, None, js="() => window.newsrag.showPanel()")
        turns.lost(None, None, [self._live, self._box], js="() => window.newsrag.lostTurn()")

    def _wire_conversation(self) -> None:
        """The conversation is saved, loaded again, ended and exported."""
        self._to_save.change(None, self._to_save, None, js="(turns) => window.newsrag.keep(turns)")
        self._transcript.renew(
            self._chat.restore,
            self._saved,
            [self._transcript, self._panel],
            js=FILLED,
            trigger_mode="always_last",
            **LIGHT,
        )
        self._fresh.click(
            self._chat.start_over,
            self._saved,
            self._begun,
            js="(key) => window.newsrag.forget(key)",
            **LIGHT,
        )
        saves(self._markdown, self._chat.markdown, self._saved, js=FILLED)
        saves(self._json, self._chat.json, self._saved, js=FILLED)

    @property
    def _from_turn(self) -> list[Any]:
        return [self._box, self._resume, self._marker, *self._bar.inputs]

    def _question_again(self, saved: object, event: gr.EventData) -> tuple[Any, ...]:
        """Return a turn's question and filters, where the conversation resumes, and a note on it."""
        turns, number = conversation.turns(self._news, saved), number_of(event)
        if not 0 <= number < len(turns):
            return "", -1, "", *(gr.skip(),) * 3
        marker = render("editing", later=len(turns) - number - 1)
        filters = self._bar.set_to(turns[number].filters)
        return turns[number].answer.question, number, marker, *filters


def _example(event: gr.EventData) -> str:
    return str(sent(event, "question") or "")[:2000]
