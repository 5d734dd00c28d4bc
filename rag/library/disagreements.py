"""Articles that disagree on a figure in question: read the newest first, report the others."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from rag.summarizing.digest.disagree import Fact, Pair, contradictions
from rag.summarizing.digest.reading import read
from rag.text.citations import quotation
from rag.text.terms import terms
from rag.types import Answer, Article, Citation, Disagreement, Passage

_MOST = 3  # disagreements reported with an answer


def differing(passages: Sequence[Passage]) -> tuple[Pair, ...]:
    """Return pairs of facts from the passages' articles that cannot both be true at once."""
    articles = {passage.article.id: passage.article for passage in passages}
    return contradictions(map(read, sorted(articles.values(), key=_day)))


def _day(article: Article) -> date:
    return article.published or date.min


def newest_first(passages: Sequence[Passage], pairs: Sequence[Pair]) -> tuple[Passage, ...]:
    """Move each passage whose figure a later article updates to just after the later passage."""
    ordered = list(passages)
    for pair in pairs:
        old = next((each for each in ordered if _contains(each, pair.one)), None)
        new = next((each for each in ordered if _contains(each, pair.other)), None)
        if old and new and not pair.at_once and ordered.index(old) < ordered.index(new):
            ordered.remove(old)
            ordered.insert(ordered.index(new) + 1, old)
    return tuple(ordered)


def _contains(passage: Passage, fact: Fact) -> bool:
    chunk = passage.chunk
    return chunk.article_id == fact.article.id and chunk.start <= fact.statement.start < chunk.end


def compared(answer: Answer, pairs: Sequence[Pair]) -> Answer:
    """Add the conflicting figures of other articles to the answer."""
    if answer.refused:
        return answer
    return replace(answer, disagreements=tuple(islice(_disagreements(answer, pairs), _MOST)))


def _disagreements(answer: Answer, pairs: Sequence[Pair]) -> Iterator[Disagreement]:
    numbers = {passage.article.id: passage.number for passage in answer.passages}
    said = terms(" ".join(claim.text for claim in answer.claims)).numbers
    for pair in pairs:
        for mine, other in ((pair.one, pair.other), (pair.other, pair.one)):
            cited = next((each for each in answer.citations if _cites(each, mine)), None)
            if cited and said & _figures(mine) and not said & _figures(other):
                number = numbers.setdefault(other.article.id, max(numbers.values()) + 1)
                quote = quotation(other.article, number, other.statement.start, other.statement.end)
                about = mine.figure.words, other.figure.words
                yield Disagreement(about, (cited, quote), changed=not pair.at_once)


def _cites(citation: Citation, fact: Fact) -> bool:
    return (
        citation.article_id == fact.article.id
        and citation.field == "text"
        and citation.start <= fact.statement.start < citation.end
    )


def _figures(fact: Fact) -> frozenset[str]:
    return terms(fact.figure.words).numbers
