"""Search for passages, articles and sentences, without a language model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches

from rag.answering.follow_ups import standalone
from rag.errors import NoArticles
from rag.library.articles import ArticleMethods
from rag.search import (
    Weights,
    corrected,
    excerpts,
    find,
    matching,
    nearest_sentences,
    retrieve,
    time_window,
)
from rag.text.publishers import key
from rag.types import (
    Answer,
    Article,
    Citation,
    Filters,
    Passage,
)

_PUBLISHERS = 5  # named to whoever asks for an unknown one
_SEARCHED = 24  # chunks whose sentences are ranked for a question
_COMPARED = 100  # minimum number of articles used to decide which query words are rare


class SearchMethods(ArticleMethods):
    """The methods of :class:`rag.News` that search."""

    def search(
        self, query: str, *, filters: Filters | None = None, k: int | None = None
    ) -> tuple[Passage, ...]:
        """Return the passages nearest to a query, best first, without a language model.

        Raises:
            IndexMissing: if there is no index.
            NoArticles: if no article passes the filters; an empty index gives nothing.
            QuestionError: if the query is blank or too long.
        """
        query = self._checked_question(query)
        if self.count():
            self.require_articles(filters)
        return self._retrieve(query, filters, k or self.settings.retrieve.passages)

    def find(
        self, query: str, *, filters: Filters | None = None, k: int = 10, rerank: bool = True
    ) -> tuple[Passage, ...]:
        """Return the articles nearest to a query, best first, each as its most relevant passage.

        ``rerank``: whether to use the reranker of the settings, if any.

        Raises:
            IndexMissing: if there is no index.
            QuestionError: if the query is blank or too long.
        """
        return find(
            self._checked_question(query),
            index=self._open(bind=True),
            embedder=self.embedder,
            k=k,
            weights=self._weights(),
            filters=filters,
            reranker=self.reranker if rerank else None,
        )

    def matching(
        self, query: str, *, filters: Filters | None = None, limit: int = 50
    ) -> tuple[Article, ...]:
        """Return the articles about a query, in the order of :meth:`find`; there may be none.

        See :func:`rag.search.matching` for what counts as a match.

        Raises:
            IndexMissing: if there is no index.
            QuestionError: if the query is blank or too long.
        """
        found = self.find(query, filters=filters, k=max(limit, _COMPARED))
        return tuple(each.article for each in matching(query, found)[:limit])

    def first_look(
        self,
        question: str,
        *,
        history: Sequence[Answer] = (),
        filters: Filters | None = None,
        by_words: bool = False,
    ) -> tuple[Citation, ...]:
        """Return the sentences nearest to a question, best first, without a language model.

        See :func:`rag.search.nearest_sentences`. The arguments and errors are those of
        :meth:`stream`, but there is no ``k``, the generator is not used, NoArticles is not raised,
        and more passages are searched than are shown to the model. ``by_words`` searches for the
        words of the question alone, without the embedder, which takes seconds to load.
        """
        question = self._checked_question(question)
        return self._search_question(question, history, filters, by_words=by_words)[1]

    def _search_question(
        self,
        question: str,
        history: Sequence[Answer],
        filters: Filters | None,
        *,
        by_words: bool = False,
    ) -> tuple[tuple[Passage, ...], tuple[Citation, ...]]:
        """Search once; return excerpts for the prompt, and the sentences nearest to the question."""
        index = self._open()
        question = corrected(question, index=index)
        alone = corrected(standalone(question, history), index=index)
        found = self._retrieve(
            alone, filters, _SEARCHED, per_article=_SEARCHED // 4, timely=True, by_words=by_words
        )
        nearest = nearest_sentences(question, found, alone=alone)
        return excerpts(question, found, alone=alone), nearest

    def _retrieve(
        self,
        query: str,
        filters: Filters | None,
        k: int,
        *,
        per_article: int | None = None,
        timely: bool = False,
        by_words: bool = False,
    ) -> tuple[Passage, ...]:
        """Return the best chunks; ``timely`` applies dates such as "this week" or "in 2022"."""
        chosen = self.settings.retrieve
        today = (filters and filters.as_of) or date.today()
        return retrieve(
            query,
            index=self._open(bind=True),
            embedder=self.embedder,
            k=k,
            per_article=per_article or chosen.per_article,
            candidates=max(chosen.candidates, k),
            weights=replace(self._weights(), dense=0.0) if by_words else self._weights(),
            filters=filters,
            window=time_window(query, today) if timely else None,
            reranker=None if by_words else self.reranker,
        )

    def _weights(self) -> Weights:
        chosen = self.settings.retrieve
        return Weights(
            chosen.lexical_weight, chosen.dense_weight, chosen.sentence_weight, chosen.newer
        )

    def require_articles(self, filters: Filters | None) -> None:
        """Check, without a model, that filters admit an article and name no unknown publisher.

        Raises:
            IndexMissing: if there is no index.
            NoArticles: if not; the message names the nearest publishers.
        """
        held = self.count()
        asked = filters.publishers if filters else ()
        known = {key(name): name for name in self._open().publishers()} if asked else {}
        for name in asked:
            if held and key(name) not in known:
                raise NoArticles(held, unknown=name, publishers=_nearest(key(name), known))
        if not held or not self.count(filters=filters):
            raise NoArticles(held)


def _nearest(unknown: str, known: Mapping[str, str]) -> str:
    """Name the publishers whose keys are nearest to an unknown one."""
    near = get_close_matches(unknown, known, n=_PUBLISHERS, cutoff=0.5)
    near += [each for each in known if unknown in each or each in unknown]
    nearest = list(dict.fromkeys(near)) or list(known)
    more = " and others" if len(nearest) > _PUBLISHERS else ""
    return (", ".join(known[each] for each in nearest[:_PUBLISHERS]) or "none") + more
