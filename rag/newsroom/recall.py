"""An answer that was kept outside, built again from the articles that the index still holds."""

from collections.abc import Iterator, Sequence
from functools import cache

from rag.cite import distinct, quotation
from rag.export import SavedAnswer
from rag.export.saved import SavedCitation, SavedClaim, SavedPassage
from rag.index import Index
from rag.types import Answer, Article, Chunk, Citation, Claim, Passage

_GONE = "its article is no longer in the index"


def rebuilt(kept: SavedAnswer, index: Index) -> Answer:
    """The answer with passages and quotes as the index holds them now.

    Passages that the index does not hold are left out, and so are citations of articles that are
    gone or shorter. A claim that has no citation left is not supported; the text stays.
    """
    shelf = _Shelf(index)
    claims = tuple(map(shelf.claim, kept.claims))
    return Answer(
        question=kept.question,
        text=kept.text,
        claims=claims,
        citations=distinct(claims),
        passages=tuple(shelf.passages(kept.passages)),
        status=kept.status,
        confidence=kept.confidence,
        model=kept.model,
        timing=kept.timing,
        draft=kept.draft,
        short=kept.short,
    )


class _Shelf:
    """The articles of an index, each fetched once."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.article = cache(self._article)
        self.chunks = cache(self._chunks)

    def _article(self, article_id: str) -> Article | None:
        found = self.index.article(article_id)
        # The beginning of an id would do for people; here it is another article's.
        return found if found is not None and found.id == article_id else None

    def _chunks(self, article: Article) -> dict[tuple[int, int], Chunk]:
        return {(chunk.start, chunk.end): chunk for chunk in self.index.cut(article)}

    def passages(self, kept: Sequence[SavedPassage]) -> Iterator[Passage]:
        for each in kept:
            article = self.article(each.article_id)
            chunk = self.chunks(article).get((each.start, each.end)) if article else None
            if article and chunk:
                yield Passage(each.number, chunk, article, each.score)

    def claim(self, kept: SavedClaim) -> Claim:
        citations = tuple(self.citations(kept.citations))
        gone = kept.status != "unsupported" and not citations
        return Claim(
            kept.text,
            citations,
            "unsupported" if gone else kept.status,
            kept.unbacked,
            kept.score,
            _GONE if gone else kept.reason,
        )

    def citations(self, kept: Sequence[SavedCitation]) -> Iterator[Citation]:
        for each in kept:
            article = self.article(each.article_id)
            if not article:
                continue
            whole = article.title if each.field == "title" else article.text
            if each.start < each.end <= len(whole):
                yield quotation(article, each.number, each.start, each.end, each.field)
