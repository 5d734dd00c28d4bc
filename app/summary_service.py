"""Write what the summaries tab requests: one summary each, one of all, or a digest of stories."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing

from app import render, saved_summaries, stories
from app.background import stepped
from app.formatting import count, left
from app.queue import ModelQueue, QueueSlot, before
from app.saved_summaries import Made, Row
from app.summary_request import STORIES, TOGETHER, Chosen, SummaryRequest
from rag import News
from rag.types import Article, Digest, Draft, Story, Summary

Shown = tuple[str, str]  # the results so far, and the current state


class _Stopped(Exception):
    """Nobody wants the summary in progress any more."""


class Course:
    """Progress of some work: finished pieces, and parts of the current one."""

    def __init__(self, name: str, total: int) -> None:
        """Start with nothing begun."""
        self.total = total
        self._name, self._done, self._spent = name, 0, 0.0
        self._since = time.monotonic()
        self._parts, self._written = (0, 1), 0

    def begin(self) -> None:
        """Start timing the next piece; time before that was waiting."""
        self._since = time.monotonic()
        self._parts, self._written = (0, 1), 0

    def end(self) -> None:
        """Finish the current piece."""
        self._spent += time.monotonic() - self._since
        self._done += 1
        self.begin()

    def note(self, done: int, known: int) -> None:
        """Record how many known parts of the piece are done; called again for each token."""
        self._written = self._written + 1 if done == self._parts[0] else 0
        self._parts = done, known

    @property
    def state(self) -> str:
        """The current piece, its part, and the time left for all of it if known."""
        done, known = self._parts
        share = (self._done + done / known) / max(1, self.total)
        told = [self._name if self.total == 1 else f"{self._name} {self._done + 1} of {self.total}"]
        if known > 1:
            told.append(f"part {min(done + 1, known)} of {known}")
        rest = left(self._spent + time.monotonic() - self._since, share)
        told.append(rest or ("writing" if self._written else "reading"))
        return f"{', '.join(told)} …"


def _now(course: Course, slot: QueueSlot) -> str:
    return "Stopping …" if slot.stopped.is_set() else course.state


class SummaryService:
    """Writes what was requested; its methods yield the results so far and the current state."""

    def __init__(self, news: News, profile: str, line: ModelQueue) -> None:
        """Start without asking the model anything."""
        self._news, self._profile, self._line = news, profile, line

    def write(
        self, wanted: SummaryRequest, chosen: Chosen, made: Made, session: str
    ) -> Iterator[Shown]:
        """Fill ``made`` with what can be saved; a stop takes effect within a token."""
        note = f'<p class="quiet">{render.esc(chosen.note)}</p>' if chosen.note else ""
        if not chosen.articles:
            yield '<p class="quiet">No article matches.</p>', ""
            return
        work = self._digest if wanted.how == STORIES else self._summaries
        shown = ""
        for shown, state in work(wanted, chosen.articles, made, session):
            yield note + shown, state
        if not shown:
            first = "story" if wanted.how == STORIES else "summary"
            yield f'{note}<p class="quiet">Stopped before the first {first}.</p>', ""

    def _turn(self, shown: str, slot: QueueSlot) -> Iterator[Shown]:
        """Wait for the model."""
        for ahead in self._line.places(slot):
            yield from slot.paced([(shown, f"Waiting for the model: {before(ahead)} …")])

    def _digest(
        self, wanted: SummaryRequest, articles: tuple[Article, ...], made: Made, session: str
    ) -> Iterator[Shown]:
        with self._line.slot(session, "summaries") as slot:
            yield from self._turn("", slot)
            yield from slot.paced([("", "Grouping the articles …")])
            if not slot.stopped.is_set():
                self._news.warm()
                yield from slot.paced(self._told(wanted, articles, made, slot))

    def _told(
        self, wanted: SummaryRequest, articles: tuple[Article, ...], made: Made, slot: QueueSlot
    ) -> Iterator[Shown]:
        course = Course("Story", 0)
        written: list[Story] = []
        shown = ""

        def count_stories(_: int, wanted: int) -> None:
            course.total = wanted

        told = self._news.stories(
            wanted.subject,
            article_ids=[each.id for each in articles],
            length=wanted.length,
            progress=count_stories,
        )
        with closing(stepped(told, name="digest")) as events:
            for event in events:
                if isinstance(event, Digest):
                    made.digest = event
                    yield shown + stories.foot(event, self._profile), ""
                    return
                if isinstance(event, Story):
                    written.append(event)
                    made.digest = saved_summaries.so_far(wanted.subject, written)
                    shown += stories.story(event)
                    course.end()
                if isinstance(event, Draft):
                    course.note(0, 1)
                if len(written) < course.total:
                    yield shown, _now(course, slot)
                elif event is not None:
                    yield shown, ""
                if slot.stopped.is_set() and event is not None:
                    return

    def _summaries(
        self, wanted: SummaryRequest, articles: tuple[Article, ...], made: Made, session: str
    ) -> Iterator[Shown]:
        """Queue again for each summary, so that others get their turn between two of them."""
        together = wanted.how == TOGETHER
        of_these = "" if wanted.subject else f" of {count(len(articles), 'article')}"
        name = f"One summary{of_these}" if together else "Summary"
        rounds = [articles] if together else [(article,) for article in articles]
        course, shown = Course(name, len(rounds)), ""
        for some in rounds:
            with self._line.slot(session, "summaries") as slot:
                yield from self._turn(shown, slot)
                course.begin()
                yield from slot.paced([(shown, course.state)])
                if slot.stopped.is_set():
                    break
                self._news.warm()
                course.begin()
                try:
                    for summary in slot.paced(self._one(wanted, some, course, slot)):
                        if summary is not None:
                            row, body = self._laid_out(wanted, some, summary)
                            made.rows.append(row)
                            shown += body
                        yield shown, _now(course, slot)
                except _Stopped:
                    break
                course.end()
        yield shown, ""

    def _one(
        self, wanted: SummaryRequest, articles: tuple[Article, ...], course: Course, slot: QueueSlot
    ) -> Iterator[Summary | None]:
        """Yield None now and then, and the summary at the end."""

        def check(done: int, known: int) -> None:
            if slot.stopped.is_set():
                raise _Stopped
            course.note(done, known)

        def work() -> Generator[Summary, None, None]:
            together = wanted.how == TOGETHER
            ids = [each.id for each in articles]
            yield self._news.summarize(
                (None if wanted.subject else ids) if together else articles[0],
                query=wanted.subject if together else "",
                filters=wanted.filters,
                length=wanted.length,
                progress=check,
            )

        try:
            yield from stepped(work(), name="summary")
        finally:
            slot.stopped.set()  # if the consumer leaves while the model is at work

    def _laid_out(
        self, wanted: SummaryRequest, articles: tuple[Article, ...], summary: Summary
    ) -> tuple[Row, str]:
        if wanted.how != TOGETHER:
            (article,) = articles
            return (article, summary), render.summary(summary, {article.id: article}, self._profile)
        known = {each: self._news.article(each) for each in summary.article_ids}
        about = Article("", "", wanted.subject or f"{count(len(known), 'article')} together", "")
        body = render.summary(summary, known, self._profile)
        if not wanted.subject and len(known) < len(articles):
            room = f"{len(known):,} of {count(len(articles), 'article')} had room in the summary."
            body += f'<p class="small-print">{room}</p>'
        return (about, summary), body
