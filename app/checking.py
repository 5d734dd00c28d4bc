"""Tab that checks a text against the articles, sentence by sentence."""

import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, get_args

import gradio as gr

from app.background import stepped
from app.components import html, run_buttons, running
from app.events import LIGHT, MODEL, Part
from app.filters import FilterBar, chosen
from app.formatting import count
from app.messages import explained
from app.queue import ModelQueue, before
from app.render import render, trouble
from rag import Claim, News
from rag.types import Filters, Verdict

_MOST_CHARACTERS = 200_000  # the field's limit, as many as are checked at once
_TICK = 0.5  # seconds between two updates of a growing list
_Step = tuple[Claim, int, str]  # a checked sentence, the total number, and a note about the text


class Checks:
    """Event handlers of the tab."""

    def __init__(self, news: News, queue: ModelQueue) -> None:
        """Start with nothing checked."""
        self._news, self._queue = news, queue

    def run(
        self, text: str, since: object, until: object, names: object, request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        """Check a text: yield results, state and the two buttons."""
        shown = ""
        try:
            filters = chosen(since, until, names)
            for shown, state in self._checked(text, filters, str(request.session_hash)):
                yield shown, render("state", state=state), *running(busy=True)
            yield shown, "", *running(busy=False)
        except Exception as error:  # noqa: BLE001 - shown in place, what was done stays
            yield shown, trouble(explained(error)), *running(busy=False)

    def _checked(self, text: str, filters: Filters, session: str) -> Iterator[tuple[str, str]]:
        """Yield the list so far and the current state."""
        claims: list[Claim] = []
        note, total, drawn = "", 0, 0.0
        with self._queue.slot(session, "check") as slot:
            for ahead in self._queue.places(slot):
                yield from slot.paced([("", f"Waiting in the queue: {before(ahead)} …")])
            with closing(stepped(self._steps(text, filters), slot, name="check")) as steps:
                for step in steps:
                    if step is not None:
                        claim, total, note = step
                        claims.append(claim)
                    if time.monotonic() - drawn > _TICK:
                        drawn = time.monotonic()
                        yield from slot.paced([_picture(claims, total, note)])
                    if slot.stopped.is_set():
                        break
        yield results(claims, note, of=total), ""

    def _steps(self, text: str, filters: Filters) -> Generator[_Step, None, None]:
        work = self._news.checking(text, filters=filters)
        for claim in work:
            yield claim, len(work), work.note

    def stop(self, request: gr.Request) -> str:
        """Stop after the current sentence, and say so."""
        self._queue.stop(str(request.session_hash), "check")
        return render("state", state="Stopping …")


def _picture(claims: Sequence[Claim], total: int, note: str) -> tuple[str, str]:
    """Render the list so far and the progress."""
    if not claims:
        return "", "Looking for articles …"
    return results(claims, note), f"{len(claims)} of {count(total, 'sentence')} checked …"


def results(claims: Sequence[Claim], note: str, *, of: int = 0) -> str:
    """Render the sentences as a list, each with its status, unsupported words and quotes.

    Args:
        claims: the checked sentences.
        note: what to know about the text.
        of: how many there should be; fewer sentences are reported as such.
    """
    if not claims:
        return '<p class="quiet">Stopped before the first sentence.</p>'
    counts = Counter(claim.status for claim in claims)
    counted = ", ".join(f"{counts[each]} {each}" for each in get_args(Verdict)) + "."
    stopped = f"Stopped after {len(claims)} of {count(of, 'sentence')}." * (len(claims) < of)
    return render(
        "checked", claims=claims, counted=" ".join(filter(None, (counted, stopped, note)))
    )


def build(news: News, queue: ModelQueue) -> Part:
    """Lay out and wire the tab; return what it does on page load, and on new articles."""
    tab = Checks(news, queue)
    text = gr.Textbox(
        label="Text to check against the articles",
        placeholder="Paste a draft. Each sentence is shown with its quotes; words that no quote"
        " supports are underlined.",
        lines=7,
        max_lines=18,
        max_length=_MOST_CHARACTERS,
        elem_id="draft",
    )
    bar = FilterBar(news)
    start, stop = run_buttons("Check")
    state, found = html(), html(elem_id="checked")
    start.click(tab.run, [text, *bar.inputs], [found, state, start, stop], **MODEL)
    stop.click(tab.stop, None, state, **LIGHT)
    return bar.refresh
