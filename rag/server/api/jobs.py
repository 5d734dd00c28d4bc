"""``/jobs``: batches of summaries or answers, run by :mod:`rag.server.api.job_runner`."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal, Self, cast

from fastapi import Body, Query
from pydantic import Field, model_validator

from rag.export import AnswerRow, SummaryRow, read_row
from rag.jobs import Result
from rag.server.api.job_runner import Entry, JobRunner, State
from rag.server.api.schemas import (
    ArticleFilters,
    ArticleId,
    Question,
    Reply,
    Strict,
    WholeNumber,
    public_url,
)
from rag.server.api.service import UseService, from_state, router
from rag.types import Answers, Length, Style, Summaries
from rag.types import Question as BatchQuestion

routes = router("Jobs", 404, 429, 503, 504)
_MOST_ITEMS = 1000
JobId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="Id of a job.")]


class SummariesJob(ArticleFilters):
    """Summaries, one for each article: `article_ids`, or those that match `query` and filters."""

    kind: Literal["summaries"]
    article_ids: list[ArticleId] = Field([], max_length=_MOST_ITEMS)
    query: Annotated[str, Field(max_length=2000)] = Field(
        "", description="What the articles are about."
    )
    limit: Annotated[int, Field(strict=True, ge=1, le=_MOST_ITEMS), WholeNumber] = Field(
        100, description="Maximum number of articles."
    )
    length: Length = "medium"
    style: Style = "paragraph"
    instruction: Annotated[str, Field(max_length=2000)] = Field(
        "", description="An additional instruction to the model."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        chosen = any(getattr(self, name) for name in ("query", *ArticleFilters.model_fields))
        if self.article_ids and chosen:
            raise ValueError("expected article_ids, or query and filters, not both")
        return self

    def task(self) -> Summaries:
        """Convert to the library's task."""
        return Summaries(
            ids=tuple(self.article_ids),
            query=self.query.strip(),
            filters=self.filters(),
            limit=self.limit,
            length=self.length,
            style=self.style,
            instruction=self.instruction,
        )


class AnswersJob(ArticleFilters):
    """Answers to questions."""

    kind: Literal["answers"]
    questions: list[Question] = Field(min_length=1, max_length=_MOST_ITEMS)

    def task(self) -> Answers:
        """Convert to the library's task; a question's id is its position, counted from 1."""
        questions = (BatchQuestion(str(n), text) for n, text in enumerate(self.questions, start=1))
        return Answers(questions=tuple(questions), filters=self.filters())


ItemState = Literal["waiting", "claimed", "done", "failed"]
JobRequest = Annotated[SummariesJob | AnswersJob, Body(discriminator="kind")]


class JobReply(Reply):
    """The state of a job, with the number of its items."""

    id: str
    kind: Literal["summaries", "answers"]
    state: State
    reason: str = Field(description="Why the job is stopped; otherwise empty.")
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
            reason=entry.problem,
            begun=datetime.fromtimestamp(int(entry.id[:12], 16) / 1000, UTC),
            total=status.total,
            done=status.done,
            failed=status.failed,
            waiting=status.total - status.settled,
        )


class JobsReply(Reply):
    """All jobs, newest first."""

    jobs: list[JobReply]


class JobItem(Reply):
    """An item of a job; its summary or answer is there once it is done."""

    place: int = Field(description="Position in the request, from 0.")
    label: str = Field(description="The title or the question.")
    state: ItemState
    error: str = Field(description="Why the item failed; otherwise empty.")
    summary: SummaryRow | None = None
    answer: AnswerRow | None = None


class ResultsReply(Reply):
    """Items of a job, in order."""

    items: list[JobItem]
    next: int | None = Field(description="The next value of `start`; null if there are no more.")


class ResultsRequest(Strict):
    """A range of items."""

    start: int = Field(0, ge=0, le=1_000_000, description="The first position.")
    limit: int = Field(100, ge=1, le=_MOST_ITEMS)


_UseRunner = Annotated[JobRunner, from_state("job_runner")]


@routes.post("/jobs", status_code=201)
async def begin(asked: JobRequest, service: UseService, runner: _UseRunner) -> JobReply:
    """Begin a job. Jobs run one at a time, the oldest first, and survive restarts of the server."""
    for question in asked.questions if isinstance(asked, AnswersJob) else ():
        service.check_question(question, "questions")
    if isinstance(asked, SummariesJob) and asked.query:
        service.check_question(asked.query, "query")
    task = asked.task()
    return JobReply.of(await service.writer.result(lambda: runner.begin(task)))


@routes.get("/jobs", name="list")
async def list_jobs(service: UseService, runner: _UseRunner) -> JobsReply:
    """List all jobs, newest first."""
    found = await service.search.result(runner.entries)
    return JobsReply(jobs=list(map(JobReply.of, found)))


@routes.get("/jobs/{job_id}")
async def get(job_id: JobId, service: UseService, runner: _UseRunner) -> JobReply:
    """Get the state of a job."""
    return JobReply.of(await service.search.result(lambda: runner.entry(job_id)))


@routes.get("/jobs/{job_id}/results")
async def results(
    job_id: JobId,
    asked: Annotated[ResultsRequest, Query()],
    service: UseService,
    runner: _UseRunner,
) -> ResultsReply:
    """Get the items of a job in order, with the results so far."""

    def work() -> ResultsReply:
        kind = SummaryRow if isinstance(runner.entry(job_id).task, Summaries) else AnswerRow
        found = runner.results(job_id, asked.start, asked.limit)
        more = len(found) == asked.limit
        return ResultsReply(
            items=[_item(result, kind) for result in found],
            next=found[-1].place + 1 if more else None,
        )

    return await service.search.result(work)


@routes.post("/jobs/{job_id}/cancel")
async def cancel(job_id: JobId, service: UseService, runner: _UseRunner) -> JobReply:
    """Cancel a job; finished items stay available."""
    return JobReply.of(await service.search.result(lambda: runner.cancel(job_id)))


@routes.post("/jobs/{job_id}/resume")
async def resume(job_id: JobId, service: UseService, runner: _UseRunner) -> JobReply:
    """Try a stopped job again; any other stays as it is."""
    return JobReply.of(await service.search.result(lambda: runner.resume(job_id)))


@routes.delete("/jobs/{job_id}")
async def delete(job_id: JobId, service: UseService, runner: _UseRunner) -> JobReply:
    """Cancel a job and delete it with its results; returns its last state."""
    return JobReply.of(await service.search.result(lambda: runner.delete(job_id)))


def _item(result: Result, kind: type[SummaryRow] | type[AnswerRow]) -> JobItem:
    item = JobItem(
        place=result.place,
        label=public_url(result.label) if "://" in result.label else result.label,
        state=cast("ItemState", result.state),
        error=result.error,
    )
    if result.state == "done" and kind is SummaryRow:
        summary = read_row(SummaryRow, result.text)
        item.summary = replace(summary, url=public_url(summary.url))
    elif result.state == "done":
        answer = read_row(AnswerRow, result.text)
        sources = tuple(replace(each, url=public_url(each.url)) for each in answer.sources)
        item.answer = replace(answer, sources=sources)
    return item
