"""``/jobs``: batches of summaries or answers, run by :mod:`rag.server.api.job_runner`."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal, Self, cast

from fastapi import Body, FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from rag.export import AnswerRow, SummaryRow, read_row
from rag.jobs import Result
from rag.server.api.errors import documented
from rag.server.api.job_runner import Entry, JobRunner, State
from rag.server.api.schemas import ArticleId, Question, Strict, Whole, Within, public
from rag.server.api.service import Service, filters_of
from rag.types import Answers, Style, Summaries
from rag.types import Question as Asked

_MOST_ITEMS = 1000
_STATUSES = (404, 429, 503, 504)
JobId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="A job's id.")]


class SummariesJob(Within):
    """Summaries, one for each article: those named, those that match, or all within the filter."""

    kind: Literal["summaries"]
    article_ids: list[ArticleId] = Field([], max_length=_MOST_ITEMS)
    query: Annotated[str, Field(max_length=2000)] = Field("", description="What they are about.")
    limit: Annotated[int, Field(strict=True, ge=1, le=_MOST_ITEMS), Whole] = Field(
        100, description="How many at most."
    )
    length: Literal["short", "medium", "long"] = "medium"
    style: Style = "paragraph"
    instruction: Annotated[str, Field(max_length=2000)] = Field(
        "", description="A wish that the model is told besides."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        chosen = self.query or self.since or self.until or self.as_of or self.publishers
        if self.article_ids and chosen:
            raise ValueError("wanted article_ids, or query and filters, not both")
        return self

    def task(self) -> Summaries:
        """Convert to the library's task."""
        return Summaries(
            ids=tuple(self.article_ids),
            query=self.query.strip(),
            filters=filters_of(self),
            limit=self.limit,
            length=self.length,
            style=self.style,
            instruction=self.instruction,
        )


class AnswersJob(Within):
    """Answers to questions."""

    kind: Literal["answers"]
    questions: list[Question] = Field(min_length=1, max_length=_MOST_ITEMS)

    def task(self) -> Answers:
        """Convert to the library's task; a question's id is its position, counted from 1."""
        asked = (Asked(str(n), text) for n, text in enumerate(self.questions, start=1))
        return Answers(questions=tuple(asked), filters=filters_of(self))


ItemState = Literal["waiting", "claimed", "done", "failed"]
JobRequest = Annotated[SummariesJob | AnswersJob, Body(discriminator="kind")]


class JobReply(BaseModel):
    """A job as it stands."""

    id: str
    kind: Literal["summaries", "answers"]
    state: State
    reason: str = Field(description="Why it is stopped; else empty.")
    begun: datetime
    total: int
    done: int
    failed: int
    waiting: int

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Convert from the job runner's entry."""
        status = entry.status
        return cls(
            id=entry.id,
            kind="summaries" if isinstance(entry.task, Summaries) else "answers",
            state=entry.state,
            reason=entry.trouble,
            begun=datetime.fromtimestamp(int(entry.id[:12], 16) / 1000, UTC),
            total=status.total,
            done=status.done,
            failed=status.failed,
            waiting=status.total - status.settled,
        )


class JobsReply(BaseModel):
    """All jobs, the newest first."""

    jobs: list[JobReply]


class JobItem(BaseModel):
    """An item of a job; what came of it is there once it is done."""

    place: int = Field(description="From 0, in the order of the request.")
    label: str = Field(description="The title or the question.")
    state: ItemState
    error: str = Field(description="Why it failed; else empty.")
    summary: SummaryRow | None = None
    answer: AnswerRow | None = None


class ResultsReply(BaseModel):
    """Items in order."""

    items: list[JobItem]
    next: int | None = Field(description="Where to go on; null: these were the last.")


class ResultsRequest(Strict):
    """The range of items to return."""

    model_config = ConfigDict(extra="forbid")

    start: int = Field(0, ge=0, le=1_000_000, description="The first place.")
    limit: int = Field(100, ge=1, le=_MOST_ITEMS)


class Jobs:
    """Job operations."""

    def __init__(self, service: Service, job_runner: JobRunner) -> None:
        """Create the operations for one library."""
        self._service, self._backlog = service, job_runner

    def install(self, app: FastAPI) -> None:
        """Register the routes."""
        for path, method, operation, reply, status in (
            ("/jobs", "POST", self.begin, JobReply, 201),
            ("/jobs", "GET", self.list, JobsReply, 200),
            ("/jobs/{job_id}", "GET", self.get, JobReply, 200),
            ("/jobs/{job_id}/results", "GET", self.results, ResultsReply, 200),
            ("/jobs/{job_id}/cancel", "POST", self.cancel, JobReply, 200),
            ("/jobs/{job_id}", "DELETE", self.delete, JobReply, 200),
        ):
            app.add_api_route(
                path,
                operation,
                methods=[method],
                response_model=reply,
                status_code=status,
                responses=documented(*_STATUSES),
                tags=["Jobs"],
            )

    async def begin(self, asked: JobRequest) -> JobReply:
        """Begin a job; it is worked on when those before it are done, also after a restart."""
        for question in asked.questions if isinstance(asked, AnswersJob) else ():
            self._service.check_question(question, "questions")
        if isinstance(asked, SummariesJob) and asked.query:
            self._service.check_question(asked.query, "query")
        task = asked.task()
        return JobReply.of(await self._service.pen.result(lambda: self._backlog.begin(task)))

    async def list(self) -> JobsReply:
        """All jobs, the newest first."""
        found = await self._service.shelves.result(self._backlog.entries)
        return JobsReply(jobs=list(map(JobReply.of, found)))

    async def get(self, job_id: JobId) -> JobReply:
        """A job as it stands."""
        return JobReply.of(await self._service.shelves.result(lambda: self._backlog.entry(job_id)))

    async def results(
        self, job_id: JobId, asked: Annotated[ResultsRequest, Query()]
    ) -> ResultsReply:
        """What came of a job's items, in order, as far as it is."""

        def work() -> ResultsReply:
            summaries = isinstance(self._backlog.entry(job_id).task, Summaries)
            found = self._backlog.results(job_id, asked.start, asked.limit)
            more = len(found) == asked.limit
            return ResultsReply(
                items=[_item(result, summaries=summaries) for result in found],
                next=found[-1].place + 1 if more else None,
            )

        return await self._service.shelves.result(work)

    async def cancel(self, job_id: JobId) -> JobReply:
        """Begin no further item; what is done is kept."""
        return JobReply.of(await self._service.shelves.result(lambda: self._backlog.cancel(job_id)))

    async def delete(self, job_id: JobId) -> JobReply:
        """Cancel a job, and forget it with its results; returns how it stood."""
        return JobReply.of(await self._service.shelves.result(lambda: self._backlog.delete(job_id)))


def _item(result: Result, *, summaries: bool) -> JobItem:
    done = result.state == "done"
    summary = answer = None
    if done and summaries:
        row = read_row(SummaryRow, result.text)
        summary = replace(row, url=public(row.url))
    elif done:
        found = read_row(AnswerRow, result.text)
        sources = tuple(replace(each, url=public(each.url)) for each in found.sources)
        answer = replace(found, sources=sources)
    return JobItem(
        place=result.place,
        label=public(result.label) if "://" in result.label else result.label,
        state=cast("ItemState", result.state),
        error=result.error,
        summary=summary,
        answer=answer,
    )
