"""Which sentences of an article tell its main news.

News puts the main thing first, and comes back to it: a sentence counts by its place and by how many
of the others share its words, the two signals of the classic extractive summarisers (Edmundson
1969, Luhn 1958).
"""

from collections import Counter
from itertools import islice

from rag.text import sentences
from rag.text.terms import terms

_CENTRAL = 1.5  # weight of shared words beside that of the place, which is 1 for the first sentence
_MOST = 25  # sentences from the top that are looked at
_LEAST_WORDS = 6  # of a sentence; shorter ones are captions, bylines and exclamations


def main_sentences(text: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of the sentences at the top of an article, the most telling one first."""
    spans = list(islice(sentences(text), _MOST))
    stems = [terms(text[start:end]).stems for start, end in spans]
    holders = Counter(stem for each in stems for stem in each)

    def score(place: int) -> float:
        shared = sum(holders[stem] for stem in stems[place])
        return 1 / (1 + place) + _CENTRAL * shared / max(1, len(stems[place])) / len(spans)

    whole = [n for n, (a, b) in enumerate(spans) if len(text[a:b].split()) >= _LEAST_WORDS]
    return tuple(spans[place] for place in sorted(whole, key=score, reverse=True))
