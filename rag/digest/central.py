"""The sentences of a story that tell it best: main ones of their article, borne out by the others."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from rag.digest.copies import words_of
from rag.portion import excerpt
from rag.salience import main_sentences
from rag.terms import DAYS, terms
from rag.text import sentences
from rag.types import Article, Passage

_OF_ARTICLE = 4  # sentences of an article that may tell the story
_LONGEST = 45  # words of a sentence that is told as it stands
_NEW = 0.2  # weight of being told by the newest articles
_PLACE = 0.4  # weight of the place in the article, beside that of what other articles tell too
# A sentence that opens so leans on the one before it, and one in quotation marks is somebody's.
_LEANS = re.compile(
    r"(?:This|That|These|Those|But|And|So|Also|There|Here|Then|I|We|You|Both|Neither|Such"
    r"|(?:What|How|Why|Where|When|Who) (?:we|you|to|it|this)"
    r"|The (?:two|pair|former|latter))\b|[\"“”'‘’(]|.*\?[\"”]?\Z",
    re.S,
)
# What papers write about themselves.
_FURNITURE = re.compile(
    r"(?:sign up|subscribe|read more|click|follow|watch|see also|editor[’']s note|for (?:the latest|more)"
    r"|a version of this|this (?:story|article|page)|contributing|breaking news|photos?:|updated)\b",
    re.I,
)
_POINTS_BACK = re.compile(
    r"\b(?:th(?:is|ese|ose)|the (?:document|latter|former|same|pair)|that (?:meeting|day|week|month|year"
    r"|document|statement|move|decision|vote|order|sentence|point))\b",
    re.I,
)
_PRONOUNS = frozenset("he she they it his her their its him them".split())


def central_sentences(articles: Sequence[Article]) -> tuple[Passage, ...]:
    """Sentences that stand by themselves, the most telling first, as passages with their scores.

    Where an article has none, its first ones are taken as they are.

    Args:
        articles: of one story, oldest first; ``articles[n]`` has the number n + 1.
    """
    held = [words_of(article).stems for article in articles]
    holders = Counter(stem for stems in held for stem in stems)
    others = max(1, len(articles) - 1)
    found: list[Passage] = []
    for number, article in enumerate(articles, start=1):
        spans = [
            (start, end)
            for start, end in main_sentences(article.text)
            if stands_alone(article.text[start:end])
        ] or islice(sentences(article.text), 1)
        for place, (start, end) in enumerate(islice(spans, _OF_ARTICLE)):
            stems = terms(article.text[start:end]).stems
            shared = sum(max(0, holders[stem] - 1) for stem in stems) / others
            score = (
                _PLACE / (1 + place) + shared / max(1, len(stems)) + _NEW * number / len(articles)
            )
            found.append(replace(excerpt(article, number, start, end), score=score))
    times = Counter(passage.chunk.text for passage in found)
    own = (passage for passage in found if times[passage.chunk.text] == 1)
    return tuple(sorted(own, key=lambda each: -each.score))


def stands_alone(sentence: str) -> bool:
    """Whether it can be understood by itself: no pronoun stands before its first name."""
    opens = _LEANS.match(sentence) or _FURNITURE.match(sentence)
    if opens or _POINTS_BACK.search(sentence) or len(sentence.split()) > _LONGEST:
        return False
    for token in terms(sentence).tokens:
        if token.name and token.folded not in DAYS:
            return True
        if token.folded in _PRONOUNS:
            return False
    return False
