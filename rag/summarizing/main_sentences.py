"""Select the sentences of an article that state its main news.

News puts the main point first and returns to it. A sentence is scored by its position and by how
many of the other sentences share its words, the two signals of the classic extractive summarisers
(Edmundson 1969, Luhn 1958).
"""

from collections import Counter
from itertools import islice

from rag.text import sentences
from rag.text.terms import terms

_CENTRAL = 1.5  # weight of shared words relative to position, which is 1 for the first sentence
_MOST = 25  # only this many sentences from the top are considered
_LEAST_WORDS = 6  # words per sentence; shorter ones are captions, bylines and exclamations


def main_sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Return the (start, end) spans of the top sentences of an article, highest score first."""
    spans = list(islice(sentences(text), _MOST))
    stems = [terms(text[start:end]).stems for start, end in spans]
    holders = Counter(stem for each in stems for stem in each)

    def score(place: int) -> float:
        shared = sum(holders[stem] for stem in stems[place])
        return 1 / (1 + place) + _CENTRAL * shared / max(1, len(stems[place])) / len(spans)

    whole = [n for n, (a, b) in enumerate(spans) if len(text[a:b].split()) >= _LEAST_WORDS]
    return tuple(spans[place] for place in sorted(whole, key=score, reverse=True))
