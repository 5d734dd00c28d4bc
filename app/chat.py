"""The chat: ask, watch the answer come, see its proof."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import conversation, render
from app.events import LIGHT, MODEL, Part, told
from app.filters import FilterBar, chosen
from app.line import Line, Ticket
from app.line import before as in_words
from app.words import explained
from rag import News
from rag.export import as_json, as_markdown
from rag.types import Answer, Checked, Claim, Draft, Filters, Found

_TICK = 0.08  # seconds between two pictures of a growing answer
# It hides nothing: it stands here so that a conversation outlives the server's restart.
_SECRET = "the reader's own browser"  # noqa: S105
_PANEL_EMPTY = '<p class="quiet">The sources of an answer stand here.</p>'

# Clicks in the transcript become events; what needs no server is done here.
_CLICKS = """
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


class _Growing:
    """A turn at work."""

    def __init__(self, question: str) -> None:
        self._question = question
        self._checked: list[Claim] = []
        self._written = ""
        self._looks = 0
        self._shown = 0.0  # when the text was last shown

    def takes(self, event: Found | Draft | Checked) -> str:
        """What happens now, in words; empty where it is too early for another picture."""
        match event:
            case Found(passages):
                self._checked, self._written = [], ""
                self._looks += 1
                return f"Reading {len(passages)} {'more ' if self._looks > 1 else ''}passages …"
            case Draft(text):
                self._written += text
                if time.monotonic() - self._shown < _TICK:
                    return ""
                self._shown = time.monotonic()
                return "Writing …"
            case Checked(claim):
                self._checked.append(claim)
                self._written = ""
                return "Checking …"

    def picture(self, state: str, note: str = "") -> str:
        """The turn as it stands."""
        body = render.draft(self._checked, self._written)
        return render.working(self._question, body, state, note)


