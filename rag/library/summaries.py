"""Summaries of articles, and digests of many."""

from collections.abc import Generator as Stream
from collections.abc import Sequence

from rag.errors import QuestionError
from rag.library.searching import SearchMethods
from rag.library.styles import styled
from rag.llm.portions import excerpt, lead_passages
from rag.llm.progress import Progress as PartsProgress
from rag.search import (
    matching,
    within,
)
from rag.summarizing.digest import Progress as StoryProgress
from rag.summarizing.digest import digest
from rag.summarizing.summary import overview, summarize
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

_EVERY = 10_000  # articles; no search finds more


class SummaryMethods(SearchMethods):
    """What :class:`rag.News` summarizes."""

    def summarize(
        self,
        article: str | Article | Sequence[str] | None = None,
        *,
        query: str = "",
        length: Length = "medium",
        style: Style = "paragraph",
        instruction: str = "",
        filters: Filters | None = None,
        progress: PartsProgress | None = None,
    ) -> Summary:
        """Summarise one article of any length, several together, or what all say about a query.

        Args:
            article: an article or its id, or several ids; None with a query.
            query: what the summary should be about.
            length: how many sentences; see ``[summarize]`` in configs/default.toml.
            style: their layout; a headline is one more sentence, and checked like the others.
            instruction: a reader's request, passed to the model when summarising a single article.
            filters: which articles a query may use.
            progress: called with (prompts done, prompts known so far), and again for each piece
                that the model writes. An exception it raises ends the summary and propagates.

        Raises:
            ArticleUnknown: if there is no article of that id.
            QuestionError: if neither an article nor a query was given.
            ModelError: if the model is missing or fails.
        """
        chosen = self.settings.summarize
        sentences = self._sentences(length)
        if isinstance(article, str):
            article = self.article(article)
        if isinstance(article, Article):
            summary = summarize(
                article,
                generator=self.generator,
                sentences_wanted=sentences,
                part_tokens=chosen.part_tokens,
                checker=self.checker(chosen.support),
                instruction=instruction,
                progress=progress,
            )
            whole = (excerpt(article, 1, 0, len(article.text)),)
            return self._styled(summary, style, whole, title=article.title)
        tokens = 2 * self.settings.retrieve.source_tokens
        if article:
            articles = [self.article(one) for one in article]
            count = self.generator.count_tokens
            found = lead_passages(articles, tokens=tokens, count=count)
        else:
            found = self.search(query, filters=filters, k=12)
            count = self.generator.count_tokens
        passages = within(found, tokens=tokens, count=count)
        summary = overview(
            query,
            passages,
            generator=self.generator,
            sentences_wanted=sentences,
            checker=self.checker(chosen.support),
            progress=progress,
        )
        return self._styled(summary, style, passages)

    def _styled(
        self, summary: Summary, style: Style, passages: Sequence[Passage], *, title: str = ""
    ) -> Summary:
        checker = self.checker(self.settings.summarize.support)
        return styled(
            summary, style, passages, generator=self.generator, checker=checker, title=title
        )

    def stories(
        self,
        query: str = "",
        *,
        article_ids: Sequence[str] = (),
        filters: Filters | None = None,
        stories: int | None = None,
        length: Length = "medium",
        progress: StoryProgress | None = None,
    ) -> Stream[Draft | Story | Digest, None, None]:
        """Write a digest step by step: drafts of each Story, then the Story; last the Digest.

        Closing the iterator stops the model. See :func:`rag.summarizing.digest.digest`. If nothing
        matches, the Digest has no stories.

        Args:
            query: what the articles must be about; if empty, all that the filters admit are used.
            article_ids: use these articles, whatever query and filters say.
            filters: which articles may be used.
            stories: at most this many are written; None: ``[digest] stories``.
            length: how many sentences each; see ``[summarize]`` in configs/default.toml.
            progress: called with (stories done, stories that will be written).

        Raises:
            IndexMissing: if there is no index.
            ArticleUnknown: if there is no article of one of the ids.
            QuestionError: if the query is too long, or fewer than 1 story is requested.
            ModelError: if a model is missing or fails.
        """
        chosen = self.settings.digest
        wanted = chosen.stories if stories is None else stories
        if wanted < 1:
            raise QuestionError(f"{wanted} stories were asked for, wanted 1 or more.")
        if article_ids:
            articles = tuple(map(self.article, dict.fromkeys(article_ids)))
            count = len(articles)
        elif query.strip():
            # Words alone decide what is about it, so no reranker need read hundreds of passages.
            about = matching(query, self._find(query, filters, _EVERY, rerank=False))
            articles, count = tuple(each.article for each in about[: chosen.articles]), len(about)
        else:
            articles = self.articles(filters=filters, limit=chosen.articles)
            count = self.count(filters=filters)
        index = self._open()
        yield from digest(
            articles,
            index.vectors_of([article.id for article in articles]),
            generator=self.generator,
            query=query.strip(),
            matching=count,
            stories=wanted,
            sentences_wanted=self._sentences(length),
            tokens=2 * self.settings.retrieve.source_tokens,
            checker=self.checker(self.settings.summarize.support),
            progress=progress,
        )

    def digest(
        self,
        query: str = "",
        *,
        article_ids: Sequence[str] = (),
        filters: Filters | None = None,
        stories: int | None = None,
        length: Length = "medium",
        progress: StoryProgress | None = None,
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

    def _sentences(self, length: Length) -> int:
        chosen = self.settings.summarize
        return {"short": chosen.short, "medium": chosen.medium, "long": chosen.long}[length]
