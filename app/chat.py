"""Chat tab: ask, watch the answer arrive, see its evidence."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import conversation, render
from app.conversation import Turn, numbered
from app.draft_view import DraftView
from app.events import FILLED, LIGHT, MODEL, Part, told
from app.filters import FilterBar, chosen, described
from app.formatting import count
from app.messages import explained
from app.queue import ModelQueue, QueueSlot
from app.queue import before as in_words
from rag import News
from rag.export import as_json, as_markdown
from rag.types import Answer, Filters

_PANEL_EMPTY = '<p class="quiet">The sources of an answer stand here.</p>'
_PANEL_SEARCHING = '<p class="quiet">The sentences nearest to the question come first.</p>'

# Clicks in the transcript become events; what needs no server is done here.
_CLICKS = """
window.newsrag.hears({renew: () => trigger('renew'), lost: () => trigger('lost')});
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const number = Number(button.dataset.number);
  if (button.dataset.act === 'copy') return window.newsrag.copyTurn(button);
  if (button.dataset.act === 'sources') {
    trigger('select', {number});
    window.newsrag.showPanel();
    return;
  }
  if (document.querySelector('.turn.working')) return;
  if (button.dataset.question) trigger('example_select', {question: button.dataset.question});
  if (button.dataset.act === 'retry') trigger('retry', {number});
  if (button.dataset.act === 'edit') trigger('edit', {number});
});
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way to the model."""

    question: str
    filters: Filters
    kept: int  # turns of the conversation that stay before it


class Chat:
    """Event handlers of the tab. Holds no conversation: the browser does."""

    def __init__(self, news: News, profile: str, line: ModelQueue) -> None:
        """Start without asking the model anything."""
        self._news, self._profile, self._line = news, profile, line
        self.key = f"newsrag-conversation-{news.folder.name}"  # key in the browser's store

    # Rendering

    def welcome(self) -> str:
        """Render the page before the first question."""
        try:
            info = self._news.info()
            examples = self._news.suggestions()
        except Exception as error:  # noqa: BLE001 - told in the page
            return render.trouble(explained(error))
        line = (
            f"{count(info.articles, 'article')} {'is' if info.articles == 1 else 'are'} open. Every"
            " answer stands beside its quotes, and words that no quote proves are marked."
        )
        return render.welcome("Ask the news", line, examples)

    def transcript(self, turns: Sequence[Turn]) -> str:
        """Render all finished turns."""
        if not turns:
            return self.welcome()
        return "".join(
            render.turn(
                number, numbered(turn.answer), self._profile, searched=described(turn.filters)
            )
            for number, turn in enumerate(turns)
        )

    def panel(self, turns: Sequence[Turn], number: int = -1) -> str:
        """Render the sources of one turn, by default the last."""
        if not turns or not -len(turns) <= number < len(turns):
            return _PANEL_EMPTY
        shown = render.sources(numbered(turns[number].answer).citations)
        return shown or '<p class="quiet">This answer has no sources.</p>'

    # Light events: they never wait for the model

    def restore(self, kept: object) -> tuple[str, str]:
        """Restore the conversation saved in the browser."""
        turns = self._turns(kept)
        return self.transcript(turns), self.panel(turns)

    def anew(self, kept: object, live: object) -> tuple[Any]:
        """Refresh the welcome page from the current index while nothing has been asked."""
        busy = "aria-busy" in str(live)
        return (gr.skip() if busy or self._turns(kept) else self.welcome(),)

    def begin(
        self, question: str, since: object, until: object, names: object, kept: object, resume: int
    ) -> tuple[Any, ...]:
        """Show the question before the model is asked."""
        turns = self._turns(kept)
        number = len(turns) if resume < 0 else min(resume, len(turns))
        before = turns[:number]
        try:
            filters = chosen(since, until, names)
            self._line.check()
            self._news.check(question)
        except Exception as error:  # noqa: BLE001 - told in place, and the app goes on
            told = render.trouble(explained(error), question[:200])
            return self.transcript(turns), told, gr.skip(), None, gr.skip(), gr.skip()
        shown = self.transcript(before) if before else ""
        live = render.working(question.strip(), "", "Waiting for the model …")
        asked = Asked(question.strip(), filters, number)
        busy = gr.update(value="", submit_btn=False, stop_btn=True)
        return shown, live, _PANEL_SEARCHING, asked, busy, -1

    def sources(self, kept: object, event: gr.EventData) -> str:
        """Show the panel of an earlier turn."""
        return self.panel(self._turns(kept), _number(event))

    def fresh(self, key: str, request: gr.Request) -> tuple[Any, ...]:
        """Start an empty conversation; any answer in progress for the old one is dropped."""
        self._line.stop(str(request.session_hash), "question", drop=True)
        return self.welcome(), "", _PANEL_EMPTY, None, _idle(), -1

    def markdown(self, kept: object) -> dict[str, str]:
        """Export the conversation as Markdown, with its citations."""
        text = as_markdown([numbered(turn.answer) for turn in self._turns(kept)])
        return {"name": "conversation.md", "type": "text/markdown", "text": text}

    def json(self, kept: object) -> dict[str, str]:
        """Export the conversation as JSON, with its citations."""
        text = as_json([numbered(turn.answer) for turn in self._turns(kept)])
        return {"name": "conversation.json", "type": "application/json", "text": text}

    # The heavy event

    def reply(
        self, asked: Asked | None, kept: object, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Stream the answer: transcript, current turn, panel, what the browser saves, input box."""
        skip = gr.skip()
        if asked is None:
            yield (skip,) * 5
            return
        known = self._turns(kept)
        before = known[: asked.kept]
        view = DraftView(asked.question)
        ended = ""  # the turn as it was left, if it was cut short
        try:
            with self._line.slot(str(request.session_hash), "question") as slot:
                for picture in slot.paced(self._pictures(asked, before, view, slot)):
                    if slot.dropped:
                        break
                    if isinstance(picture, str):
                        yield skip, picture, view.look() or skip, skip, skip
                        continue
                    turns = (*before, Turn(picture, asked.filters))
                    yield (
                        self.transcript(turns),
                        "",
                        self.panel(turns),
                        self._parcel(turns),
                        _idle(),
                    )
                    return
                if slot.dropped:  # an update may have been on its way at that time
                    yield skip, skip if self._line.followed(slot) else "", skip, skip, skip
                    return
            if slot.stopped.is_set():
                ended = view.stopped()
        except Exception as error:  # noqa: BLE001 - told in place, and the app goes on
            ended = view.ended(explained(error))
        if ended:  # the conversation stays as it was, even if a question was asked again
            yield self.transcript(known), ended, self.panel(known), skip, _idle()

    def _pictures(
        self, asked: Asked, before: Sequence[Turn], view: DraftView, slot: QueueSlot
    ) -> Iterator[str | Answer]:
        """Yield the current turn as it changes, then the answer, which is missing if stopped."""
        history = [turn.answer for turn in before[-conversation.REMEMBERED :]]
        for waited, ahead in enumerate(self._line.places(slot)):
            if not waited:  # something to read meanwhile
                look = self._news.first_look(asked.question, history=history, filters=asked.filters)
                view.found(look)
            yield view.picture("Waiting for the model …", in_words(ahead))
        if slot.stopped.is_set():
            return
        loading = "The model is loaded once; that takes some seconds."
        yield view.picture("Getting ready …", loading)
        self._news.warm()
        yield view.picture("Searching …")
        events = self._news.stream(asked.question, history=history, filters=asked.filters)
        with closing(events):  # leaving or stopping frees the model
            for event in events:
                if isinstance(event, Answer):
                    yield event
                elif state := view.takes(event):
                    yield view.picture(state)
                if slot.stopped.is_set():
                    return

    def stop(self, request: gr.Request) -> None:
        """End this browser tab's question at the model's next token."""
        self._line.stop(str(request.session_hash), "question")

    def _turns(self, kept: object) -> tuple[Turn, ...]:
        return conversation.turns(self._news, kept)

    def _parcel(self, turns: Sequence[Turn]) -> str:
        """What the browser is to save; never the same twice, so that each change is noticed."""
        kept = {"key": self.key, "turns": conversation.kept(turns), "at": time.time()}
        return json.dumps(kept)


