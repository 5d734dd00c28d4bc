"""Select the sentences of retrieved passages that may answer a question, with needed neighbours.

A small model reads slowly, and irrelevant text misleads it, so a prompt is made of sentences
instead of whole chunks. How likely a sentence answers is estimated from how much of the question
appears in it, in its title and in the adjacent sentences, whether it contains what is asked for (a
name for "who", a number for "how many"), the rank of its passage in the search, and its own
position in the article. The weights are those of a logistic regression on quiz questions about the
news, rounded (docs/results.md).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, sqrt

from rag.llm.portions import excerpt
from rag.search.expected_answer import Expected, expected
from rag.text import sentences
from rag.text.statements import states
from rag.text.terms import Terms, rarity, repeats, share, terms
from rag.types import Article, Passage

_MOST = 24  # excerpts per search
_LONGEST = 3  # sentences per excerpt
_LEANING = 2  # additional sentences allowed, if they refer back to the excerpt
_HEAD = 60  # characters that publisher, date and fence take in a prompt, besides the title
_AGAIN = 0.9  # factor on a sentence's usefulness per sentence of its article selected before it
_CLOSE = 0.7  # share of a sentence's odds from which its neighbour is included
_TOO_LONG = 1200  # characters: beyond this it is not a sentence, but text without full stops

_LEANS = re.compile(
    r"[\"“‘'(]*(?:(?:But|And|Then) )?(?:He|She|It|They|His|Her|Its|Their|This|That|These|Those|Both"
    r"|The (?:two|three|pair|\d{1,3}-year-old))\b",
    re.I,
)
_GOES_ON = re.compile(
    r"(?:He|She|They|Others?|Another|In addition|Additionally|Besides|Furthermore)\b|\balso\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of an article: its position there, and the odds that it answers the question."""

    article: Article
    place: int
    start: int
    end: int
    odds: float

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]

    @property
    def key(self) -> tuple[str, int]:
        return self.article.id, self.place


@dataclass(frozen=True, slots=True)
class _Question:
    """The words of a question with their weights, and what it asks for."""

    about: Terms
    weights: Mapping[str, float]
    names: frozenset[str]
    expected: Expected

    def coverage(self, *texts: Terms) -> float:
        """Return the weighted share of the question that the texts contain together, 0 to 1."""
        words = frozenset[str]().union(*(text.stems for text in texts))
        return share(words & self.weights.keys(), self.weights)


_Known = dict[tuple[str, int], _Sentence]  # by article and place
_Run = list[_Sentence]  # adjacent sentences of one article


def excerpts(
    question: str, passages: Sequence[Passage], *, alone: str = "", most: int = _MOST
) -> tuple[Passage, ...]:
    """Return runs of one to three sentences that may answer a question, most useful first.

    A sentence is useful if it is likely to answer, short, and from an article whose title is
    already included. A run may be longer if its sentences refer back to each other. No two runs
    overlap or repeat each other; articles are numbered from 1 in the order in which they first
    appear.

    Args:
        question: as the reader asked it.
        passages: whole chunks that a search has found, best first, with their search scores.
        alone: the question together with the questions it refers to. Its words count too, and
            those of the question itself twice.
        most: at most this many runs.
    """
    asked = _question(question, alone or question, passages)
    known = _judged(asked, passages)
    runs, read = list[_Run](), set[tuple[str, int]]()
    for sentence in _most_useful_first(known):
        if len(runs) == most:
            break
        if sentence.key in read or _repeated(sentence, runs):
            continue
        run = [
            each
            for each in _widened(sentence, known, asked)
            if each.key not in read and not _is_needless(each, sentence, runs)
        ]
        read |= {each.key for each in run}
        _put(runs, run)
    return _numbered(runs)


def _is_needless(each: _Sentence, sentence: _Sentence, runs: Sequence[_Run]) -> bool:
    """Return whether a neighbour of a sentence was brought by another copy of their article."""
    needed = each.place < sentence.place and _LEANS.match(sentence.text)
    return each is not sentence and not needed and _repeated(each, runs)


def _repeated(sentence: _Sentence, runs: Sequence[_Run]) -> bool:
    return any(repeats(sentence.text, other.text) for run in runs for other in run)


def _question(question: str, alone: str, passages: Sequence[Passage]) -> _Question:
    about, own = terms(alone), terms(question).stems
    rare = rarity(about.stems, [terms(passage.chunk.text).stems for passage in passages])
    weights = {word: weight * (1 + (word in own)) for word, weight in rare.items()}
    names = frozenset(token.stem for token in about.tokens if token.name) & weights.keys()
    return _Question(about, weights, names, expected(question))


