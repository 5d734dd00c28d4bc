"""Strip the words of the question from a short answer."""

from rag.text.terms import STOPWORDS, Terms, terms

_QUOTES = "\"'“‘"


def bare(question: str, answer: str, *, sentence: bool) -> str:
    """Return the answer without the words that it repeats from its question.

    Asked for the answer alone, a small model often adds a sentence or a unit: "970,000 subscribers"
    to "How many subscribers left?". Words of the question and stop words are removed from both
    ends; a figure with its unit, or only names, before the next word of the question are the answer,
    unless another figure follows. A short answer that does not start with a number is left
    unchanged ("the Iran deal" to "Which deal ...?"), and so are a quoted one and one that adds
    nothing new, as in "Paris" to "Paris or Rome?".
    """
    asked = terms(question)
    words = answer.split()
    read = [terms(word) for word in words]
    if not words or answer[0] in _QUOTES:
        return answer
    if not sentence and not read[0].numbers:
        return answer
    # A capitalized function word belongs to a title, unless it opens the sentence.
    small = [not place or not _capital(word) for place, word in enumerate(words)]
    new = [_adds(each, asked, small=lone) for each, lone in zip(read, small, strict=True)]
    if terms(answer).numbers <= asked.numbers:  # "1 billion" of the question, read word by word
        new = [adds and not each.numbers for adds, each in zip(new, read, strict=True)]
    if not any(new):
        return answer
    first, last = new.index(True), len(new) - 1 - new[::-1].index(True)
    repeats = [bool(each.stems & asked.stems) for each in read]
    if True in repeats[first + 1 : last]:
        again = repeats.index(True, first + 1)
        opening = [n for n in range(first, again) if new[n]]
        if read[first].numbers:
            if any(each.numbers - asked.numbers for each in read[again:]):
                return answer  # "2 ferries and 14 boats" is no "2 ferries"
            last = opening[-1]
        elif all(read[n].numbers or _capital(words[n]) for n in opening):
            last = opening[-1]
    return " ".join(words[first : last + 1]).rstrip(",;:.")


def _capital(word: str) -> bool:
    return word.lstrip(_QUOTES)[:1].isupper()


def _adds(word: Terms, asked: Terms, *, small: bool) -> bool:
    """Return whether a word adds something to the question; a lone punctuation mark does not."""
    known = asked.folded | asked.stems | (STOPWORDS if small else frozenset())
    return any(
        token.number not in asked.numbers
        if token.number
        else token.folded not in known and token.stem not in known
        for token in word.tokens
    )
