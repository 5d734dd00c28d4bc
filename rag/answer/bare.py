"""What an answer in a few words adds to its question."""

from rag.terms import STOPWORDS, Terms, terms

_FEW = 5  # words; an answer of no more is no sentence, and its words belong together


def bare(question: str, said: str) -> str:
    """The answer without the words that it repeats from its question.

    Asked for the answer alone, a small model often writes a sentence or a unit all the same:
    "970,000 subscribers" to "How many subscribers left?". Words of the question and stop words
    are taken off both ends; where only names and numbers stand before the next of them, these are
    the answer. A short answer that opens with no number stays as it is ("the Iran deal" to "Which
    deal ...?"), and so does one that says nothing new, as in "Paris" to "Paris or Rome?".
    """
    asked = terms(question)
    words = said.split()
    told = [terms(word) for word in words]
    if not words or (len(words) <= _FEW and not told[0].numbers):
        return said
    new = [_adds(each, asked) for each in told]
    if not any(new):
        return said
    first, last = new.index(True), len(new) - 1 - new[::-1].index(True)
    if False in new[first:last]:
        end = new.index(False, first)
        if all(
            told[n].numbers or words[n].lstrip("\"'“‘")[:1].isupper() for n in range(first, end)
        ):
            last = end - 1
    return " ".join(words[first : last + 1]).rstrip(",;:.")


def _adds(word: Terms, asked: Terms) -> bool:
    """Whether a word tells something that the question does not; a lone mark tells nothing."""
    known = asked.folded | asked.stems | STOPWORDS
    return any(
        token.number not in asked.numbers
        if token.number
        else token.folded not in known and token.stem not in known
        for token in word.tokens
    )
