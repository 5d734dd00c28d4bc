"""Answer with the articles' own sentences, where the model's wording does not hold.

A small model often knows the name or number that is asked for and fails to write a sentence that
its sources bear out: it repeats the question, or weaves two sources into one sentence. The answer
in a few words is then looked up, and the sentence that it stands in is quoted whole.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.cite import citation
from rag.terms import Terms, rarity, share, terms
from rag.text import asks, sentences
from rag.types import Claim, Passage

_MOST = 3  # sentences that are quoted, each from another article
_CLOSE = 0.7  # of the best sentence's share, from which another is quoted too, unless asked by name
_PARAPHRASED = 0.5  # of an answer's words: a sentence with more of them may be what it paraphrases
_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might)"
_OPENS = re.compile(rf"\W*(?:(?:and|but|so|then) )?{_AUXILIARY}\b", re.I)
_FOLLOWS = re.compile(rf"[,:;.]\s+{_AUXILIARY}\b", re.I)
_WH = re.compile(r"\b(?:who|whom|whose|what|when|where|which|why|how)\b", re.I)
_EITHER = re.compile(rf"\bor (?:{_AUXILIARY}\b|(?:an? |the )?\w+\W*\Z)|\A\W*true or false\b", re.I)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a passage, ``chunk.text[start:end]``, and the share of the question in it."""

    passage: Passage
    start: int
    end: int
    terms: Terms
    share: float


def asks_yes_or_no(question: str) -> bool:
    """Whether a question is answered by yes or no.

    It opens with an auxiliary, or has one after a first clause and no "who" or "what" anywhere;
    "is it this or that?" is not of that kind.
    """
    if _EITHER.search(question):
        return False
    if _OPENS.match(question):
        return True
    return _FOLLOWS.search(question) is not None and not _WH.search(question)


def quoted(question: str, short: str | None, passages: Sequence[Passage]) -> tuple[Claim, ...]:
    """The statements that an answer in a few words stands in, as claims that quote themselves.

    Best first by how much of the question stands in sentence and title, rare words counting more;
    at most one of an article, and if it can be one of each publisher that the question names.
    ``Claim.score`` is that share, 0 to 1. Where ``short`` is None, as for a question of yes or no,
    every sentence may be quoted.

    Args:
        question: what was asked.
        short: the answer in a few words. All its numbers must stand in the sentence; of its names
            one, and the others elsewhere in the passage or title, for news gives a full name once.
            Without names and numbers, as to "why?", as many of its content words as
            any sentence has, and more than half: such an answer is often a paraphrase.
        passages: what the model was shown.
    """
    held = [
        each
        for each in _sentences(question, passages)
        if not asks(each.passage.chunk.text[each.start : each.end])
    ]
    if short is not None:
        held = _holding(held, terms(short))
    named = question.casefold()
    held.sort(key=lambda each: -each.share)
    chosen: dict[str, Claim] = {}
    for each in held:
        if len(chosen) == _MOST:
            break
        publisher = each.passage.article.publisher.casefold()
        if each.share < _CLOSE * held[0].share and not (publisher and publisher in named):
            continue
        text = each.passage.chunk.text[each.start : each.end]
        chosen.setdefault(
            each.passage.article.id,
            Claim(
                " ".join(text.split()),
                (citation(each.passage, each.start, each.end),),
                "supported",
                score=each.share,
            ),
        )
    return tuple(chosen.values())


def coverage(question: str, passages: Sequence[Passage], claims: Sequence[Claim]) -> float:
    """The largest share of the question that stands in a sentence which the claims cite, 0 to 1."""
    cited = [
        (citation.article_id, citation.start, citation.end)
        for claim in claims
        for citation in claim.citations
    ]
    return max(
        (
            each.share
            for each in _sentences(question, passages)
            for article, start, end in cited
            if article == each.passage.article.id
            and start <= each.passage.chunk.start + each.start < end
        ),
        default=0.0,
    )


def names_found(question: str, passages: Sequence[Passage]) -> float:
    """The share of the question's names that stand in the passages, 0 to 1; 1 if it has none."""
    names = terms(question).names
    held: set[str] = set()
    for passage in passages:
        article = passage.article
        held |= terms(f"{article.title}\n{article.publisher}\n{passage.chunk.text}").folded
    return len(names & held) / len(names) if names else 1.0


def _holding(held: Sequence[_Sentence], wanted: Terms) -> list[_Sentence]:
    """The sentences that an answer in a few words stands in."""
    if wanted.names or wanted.numbers:
        return [each for each in held if _holds(each, wanted)]
    shares = [len(wanted.stems & each.terms.stems) / max(1, len(wanted.stems)) for each in held]
    most = max(shares, default=0.0)
    return [each for each, part in zip(held, shares, strict=True) if part == most > _PARAPHRASED]


def _holds(sentence: _Sentence, wanted: Terms) -> bool:
    if not wanted.numbers <= sentence.terms.numbers:
        return False
    if not wanted.names:
        return True
    near = terms(f"{sentence.passage.article.title}\n{sentence.passage.chunk.text}").folded
    return bool(wanted.names & sentence.terms.folded) and wanted.names <= near


def _sentences(question: str, passages: Sequence[Passage]) -> Iterator[_Sentence]:
    asked = terms(question).stems
    shown = [
        (passage, start, end, terms(passage.chunk.text[start:end]))
        for passage in passages
        for start, end in sentences(passage.chunk.text)
    ]
    weights = rarity(asked, [held.stems for *_, held in shown])
    for passage, start, end, held in shown:
        about = terms(f"{passage.article.title} {passage.article.publisher}").stems
        yield _Sentence(passage, start, end, held, share(asked & (held.stems | about), weights))
