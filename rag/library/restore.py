"""Restore an answer saved outside the index from the articles that are still in the index."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from rag.export import SavedAnswer
from rag.export.saved import SavedCitation, SavedClaim, SavedDisagreement, SavedPassage
from rag.index import Index
from rag.llm.portions import excerpt
from rag.text.citations import distinct, quotation
from rag.types import Answer, Article, Citation, Claim, Disagreement, Passage, Span

_GONE = "its article is no longer in the index"


def restored(saved: SavedAnswer, index: Index) -> Answer:
    """Restore the answer with passages and quotes from the current index.

    Passages and citations of articles that were deleted or shortened are left out. A claim that has no
    citation left becomes unsupported; its text stays.
    """
    stored = _Stored(index)
    claims = tuple(map(stored.claim, saved.claims))
    return Answer(
        question=saved.question,
        text=saved.text,
        claims=claims,
        citations=() if saved.status == "refused" else distinct(claims),
        passages=tuple(stored.passages(saved.passages)),
        status=saved.status,
        confidence=saved.confidence,
        model=saved.model,
        timing=saved.timing,
        draft=saved.draft,
        short=saved.short,
        nearest=tuple(stored.citations(saved.nearest)),
        disagreements=tuple(stored.disagreements(saved.disagreements)),
    )


def _within(start: int, end: int, text: str) -> bool:
    return 0 <= start < end <= len(text)


class _Stored:
    """The articles of an index, each fetched once."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.article = cache(self._article)

    def _article(self, article_id: str) -> Article | None:
        found = self.index.article(article_id)
        # The index also accepts id prefixes, but here one could match another article.
        return found if found is not None and found.id == article_id else None

    def passages(self, saved: Sequence[SavedPassage]) -> Iterator[Passage]:
        for each in saved:
            article = self.article(each.article_id)
            if article and _within(each.start, each.end, article.text):
                cut = excerpt(article, each.number, each.start, each.end)
                yield replace(cut, score=each.score)

    def claim(self, saved: SavedClaim) -> Claim:
        citations = tuple(self.citations(saved.citations))
        gone = saved.status != "unsupported" and not citations
        spans = ((span.start, span.end) for span in saved.unbacked)
        return Claim(
            saved.text,
            citations,
            "unsupported" if gone else saved.status,
            tuple(
                Span(*place, saved.text[slice(*place)])
                for place in spans
                if _within(*place, saved.text)
            ),
            saved.score,
            _GONE if gone else saved.reason,
        )

    def disagreements(self, saved: Sequence[SavedDisagreement]) -> Iterator[Disagreement]:
        for each in saved:
            match tuple(self.citations(each.quotes)):
                case (one, other):
                    yield Disagreement(each.about, (one, other), each.changed)

    def citations(self, saved: Sequence[SavedCitation]) -> Iterator[Citation]:
        for each in saved:
            article = self.article(each.article_id)
            if not article:
                continue
            whole = article.title if each.field == "title" else article.text
            if _within(each.start, each.end, whole):
                yield quotation(article, each.number, each.start, each.end, each.field)
