"""Correct question words that no article contains to the nearest indexed word: Genva, Geneva."""

import re

from rag.index import Index
from rag.text.terms import STOPWORDS, fold, plain, terms

_WORD = re.compile(r"[^\W\d_]{5,}")  # a shorter word is near to many
_LONG = 9  # letters from which two may be wrong


def corrected(question: str, *, index: Index) -> str:
    """Return the question with its misspelt words spelled as in the articles.

    A word counts as misspelt if no article contains it and the index has one with the same first
    letter at most one edit away, two for long words (Damerau 1964). Of several equally near, the
    one in more passages wins. Others stay: new names, and words of another language.
    """
    return _WORD.sub(lambda found: _nearest(found.group(), index) or found.group(), question)


def _nearest(word: str, index: Index) -> str | None:
    folded = fold(word)
    if folded in STOPWORDS or index.holds(folded):
        return None
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    held = index.vocabulary(folded[0])
    wrong = 2 if len(folded) >= _LONG else 1
    near = extract(folded, list(held), scorer=OSA.distance, score_cutoff=wrong, limit=None)
    best = min(near, key=lambda each: (each[1], -held[each[0]], each[0]), default=None)
    if best is None:
        return None
    # The index holds stems; a passage has the word itself.
    ((number, _), *_) = index.lexical(f'"{best[0]}"', limit=1) or [(0, 0.0)]
    for chunk, article in index.chunks([number]).values():
        text = plain(f"{article.title}\n{chunk.text}")
        written = (text[token.start : token.end] for token in terms(text).tokens)
        return min(written, key=lambda each: OSA.distance(fold(each), folded))
    return None
