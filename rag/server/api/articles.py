"""``/articles``: list, read, add and delete; clients cannot name files or URLs to fetch."""

import io
import json
from typing import Annotated, Literal

from fastapi import Query
from fastapi.responses import JSONResponse
from pydantic import Field

from rag import Article, News
from rag.errors import ArticleUnknown
from rag.server.api.errors import ApiError, documented
from rag.server.api.schemas import (
    ArticleFilters,
    ArticleId,
    ArticleLine,
    Day,
    Publisher,
    Reply,
    Strict,
    Title,
    Visible,
)
from rag.server.api.service import UseService, router
from rag.types import Order

routes = router("Articles", 429, 503, 504)


class ListRequest(ArticleFilters):
    """Filters, order and range of the article list."""

    query: Annotated[str, Field(max_length=500)] = Field(
        "", description="Words to find in titles, publishers and texts."
    )
    order: Order = "newest"
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=1_000_000_000)


class ListReply(Reply):
    """A part of the article list."""

    total: int = Field(description="Number of all matching articles.")
    articles: list[ArticleLine]


class ArticleReply(ArticleLine):
    """An article with its text."""

    text: str


class AddRequest(Strict):
    """An article. Its text is cleaned as `rag ingest` does it."""

    title: Title = ""
    text: Visible
    url: Annotated[str, Field(max_length=2000, pattern=r"^(https?://\S+)?$")] = Field(
        "",
        description="Web address, which is not fetched; replaces an article with the same address.",
    )
    publisher: Publisher = ""
    authors: list[Publisher] = Field([], max_length=50)
    published: Day | None = None
    language: Annotated[str, Field(pattern=r"^([a-z]{2})?$")] = Field(
        "", description="ISO 639-1 code."
    )


class AddReply(Reply):
    """The result of adding an article."""

    id: str
    status: Literal["added", "updated", "unchanged", "duplicate"] = Field(
        description="`duplicate`: the same text is known under another address."
    )
    title: str


@routes.get("/articles", name="list")
async def list_articles(asked: Annotated[ListRequest, Query()], service: UseService) -> ListReply:
    """List articles, without their texts."""
    filters = asked.filters()

    def work() -> ListReply:
        found = service.news.articles(
            filters=filters,
            query=asked.query,
            order=asked.order,
            limit=asked.limit,
            offset=asked.offset,
        )
        total = service.news.count(filters=filters, query=asked.query)
        return ListReply.model_validate({"total": total, "articles": found})

    return await service.search.result(work)


@routes.get("/articles/{article_id}", responses=documented(404))
async def get(article_id: ArticleId, service: UseService) -> ArticleReply:
    """Get an article with its text."""
    article = await service.search.result(lambda: _article(service.news, article_id))
    return ArticleReply.model_validate(article)


@routes.post(
    "/articles",
    status_code=201,
    response_model=AddReply,
    responses={200: {"model": AddReply, "description": "The article was known already."}},
)
async def add(article: AddRequest, service: UseService) -> JSONResponse:
    """Add an article; it can be asked about at once."""
    reply = await service.writer.result(lambda: _add(service.news, article))
    status = 201 if reply.status in {"added", "updated"} else 200
    return JSONResponse(reply.model_dump(mode="json"), status)


@routes.delete("/articles/{article_id}", responses=documented(404))
async def delete(article_id: ArticleId, service: UseService) -> ArticleLine:
    """Delete an article and everything derived from it; returns what was deleted."""

    def work() -> Article:
        _article(service.news, article_id)
        (deleted,) = service.news.delete([article_id])
        return deleted

    return ArticleLine.model_validate(await service.writer.result(work))


def _article(news: News, article_id: str) -> Article:
    """Return the article with this full id, not just a prefix."""
    found = news.article(article_id)
    if found.id != article_id:
        raise ArticleUnknown(article_id)
    return found


def _add(news: News, article: AddRequest) -> AddReply:
    record = article.model_dump(mode="json", exclude_defaults=True)
    line = json.dumps(record, ensure_ascii=False).encode()
    (outcome,) = news.ingest(["-"], stdin=io.BytesIO(line)).outcomes
    if outcome.status == "failed":
        raise ApiError("no_article", param="text", reason=outcome.reason)
    return AddReply(id=outcome.article_id, status=outcome.status, title=outcome.title)