def build(
    page: gr.Blocks, news: News, profile: str, line: ModelQueue
) -> tuple[list[Part], list[Part]]:
    """Lay out and wire the tab; return what it does on page load, and on new articles."""
    chat = Chat(news, profile, line)
    with gr.Row(elem_classes="chat-row", equal_height=False):
        with gr.Column(scale=7, min_width=320, elem_classes="chat-column"):
            transcript = gr.HTML(elem_id="transcript", js_on_load=_CLICKS, apply_default_css=False)
            live = gr.HTML(elem_id="live", js_on_load=None, apply_default_css=False)
            with gr.Column(elem_id="composer"):
                box = gr.Textbox(
                    label="Your question",
                    placeholder="Ask the articles something …",
                    lines=1,
                    max_lines=6,
                    max_length=news.settings.answer.question_characters + 1,
                    submit_btn=True,
                    elem_id="question",
                )
                with gr.Row(elem_classes="tools"):
                    fresh = gr.Button("New conversation", size="sm", variant="secondary")
                    markdown = gr.Button("Save as Markdown", size="sm", variant="secondary")
                    as_data = gr.Button("Save as JSON", size="sm", variant="secondary")
                bar = FilterBar(news)
        with gr.Column(scale=4, min_width=320, elem_id="panel"):
            panel = gr.HTML(
                _PANEL_EMPTY, js_on_load=None, apply_default_css=False, elem_id="sources"
            )
    asked, resume = gr.State(None), gr.State(-1)
    kept = gr.Textbox(chat.key, visible=False)  # the page replaces this with what the browser saved
    keep = gr.Textbox(visible="hidden")  # and this goes to the browser's store
    parcel = gr.JSON(visible=False)

    def again(kept: object, event: gr.EventData) -> tuple[Any, ...]:
        """Return a turn's question and filters, and where the conversation resumes."""
        turns, number = conversation.turns(news, kept), _number(event)
        if not 0 <= number < len(turns):
            return "", -1, *(gr.skip(),) * 3
        return turns[number].answer.question, number, *bar.set_to(turns[number].filters)

    given = [box, *bar.inputs, kept, resume]
    shown = [transcript, live, panel, asked, box, resume]
    from_turn = [box, resume, *bar.inputs]
    retried = transcript.retry(again, kept, from_turn, js=FILLED, **LIGHT)
    example = transcript.example_select(_question, None, box, **LIGHT)
    begun = (
        box.submit(chat.begin, given, shown, js=FILLED, **LIGHT),
        retried.then(chat.begin, given, shown, js=FILLED, **LIGHT),
        example.then(chat.begin, given, shown, js=FILLED, **LIGHT),
    )
    for each in begun:
        each.then(None, None, None, js="() => window.newsrag.asking()")
        each.then(
            chat.reply,
            [asked, kept],
            [transcript, live, panel, keep, box],
            js="(...given) => window.newsrag.filled(given, true)",
            **MODEL,
        ).then(None, None, None, js="() => window.newsrag.ready()")
    keep.change(None, keep, None, js="(parcel) => window.newsrag.keep(parcel)")
    transcript.edit(again, kept, from_turn, js=FILLED, **LIGHT).then(
        None, None, None, js="() => window.newsrag.ready(true)"
    )
    transcript.select(chat.sources, kept, panel, js=FILLED, **LIGHT)
    transcript.renew(
        chat.restore, kept, [transcript, panel], js=FILLED, trigger_mode="always_last", **LIGHT
    )
    transcript.lost(None, None, [live, box], js="() => window.newsrag.lostTurn()")
    box.stop(chat.stop, None, None, **LIGHT)
    fresh.click(
        chat.fresh,
        kept,
        [transcript, live, panel, asked, box, resume],
        js="(key) => window.newsrag.forget(key)",
        **LIGHT,
    )
    for button, save in ((markdown, chat.markdown), (as_data, chat.json)):
        button.click(save, kept, parcel, js=FILLED, **LIGHT).then(
            None, parcel, None, js="(parcel) => window.newsrag.save(parcel)"
        )
    page.load(None, None, None, js="() => window.newsrag.composer()")
    restored = Part(chat.restore, [kept], [transcript, panel])
    return [restored, bar.anew], [Part(chat.anew, [kept, live], [transcript]), bar.anew]


def _idle() -> Any:
    """The input box while nothing is being asked."""
    return gr.update(submit_btn=True, stop_btn=False)


def _question(event: gr.EventData) -> str:
    return str(told(event, "question") or "")[:2000]


def _number(event: gr.EventData) -> int:
    number = told(event, "number")
    return number if isinstance(number, int) else -1
