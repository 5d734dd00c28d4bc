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
from app.conversation import MOST_TURNS, Turn, answers, numbered
from app.draft_view import DraftView
from app.events import sent
from app.filters import chosen, described
from app.formatting import count
from app.history import History, owner_of
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
    before: int  # turns of the conversation that come before it
    parent: int | None  # number of the turn that it follows; None: the last one


class Chat:
    """Event handlers of the tab. Holds no conversation: ``history`` does.

    ``open_id`` is the id of the one that is open in a browser tab, which may be anything.
    """

    def __init__(self, news: News, profile: str, queue: ModelQueue, history: History) -> None:
        """Start without asking the model anything."""
        self._news, self._profile, self._queue, self._history = news, profile, queue, history
        self.key = f"newsrag-conversation-{news.folder.name}"  # of its id in the browser

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
        """Render the finished turns, at most the last ones."""
        if not turns:
            return self.welcome()
        hidden = max(0, len(turns) - MOST_TURNS)
        note = f"{count(hidden, 'earlier question')} not shown here. Saved files contain all."
        shown = [render("note", text=note)] if hidden else []
        for number, turn in enumerate(turns[hidden:], start=hidden):
            values = {"number": number, "turn": turn, "profile": self._profile}
            if turn.answer:
                values["answer"] = numbered(turn.answer)
            shown.append(render("turn", **values, searched=described(turn.filters)))
        return "".join(shown)

    def panel(self, turns: Sequence[Turn], number: int = -1) -> str:
        """Render the sources of one turn, by default the last."""
        if not turns or not -len(turns) <= number < len(turns):
            return PANEL_EMPTY
        answer = turns[number].answer
        return render("sources", quotes=numbered(answer).citations if answer else ())

    # Light events: they never wait for the model

    def restore(self, request: gr.Request, open_id: object) -> tuple[str, str]:
        """Show the conversation that is open in the browser tab."""
        turns = self.turns(request, open_id)
        return self.transcript(turns), self.panel(turns)

    def load(self, request: gr.Request, open_id: object) -> tuple[Any, ...]:
        """Show the conversation, also one that an earlier release stored in the browser."""
        if not str(open_id).startswith("["):
            return *self.restore(request, open_id), gr.skip()
        stored = ""
        for each in conversation.from_browser(str(open_id)):
            stored = self._history.add(owner_of(request, self._news), stored, each)
        return *self.restore(request, stored), _opened(stored)

    def refresh(self, request: gr.Request, open_id: object, live: object) -> tuple[Any, Any]:
        """Show the conversation, or the welcome page, from the current index, unless one is answered."""
        return (gr.skip(),) * 2 if "aria-busy" in str(live) else self.restore(request, open_id)

    def begin(
        self,
        question: str,
        since: object,
        until: object,
        names: object,
        only: Sequence[str],
        open_id: object,
        resume: int,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """Show the question before the model is asked."""
        turns = self.turns(request, open_id)
        before = turns if resume < 0 else turns[:resume]
        try:
            filters = chosen(since, until, names, only)
            self._queue.check()
            self._news.check(question)
        except Exception as error:  # noqa: BLE001 - shown in place, and the app goes on
            refused = trouble(explained(error), question[:200])
            return self.transcript(turns), refused, gr.skip(), None, *(gr.skip(),) * 3
        shown = self.transcript(before) if before else ""
        parent = (before[-1].number if before else 0) if len(before) < len(turns) else None
        asked = Asked(question.strip(), filters, len(before), parent)
        live = DraftView(asked.question).picture("Waiting for the model …")
        busy = gr.update(value="", submit_btn=False, stop_btn=True)
        return shown, live, _PANEL_SEARCHING, asked, busy, -1, ""

    def only(self, ids: Sequence[str]) -> tuple[list[str], str]:
        """Limit questions to these articles, as far as they are there; return them with a line on it."""
        found = self._news.articles(filters=Filters(articles=ids)) if ids else ()
        return [each.id for each in found], render("only", articles=found) if found else ""

    def sources(self, open_id: object, event: gr.EventData, request: gr.Request) -> str:
        """Show the panel of an earlier turn."""
        return self.panel(self.turns(request, open_id), number_of(event))

    def version(
        self, open_id: object, event: gr.EventData, request: gr.Request
    ) -> tuple[str, str, str]:
        """Show another version of a turn, with what followed it."""
        if isinstance(number := sent(event, "to"), int):
            self._history.choose(owner_of(request, self._news), str(open_id), number)
        return *self.restore(request, open_id), ""

    def leave(self, request: gr.Request) -> tuple[Any, ...]:
        """Leave the conversation; any answer in progress is dropped. The last part of `restore`."""
        self._queue.stop(str(request.session_hash), "question", drop=True)
        return "", None, _idle(), -1, ""

    def start_over(self, open_id: object, request: gr.Request) -> tuple[Any, ...]:
        """Start an empty conversation."""
        left = self.leave(request)
        return self.welcome(), left[0], PANEL_EMPTY, *left[1:]

    def markdown(self, open_id: object, request: gr.Request) -> File:
        """Export the conversation as Markdown, with its citations."""
        text = as_markdown(answers(self.turns(request, open_id)))
        return {"name": "conversation.md", "type": "text/markdown", "text": text}

    def json(self, open_id: object, request: gr.Request) -> File:
        """Export the conversation as JSON, with its citations."""
        text = as_json(answers(self.turns(request, open_id)))
        return {"name": "conversation.json", "type": "application/json", "text": text}

    # The heavy event

    def reply(
        self, asked: Asked | None, open_id: object, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Stream the answer: transcript, current turn, panel, conversation, input box."""
        skip = gr.skip()
        if asked is None:
            yield (skip,) * 5
            return
        known = self.turns(request, open_id)
        before = known[: asked.before]
        view = DraftView(asked.question)
        ended = ""  # the turn as it was left, if it was cut short
        try:
            with self._queue.slot(str(request.session_hash), "question") as slot:
                for picture in slot.paced(self._pictures(asked, before, view, slot)):
                    if slot.dropped:
                        break
                    if isinstance(picture, Answer):
                        yield self._finished(picture, asked, str(open_id), request)
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
        last = before[-conversation.REMEMBERED :]
        history = [turn.answer for turn in last if turn.answer]
        for shown, ahead in enumerate(self._queue.places(slot)):
            if not shown:  # something to read meanwhile
                look = self._news.first_look(asked.question, history=history, filters=asked.filters)
                view.found(look)
            yield view.picture("Waiting for the model …", in_words(ahead))
        if slot.stopped.is_set():
            return
        loading = "Loading the model. This takes a few seconds and happens only once."
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

    def _finished(
        self, answer: Answer, asked: Asked, open_id: str, request: gr.Request
    ) -> tuple[Any, ...]:
        """Save the turn and show all of them."""
        new = conversation.to_save(answer, asked.filters)
        open_id = self._history.add(owner_of(request, self._news), open_id, new, asked.parent)
        turns = self.turns(request, open_id)
        return self.transcript(turns), "", self.panel(turns), _opened(open_id), _idle()

    def turns(self, request: gr.Request, open_id: object) -> list[Turn]:
        """Read the conversation that is open in the browser tab."""
        saved = self._history.turns(owner_of(request, self._news), str(open_id))
        return [conversation.read(self._news, each) for each in saved]


def _opened(open_id: str) -> str:
    """Have the browser note which conversation is open. Never the same twice, to be noticed."""
    return json.dumps({"id": open_id, "at": time.time()})


def _idle() -> Any:
    """The input box while nothing is being asked."""
    return gr.update(submit_btn=True, stop_btn=False)


def number_of(event: gr.EventData) -> int:
    """Return the number of the turn that an event concerns; -1 if it is none."""
    number = sent(event, "number")
    return number if isinstance(number, int) else -1