def _judged(asked: _Question, passages: Sequence[Passage]) -> _Known:
    """Return the sentences of the passages, by article and place, with their odds."""
    best = max((passage.score for passage in passages), default=0.0)
    spans = dict[str, list[tuple[int, int]]]()
    known: _Known = {}
    for rank, passage in enumerate(passages):
        article, chunk = passage.article, passage.chunk
        within = spans.setdefault(article.id, list(sentences(article.text)))
        searched = 0.8 / (1 + rank) + (0.7 * passage.score / best if best > 0 else 0.0)
        for place, (start, end) in enumerate(within):
            if end <= chunk.start or start >= chunk.end or (article.id, place) in known:
                continue
            # Text without full stops is cut as the chunk is.
            cut = (max(start, chunk.start), min(end, chunk.end)) if end - start > _TOO_LONG else ()
            first, last = cut or (start, end)
            if states(article.text[first:last]):
                odds = exp(searched + _evidence(asked, article, within, place))
                known[article.id, place] = _Sentence(article, place, first, last, odds)
    return known


def _evidence(
    asked: _Question, article: Article, spans: Sequence[tuple[int, int]], place: int
) -> float:
    """Return the part of the log odds that comes from the sentence itself."""
    title, own = terms(article.title), terms(article.text[slice(*spans[place])])
    before = terms(article.text[slice(*spans[place - 1])]) if place else title
    after = terms(article.text[slice(*spans[place + 1])]) if place + 1 < len(spans) else title
    near = own.stems | title.stems | before.stems
    named = len(asked.names & near) / len(asked.names) if asked.names else 1.0
    return (
        0.5 * asked.coverage(own)
        + 0.7 * asked.coverage(own, title)
        + 0.6 * asked.coverage(own, title, before)
        + 0.7 * asked.coverage(own, title, after)
        + 0.6 * named
        + 0.8 * asked.expected.among(own, asked.about.folded)
        + 0.5 / (1 + place)
        + 0.3 * min(1.0, len(own.stems - asked.about.stems) / 20)
        - 0.5 * (len(own.stems) < 4)
    )


def _most_useful_first(known: _Known) -> Iterator[_Sentence]:
    """Yield by odds per reading cost: its length, and the title of an article not yet included."""
    left, read = dict(known), Counter[str]()

    def use(key: tuple[str, int]) -> float:
        sentence, before = known[key], read[key[0]]
        head = 0 if before else len(sentence.article.title) + _HEAD
        return sentence.odds * _AGAIN**before / sqrt(sentence.end - sentence.start + head)

    while left:
        best = max(left, key=use)
        yield left.pop(best)
        read[best[0]] += 1


def _widened(sentence: _Sentence, known: _Known, asked: _Question) -> _Run:
    """Return the sentence with its predecessor if it refers back, and with relevant neighbours.

    If names are asked for, a next sentence that continues with more of them is relevant.
    """
    article, place = sentence.key
    before, after = known.get((article, place - 1)), known.get((article, place + 1))
    run = [sentence]
    if before and (_LEANS.match(sentence.text) or before.odds >= _CLOSE * sentence.odds):
        run.insert(0, before)
    if after and (
        after.odds >= _CLOSE * sentence.odds
        or (
            asked.expected.names
            and _GOES_ON.search(after.text)
            and asked.expected.among(terms(after.text), asked.about.folded)
        )
    ):
        run.append(after)
    return run


def _put(runs: list[_Run], run: _Run) -> None:
    """Add a run, or join it to an adjacent one if the result is not too long.

    The joined run may be longer if the added one refers back to the sentence before it, because
    on its own it does not say whom it is about.
    """
    most = _LONGEST + _LEANING * bool(_LEANS.match(run[0].text))
    for other in runs:
        joined = sorted([*other, *run], key=lambda each: each.place)
        if (
            other[0].article.id == run[0].article.id
            and len(joined) <= most
            and joined[-1].place - joined[0].place == len(joined) - 1
        ):
            other[:] = joined
            return
    runs.append(run)


def _numbered(runs: Sequence[_Run]) -> tuple[Passage, ...]:
    numbers = dict[str, int]()
    found = []
    for run in runs:
        first = run[0]
        number = numbers.setdefault(first.article.id, len(numbers) + 1)
        score = max(each.odds for each in run)
        found.append(excerpt(first.article, number, first.start, run[-1].end, score))
    return tuple(found)
