"""``/articles``: list, read, add and delete; clients cannot name files or URLs to fetch."""

import io
import json
from typing import Annotated, Literal, Self

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from rag import Article
from rag.errors import ArticleUnknown
from rag.server.api.errors import ApiError, documented
from rag.server.api.schemas import ArticleId, ArticleLine, Day, Strict
from rag.server.api.service import Service, filters_of
from rag.types import Order

_MOST_LISTED = 100
_Name = Annotated[str, Field(max_length=500)]


class ListRequest(Strict):
    """Filters and paging of the article list."""

    query: Annotated[str, Field(max_length=500)] = Field(
        "", description="Words looked for in title and publisher."
    )
    since: Day | None = Field(None, description="First day, inclusive.")
    until: Day | None = Field(None, description="Last day, inclusive.")
    as_of: Day | None = Field(None, description="No later articles than of this day.")
    publishers: list[_Name] = Field([], max_length=50, description="Only these; may be repeated.")
    order: Order = "newest"
    limit: int = Field(20, ge=1, le=_MOST_LISTED)
    offset: int = Field(0, ge=0, le=1_000_000_000)


class ListReply(BaseModel):
    """A page of the list."""

    total: int = Field(description="How many there are in all.")
    articles: list[ArticleLine]


class ArticleReply(ArticleLine):
    """An article with its text, which quotes are cut from."""

    text: str

    @classmethod
    def of(cls, article: Article) -> Self:
        """Convert from the library's type."""
        line = ArticleLine.of(article)
        return cls(**line.model_dump(), text=article.text)


class AddRequest(Strict):
    """An article as it was pasted; the text is cleaned as `rag ingest` does it."""

    title: Annotated[str, Field(max_length=1000)] = ""
    text: Annotated[str, Field(min_length=1, pattern=r"\S")]
    url: Annotated[str, Field(max_length=2000, pattern=r"^(https?://\S+)?$")] = Field(
        "", description="Where it stands; it is not fetched. One that is known is replaced."
    )
    publisher: _Name = ""
    authors: list[_Name] = Field([], max_length=50)
    published: Day | None = None
    language: Annotated[str, Field(pattern=r"^([a-z]{2})?$")] = ""


class AddReply(BaseModel):
    """What became of it."""

    id: str
    status: Literal["added", "updated", "unchanged", "duplicate"] = Field(
        description="`duplicate`: the same text is known under another address."
    )
    title: str


class Articles:
    """Article operations."""

    def __init__(self, service: Service) -> None:
        """Create the operations for one library."""
        self._service = service

    def install(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route(
            "/articles",
            self.list,
            response_model=ListReply,
            responses=documented(429, 503, 504),
            tags=["Articles"],
        )
        app.add_api_route(
            "/articles",
            self.add,
            methods=["POST"],
            response_model=AddReply,
            status_code=201,
            tags=["Articles"],
            responses={
                **documented(429, 503, 504),
                200: {"model": AddReply, "description": "It was there already."},
            },
        )
        app.add_api_route(
            "/articles/{article_id}",
            self.get,
            response_model=ArticleReply,
            responses=documented(404, 429, 503, 504),
            tags=["Articles"],
        )
        app.add_api_route(
            "/articles/{article_id}",
            self.delete,
            methods=["DELETE"],
            response_model=ArticleLine,
            responses=documented(404, 429, 503, 504),
            tags=["Articles"],
        )

    async def list(self, asked: Annotated[ListRequest, Query()]) -> ListReply:
        """Articles in an order, page by page, without their texts."""
        filters = filters_of(asked)
        news = self._service.news

        def work() -> ListReply:
            found = news.articles(
                filters=filters,
                query=asked.query,
                order=asked.order,
                limit=asked.limit,
                offset=asked.offset,
            )
            total = news.count(filters=filters, query=asked.query)
            return ListReply(total=total, articles=list(map(ArticleLine.of, found)))

        return await self._service.shelves.result(work)

    async def get(self, article_id: ArticleId) -> ArticleReply:
        """An article with its text."""
        return await self._service.shelves.result(lambda: ArticleReply.of(self._known(article_id)))

    async def add(self, article: AddRequest) -> JSONResponse:
        """Add an article; it can be asked about at once."""
        reply = await self._service.pen.result(lambda: self._added(article))
        status = 201 if reply.status in {"added", "updated"} else 200
        return JSONResponse(reply.model_dump(mode="json"), status)

    async def delete(self, article_id: ArticleId) -> ArticleLine:
        """Delete an article with all that hangs on it; returns what was deleted."""

        def work() -> ArticleLine:
            self._known(article_id)  # require the full id, not a prefix
            (deleted,) = self._service.news.delete([article_id])
            return ArticleLine.of(deleted)

        return await self._service.pen.result(work)

    def _known(self, article_id: str) -> Article:
        found = self._service.news.article(article_id)
        if found.id != article_id:
            raise ArticleUnknown(article_id)
        return found

    def _added(self, article: AddRequest) -> AddReply:
        record = article.model_dump(mode="json", exclude_defaults=True)
        line = json.dumps(record, ensure_ascii=False).encode()
        report = self._service.news.ingest(["-"], stdin=io.BytesIO(line))
        (outcome,) = report.outcomes
        if outcome.status == "failed":
            what = f"No article was found in it: {outcome.reason}."
            raise ApiError(400, "no_article", what, param="text")
        return AddReply(id=outcome.article_id, status=outcome.status, title=outcome.title)
