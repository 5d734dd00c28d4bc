"""Example questions for a user who does not know the articles yet.

Rules derive them from the articles: from names in titles and several sentences, and from sentences
that say what a subject will do, did or said. A word is a name only if the articles never write it
in lower case and it is not part of longer names.
"""

import re
from collections import Counter
from collections.abc import Sequence

from rag.suggestions.names import SEVERAL, Names, Subject, subjects, told
from rag.suggestions.phrasing import ABOUT, BOTH, WHO, Question, questions
from rag.text.terms import terms
from rag.types import Article

_WORTH = {BOTH: 1.0, WHO: 0.5, ABOUT: 0.0}  # value of a question, added to that of its name
_BEST = 3.0  # value of a question that a sentence answers
_MOST_ARTICLES = 3  # number of articles beyond which a name gains no value
_PLAIN = re.compile(r"[\w .,'’&£$€%?-]{1,120}")  # no markup, and short enough for a button
_AGAIN = 2  # rank penalty for each earlier question of the same kind

_Asked = tuple[Subject, tuple[Question, ...]]


def suggest(articles: Sequence[Article], count: int = 4) -> tuple[str, ...]:
    """Return at most ``count`` questions that the articles answer, about different names.

    Names in several articles come first, and those for which a sentence answers when, where or who.
    Each question is about another article, preferably of another kind, and, while there are enough,
    about a subject that shares no article with earlier ones.

    Args:
        articles: articles, newest first; those known not to be in English are skipped.
        count: maximum number of questions.
    """
    found, small = told([each for each in articles if each.language in {"", "en"}])
    names = Names(found, small)
    asked = [
        (each, tuple(filter(_readable, questions(each, found, names))))
        for each in subjects(found, names)
    ]
    asked = sorted((each for each in asked if each[1]), key=_worth, reverse=True)
    return tuple(question.text for question in _chosen(asked, count))


def _readable(question: Question) -> bool:
    return _PLAIN.fullmatch(question.text) is not None


def _worth(asked: _Asked) -> float:
    subject, found = asked
    best = max(_WORTH.get(question.kind, _BEST) for question in found)
    return 2 * min(_MOST_ARTICLES, len(subject.titled)) + best


def _chosen(asked: Sequence[_Asked], count: int) -> list[Question]:
    chosen: list[Question] = []
    names: set[str] = set()
    told_of: set[int] = set()
    for apart in (True, False):
        for subject, found in asked:
            seen = told_of if apart else {question.place for question in chosen}
            free = [
                question
                for question in found
                if question.place not in seen and names.isdisjoint(terms(question.text).names)
            ]
            if len(chosen) < count and free:
                chosen.append(_fresh(free, chosen))
                names |= terms(chosen[-1].text).names
                told_of |= {place for place, held in subject.held.items() if held >= SEVERAL}
    return chosen


def _fresh(free: Sequence[Question], chosen: Sequence[Question]) -> Question:
    """Return the most informative question, preferring kinds not used yet."""
    kinds = Counter(question.kind for question in chosen)
    return min(free, key=lambda question: question.kind + _AGAIN * kinds[question.kind])