class Chat:
    """The tab's events. Holds no conversation: that is the browser's."""

    def __init__(self, news: News, profile: str, line: Line) -> None:
        """Of the model nothing is asked yet."""
        self._news, self._profile, self._line = news, profile, line

    # What is shown

    def welcome(self) -> str:
        """The page before the first question."""
        try:
            info = self._news.info()
            examples = self._news.suggestions()
        except Exception as error:  # noqa: BLE001 - told in the page
            return render.trouble(explained(error))
        line = (
            f"{info.articles:,} articles are open. Every sentence of an answer has its quote;"
            " what they do not say is not answered."
        )
        return render.welcome("Ask the news", line, examples)

    def transcript(self, answers: Sequence[Answer]) -> str:
        """All finished turns."""
        if not answers:
            return self.welcome()
        return "".join(
            render.turn(number, answer, self._profile) for number, answer in enumerate(answers)
        )

    def panel(self, answers: Sequence[Answer], number: int = -1) -> str:
        """The sources of one turn, the last if none is named."""
        if not answers or not -len(answers) <= number < len(answers):
            return _PANEL_EMPTY
        shown = render.cards(answers[number].citations, heading="Sources")
        return shown or '<p class="quiet">This answer has no sources.</p>'

    # Light events: they never wait for the model

    def restore(self, kept: object) -> tuple[str, str]:
        """The conversation that the browser has kept."""
        answers = self._turns(kept)
        return self.transcript(answers), self.panel(answers)

    def anew(self, kept: object, live: object) -> tuple[Any]:
        """What stands there while nothing is asked, as the index is now."""
        busy = "aria-busy" in str(live)
        return (gr.skip() if busy or self._turns(kept) else self.welcome(),)

    def begin(
        self, question: str, since: object, until: object, names: object, kept: object, resume: int
    ) -> tuple[Any, ...]:
        """Show the question with a first look at the articles, before the model is asked."""
        answers = self._turns(kept)
        number = len(answers) if resume < 0 else min(resume, len(answers))
        before = answers[:number]
        try:
            filters = chosen(since, until, names)
            self._news.check(question)
            look = self._news.first_look(question, history=before[-1:], filters=filters)
        except Exception as error:  # noqa: BLE001 - told in place, and the app goes on
            told = render.trouble(explained(error), question[:200])
            return self.transcript(answers), told, gr.skip(), None, gr.skip(), gr.skip()
        shown = self.transcript(before) if before else ""
        live = render.working(question.strip(), "", "Waiting for the model …")
        asked = Asked(question.strip(), filters, number)
        busy = gr.update(value="", submit_btn=False, stop_btn=True)
        return shown, live, render.first_look(look), asked, busy, -1

    def again(self, kept: object, event: gr.EventData) -> tuple[str, int]:
        """The question of an earlier turn, and from where the conversation goes on."""
        answers, number = self._turns(kept), _number(event)
        return (answers[number].question, number) if 0 <= number < len(answers) else ("", -1)

    def sources(self, kept: object, event: gr.EventData) -> str:
        """The panel of an earlier turn."""
        return self.panel(self._turns(kept), _number(event))

    def markdown(self, kept: object) -> dict[str, str]:
        """The conversation as Markdown, with its citations."""
        text = as_markdown(self._turns(kept))
        return {"name": "conversation.md", "type": "text/markdown", "text": text}

    def json(self, kept: object) -> dict[str, str]:
        """The conversation as JSON, with its citations."""
        text = as_json(self._turns(kept))
        return {"name": "conversation.json", "type": "application/json", "text": text}

    # The heavy one

    def reply(
        self, asked: Asked | None, kept: object, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Stream the answer: transcript, turn at work, panel, what the browser keeps, box."""
        skip = gr.skip()
        if asked is None:
            yield (skip,) * 5
            return
        known = self._turns(kept)
        before = known[: asked.kept]
        idle = gr.update(submit_btn=True, stop_btn=False)
        with self._line.ticket(str(request.session_hash)) as ticket:
            try:
                for picture in ticket.paced(self._pictures(asked, before, ticket)):
                    if isinstance(picture, str):
                        yield skip, picture, skip, skip, skip
                    else:
                        answers = (*before, picture)
                        saved = conversation.kept(answers)
                        yield self.transcript(answers), "", self.panel(answers), saved, idle
                        return
                message = "Stopped. Nothing of it was kept." if ticket.stopped.is_set() else ""
            except Exception as error:  # noqa: BLE001 - told in place, and the app goes on
                message = explained(error)
        if message:  # the conversation stays as it was, also what was asked anew
            shown = render.trouble(message, asked.question)
            yield self.transcript(known), shown, self.panel(known), skip, idle

    def _pictures(
        self, asked: Asked, before: Sequence[Answer], ticket: Ticket
    ) -> Iterator[str | Answer]:
        """The turn at work as it changes, last the answer; less where it is stopped."""
        turn = _Growing(asked.question)
        for ahead in self._line.places(ticket):
            yield turn.picture("Waiting for the model …", in_words(ahead))
        if ticket.stopped.is_set():
            return
        yield turn.picture("Getting ready …", "The model is loaded once; that takes some seconds.")
        self._news.warm()
        yield turn.picture("Searching …")
        history = before[-conversation.REMEMBERED :]
        events = self._news.stream(asked.question, history=history, filters=asked.filters)
        with closing(events):  # who leaves or stops frees the model
            for event in events:
                if isinstance(event, Answer):
                    yield event
                elif state := turn.takes(event):
                    yield turn.picture(state)
                if ticket.stopped.is_set():
                    return

    def stop(self, request: gr.Request) -> None:
        """End this browser tab's work at its next step."""
        self._line.stop(str(request.session_hash))

    def _turns(self, kept: object) -> tuple[Answer, ...]:
        return conversation.turns(self._news, kept)


def build(page: gr.Blocks, news: News, profile: str, line: Line) -> tuple[list[Part], list[Part]]:
    """Lay the tab out and wire it; returns what it does when the page opens, and on new articles."""
    chat = Chat(news, profile, line)
    kept = gr.BrowserState(
        [], storage_key=f"newsrag-conversation-{news.folder.name}", secret=_SECRET
    )
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
    parcel = gr.JSON(visible=False)

    given = [box, *bar.inputs, kept, resume]
    shown = [transcript, live, panel, asked, box, resume]
    again = transcript.retry(chat.again, kept, [box, resume], **LIGHT)
    example = transcript.example_select(_question, None, box, **LIGHT)
    begun = (
        box.submit(chat.begin, given, shown, **LIGHT),
        again.then(chat.begin, given, shown, **LIGHT),
        example.then(chat.begin, given, shown, **LIGHT),
    )
    for each in begun:
        each.then(None, None, None, js="() => window.newsrag.asking()")
        each.then(chat.reply, [asked, kept], [transcript, live, panel, kept, box], **MODEL).then(
            None, None, None, js="() => window.newsrag.ready()"
        )
    transcript.edit(chat.again, kept, [box, resume], **LIGHT).then(
        None, None, None, js="() => window.newsrag.ready(true)"
    )
    transcript.select(chat.sources, kept, panel, **LIGHT)
    box.stop(chat.stop, None, None, **LIGHT)
    fresh.click(
        lambda: ([], chat.welcome(), "", _PANEL_EMPTY, -1),
        None,
        [kept, transcript, live, panel, resume],
        **LIGHT,
    )
    for button, save in ((markdown, chat.markdown), (as_data, chat.json)):
        button.click(save, kept, parcel, **LIGHT).then(
            None, parcel, None, js="(parcel) => window.newsrag.save(parcel)"
        )
    page.load(None, None, None, js="() => window.newsrag.composer()")
    restored = Part(chat.restore, [kept], [transcript, panel])
    return [restored, bar.anew], [Part(chat.anew, [kept, live], [transcript]), bar.anew]


def _question(event: gr.EventData) -> str:
    return str(told(event, "question") or "")[:2000]


def _number(event: gr.EventData) -> int:
    number = told(event, "number")
    return number if isinstance(number, int) else -1
