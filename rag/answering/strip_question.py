"""What an answer in a few words adds to its question."""

from rag.text.terms import STOPWORDS, Terms, terms

_QUOTES = "\"'“‘"


def bare(question: str, said: str, *, sentence: bool) -> str:
    """The answer without the words that it repeats from its question.

    Asked for the answer alone, a small model often writes a sentence or a unit all the same:
    "970,000 subscribers" to "How many subscribers left?". Words of the question and stop words
    are taken off both ends; where only names and numbers stand before the next of them, these are
    the answer. A short answer that opens with no number stays as it is ("the Iran deal" to "Which
    deal ...?"), and so do a quoted one and one that says nothing new, as in "Paris" to "Paris or
    Rome?".
    """
    asked = terms(question)
    words = said.split()
    told = [terms(word) for word in words]
    if not words or said[0] in _QUOTES:
        return said
    if not sentence and not told[0].numbers:
        return said
    # A small word with a capital belongs to a title, unless it opens the sentence.
    small = [not place or not _capital(word) for place, word in enumerate(words)]
    new = [_adds(each, asked, small=lone) for each, lone in zip(told, small, strict=True)]
    if terms(said).numbers <= asked.numbers:  # "1 billion" of the question, read word by word
        new = [adds and not each.numbers for adds, each in zip(new, told, strict=True)]
    if not any(new):
        return said
    first, last = new.index(True), len(new) - 1 - new[::-1].index(True)
    repeats = [bool(each.stems & asked.stems) for each in told]
    if True in repeats[first + 1 : last]:
        opening = [n for n in range(first, repeats.index(True, first + 1)) if new[n]]
        if all(told[n].numbers or _capital(words[n]) for n in opening):
            last = opening[-1]
    return " ".join(words[first : last + 1]).rstrip(",;:.")


def _capital(word: str) -> bool:
    return word.lstrip(_QUOTES)[:1].isupper()


def _adds(word: Terms, asked: Terms, *, small: bool) -> bool:
    """Whether a word tells something that the question does not; a lone mark tells nothing."""
    known = asked.folded | asked.stems | (STOPWORDS if small else frozenset())
    return any(
        token.number not in asked.numbers
        if token.number
        else token.folded not in known and token.stem not in known
        for token in word.tokens
    )
