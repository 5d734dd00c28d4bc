"""Follow-up questions: which ones depend on earlier turns, and what to retrieve for them.

This uses rules, not the model: a rewrite by the model costs seconds on a CPU, and the model reads
the earlier turns in its prompt anyway. Only the retrieval needs a standalone question.
"""

import re
from collections.abc import Sequence

from rag.text.terms import terms
from rag.types import Answer

_ANAPHORA = frozenset(
    "he she they it him her them his hers their theirs its this that these those there then "
    "former latter same else another".split()
)
_OPENER = re.compile(
    r"\s*(?:and|but|or|so|also|what about|how about|why|who else|what else)\b", re.I
)

_FEW = 12  # maximum words of a short answer


def is_follow_up(question: str) -> bool:
    """Return whether the question depends on earlier turns: pronouns, ellipsis or no subject."""
    about = terms(question)
    if any(token.folded in _ANAPHORA for token in about.tokens):
        # "Who said that Blinken ..." has its own subject despite its "that".
        return len(about.names) < 2
    return bool(_OPENER.match(question) and not about.names) or len(about.stems) < 2


def standalone(question: str, history: Sequence[Answer]) -> str:
    """Return the query for retrieval: a follow-up preceded by the questions it depends on.

    Short answers to them are included: "he" often refers to the person the answer names. A refused
    turn is passed over if the question has a name of its own, which it would be searched beside.
    """
    parts = [question]
    for turn in reversed(history):
        if not is_follow_up(parts[0]):
            break
        if turn.refused and terms(parts[0]).names:
            continue
        short = turn.short if len(turn.short.split()) <= _FEW else ""
        parts[:0] = [turn.question, *filter(None, [short])]
    return " ".join(parts)
