"""Select the sentences of an article that state its main news.

News puts the main point first and returns to it. A sentence is scored by its position and by how
many of the other sentences share its words, the two signals of the classic extractive summarisers
(Edmundson 1969, Luhn 1958).
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

from rag.llm.portions import parts
from rag.text import sentences
from rag.text.statements import states
from rag.text.terms import DAYS, alike, terms

Span = tuple[int, int]
_CENTRAL = 1.5  # weight of shared words relative to position, which is 1 for the first sentence
_MOST_CENTRAL = 0.5  # what the most central sentence of a long text scores for that
_ABOUT = 1.0  # weight of the words of a request, all of which a sentence has
_MOST = 25  # only this many sentences from the top are considered
_SHORT = 8  # words that a sentence of a long text must have to count for more than half
_LEAST_WORDS = 6  # words per sentence; shorter ones are captions, bylines and exclamations
_SAME = 0.6  # share of words in common from which a sentence of an extract repeats another
# A sentence with such an opening depends on the one before it; a quoted one is a person's words.
_LEANS = re.compile(
    r"(?:This|That|These|Those|But|And|So|Also|There|Here|Then|I|We|You|Both|Neither|Such"
    r"|(?:What|How|Why|Where|When|Who) (?:we|you|to|it|this)"
    r"|The (?:two|pair|former|latter))\b|[\"“”'‘’(]|.*\?[\"”]?\Z",
    re.S,
)
_POINTS_BACK = re.compile(
    r"\b(?:th(?:is|ese|ose)|the (?:document|latter|former|same|pair)|that (?:meeting|day|week|month|year"
    r"|document|statement|move|decision|vote|order|sentence|point))\b",
    re.I,
)
_PRONOUNS = frozenset("he she they it his her their its him them".split())


def main_sentences(text: str) -> tuple[Span, ...]:
    """Return the (start, end) spans of the top sentences of an article, highest score first."""
    return _ranked(text, tuple(islice(sentences(text), _MOST)))


def extract(
    text: str, tokens: int, count: Callable[[str], int], *, request: str = ""
) -> tuple[Span, ...]:
    """Select the main sentences of all of a long text, highest score first, without repeats.

    Args:
        text: what to extract from. Its opening counts most, then what most of it is about.
        tokens: how many the sentences may have altogether.
        count: counts the tokens of a text.
        request: a reader's request; sentences with its words are preferred.
    """
    chosen, stems, left = list[Span](), list[frozenset[str]](), tokens
    for start, end in _ranked(text, tuple(sentences(text)), terms(request).stems, long=True):
        own = terms(text[start:end]).stems
        if refers_back(text[start:end]) or any(alike(own, other) > _SAME for other in stems):
            continue
        size = count(text[start:end]) + 2
        if size <= left:
            left -= size
            chosen.append((start, end))
            stems.append(own)
        elif left < tokens / 10:
            break
    return tuple(chosen) or tuple(islice(parts(text, tokens, count), 1))


def _ranked(
    text: str,
    spans: Sequence[Span],
    about: frozenset[str] = frozenset(),
    *,
    long: bool = False,
) -> tuple[Span, ...]:
    """Return the spans of whole statements, highest score first.

    In a ``long`` text, a sentence shares words with few of the others, its place says less, and
    there are short ones made of its commonest words.
    """
    stems = [terms(text[start:end]).stems for start, end in spans]
    holders = Counter(stem for each in stems for stem in each)
    short = _SHORT if long else 0
    central = [sum(map(holders.__getitem__, own)) / max(1, len(own) + short) for own in stems]
    most = max(central, default=1) * _CENTRAL / _MOST_CENTRAL if long else len(spans)

    def score(place: int) -> float:
        asked = len(about & stems[place]) / max(1, len(about))
        return 1 / (1 + place) + _CENTRAL * central[place] / most + _ABOUT * asked

    whole = [
        n
        for n, (a, b) in enumerate(spans)
        if len(text[a:b].split()) >= _LEAST_WORDS and states(text[a:b])
    ]
    return tuple(spans[place] for place in sorted(whole, key=score, reverse=True))


def refers_back(sentence: str) -> bool:
    """Return whether a sentence needs the one before it: a pronoun comes before its first name."""
    if _LEANS.match(sentence) or _POINTS_BACK.search(sentence):
        return True
    for token in terms(sentence).tokens:
        if token.folded in _PRONOUNS or (token.name and token.folded not in DAYS):
            return not token.name
    return False
