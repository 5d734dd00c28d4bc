"""Write what the summaries tab requests: one summary each, one of all, or a digest of stories."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing

from app import saved_summaries
from app.background import stepped, waited
from app.formatting import TimeLeft, count
from app.queue import ModelQueue, QueueSlot, before
from app.render import render
from app.saved_summaries import Made
from app.summary_request import STORIES, TOGETHER, Chosen, SummaryRequest
from rag import News
from rag.export import unmarked
from rag.types import Article, Digest, Draft, Story, Summary

Shown = tuple[str, str]  # the results so far, and the current state


class Progress:
    """Progress of some work: finished pieces, and parts and draft of the current one."""

    def __init__(self, name: str, total: int) -> None:
        """Start with nothing begun."""
        self.total = total
        self.draft = ""  # what the model has written for the current part
        self.spent = 0.0  # seconds on finished pieces
        self._name, self._done, self._left = name, 0, TimeLeft()
        self._since = time.monotonic()
        self._parts = (0, 1)

    def begin(self) -> None:
        """Start timing the next piece; time before that was waiting."""
        self._left.pause(time.monotonic() - self._since)
        self._since = time.monotonic()

    def end(self) -> None:
        """Finish the current piece."""
        self.spent += time.monotonic() - self._since
        self._done += 1
        self._since = time.monotonic()
        self._parts, self.draft = (0, 1), ""
        self._left.update(self.spent, self._done / max(1, self.total))

    def note(self, done: int, known: int) -> None:
        """Record how many known parts of the piece are done; called again for each token."""
        if done == self._parts[0]:
            self._parts = done, known
            return
        self._parts, self.draft = (done, known), ""
        spent = self.spent + time.monotonic() - self._since
        self._left.update(spent, (self._done + done / known) / max(1, self.total))

    def write(self, piece: str) -> None:
        """Add to the draft of the current part."""
        self.draft += piece

    @property
    def state(self) -> str:
        """The current piece, its part, and the time left for all of it if known."""
        done, known = self._parts
        phrases = [
            self._name if self.total == 1 else f"{self._name} {self._done + 1} of {self.total}"
        ]
        if known > 1:
            phrases.append(f"part {min(done + 1, known)} of {known}")
        phrases.append(str(self._left) or ("writing" if self.draft else "reading"))
        return f"{', '.join(phrases)} …"

    def shown(self, results: str) -> str:
        """Render the draft below the results so far."""
        text = unmarked(self.draft).strip()
        return results + render("unchecked", text=text) if text else results


class SummaryService:
    """Writes what was requested; its methods yield the results so far and the current state."""

    def __init__(self, news: News, profile: str, queue: ModelQueue) -> None:
        """Start without asking the model anything."""
        self._news, self._profile, self._queue = news, profile, queue

    def write(
        self, request: SummaryRequest, chosen: Chosen, made: Made, session: str
    ) -> Iterator[Shown]:
        """Fill ``made`` with what can be saved; a stop takes effect within a token."""
        if not chosen.articles:
            yield _note("No articles match."), ""
            return
        note = _note(chosen.note) if chosen.note else ""
        work = self._digest if request.how == STORIES else self._summaries
        shown = ""
        for shown, state in work(request, chosen.articles, made, session):
            yield note + shown, state
        if not shown:
            first = "story" if request.how == STORIES else "summary"
            yield note + _note(f"Stopped before the first {first}."), ""

    def _wait(self, shown: str, slot: QueueSlot) -> Iterator[Shown]:
        """Wait for the model."""
        for ahead in self._queue.places(slot):
            yield from slot.paced([(shown, f"Waiting for the model: {before(ahead)} …")])

    def _digest(
        self, request: SummaryRequest, articles: Sequence[Article], made: Made, session: str
    ) -> Iterator[Shown]:
        with self._queue.slot(session, "summaries") as slot:
            yield from self._wait("", slot)
            yield from slot.paced([("", "Grouping the articles …")])
            if not slot.stopped.is_set():
                waited(self._news.warm, slot, name="load")
                yield from slot.paced(self._stories(request, articles, made, slot))

    def _stories(
        self, request: SummaryRequest, articles: Sequence[Article], made: Made, slot: QueueSlot
    ) -> Iterator[Shown]:
        progress = Progress("Story", 0)
        written: list[Story] = []
        shown = ""

        def count_stories(_: int, total: int) -> None:
            progress.total = total

        stories = self._news.stories(
            request.subject,
            article_ids=[each.id for each in articles],
            length=request.length,
            progress=count_stories,
        )
        with closing(stepped(stories, slot, name="digest")) as events:
            for event in events:
                if isinstance(event, Digest):
                    made.digest = event
                    yield shown + render("digest_foot", digest=event, profile=self._profile), ""
                    return
                if isinstance(event, Story):
                    written.append(event)
                    shown += render("story", story=event)
                    progress.end()
                    made.digest = saved_summaries.so_far(
                        request.subject, written, self._news.generator.identity, progress.spent
                    )
                if isinstance(event, Draft):
                    progress.write(event.text)
                if len(written) < progress.total:
                    yield progress.shown(shown), _now(progress, slot)
                elif event is not None:
                    yield shown, ""
            yield shown, ""

    def _summaries(
        self, request: SummaryRequest, articles: Sequence[Article], made: Made, session: str
    ) -> Iterator[Shown]:
        """Queue again for each summary, so that others get their turn between two of them."""
        together = request.how == TOGETHER
        of_these = "" if request.subject else f" of {count(len(articles), 'article')}"
        name = f"Summary{of_these}" if together else "Summary"
        rounds = [articles] if together else [(article,) for article in articles]
        progress, shown = Progress(name, len(rounds)), ""
        for some in rounds:
            with self._queue.slot(session, "summaries") as slot:
                yield from self._wait(shown, slot)
                progress.begin()
                yield from slot.paced([(shown, progress.state)])
                if slot.stopped.is_set():
                    break
                waited(self._news.warm, slot, name="load")
                progress.begin()
                for summary in slot.paced(self._summary(request, some, progress, slot)):
                    if summary is not None:
                        shown += self._finished(request, some, summary, made)
                        progress.draft = ""
                    yield progress.shown(shown), _now(progress, slot)
                if slot.stopped.is_set():
                    break
                progress.end()
        yield shown, ""

    def _summary(
        self,
        request: SummaryRequest,
        articles: Sequence[Article],
        progress: Progress,
        slot: QueueSlot,
    ) -> Iterator[Summary | None]:
        """Yield None now and then, and the summary at the end."""
        together = request.how == TOGETHER
        ids = None if request.subject else [each.id for each in articles]

        def work() -> Generator[Summary, None, None]:
            yield self._news.summarize(
                ids if together else articles[0],
                query=request.subject if together else "",
                filters=request.filters,
                length=request.length,
                progress=progress.note,
                drafted=progress.write,
            )

        return stepped(work(), slot, name="summary")

    def _finished(
        self, request: SummaryRequest, articles: Sequence[Article], summary: Summary, made: Made
    ) -> str:
        """Render a summary and add it to what can be saved."""
        note, known, about, title = "", articles, articles[0], ""
        if request.how == TOGETHER:
            known = [self._news.article(each) for each in summary.article_ids]
            title = request.subject or f"{count(len(known), 'article')} together"
            about = Article("", "", title, "")
            if not request.subject and len(known) < len(articles):
                given = count(len(articles), "article")
                note = f"The summary covers {len(known):,} of {given}; no more fitted."
        made.rows.append((about, summary))
        return render(
            "summary",
            summary=summary,
            title=title,
            articles=known,
            profile=self._profile,
            note=note,
        )


def _note(text: str) -> str:
    return render("note", text=text)


def _now(progress: Progress, slot: QueueSlot) -> str:
    return "Stopping …" if slot.stopped.is_set() else progress.state
