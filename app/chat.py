"""Questions at the page: ask, watch the answer arrive, see its evidence."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app import conversation
from app.background import stepped, waited
from app.components import File
from app.conversation import Turn, numbered
from app.draft_view import DraftView
from app.events import sent
from app.filters import chosen, described
from app.formatting import count
from app.messages import explained
from app.queue import ModelQueue, QueueSlot
from app.queue import before as in_words
from app.render import render, trouble
from rag import News
from rag.export import as_json, as_markdown
from rag.types import Answer, Filters

PANEL_EMPTY = '<p class="quiet">Sources will appear here.</p>'
_PANEL_SEARCHING = '<p class="quiet">The closest sentences will appear here first.</p>'


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way to the model."""

    question: str
    filters: Filters
    before: int  # turns of the conversation that stay before it


class Chat:
    """Event handlers of the tab. Holds no conversation: the browser does.

    ``saved`` is the conversation as a browser saved it, which may be anything.
    """

    def __init__(self, news: News, profile: str, queue: ModelQueue) -> None:
        """Start without asking the model anything."""
        self._news, self._profile, self._queue = news, profile, queue
        self.key = f"newsrag-conversation-{news.folder.name}"  # key in the browser's store

    # Rendering

    def welcome(self) -> str:
        """Render the page before the first question."""
        try:
            articles = self._news.info().articles
            examples = self._news.suggestions()
        except Exception as error:  # noqa: BLE001 - shown in the page
            return trouble(explained(error))
        line = (
            f"Searching {count(articles, 'article')}. Each answer comes with its quotes; words that"
            " no quote supports are underlined."
        )
        return render("welcome", line=line, examples=examples)

    def transcript(self, turns: Sequence[Turn]) -> str:
        """Render all finished turns."""
        if not turns:
            return self.welcome()
        return "".join(
            render(
                "turn",
                number=number,
                answer=numbered(turn.answer),
                profile=self._profile,
                searched=described(turn.filters),
            )
            for number, turn in enumerate(turns)
        )

    def panel(self, turns: Sequence[Turn], number: int = -1) -> str:
        """Render the sources of one turn, by default the last."""
        if not turns or not -len(turns) <= number < len(turns):
            return PANEL_EMPTY
        return render("sources", quotes=numbered(turns[number].answer).citations)

    # Light events: they never wait for the model

    def restore(self, saved: object) -> tuple[str, str]:
        """Restore the conversation saved in the browser."""
        turns = self._turns(saved)
        return self.transcript(turns), self.panel(turns)

    def refresh(self, saved: object, live: object) -> tuple[Any]:
        """Refresh the welcome page from the current index while nothing has been asked."""
        busy = "aria-busy" in str(live)
        return (gr.skip() if busy or self._turns(saved) else self.welcome(),)

    def begin(
        self, question: str, since: object, until: object, names: object, saved: object, resume: int
    ) -> tuple[Any, ...]:
        """Show the question before the model is asked."""
        turns = self._turns(saved)
        before = turns if resume < 0 else turns[:resume]
        try:
            filters = chosen(since, until, names)
            self._queue.check()
            self._news.check(question)
        except Exception as error:  # noqa: BLE001 - shown in place, and the app goes on
            refused = trouble(explained(error), question[:200])
            return self.transcript(turns), refused, gr.skip(), None, *(gr.skip(),) * 3
        shown = self.transcript(before) if before else ""
        asked = Asked(question.strip(), filters, len(before))
        live = DraftView(asked.question).picture("Waiting for the model …")
        busy = gr.update(value="", submit_btn=False, stop_btn=True)
        return shown, live, _PANEL_SEARCHING, asked, busy, -1, ""

    def sources(self, saved: object, event: gr.EventData) -> str:
        """Show the panel of an earlier turn."""
        return self.panel(self._turns(saved), number_of(event))

    def start_over(self, key: str, request: gr.Request) -> tuple[Any, ...]:
        """Start an empty conversation; any answer in progress for the old one is dropped."""
        self._queue.stop(str(request.session_hash), "question", drop=True)
        return self.welcome(), "", PANEL_EMPTY, None, _idle(), -1, ""

    def markdown(self, saved: object) -> File:
        """Export the conversation as Markdown, with its citations."""
        text = as_markdown([numbered(turn.answer) for turn in self._turns(saved)])
        return {"name": "conversation.md", "type": "text/markdown", "text": text}

    def json(self, saved: object) -> File:
        """Export the conversation as JSON, with its citations."""
        text = as_json([numbered(turn.answer) for turn in self._turns(saved)])
        return {"name": "conversation.json", "type": "application/json", "text": text}

    # The heavy event

    def reply(
        self, asked: Asked | None, saved: object, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Stream the answer: transcript, current turn, panel, what the browser saves, input box."""
        skip = gr.skip()
        if asked is None:
            yield (skip,) * 5
            return
        known = self._turns(saved)
        before = known[: asked.before]
        view = DraftView(asked.question)
        ended = ""  # the turn as it was left, if it was cut short
        try:
            with self._queue.slot(str(request.session_hash), "question") as slot:
                for picture in slot.paced(self._pictures(asked, before, view, slot)):
                    if slot.dropped:
                        break
                    if isinstance(picture, Answer):
                        yield self._finished((*before, Turn(picture, asked.filters)))
                        return
                    yield skip, picture, view.look() or skip, skip, skip
                if slot.dropped:  # an update may have been on its way at that time
                    yield skip, skip if self._queue.followed(slot) else "", skip, skip, skip
                    return
            if slot.stopped.is_set():
                ended = view.stopped()
        except Exception as error:  # noqa: BLE001 - shown in place, and the app goes on
            ended = view.ended(explained(error))
        if ended:  # the conversation stays as it was, even if a question was asked again
            yield self.transcript(known), ended, view.sources(), skip, _idle()

    def stop(self, request: gr.Request) -> None:
        """End this browser tab's question at the model's next token."""
        self._queue.stop(str(request.session_hash), "question")

    def _pictures(
        self, asked: Asked, before: Sequence[Turn], view: DraftView, slot: QueueSlot
    ) -> Iterator[str | Answer]:
        """Yield the current turn as it changes, then the answer, which is missing if stopped."""
        history = [turn.answer for turn in before[-conversation.REMEMBERED :]]
        for shown, ahead in enumerate(self._queue.places(slot)):
            if not shown:  # something to read meanwhile
                look = self._news.first_look(asked.question, history=history, filters=asked.filters)
                view.found(look)
            yield view.picture("Waiting for the model …", in_words(ahead))
        if slot.stopped.is_set():
            return
        loading = "Loading the model. This takes a few seconds, the first time only."
        yield view.picture("Getting ready …", loading)
        waited(self._news.warm, slot, name="load")
        if slot.stopped.is_set():
            return
        yield view.picture("Searching …")
        events = self._news.stream(asked.question, history=history, filters=asked.filters)
        with closing(stepped(events, slot, name="answer")) as steps:
            for event in steps:
                if isinstance(event, Answer):
                    yield event
                elif event is not None and (state := view.take(event)):
                    yield view.picture(state)

    def _finished(self, turns: Sequence[Turn]) -> tuple[Any, ...]:
        """Show all turns, and have the browser save them.

        What it saves is never the same twice, so that each change is noticed.
        """
        saved = {"key": self.key, "turns": conversation.to_save(turns), "at": time.time()}
        return self.transcript(turns), "", self.panel(turns), json.dumps(saved), _idle()

    def _turns(self, saved: object) -> tuple[Turn, ...]:
        return conversation.turns(self._news, saved)


def _idle() -> Any:
    """The input box while nothing is being asked."""
    return gr.update(submit_btn=True, stop_btn=False)


def number_of(event: gr.EventData) -> int:
    """Return the number of the turn that an event concerns; -1 if it is none."""
    number = sent(event, "number")
    return number if isinstance(number, int) else -1
