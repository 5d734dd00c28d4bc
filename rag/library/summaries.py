"""Summaries of articles, and digests of many articles."""

from collections.abc import Generator as Stream
from collections.abc import Sequence
from dataclasses import replace

from rag.check import Checker
from rag.errors import QuestionError
from rag.library.searching import SearchMethods
from rag.llm.portions import excerpt, lead_passages
from rag.llm.progress import Drafted, Progress
from rag.search import (
    matching,
    within,
)
from rag.summarizing.digest import digest
from rag.summarizing.headline import with_headline
from rag.summarizing.summary import overview, summarize
from rag.text.citations import marked
from rag.types import (
    Article,
    Digest,
    Draft,
    Filters,
    Length,
    Passage,
    Story,
    Style,
    Summary,
)

_EVERY = 10_000  # maximum articles found by a search


class SummaryMethods(SearchMethods):
    """The methods of :class:`rag.News` that write summaries and digests."""

    def summarize(
        self,
        article: str | Article | Sequence[str] | None = None,
        *,
        query: str = "",
        length: Length = "medium",
        style: Style = "paragraph",
        instruction: str = "",
        filters: Filters | None = None,
        progress: Progress | None = None,
        drafted: Drafted | None = None,
    ) -> Summary:
        """Summarise one article of any length, several together, or what all say about a query.

        Args:
            article: an article or its id, or several ids; None with a query.
            query: what the summary should be about.
            length: how many sentences; see ``[summarize]`` in configs/default.toml.
            style: their layout; a headline is an additional sentence, checked like the others.
            instruction: a reader's request, passed to the model when summarising a single article.
            filters: which articles a query may use.
            progress: called with (prompts done, prompts known so far), and again for each piece
                that the model writes. An exception it raises ends the summary and propagates.
            drafted: called with each of these pieces, which are not checked yet.

        Raises:
            ArticleUnknown: if there is no article with that id.
            NoArticles: if the index is empty, or no article passes the filters.
            QuestionError: if neither an article nor a query was given.
            ModelError: if the model is missing or fails.
        """
        if isinstance(article, str):
            article = self.article(article)
        if isinstance(article, Article):
            passages: Sequence[Passage] = (excerpt(article, 1, 0, len(article.text)),)
            summary = summarize(
                article,
                generator=self.generator,
                checker=self._summary_checker,
                sentences_wanted=self._sentences(length),
                source_tokens=self.settings.summarize.source_tokens,
                instruction=instruction,
                progress=progress,
                drafted=drafted,
            )
            return self._styled(summary, style, passages, title=article.title)
        passages = self._passages_about(article or (), query, filters)
        summary = overview(
            query,
            passages,
            generator=self.generator,
            checker=self._summary_checker,
            sentences_wanted=self._sentences(length),
            progress=progress,
            drafted=drafted,
        )
        return self._styled(summary, style, passages)

    def _passages_about(
        self, article_ids: Sequence[str], query: str, filters: Filters | None
    ) -> Sequence[Passage]:
        """Return the first passages of the articles, or else the nearest to the query, that fit."""
        tokens = self._tokens
        if article_ids:
            articles = [*map(self.article, article_ids)]
            found = lead_passages(articles, tokens=tokens, count=self.generator.count_tokens)
        else:
            found = self.search(query, filters=filters, k=12)
        return within(found, tokens=tokens, count=self.generator.count_tokens)

    def _styled(
        self, summary: Summary, style: Style, passages: Sequence[Passage], *, title: str = ""
    ) -> Summary:
        """Lay out a summary made from ``passages``; ``title`` is that of the article, if only one."""
        if style == "bullets":
            lines = (f"• {marked([claim])}" for claim in summary.claims)
            return replace(summary, text="\n".join(lines))
        if style == "headline":
            summary = with_headline(
                summary,
                passages,
                generator=self.generator,
                checker=self._summary_checker,
                title=title,
            )
            parts = (marked(summary.claims[:1]), marked(summary.claims[1:]))
            return replace(summary, text="\n\n".join(filter(None, parts)))
        return summary

    def stories(
        self,
        query: str = "",
        *,
        article_ids: Sequence[str] = (),
        filters: Filters | None = None,
        stories: int | None = None,
        length: Length = "medium",
        progress: Progress | None = None,
    ) -> Stream[Draft | Story | Digest, None, None]:
        """Write a digest step by step: drafts of each Story, then the Story; finally the Digest.

        Closing the iterator stops the model. See :func:`rag.summarizing.digest.digest`. If nothing
        matches, the Digest has no stories.

        Args:
            query: what the articles must be about; if empty, all that pass the filters are used.
            article_ids: use these articles and ignore query and filters.
            filters: which articles may be used.
            stories: at most this many are written; None: ``[digest] stories``.
            length: how many sentences each; see ``[summarize]`` in configs/default.toml.
            progress: called with (stories done, stories that will be written).

        Raises:
            IndexMissing: if there is no index.
            ArticleUnknown: if one of the ids is unknown.
            NoArticles: if the index is empty, or no article passes the filters.
            QuestionError: if the query is too long, or fewer than 1 story is requested.
            ModelError: if a model is missing or fails.
        """
        count = self.settings.digest.stories if stories is None else stories
        if count < 1:
            raise QuestionError(f"{count} stories were requested; expected 1 or more.")
        articles, matched = self._digest_articles(query, article_ids, filters)
        yield from digest(
            articles,
            self._open().vectors_of([article.id for article in articles]),
            generator=self.generator,
            checker=self._summary_checker,
            query=query.strip(),
            matching=matched,
            stories=count,
            sentences_wanted=self._sentences(length),
            tokens=self._tokens,
            progress=progress,
        )

    def _digest_articles(
        self, query: str, article_ids: Sequence[str], filters: Filters | None
    ) -> tuple[Sequence[Article], int]:
        """Return the articles of a digest, and how many match, including any over the limit."""
        most = self.settings.digest.articles
        if article_ids:
            articles = tuple(map(self.article, dict.fromkeys(article_ids)))
            return articles, len(articles)
        self.require_articles(filters)
        if query.strip():
            # Words alone decide what matches, so a reranker need not read hundreds of passages.
            about = matching(query, self.find(query, filters=filters, k=_EVERY, rerank=False))
            return tuple(each.article for each in about[:most]), len(about)
        return self.articles(filters=filters, limit=most), self.count(filters=filters)

    def digest(
        self,
        query: str = "",
        *,
        article_ids: Sequence[str] = (),
        filters: Filters | None = None,
        stories: int | None = None,
        length: Length = "medium",
        progress: Progress | None = None,
    ) -> Digest:
        """Write one digest of many articles; arguments and errors are those of :meth:`stories`."""
        for event in self.stories(
            query,
            article_ids=article_ids,
            filters=filters,
            stories=stories,
            length=length,
            progress=progress,
        ):
            if isinstance(event, Digest):
                return event
        raise AssertionError("the stories end with their Digest")

    @property
    def _summary_checker(self) -> Checker:
        return self.checker(self.settings.summarize.support)

    @property
    def _tokens(self) -> int:
        """Maximum tokens of passages in one prompt about several articles."""
        return 2 * self.settings.retrieve.source_tokens

    def _sentences(self, length: Length) -> int:
        chosen = self.settings.summarize
        return {"short": chosen.short, "medium": chosen.medium, "long": chosen.long}[length]
