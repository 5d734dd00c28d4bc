"""Select the central sentences of a story: main sentences supported by other articles."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from rag.llm.portions import excerpt
from rag.summarizing.digest.copies import words_of
from rag.summarizing.main_sentences import main_sentences, refers_back
from rag.text import sentences
from rag.text.terms import DAYS, terms
from rag.types import Article, Passage

_OF_ARTICLE = 4  # maximum number of candidate sentences per article
_LONGEST = 45  # maximum words of a sentence that is used verbatim
_NEW = 0.2  # weight of the recency of the article
_PLACE = 0.4  # weight of the position in the article, relative to overlap with other articles
_NEAR = 0.25  # minimum share of a sentence's words that the other articles have, on average
_MOST = 0.5  # share of the other articles from which a name is a subject of the story
_OF_THE_STORY = 1 / 3  # minimum share of words that a repeated sentence shares with other sentences
# Boilerplate: what papers write about themselves.
_BOILERPLATE = re.compile(
    r"(?:sign up|subscribe|read more|click|follow|watch|see (?:also|the|how|what|more)"
    r"|editor[’']s note|for (?:the latest|more)|a version of this|this (?:story|article|page)"
    r"|contributing|breaking news|photos?:|updated|(?:additional )?(?:reporting|editing|writing) by)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Central:
    """Sentences of a story, highest score first, without duplicates, and where else each appears.

    ``occurrences[text]`` lists every occurrence of a sentence, the one in the oldest article first.
    ``apart`` holds the sentences that share little with the other articles: a second subject of an
    article.
    """

    passages: tuple[Passage, ...]
    occurrences: Mapping[str, Sequence[Passage]]
    apart: frozenset[str]

    def elsewhere(self, passage: Passage) -> Iterator[Passage]:
        """Yield the same sentence in other papers, once per paper: repetition is support."""
        seen = {_paper(passage.article)}
        for same in self.occurrences.get(passage.chunk.text, ()):
            if _paper(same.article) not in seen:
                seen.add(_paper(same.article))
                yield same


def central_sentences(articles: Sequence[Article]) -> Central:
    """Rank sentences that can be understood alone, as passages with scores, highest score first.

    For an article that has none, its first sentence is used.

    Args:
        articles: articles of one story, oldest first; ``articles[n]`` has the number n + 1.
    """
    candidates = [_candidates(article, n) for n, article in enumerate(articles, start=1)]
    occurrences: dict[str, list[Passage]] = {}
    for passage in (passage for own in candidates for passage in own):
        occurrences.setdefault(passage.chunk.text, []).append(passage)
    boilerplate = _boilerplate(occurrences)
    words = [words_of(article) for article in articles]
    holders = Counter(stem for each in words for stem in each.stems)
    naming = Counter(name for each in words for name in each.names)
    others = max(1, len(articles) - 1)
    scores: dict[str, float] = {}
    apart = set[str]()
    for number, own in enumerate(candidates, start=1):
        texts = (each.chunk.text for each in own if each.chunk.text not in boilerplate)
        for place, text in enumerate(islice(dict.fromkeys(texts), _OF_ARTICLE)):
            # A paper that repeats its own sentence does not support it.
            same = 1 + _repeats(occurrences[text])
            stems = terms(text).stems
            shared = sum(max(0, holders[stem] - same) for stem in stems) / others
            near = shared / max(1, len(stems))
            named = max((naming[name] - same for name in terms(text).names), default=0)
            if near < _NEAR and named < _MOST * others:
                apart.add(text)
            score = _PLACE / (1 + place) + near + _NEW * number / len(articles)
            scores[text] = max(score, scores.get(text, 0.0))
    found = [replace(occurrences[text][0], score=score) for text, score in scores.items()]
    found.sort(key=lambda each: -each.score)
    return Central(tuple(found), occurrences, frozenset(apart))


def _candidates(article: Article, number: int) -> list[Passage]:
    """Return the self-contained main sentences of an article, else its first sentence."""
    main = [excerpt(article, number, *span) for span in main_sentences(article.text)]
    return [each for each in main if stands_alone(each.chunk.text)] or [
        excerpt(article, number, *span) for span in islice(sentences(article.text), 1)
    ]


def _boilerplate(occurrences: Mapping[str, Sequence[Passage]]) -> frozenset[str]:
    """Return boilerplate: sentences that one paper repeats and that share little with the rest."""
    repeated = [
        text
        for text, places in occurrences.items()
        if _repeats(places) == len({each.article.id for each in places}) - 1 > 0
    ]
    holders = Counter(stem for text in occurrences if repeated for stem in terms(text).stems)

    def apart(text: str) -> bool:
        stems = terms(text).stems
        return sum(holders[stem] > 1 for stem in stems) < _OF_THE_STORY * len(stems)

    return frozenset(filter(apart, repeated))


def _repeats(places: Sequence[Passage]) -> int:
    """Count the articles with a sentence beyond one per paper."""
    articles = {each.article.id: _paper(each.article) for each in places}
    return len(articles) - len(set(articles.values()))


def _paper(article: Article) -> str:
    return article.publisher.casefold() or article.id


def stands_alone(sentence: str) -> bool:
    """Return whether a sentence can be understood alone, names somebody and is not too long."""
    if _BOILERPLATE.match(sentence) or len(sentence.split()) > _LONGEST or refers_back(sentence):
        return False
    return any(token.name and token.folded not in DAYS for token in terms(sentence).tokens)
